"""CSV, TSV, JSONL, Parquet and NumPy: what is read back is what the store holds."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from emoanalytics.export import Exported, export
from emoanalytics.spreadsheets import harmless
from emoanalytics.store.store import EmotionStore
from tests.export.conftest import TEXTS

NUMBERS = ["start_s", "end_s", "level_dbfs", "weight", "age", "source_rate_hz", "score_angry", "score_unknown"]


def winners(store: EmotionStore) -> list[str | None]:
    """The slow twin of `emotion_scored`."""
    found = []
    for row in store.scores().to_dict("records"):
        scores = {k.removeprefix("score_"): v for k, v in row.items() if k.startswith("score_") and not math.isnan(v)}
        found.append(max(scores, key=scores.__getitem__) if scores else None)
    return found


@pytest.mark.parametrize(("name", "separator"), [("clips.csv", ","), ("clips.tsv", "\t")])
def test_delimited_text_reads_back(hard_store: EmotionStore, tmp_path: Path, name: str, separator: str) -> None:
    done = export(hard_store, tmp_path / name, embeddings=True)
    data = (tmp_path / name).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\xef\xbb\xbf") == 1
    with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file, delimiter=separator))
    assert lines[0] == [*(c if c != "=phone" else "'=phone" for c in done.columns)]
    assert len(lines) == 1 + len(hard_store)
    rows = [dict(zip(done.columns, line, strict=True)) for line in lines[1:]]
    for row, truth in zip(rows, hard_store.table().to_dict("records"), strict=True):
        for column in NUMBERS:
            if pd.isna(truth[column]):
                assert row[column] == ""
            else:
                kind = np.float32 if column.startswith(("score", "level")) else np.float64
                assert kind(row[column]) == kind(truth[column])
        assert json.loads(row["flags"]) == list(truth["flags"])
    vectors = np.array([json.loads(row["embedding"]) for row in rows], np.float32)
    np.testing.assert_array_equal(vectors, hard_store.embeddings())
    assert rows[0]["recorded_at"] == "2026-03-02T09:00:00Z"
    assert rows[1]["recorded_at"] == ""
    assert [row["emotion_scored"] or None for row in rows] == winners(hard_store)


def test_no_cell_begins_like_a_formula_and_what_was_there_can_be_had_back(
    hard_store: EmotionStore, tmp_path: Path
) -> None:
    done = export(hard_store, tmp_path / "clips.csv")
    with (tmp_path / "clips.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    numbers = {i for i, column in enumerate(done.columns) if column in (*NUMBERS, "silence_share")}
    for line in lines:
        for place, cell in enumerate(line):
            assert place in numbers or not cell.startswith(
                ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
            )
    texts = [line[done.columns.index("text")] for line in lines[1:]]
    assert texts[:6] == ["'=1+1", "'+49 30", "'-5", "'@cmd", "''=2", "'＝3"]
    assert texts[6:8] == ['He said "no", twice', "two\nlines"]
    again = [t[1:] if harmless(t.lstrip("'")) != t.lstrip("'") and t.startswith("'") else t for t in texts]
    assert again == [t or "" for t in TEXTS]
    assert done.words() == (
        "8 cells began like a formula, which a spreadsheet runs: an apostrophe stands in front",
    )  # seven texts and the name of a column


def test_pandas_and_duckdb_read_the_csv(demo_store: EmotionStore, tmp_path: Path) -> None:
    export(demo_store, tmp_path / "clips.csv")
    truth = demo_store.table()
    read = pd.read_csv(tmp_path / "clips.csv", dtype={"score_angry": "float32"})
    assert read["file"].tolist() == truth["file"].tolist()
    np.testing.assert_array_equal(read["score_angry"], truth["score_angry"])
    assert pd.to_datetime(read["recorded_at"]).tolist() == truth["recorded_at"].tolist()
    found = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/clips.csv' WHERE speaker = 'ella'").fetchall()
    ((count,),) = found
    assert count == (truth["speaker"] == "ella").sum() > 0


def test_jsonl_keeps_lists_gaps_and_numbers(hard_store: EmotionStore, tmp_path: Path) -> None:
    done = export(hard_store, tmp_path / "clips.jsonl", embeddings=True)
    lines = (tmp_path / "clips.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    assert all(tuple(row) == done.columns for row in rows)
    for row, truth in zip(rows, hard_store.table().to_dict("records"), strict=True):
        assert row["flags"] == list(truth["flags"])
        assert row["text"] == (None if pd.isna(truth["text"]) else truth["text"])
        assert row["agreed"] == (None if pd.isna(truth["agreed"]) else truth["agreed"])
        for column in NUMBERS:
            assert (row[column] is None) == bool(pd.isna(truth[column]))
            if row[column] is not None:
                kind = np.float32 if column.startswith(("score", "level")) else np.float64
                assert kind(row[column]) == kind(truth[column])
    assert len(str(rows[1]["score_angry"])) < 14  # as short as tells it apart
    np.testing.assert_array_equal(np.array([r["embedding"] for r in rows], np.float32), hard_store.embeddings())


def test_parquet_keeps_the_types_of_the_store(hard_store: EmotionStore, tmp_path: Path) -> None:
    done = export(hard_store, tmp_path / "clips.parquet")
    assert done.embeddings and done.columns[-1] == "embedding"
    read = pq.read_table(tmp_path / "clips.parquet")
    own = pq.read_schema(hard_store.path / "segments.parquet")
    for field in own:
        assert read.schema.field(field.name).type == field.type
    assert read["flags"].to_pylist()[5] == ["noisy", "quiet"]
    assert read["score_angry"].null_count == 1  # the clip without scores: null, not NaN
    np.testing.assert_array_equal(np.array(read["embedding"].to_pylist(), np.float32), hard_store.embeddings())
    frame = read.to_pandas()[hard_store.table().columns.tolist()]
    assert frame["segment_id"].tolist() == hard_store.table()["segment_id"].tolist()
    assert read.schema.metadata[b"emoanalytics.encoder"] == b"made"
    assert "embedding" not in pq.read_schema(_plain(hard_store, tmp_path)).names


def _plain(store: EmotionStore, folder: Path) -> Path:
    export(store, folder / "plain.parquet", embeddings=False)
    return folder / "plain.parquet"


def test_an_array_and_its_table_are_in_one_order(demo_store: EmotionStore, tmp_path: Path) -> None:
    done = export(demo_store, tmp_path / "clips.npy", where="speaker = 'mei' AND score_happy > 0.1")
    vectors = np.load(tmp_path / "clips.npy", mmap_mode="r")
    table = pd.read_csv(tmp_path / "clips.csv")
    assert vectors.shape == (done.rows, 579) == (len(table), 579)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, demo_store.embeddings(table["segment_id"].tolist()))
    assert "its rows are those of clips.csv, in that order" in done.words()


def test_batches_do_not_change_what_is_written(
    hard_store: EmotionStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("a.csv", "a.jsonl", "a.npy", "a.parquet")
    for name in names:
        export(hard_store, tmp_path / "one" / name, embeddings=True, replace=True)
    from emoanalytics.export.rows import Rows

    one_by_three = (3, *(Rows.batches.__defaults__ or ())[1:])
    monkeypatch.setattr(Rows.vectors, "__defaults__", one_by_three)
    monkeypatch.setattr(Rows.batches, "__kwdefaults__", {"batch": 3})
    steps: list[tuple[int, int]] = []
    for name in names:
        export(
            hard_store, tmp_path / "three" / name, embeddings=True, replace=True,
            progress=lambda done, total, note: steps.append((done, total)),
        )  # fmt: skip
    assert (3, 12) in steps
    for name in ("a.csv", "a.jsonl", "a.npy"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "three" / name).read_bytes()
    one, three = (pq.read_table(tmp_path / folder / "a.parquet") for folder in ("one", "three"))
    assert one.equals(three)


def test_the_result_says_what_was_written(hard_store: EmotionStore, tmp_path: Path) -> None:
    done = export(hard_store, tmp_path / "x.csv", where="speaker = 'anna 1'")
    assert isinstance(done, Exported)
    assert done.rows == 4
    document = done.as_json()
    assert (document["format"], document["rows"], document["embeddings"], document["left"]) == ("csv", 4, False, [])
    assert document["columns"] == list(done.columns)
    whole = export(hard_store, tmp_path / "y.csv", redact=True)
    assert len(whole.words("zh")) == len(whole.words()) == 2
    assert whole.words("zh")[0].startswith("说话人") and document["notes"] == list(done.words("en"))
