"""Folders that are no store, stores of other versions or encoders, and stores with a broken file."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from emoanalytics.errors import DamagedStoreError, EncoderMismatchError, SchemaMismatchError, StoreError
from emoanalytics.store.store import EmotionStore
from tests.store.conftest import NAMES
from tests.store.rows import CUT, FINGERPRINT, add, embedding_rows, expected_embeddings, new_store, segment_rows


@pytest.fixture
def two_parts(tmp_path):
    store = new_store(tmp_path / "s")
    add(store, NAMES[:5])
    add(store, NAMES[5:10])
    return store


def edit(store: EmotionStore, **changes) -> None:
    path = store.path / "store.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_folder_that_is_no_store_says_how_to_make_one(tmp_path):
    for folder, what in [(tmp_path, "is no store"), (tmp_path / "none", "does not exist")]:
        with pytest.raises(StoreError, match=rf"{what}.*: emoanalytics build CORPUS --store {folder}$") as refusal:
            EmotionStore.open(folder)
        assert type(refusal.value) is StoreError
    (tmp_path / "f").write_text("")
    with pytest.raises(StoreError, match="is a file"):
        EmotionStore.open(tmp_path / "f")


def test_a_newer_schema_is_refused_with_the_way_out(store):
    edit(store, schema_version=3)
    with pytest.raises(
        SchemaMismatchError, match=r"written by a newer version \(schema 3, this is 1\): upgrade emoanalytics"
    ):
        EmotionStore.open(store.path)
    with pytest.raises(SchemaMismatchError), store.writer():
        pass
    with pytest.raises(SchemaMismatchError):
        store.segments(where="true")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"schema_version": "1"}', '{"schema_version": true}', '{"schema_version": 1}', "\udcff"],
)
def test_a_broken_store_json_is_named(store, text):
    (store.path / "store.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(
        DamagedStoreError, match=r"store\.json .*: restore it from a copy, or build again into another --store"
    ):
        EmotionStore.open(store.path)
    (store.path / "store.json").unlink()
    with pytest.raises(DamagedStoreError, match=r"store\.json is missing"):
        EmotionStore.open(store.path)


def test_another_encoder_or_cut_is_refused(store):
    store.require(fingerprint=FINGERPRINT, cut=CUT, channels="mix")
    with pytest.raises(
        EncoderMismatchError, match=r"holds embeddings of tiny \(01234567\), not of large \(ffffffff\): use that"
    ):
        store.require(fingerprint="f" * 32, cut=CUT, name="large")
    with pytest.raises(EncoderMismatchError, match=r"were cut with mode = whole, not windows: use the same cut or"):
        store.require(fingerprint=FINGERPRINT, cut=CUT | {"mode": "windows"})
    with pytest.raises(EncoderMismatchError, match="channels = mix, not each"):
        store.require(fingerprint=FINGERPRINT, cut=CUT, channels="each")
    with pytest.raises(StoreError, match="gives no dimension"):
        new_store(store.path.parent / "other", encoder={"name": "x"})


def test_a_removed_part_is_named_and_only_its_clips_leave(two_parts):
    part = two_parts.path / "embeddings" / "part-00000.parquet"
    part.unlink()
    message = rf"{part} is missing: remove the file and build again; only its clips are embedded again"
    with pytest.raises(DamagedStoreError, match=message):
        two_parts.embeddings()
    assert two_parts.check() == [message]
    assert len(two_parts.segments(where="end_s > 0")) == 10, "metadata can still be read"
    with two_parts.writer() as writer:
        assert writer.notes == (
            "part-00000.parquet missing: 5 segment(s) of 5 file(s) left the store "
            "and are embedded again by the next build",
        )
        assert sorted(writer.recordings["file"].to_pylist()) == NAMES[5:10]
        rows = segment_rows(NAMES[:5])
        writer.commit(segments=rows, embeddings=embedding_rows(rows))
    assert two_parts.check() == []
    np.testing.assert_array_equal(two_parts.embeddings(), expected_embeddings(two_parts))
    assert len(two_parts) == 10


def test_a_cut_part_is_named_until_it_is_removed(two_parts):
    part = two_parts.path / "embeddings" / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(
        DamagedStoreError, match=r"part-00001\.parquet cannot be read \(.*\): remove the file and build again"
    ):
        two_parts.embeddings()
    with (
        pytest.raises(DamagedStoreError, match=r"part-00001\.parquet is cut short: remove the file"),
        two_parts.writer(),
    ):
        pass
    assert len(two_parts.check()) == 1
    part.unlink()
    with two_parts.writer() as writer:
        assert len(writer.segments) == 5


def test_one_flipped_bit_in_an_embedding_is_found(two_parts):
    part = two_parts.path / "embeddings" / "part-00000.parquet"
    good = part.read_bytes()
    column = pq.ParquetFile(part).metadata.row_group(0).column(1)
    assert column.path_in_schema.startswith("embedding")
    position = column.data_page_offset + column.total_compressed_size - 10  # inside the values, behind the page header
    part.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
    with pytest.raises(DamagedStoreError, match=r"part-00000\.parquet cannot be read"):
        two_parts.embeddings()
    problems = two_parts.check()
    assert len(problems) == 1
    assert "part-00000.parquet cannot be read" in problems[0]


@pytest.mark.parametrize("name", ["segments.parquet", "failures.parquet", "recordings.parquet"])
def test_other_broken_tables_are_named(two_parts, name):
    path = two_parts.path / name
    path.write_bytes(b"PAR1 nothing PAR1")
    assert [p.startswith(f"{path} cannot be read") for p in two_parts.check()] == [True]
    with pytest.raises(DamagedStoreError, match=name), two_parts.writer():
        pass
    path.unlink()
    if name == "segments.parquet":
        with pytest.raises(DamagedStoreError, match=r"segments\.parquet is missing: restore it from a copy"):
            len(two_parts)
    else:
        assert two_parts.check() == [], "a hint that is gone is no damage"


def test_a_broken_run_record_is_named(store):
    (store.path / "runs").mkdir()
    (store.path / "runs" / "x.json").write_text("{")
    with pytest.raises(DamagedStoreError, match=r"x\.json cannot be read"):
        store.runs()
    assert len(store.check()) == 1


def test_a_part_of_another_length_is_refused(two_parts):
    other = new_store(two_parts.path.parent / "o", encoder={"name": "wide", "dim": 3})
    edit(two_parts, encoder=dict(other.info.encoder))
    with pytest.raises(DamagedStoreError, match="holds embeddings of length 6, not 3"):
        two_parts.embeddings()
