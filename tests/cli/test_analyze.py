"""`emoanalytics analyze`: scores of single clips, with a model or with the head of a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.labels import BY_ID
from emoanalytics.store.store import EmotionStore
from tests.cli.conftest import Said, process
from tests.embed.checkpoint import make_checkpoint
from tests.made_store import make_store


def test_a_model_folder_gives_frames_and_keeps_standard_output_clean(corpus: Path, tmp_path: Path) -> None:
    """FunASR prints notices of its own; none may stand beside the document."""
    model = make_checkpoint(tmp_path / "model")
    clip = corpus / "s0" / "clip 00 话.wav"
    arguments = ["--encoder", model, "--granularity", "frame", "--embedding", "--out", tmp_path / "out", "--json"]
    said = process("analyze", clip, *arguments)
    assert said.status == 0, said.err
    (found,) = said.json["clips"]
    assert found["granularity"] == "frame"
    assert len(found["frames"]["scores"]) == len(found["frames"]["t_s"]) == found["n_frames"] == 54
    assert sum(found["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert np.load(Path(found["folder"]) / "embedding.npy").shape == (1, 64)
    assert f"{BY_ID[found['emotion']].emoji} {found['emotion']} / {found['emotion_zh']}" in said.err


def test_the_arithmetic_is_a_choice_and_is_told(run: Callable[..., Said], corpus: Path, tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model")
    clip = corpus / "s0" / "clip 00 话.wav"
    arguments = ["analyze", clip, "--encoder", model, "--device", "cpu", "--out", tmp_path / "out", "--json"]
    exact, half = (run(*arguments, "--precision", p).json["clips"][0] for p in ("auto", "bf16"))
    assert (exact["encoder"]["precision"], half["encoder"]["precision"]) == ("exact", "bf16")
    assert exact["scores"] != half["scores"]
    assert half["scores"] == pytest.approx(exact["scores"], abs=0.02)
    refused = run("analyze", clip, "--encoder", "acoustic", "--precision", "fast")
    assert refused.status == 2
    assert refused.line.endswith("the acoustic encoder has one precision, not fast: leave out --precision")


def test_scores_of_a_store_for_a_clip_it_holds(
    run: Callable[..., Said], corpus: Path, built: Path, tmp_path: Path
) -> None:
    """Head and encoder are taken from the store; the clip's embedding is the row's."""
    clip = corpus / "s1" / "clip 04 话.wav"
    said = run(
        "analyze", clip, tmp_path / "no.wav", "--head", built, "--embedding", "--out", tmp_path / "out", "--json"
    )
    assert said.status == 3
    (found,), (failure,) = said.json["clips"], said.json["failures"]
    assert failure["stage"] == "decode"
    assert "there is no such file" in failure["reason"]
    store = EmotionStore.open(built)
    ids = store.segments(["segment_id"], where="file = 's1/clip 04 话.wav'")["segment_id"].tolist()
    embedding = np.load(Path(found["folder"]) / "embedding.npy")
    assert np.allclose(embedding, store.embeddings(ids), atol=1e-4)
    assert found["emotion"] in ("sad", "angry")
    assert found["scores"]["happy"] is None


def test_bars_go_to_standard_output_without_json(
    run: Callable[..., Said], corpus: Path, built: Path, tmp_path: Path
) -> None:
    said = run("analyze", corpus / "s1" / "clip 04 话.wav", "--head", built, "--out", tmp_path / "out")
    assert (said.status, said.err) == (0, "")
    assert "not known to this head" in said.out
    assert "written to" in said.out


def test_a_head_needs_its_own_encoder(run: Callable[..., Said], corpus: Path, tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{}])
    said = run("analyze", "x.wav", "--head", store.path)
    assert f"{store.path} has no head: train one: emoanalytics head fit" in said.line
    scored = make_store(tmp_path / "scored", [{}], scores=np.full((1, 9), 1 / 9))
    said = run("analyze", "x.wav", "--head", scored.path)
    assert f"{scored.path} was built with made, a model from a folder: name it with --encoder FOLDER" in said.line
    said = run("analyze", "x.wav", "--head", scored.path, "--encoder", "acoustic")
    assert "holds embeddings of made (revision 1, exact), which those of acoustic (revision 1, exact)" in said.line
    assert said.status == 2


def test_frames_of_the_acoustic_encoder_are_refused(run: Callable[..., Said], corpus: Path) -> None:
    said = run("analyze", corpus / "broken.wav", "--encoder", "acoustic", "--granularity", "frame")
    assert (said.status, said.line) == (2, "emoanalytics: acoustic has no frame scores: use --granularity utterance")
