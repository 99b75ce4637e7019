"""Scores of a store's head: read back, written, and given to rows that came after it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.audio.decode import write_wav
from emoanalytics.build import BuildSettings, build
from emoanalytics.embed.registry import load_encoder
from emoanalytics.errors import EncoderMismatchError
from emoanalytics.listening.fragile import fragile
from emoanalytics.scoring import encoder_of, head_of, score_new_rows, score_table
from emoanalytics.store.store import EmotionStore
from emoanalytics.train import train_head
from emoanalytics.views.calibrate import calibrate
from tests.conftest import TinyEncoder, tone
from tests.embed.checkpoint import make_checkpoint
from tests.made_store import make_store
from tests.test_train import voices

HERE = BuildSettings(workers=0)


def test_missing_scores_are_nulls() -> None:
    table = score_table(["a", "b"], ("sad", "calm"), np.array([[0.25, np.nan], [np.nan, 1.0]], np.float32))
    assert table.column_names == ["segment_id", "score_sad", "score_calm"]
    assert table.to_pylist() == [
        {"segment_id": "a", "score_sad": 0.25, "score_calm": None},
        {"segment_id": "b", "score_sad": None, "score_calm": 1.0},
    ]


def test_a_store_without_a_head_has_none(tmp_path: Path) -> None:
    assert head_of(make_store(tmp_path / "s", [{}])) is None


def test_the_head_of_a_build_is_the_encoders(corpus: Path, tmp_path: Path, tiny_encoder: TinyEncoder) -> None:
    build(open_corpus(corpus), tmp_path / "store", tiny_encoder, HERE)
    store = EmotionStore.open(tmp_path / "store")
    head = head_of(store)
    assert head is not None
    assert tiny_encoder.head is not None
    assert np.array_equal(head.weights, tiny_encoder.head.weights)
    assert np.array_equal(head.bias, tiny_encoder.head.bias)
    assert head.labels == tiny_encoder.head.labels


def test_a_store_is_asked_in_its_own_arithmetic(tmp_path: Path) -> None:
    """A fast store takes clips from outside, and says which of its clips are fragile, without being told how."""
    (tmp_path / "corpus").mkdir()
    for i in range(3):
        write_wav(tmp_path / "corpus" / f"{i}.wav", tone(0.6, hz=200 + 90 * i, seed=i))
    model = make_checkpoint(tmp_path / "model")
    half = load_encoder(model, device="cpu", precision="bf16")
    build(open_corpus(tmp_path / "corpus"), tmp_path / "store", half, HERE)
    store = EmotionStore.open(tmp_path / "store")
    found = encoder_of(store, str(model), device="cpu")
    assert found.card.precision == "bf16"
    samples = tone(0.6, hz=290, seed=1)
    ids = store.segments(["segment_id"], where="file = '1.wav'")["segment_id"].tolist()
    assert np.allclose(found.encode([samples]).embeddings, store.embeddings(ids), atol=0.02)
    assert len(fragile(store, encoder=found).clips) == 3
    with pytest.raises(
        EncoderMismatchError,
        match=r"\(revision \w+, bf16\), which those of .*, exact\) cannot be compared with: leave out",
    ):
        encoder_of(store, str(model), device="cpu", precision="exact")


# Rows that come after the head


def add_clips(folder: Path, count: int, first: int = 0) -> None:
    """Tones whose pitch follows the label, of four speakers, a fifth from clip 24 on; with the manifest."""
    rows = []
    for i in range(first + count):
        label = ("sad", "angry")[i % 2]
        name = f"clip{i:02d}.wav"
        if i >= first:
            write_wav(folder / name, tone(0.6, hz=150 + 170 * (i % 2) + 3 * i, level=0.05 + 0.002 * i, seed=i))
        rows.append(
            {"file": name, "speaker": f"s{i // 2 % 4}" if i < 24 else "new", "emotion": label if i < 24 else ""}
        )
    pd.DataFrame(rows).to_csv(folder / "labels.csv", index=False)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    add_clips(folder, 24)
    return folder


@pytest.fixture
def fitted(corpus: Path, tmp_path: Path) -> EmotionStore:
    build(open_corpus(corpus), tmp_path / "store", TinyEncoder(with_head=False), HERE)
    store = EmotionStore.open(tmp_path / "store")
    train_head(store, "emotion")
    return store


def test_a_build_gives_new_rows_the_scores_of_the_fitted_head(corpus: Path, fitted: EmotionStore) -> None:
    before = fitted.table(["file", "score_sad", "score_angry"]).set_index("file")
    add_clips(corpus, 3, first=24)
    build(open_corpus(corpus), fitted.path, TinyEncoder(with_head=False), HERE)
    after = fitted.table(["segment_id", "file", "score_sad", "score_angry"]).set_index("file")
    pd.testing.assert_frame_equal(after.loc[before.index, ["score_sad", "score_angry"]], before)
    new = after.drop(before.index)
    assert sorted(new.index) == ["clip24.wav", "clip25.wav", "clip26.wav"]
    head = head_of(fitted)
    assert head is not None
    by_hand = head.scores(fitted.embeddings(new["segment_id"].tolist()))
    assert head.labels == ("angry", "sad")
    assert np.allclose(new[["score_angry", "score_sad"]].to_numpy(np.float32), by_hand, atol=1e-7)


def test_nothing_new_writes_nothing(fitted: EmotionStore) -> None:
    fingerprint = fitted.fingerprint
    with fitted.writer() as writer:
        assert score_new_rows(fitted, writer) is None
    assert fitted.fingerprint == fingerprint


def test_the_report_of_the_head_stays(corpus: Path, fitted: EmotionStore) -> None:
    before = fitted.head()
    add_clips(corpus, 1, first=24)
    build(open_corpus(corpus), fitted.path, TinyEncoder(with_head=False), HERE)
    after = fitted.head()
    assert before is not None
    assert after is not None
    assert after["report"] == before["report"]
    assert np.array_equal(after["weights"], before["weights"])


def test_advice_for_waiting_clips_can_be_followed(tmp_path: Path) -> None:
    """Fit, calibrate, new clips of a known and of an unknown voice, then what the line says: every row has a score."""
    rows, x = voices(n=120, speakers=4)
    new = [{"speaker": s, "file": f"new{i}.wav", "emotion_given": None} for i, s in enumerate(("s1", "s2", "stranger"))]
    whole = make_store(
        tmp_path / "s",
        [{**row, "file": f"{i}.wav"} for i, row in enumerate(rows)] + new,
        embeddings=np.concatenate([x, np.eye(3, x.shape[1], dtype=np.float32)]),
    )
    train_head(whole, name="mine")
    votes = whole.segments(["segment_id", "emotion_given"]).rename(columns={"emotion_given": "label"})
    calibrate(whole, votes, activate=True)
    for head in ("mine", "mine-calibrated"):  # as if the three had come now
        path = whole.path / "derived/heads" / head / "scores.parquet"
        pq.write_table(pq.read_table(path).slice(0, 120), path)
    with whole.writer() as writer:
        advice = score_new_rows(whole, writer)
    assert advice is not None and advice.startswith(
        "2 segments of speakers the head mine-calibrated was trained on have no score yet"
    )
    assert "head fit STORE --target emotion_given --name mine, then emoanalytics head calibrate, again" in advice
    for head in ("mine", "mine-calibrated"):
        scored = pq.read_table(whole.path / "derived/heads" / head / "scores.parquet")["score_sad"]
        assert scored.null_count == 2
    report = train_head(whole, name="mine")
    assert whole.info.head == "mine"
    assert str(report.notes[-1]) == (
        "mine-calibrated is a calibration of this head as it was before, and is no longer in use, mine is: "
        "calibrate again with emoanalytics head calibrate"
    )
    assert scores_of(whole).notna().all(axis=None)
    calibrate(whole, votes, activate=True)
    assert whole.info.head == "mine-calibrated" and scores_of(whole).notna().all(axis=None)


def test_fitting_again_can_leave_the_old_calibration_in_use(tmp_path: Path) -> None:
    rows, x = voices(n=120, speakers=4)
    store = make_store(tmp_path / "s", rows, embeddings=x)
    train_head(store, name="mine")
    labels = store.segments(["segment_id", "emotion_given"]).rename(columns={"emotion_given": "label"})
    calibrate(store, labels, activate=True)
    note = train_head(store, name="mine", activate=False, seed=1).notes[-1].en
    assert store.info.head == "mine-calibrated" and "as it was before, and stays in use" in note
    assert not any("calibration" in note.en for note in train_head(store, name="other").notes)


def scores_of(store: EmotionStore) -> pd.DataFrame:
    return store.scores()[["score_angry", "score_happy", "score_sad"]]


def test_a_built_in_head_needs_no_scoring(corpus: Path, tmp_path: Path, tiny_encoder: TinyEncoder) -> None:
    build(open_corpus(corpus), tmp_path / "store", tiny_encoder, HERE)
    store = EmotionStore.open(tmp_path / "store")
    with store.writer() as writer:
        assert score_new_rows(store, writer) is None


def test_a_deleted_head_scores_nothing(corpus: Path, fitted: EmotionStore) -> None:
    for file in (fitted.path / "derived" / "heads" / str(fitted.info.head)).iterdir():
        file.unlink()
    assert head_of(fitted) is None
    add_clips(corpus, 1, first=24)
    build(open_corpus(corpus), fitted.path, TinyEncoder(with_head=False), HERE)
    assert len(fitted) == 25
    assert fitted.scores()["score_sad"].isna().all()
