"""What bad model folders get: one line, before anything in them is run."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from emoanalytics.embed.emotion2vec import Emotion2Vec
from emoanalytics.errors import EncoderError
from tests.embed.checkpoint import LABELS, make_checkpoint, make_config, write_text_files


def bad_folder(tmp_path: Path, folder: Path, **changes: object) -> Path:
    """A copy of the good folder with some of config.yaml's audio fields changed."""
    bad = shutil.copytree(folder, tmp_path / "bad")
    config = make_config()
    config["model_conf"]["modalities"]["audio"].update(changes)
    write_text_files(bad, config, LABELS)
    return bad


@pytest.mark.parametrize("name", ["config.yaml", "tokens.txt", "model.pt"])
def test_a_missing_file_is_named(folder, tmp_path, name):
    bad = shutil.copytree(folder, tmp_path / "bad")
    (bad / name).unlink()
    with pytest.raises(EncoderError, match=f"is no Emotion2Vec\\+ model folder: it has no {name}"):
        Emotion2Vec.load(bad)


def test_five_labels(tmp_path):
    bad = make_checkpoint(tmp_path / "five", labels=LABELS[:5])
    with pytest.raises(EncoderError, match=r"tokens\.txt: the model's labels are not the nine emotions \(found 5"):
        Emotion2Vec.load(bad)


@pytest.mark.parametrize(
    "spec",
    [
        "__import__('os').system('touch hacked')",
        "[(512, 10, 5)] + [(512, 3, 2)] * 4 + [(open('x'), 2, 2)]",
        "[(512, 10, 5)] * 999999999",
        "[(512, 10, 5)] * 64 * 64",
        "[(512, 10, 0)]",
        "[]",
        "[(512, 10, 5)",
        "${oc.env:HOME}",
        7,
    ],
)
def test_a_configuration_that_is_code_is_refused_before_it_is_run(folder, tmp_path, spec, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = bad_folder(tmp_path, folder, feature_encoder_spec=spec)
    with pytest.raises(EncoderError, match="feature_encoder_spec is no plain list"):
        Emotion2Vec.load(bad)
    assert not (tmp_path / "hacked").exists()


def test_frames_of_another_rate_are_refused(folder, tmp_path):
    bad = bad_folder(
        tmp_path, folder, feature_encoder_spec="[(64, 10, 5)] + [(64, 3, 2)] * 4 + [(64,2,2)] + [(64,2,1)]"
    )
    with pytest.raises(
        EncoderError, match=r"a frame of 400 samples every 160, those of Emotion2Vec\+ one of 400 every 320"
    ):
        Emotion2Vec.load(bad)


def test_settings_that_change_the_numbers_change_the_fingerprint(folder, tmp_path):
    config = make_config()
    config["model_conf"]["normalize"] = not config["model_conf"]["normalize"]
    other = shutil.copytree(folder, tmp_path / "other")
    write_text_files(other, config, LABELS)
    one, two = Emotion2Vec.load(folder, device="cpu"), Emotion2Vec.load(other, device="cpu")
    assert one.card.fingerprint != two.card.fingerprint
    assert Emotion2Vec.load(shutil.copytree(folder, tmp_path / "same"), device="cpu").card.digest == one.card.digest


def test_an_architecture_the_forward_is_not_exact_for(folder, tmp_path):
    bad = bad_folder(tmp_path, folder, extractor_mode="default", learned_alibi=True)
    with pytest.raises(EncoderError, match="extractor_mode is 'default', not 'layer_norm'; learned_alibi is True"):
        Emotion2Vec.load(bad)


def test_numbers_that_do_not_fit_together(folder, tmp_path):
    bad = bad_folder(tmp_path, folder, conv_pos_groups=7)
    with pytest.raises(EncoderError, match=r"FunASR cannot load .*bad: .*divisible by groups"):
        Emotion2Vec.load(bad)
    write_text_files(bad, make_config() | {"model_conf": {"embed_dim": 64}}, LABELS)
    with pytest.raises(EncoderError, match=r"has no model_conf\.modalities\.audio"):
        Emotion2Vec.load(bad)
    config = make_config()
    config["model_conf"]["num_heads"] = 5
    write_text_files(bad, config, LABELS)
    with pytest.raises(EncoderError, match="num_heads must divide embed_dim"):
        Emotion2Vec.load(bad)
    config["model_conf"]["depth"] = "two"
    write_text_files(bad, config, LABELS)
    with pytest.raises(EncoderError, match="depth must be whole numbers above zero"):
        Emotion2Vec.load(bad)


def test_another_kind_of_model(folder, tmp_path):
    bad = shutil.copytree(folder, tmp_path / "bad")
    config = OmegaConf.load(bad / "config.yaml")
    config["model"] = "Paraformer"
    OmegaConf.save(config, bad / "config.yaml")
    with pytest.raises(EncoderError, match="describes 'Paraformer', not an Emotion2vec model"):
        Emotion2Vec.load(bad)
    (bad / "config.yaml").write_text("model: [")
    with pytest.raises(EncoderError, match=r"config\.yaml cannot be read"):
        Emotion2Vec.load(bad)


def test_configuration_json_may_not_point_elsewhere(folder, tmp_path):
    bad = shutil.copytree(folder, tmp_path / "bad")
    metas = {"config": "config.yaml", "init_param": "../evil.pt", "tokenizer_conf": {"token_list": "tokens.txt"}}
    (bad / "configuration.json").write_text(json.dumps({"file_path_metas": metas}))
    with pytest.raises(EncoderError, match="file_path_metas must name"):
        Emotion2Vec.load(bad)


class Code:
    def __reduce__(self):
        return os.mkdir, ("hacked",)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "code", "list"])
def test_damaged_weights(folder, tmp_path, damage, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = shutil.copytree(folder, tmp_path / "bad")
    weights = bad / "model.pt"
    if damage == "truncated":
        weights.write_bytes(weights.read_bytes()[:100_000])
    elif damage == "empty":
        weights.write_bytes(b"")
    elif damage == "text":
        weights.write_text("<html>404</html>")
    elif damage == "code":
        weights.write_bytes(pickle.dumps({"model": Code()}, protocol=2))
    else:
        torch.save([1, 2], weights)
    with pytest.raises(EncoderError, match=r"model\.pt (is damaged|holds no table of weights)") as caught:
        Emotion2Vec.load(bad)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("drop", r"1 are missing \(first: blocks\.1\.mlp\.fc1\.weight\)"),
        ("shape", r"1 do not fit \(first: blocks\.1\.mlp\.fc1\.weight \(3, 3\), expected \(256, 64\)\)"),
        ("nan", "blocks.1.mlp.fc1.weight"),
    ],
)
def test_weights_funasr_would_leave_at_random(folder, tmp_path, change, message):
    """FunASR prints a line, or nothing, and goes on with random numbers."""
    bad = shutil.copytree(folder, tmp_path / "bad")
    state = torch.load(bad / "model.pt")["model"]
    key = "d2v_model.blocks.1.mlp.fc1.weight"
    if change == "drop":
        del state[key]
    elif change == "shape":
        state[key] = torch.zeros(3, 3)
    else:
        state[key][0, 0] = torch.nan
    torch.save({"model": state}, bad / "model.pt")
    with pytest.raises(EncoderError, match=message):
        Emotion2Vec.load(bad)
