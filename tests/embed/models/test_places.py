"""Finding, listing and verifying models on this machine."""

from __future__ import annotations

import importlib.util
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from emoanalytics.embed import models
from emoanalytics.embed.models import MODELS
from emoanalytics.errors import EncoderError, ModelMissingError
from tests.embed.checkpoint import LABELS
from tests.embed.models.local_hubs import COMMIT, NAME, write_model


def caches(base: Path) -> dict[str, tuple[Path, str]]:
    return {
        "modelscope now": (base / "modelscope/models/iic--emotion2vec_plus_large/snapshots/master", "modelscope cache"),
        "modelscope tag": (base / "modelscope/models/iic--emotion2vec_plus_large/snapshots/v2.0.5", "modelscope cache"),
        "funasr": (base / "modelscope/hub/models/iic/emotion2vec_plus_large", "modelscope cache"),
        "funasr old": (base / "modelscope/hub/iic/emotion2vec_plus_large", "modelscope cache"),
        "huggingface": (
            base / f"huggingface/hub/models--emotion2vec--emotion2vec_plus_large/snapshots/{COMMIT}",
            "huggingface cache",
        ),
    }


@pytest.mark.parametrize("which", ["modelscope now", "modelscope tag", "funasr", "funasr old", "huggingface"])
def test_weights_another_tool_fetched_are_found(empty_machine, which):
    folder, kind = caches(empty_machine)[which]
    write_model(folder)
    if which == "huggingface":
        ref = folder.parents[1] / "refs" / "main"
        ref.parent.mkdir()
        ref.write_text(COMMIT)
    for name in (NAME, f"iic/{NAME}", f"emotion2vec/{NAME}"):
        found = models.find(name)
        assert (found.name, found.folder, found.kind) == (NAME, folder, kind)
    assert models.find(folder).name == NAME  # given as a folder, the path tells the name
    (folder / "model.pt").unlink()  # a download that was interrupted
    with pytest.raises(ModelMissingError):
        models.find(NAME)


def test_the_clients_agree_where_their_caches_are(hubs, empty_machine):
    """What the clients themselves download into their own caches, we find."""

    program = """
from huggingface_hub import snapshot_download
snapshot_download("emotion2vec/emotion2vec_plus_large")
from modelscope.hub.snapshot_download import snapshot_download
snapshot_download("iic/emotion2vec_plus_large", revision="v2.0.5")
"""
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=120, env=dict(os.environ))
    assert models.find(NAME, hub="huggingface").kind == "huggingface cache"
    assert models.find(NAME, hub="huggingface", revision=COMMIT).kind == "huggingface cache"
    assert models.find(NAME, hub="modelscope").kind == "modelscope cache"
    assert models.find(NAME, hub="modelscope", revision="v2.0.5").kind == "modelscope cache"


def test_what_is_missing_says_what_to_do(tmp_path):
    with pytest.raises(ModelMissingError) as caught:
        models.find(NAME)
    assert str(caught.value) == (
        "emotion2vec_plus_large is not on this machine: run `emoanalytics model fetch emotion2vec_plus_large`, "
        "pass a folder with --encoder FOLDER, or go on without it: --encoder acoustic"
    )
    with pytest.raises(ModelMissingError, match="where there is a network and copy the folder here"):
        models.find(NAME, offline=True)
    with pytest.raises(
        ModelMissingError, match="no model 'nowhere': it is neither a folder nor one of emotion2vec_plus"
    ):
        models.find("nowhere")


def test_list_models(hubs):
    rows = models.list_models()
    assert [r["name"] for r in rows] == list(MODELS)
    assert [r["dim"] for r in rows] == [1024, 768, 768]
    assert not any(r["present"] for r in rows)
    folder = models.fetch(NAME, hub="hf")
    first = models.list_models()[0]
    assert (first["present"], first["folder"], first["kind"]) == (True, str(folder), "fetched")


def test_names_and_ids_are_those_of_funasrs_own_table():
    """Read from the file alone: importing FunASR takes seconds."""
    package = importlib.util.find_spec("funasr")
    table = runpy.run_path(str(Path(package.origin).parent / "download" / "name_maps_from_hub.py"))
    for model in MODELS.values():
        assert model.id(models.Hub.MODELSCOPE) == table["name_maps_ms"][model.name]
        assert model.id(models.Hub.HUGGINGFACE) == table["name_maps_hf"][model.name]


def test_verify_names_each_problem(hubs, tmp_path):
    folder = models.fetch(NAME, hub="hf")
    (folder / "tokens.txt").write_text("\n".join(LABELS[:5]), encoding="utf-8")
    (folder / "configuration.json").unlink()
    problems = models.verify(folder)
    assert len(problems) == 3
    assert "configuration.json is missing" in problems[0]
    assert "tokens.txt is not the file that was fetched" in problems[1]
    assert "the model's labels are not the nine emotions (found 5" in problems[2]
    plain = write_model(tmp_path / "plain")
    assert models.verify(plain) == [
        f"{plain} has no fetched.json: the files cannot be compared with what was published"
    ]
    (folder / "fetched.json").write_text("{")
    with pytest.raises(EncoderError, match=r"fetched\.json is damaged: fetch the model again"):
        models.verify(folder)
