"""What a store gives back: order, selection, scores, laziness."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from emoanalytics.errors import StoreError
from emoanalytics.labels import EMOTION_IDS
from emoanalytics.store.schema import SCORE_COLUMNS, SEGMENT_COLUMNS
from emoanalytics.store.store import EmotionStore
from tests.store.conftest import NAMES
from tests.store.rows import CORPUS, DIM, add, expected_embeddings, new_store, nine


def test_segments_stand_in_the_order_they_came(filled):
    table = filled.segments()
    assert list(table["file"]) == NAMES
    assert list(table.columns) == list(SEGMENT_COLUMNS)
    assert len(filled) == 40


def test_columns_come_in_the_order_asked(filled):
    assert list(filled.segments(["speaker", "file"]).columns) == ["speaker", "file"]
    assert list(filled.table(["score_sad", "file"]).columns) == ["score_sad", "file"]
    with pytest.raises(StoreError, match="has no column 'spekaer'; it has segment_id, content_id"):
        filled.segments(["spekaer"])
    with pytest.raises(StoreError, match="has no column 'score_sad'"):
        filled.segments(["score_sad"])


def test_embeddings_are_one_read_only_block_in_the_order_of_the_segments(filled):
    got = filled.embeddings()
    assert got.dtype == np.float32
    assert got.shape == (40, DIM)
    assert got.flags.c_contiguous
    assert not got.flags.writeable
    np.testing.assert_array_equal(got, expected_embeddings(filled))


def test_embeddings_of_ids_come_in_the_order_of_the_ids_also_repeated(filled):
    ids = list(filled.segments(["segment_id"])["segment_id"])
    rng = np.random.default_rng(0)
    picked = rng.integers(0, 40, 100)
    np.testing.assert_array_equal(filled.embeddings([ids[i] for i in picked]), expected_embeddings(filled)[picked])
    assert filled.embeddings([]).shape == (0, DIM)
    with pytest.raises(StoreError, match=r"has no segment nobody \(1 of 2 unknown\)"):
        filled.embeddings([ids[0], "nobody"])


@pytest.mark.parametrize("batch", [1, 7, 40, 1000])
def test_batches_are_the_whole_in_pieces(filled, batch):
    pieces = list(filled.iter_embeddings(batch))
    assert all(len(p) <= batch for p in pieces)
    np.testing.assert_array_equal(np.concatenate(pieces), expected_embeddings(filled))


def test_rows_are_found_in_every_row_group(tmp_path, monkeypatch):
    monkeypatch.setattr("emoanalytics.store.tables._BYTES_A_GROUP", 4 * DIM * 3)
    store = new_store(tmp_path / "s")
    add(store, NAMES)
    (part,) = (store.path / "embeddings").iterdir()
    assert pq.ParquetFile(part).num_row_groups == 14
    np.testing.assert_array_equal(store.embeddings(), expected_embeddings(store))
    ids = list(store.segments(["segment_id"])["segment_id"])
    np.testing.assert_array_equal(store.embeddings(ids[::-3]), expected_embeddings(store)[::-3])


def test_scores_are_the_nine_in_order(filled):
    scores = filled.scores()
    assert list(scores.columns) == ["segment_id", *SCORE_COLUMNS]
    want = np.array([nine(c) for c in filled.segments(["content_id"])["content_id"]])
    np.testing.assert_array_equal(scores[list(SCORE_COLUMNS)].to_numpy(np.float32), want)


def test_a_table_is_segments_beside_scores(filled):
    pd.testing.assert_frame_equal(filled.table(), filled.segments().merge(filled.scores(), on="segment_id"))


def test_without_a_head_scores_are_empty(tmp_path):
    store = new_store(tmp_path / "s", head=None)
    add(store, NAMES[:3])
    assert store.scores()[list(SCORE_COLUMNS)].isna().all(axis=None)
    assert store.head() is None


def test_an_empty_store_reads_as_empty(store):
    assert len(store) == 0
    assert store.segments().empty
    assert store.embeddings().shape == (0, DIM)
    assert list(store.iter_embeddings()) == []
    assert store.table(where="speaker = 'anna'").empty
    assert store.query("SELECT * FROM embeddings").empty
    assert store.frames().empty
    assert store.check() == []


def test_selection_touches_no_embedding(filled, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise AssertionError("an embedding was read")

    monkeypatch.setattr("emoanalytics.store.rows.EmbeddingRows.__init__", refuse)
    read = []
    real = pq.ParquetFile.read

    def spy(self, columns=None, **more):
        read.append(columns)
        return real(self, columns=columns, **more)

    monkeypatch.setattr(pq.ParquetFile, "read", spy)
    filled.segments(["file"], where="speaker = 'anna' AND snr_db > 3")
    assert read == [["speaker", "snr_db", "segment_id"], ["file", "segment_id"]]
    filled.table(["file"], where="score_angry > 0.1")
    assert all("embedding" not in columns for columns in read)


def test_one_clip_reads_one_part(filled, monkeypatch):
    ids = list(filled.segments(["segment_id"])["segment_id"])
    filled.embeddings([])  # finds where the rows lie
    opened = []
    real = pq.ParquetFile.__init__
    monkeypatch.setattr(
        pq.ParquetFile, "__init__", lambda self, path, **k: opened.append(Path(path).name) or real(self, path, **k)
    )
    filled.embeddings([ids[25]])
    assert opened == ["part-00002.parquet"]


def test_a_store_opened_before_a_commit_sees_it(tmp_path):
    writing, reading = new_store(tmp_path / "s"), EmotionStore.open(tmp_path / "s")
    before = reading.fingerprint
    assert len(reading.embeddings()) == 0
    add(writing, NAMES[:3])
    np.testing.assert_array_equal(reading.embeddings(), expected_embeddings(writing))
    assert reading.fingerprint != before
    assert writing.fingerprint == reading.fingerprint == EmotionStore.open(tmp_path / "s").fingerprint


def test_the_fingerprint_follows_rows_metadata_and_head_and_nothing_else(store):
    seen = [store.fingerprint]

    def changed() -> bool:
        seen.append(store.fingerprint)
        return seen[-1] not in seen[:-1]

    add(store, NAMES[:5])
    assert changed()
    with store.writer() as writer:
        table = writer.segments
        writer.replace_segments(table.set_column(table.schema.get_field_index("speaker"), "speaker", [["zoe"] * 5]))
    assert changed()
    with store.writer() as writer:
        writer.set_head(None)
    assert changed()
    with store.writer() as writer:
        writer.write_run({"what": "nothing"})
    assert not changed()


def test_failures_and_runs_are_listed(filled, store):
    (failure,) = filled.failures().to_dict("records")
    assert (failure["corpus"], failure["file"], failure["reason"]) == (CORPUS, "bad.wav", "not audio")
    with store.writer() as writer:
        ids = [writer.write_run({"n": n}) for n in range(5)]
        assert writer.write_run({"n": 2, "end": True}, ids[2]) == ids[2]
        with pytest.raises(StoreError, match="is no id of a run"):
            writer.write_run({}, "../outside")
    assert sorted(ids) == ids
    assert [(r["id"], r["n"]) for r in store.runs()] == list(zip(ids, range(5), strict=True))
    assert store.runs()[2]["end"] is True


def test_the_audio_of_a_row(store):
    assert store.audio_path("a/b.wav", "/corpus") == Path("/corpus/a/b.wav")
    assert store.audio_path("b.wav", "../audio") == store.path.parent / "audio/b.wav"


def test_info_says_what_the_store_holds(store):
    info = EmotionStore.open(store.path).info
    assert (info.schema_version, info.dim, info.head, info.labels) == (1, DIM, "builtin", EMOTION_IDS)
    assert info.written_by.startswith("emoanalytics ")
    assert pd.Timestamp(info.created).tzinfo is not None


def test_a_store_introduces_itself(filled, tmp_path):
    text = repr(filled)
    hours = filled.segments(["end_s"])["end_s"].sum() / 3600
    assert f"40 clips, 3 speakers, {hours:.2f} h, encoder tiny, head builtin" in text
    broken = new_store(tmp_path / "s")
    (broken.path / "segments.parquet").unlink()
    assert "segments.parquet is missing" in repr(broken)
