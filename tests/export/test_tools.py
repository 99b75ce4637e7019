"""Spotlight, Embedding Atlas, audformat and Hugging Face: what these tools find."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from emoanalytics.audio.corpus import open_corpus
from emoanalytics.errors import StoreError
from emoanalytics.export import export, tables
from emoanalytics.listening.excerpt import excerpt
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.store import EmotionStore
from emoanalytics.views.maps import draw_map
from tests.conftest import copy_demo
from tests.made_store import make_store


@pytest.fixture(scope="module")
def demo_copy(demo_store: EmotionStore) -> EmotionStore:
    """A demo that a map may be kept in."""
    return EmotionStore.open(copy_demo(demo_store))


def test_spotlight_finds_the_sound_and_where_to_play(demo_store: EmotionStore, tmp_path: Path) -> None:
    done = export(demo_store, tmp_path / "x.parquet", format="spotlight", where="speaker = 'frank'")
    read = pd.read_parquet(tmp_path / "x.parquet")
    truth = demo_store.table(where="speaker = 'frank'")
    for audio, window, row in zip(read["audio"], read["window"], truth.to_dict("records"), strict=True):
        assert Path(audio).is_absolute() and audio.endswith(row["file"]) and Path(audio).is_file()
        np.testing.assert_allclose(window, [row["start_s"], row["end_s"]], rtol=1e-6)
    np.testing.assert_array_equal(np.stack(read["embedding"]), demo_store.embeddings(read["segment_id"].tolist()))
    assert read["flags"].map(json.loads).map(type).eq(list).all()
    assert '"embedding": spotlight.Embedding' in done.words()[0]


@pytest.mark.parametrize("where", [None, "language = 'zh'"])
def test_embedding_atlas_finds_the_map_and_the_neighbours(
    demo_copy: EmotionStore, tmp_path: Path, where: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "draw_map", partial(draw_map, method="pca"))  # no UMAP: that takes half a minute
    done = export(demo_copy, tmp_path / "x.parquet", format="embedding-atlas", where=where, redact=where is not None)
    read = pd.read_parquet(tmp_path / "x.parquet")
    ids = demo_copy.segments(["segment_id"], where)["segment_id"].tolist()
    drawn = draw_map(Geometry(demo_copy), method="pca").table().set_index("segment_id").loc[ids]
    np.testing.assert_array_equal(read[["projection_x", "projection_y"]], drawn[["x", "y"]])
    assert (read["segment_id"].tolist() == ids) == (where is None)
    vectors = demo_copy.embeddings(ids).astype(np.float64)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosine = units @ units.T
    np.fill_diagonal(cosine, -2)
    for i, near in enumerate(read["neighbors"]):
        rows = near["ids"]
        assert i not in rows and len(set(rows)) == len(rows) <= 15
        np.testing.assert_allclose(near["distances"], 1 - cosine[i, rows], atol=2e-5)
        best = np.sort(cosine[i])[::-1][: len(rows)]
        np.testing.assert_allclose(cosine[i, rows], best, atol=2e-5)  # none nearer is passed over
    assert min(len(near["ids"]) for near in read["neighbors"]) > 5
    said = " ".join(done.words())
    assert "--x projection_x --y projection_y --neighbors neighbors" in said
    assert ("--text text" in said) == (where is None)
    assert "this map shows" in said


def test_audformat_reads_the_database(demo_store: EmotionStore, tmp_path: Path) -> None:
    audformat = pytest.importorskip("audformat")
    done = export(demo_store, tmp_path / "db", format="audformat")
    database = audformat.Database.load(str(tmp_path / "db"))
    assert set(database.tables) == {"segments-mix", "segments-left", "segments-right"}
    assert set(database.languages) == {"zho", "eng"}
    assert (database.usage, database.license) == ("restricted", None)
    frame = pd.concat([database[name].get() for name in database.tables]).reset_index()
    truth = demo_store.table().set_index("segment_id").loc[frame["segment_id"]]
    assert len(frame) == len(demo_store)
    np.testing.assert_allclose(frame["end"].dt.total_seconds(), truth["end_s"], atol=1e-8)
    np.testing.assert_array_equal(frame["score_sad"].to_numpy("float32"), truth["score_sad"].to_numpy("float32"))
    assert frame["emotion_given"].astype(object).where(frame["emotion_given"].notna(), None).tolist() == [
        None if pd.isna(v) else v for v in truth["emotion_given"]
    ]
    assert next(iter(database.schemes["emotion_given"].labels)) == "angry"
    assert frame["speaker"].tolist() == truth["speaker"].tolist()
    assert pd.to_datetime(frame["recorded_at"]).tolist() == truth["recorded_at"].dt.tz_localize(None).tolist()
    assert all(Path(f).is_file() for f in frame["file"])
    assert done.columns[:3] == ("file", "start", "end")


def test_we_read_our_own_audformat(demo_store: EmotionStore, tmp_path: Path) -> None:
    pytest.importorskip("audformat")
    export(demo_store, tmp_path / "db", format="audformat", where="speaker = 'dan'")
    corpus = open_corpus(tmp_path / "db")
    truth = demo_store.segments(where="speaker = 'dan'")
    recordings = list(corpus.recordings())
    assert len(recordings) == len(truth)
    assert {r.path.name for r in recordings} == {Path(f).name for f in truth["file"]}


def test_hugging_face_hears_each_segment(demo_store: EmotionStore, tmp_path: Path) -> None:
    where = "speaker IN ('frank', 'nora') AND session = 'week6'"
    done = export(demo_store, tmp_path / "hf", format="huggingface", where=where)
    truth = demo_store.table(where=where)
    lines = (tmp_path / "hf" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [r["segment_id"] for r in rows] == truth["segment_id"].tolist()
    assert done.rows == len(rows) > 3 and done.left == ()
    for row, end, start in zip(rows, truth["end_s"], truth["start_s"], strict=True):
        samples, rate_hz = soundfile.read(tmp_path / "hf" / row["file_name"], dtype="float32")
        heard, rate = excerpt(demo_store, row["segment_id"], pad_s=0, most_s=1e6)
        assert rate_hz == rate and abs(len(samples) / rate_hz - (end - start)) < 1e-3
        np.testing.assert_allclose(samples, heard[: len(samples)], atol=1 / 32768)
    card = (tmp_path / "hf" / "README.md").read_text(encoding="utf-8")
    head = card.split("---\n")[1]
    assert "license: unknown\n" in head and "- audio-classification\n" in head
    assert re.search(r"language:\n(- \w\w\n)+", head)
    assert "personal data" in card


def test_datasets_understands_the_folder(demo_store: EmotionStore, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    done = export(demo_store, tmp_path / "hf", format="huggingface", where="speaker IN ('dan', 'clara')")
    found = datasets.load_dataset(
        "audiofolder", data_dir=str(tmp_path / "hf"), split="train", streaming=True, cache_dir=str(tmp_path / "cache")
    )  # streamed: reading the sound of it needs torchcodec
    assert set(found.features) == {"audio", *done.columns} - {"file_name"}
    assert isinstance(found.features["audio"], datasets.Audio)
    assert found.features["flags"].feature.dtype == "string"
    assert found.features["recorded_at"].dtype.startswith("timestamp")


def test_columns_of_the_corpus_give_way_under_another_name(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store", [{"audio": "mine", "emotion_scored": "so"}])
    export(store, tmp_path / "x.parquet", format="spotlight")
    (row,) = pd.read_parquet(tmp_path / "x.parquet").to_dict("records")
    assert (row["user_audio"], row["audio"]) == ("mine", "/corpus/0.wav")
    assert row["user_emotion_scored"] == "so" and pd.isna(row["emotion_scored"])


def test_a_recording_that_is_gone_is_left_out_and_said(demo_copy: EmotionStore, tmp_path: Path) -> None:
    moved = EmotionStore.open(copy_demo(demo_copy))
    real = EmotionStore.audio_path
    gone = moved.segments(["file"], where="speaker = 'dan'")["file"].iloc[0]

    class Away(EmotionStore):
        def audio_path(self, file: str, corpus: str) -> Path:
            return self.path / "away.ogg" if file == gone else real(self, file, corpus)

    done = export(
        Away(moved.path), tmp_path / "hf", format="huggingface", where="speaker = 'dan' AND session = 'week1'"
    )
    lines = (tmp_path / "hf" / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == done.rows == len(list((tmp_path / "hf" / "audio").rglob("*.wav")))
    (left,) = done.left
    assert left.file == gone and "is not there" in left.reason
    assert gone not in "".join(lines)


def test_audformat_holds_no_embeddings(demo_store: EmotionStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"hold no embeddings: export those as \.npy or \.parquet"):
        export(demo_store, tmp_path / "x", format="audformat", embeddings=True)
    with pytest.raises(StoreError, match=r"without them export a \.csv"):
        export(demo_store, tmp_path / "x.npy", embeddings=False)
    assert list(tmp_path.iterdir()) == []
