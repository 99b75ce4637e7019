"""docs/file-format.md: its code runs, and it names every column and file."""

import re
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.store import keys, schema
from emoanalytics.store.info import StoreInfo
from tests.store.conftest import NAMES
from tests.store.rows import add, expected_embeddings, new_store

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "file-format.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def here(tmp_path, monkeypatch):
    store = new_store(tmp_path / "store")
    add(store, NAMES[:10])
    add(store, NAMES[10:20])
    monkeypatch.chdir(tmp_path)
    return store


def run(block: str) -> dict:
    names: dict = {}
    exec(compile(block, "file-format.md", "exec"), names)
    return names


def test_the_ways_of_reading_agree_with_the_store(here):
    key, pandas, duckdb, arrow, own = (run(block) for block in BLOCKS)
    assert key["content_id"]("ab", 0, 9) == keys.content_id("ab", 0, 9)
    assert list(pandas["both"]["segment_id"]) == list(here.segments()["segment_id"])
    assert len(duckdb["loud"]) == len(here.segments(where="speaker = 'anna'")) > 0
    np.testing.assert_array_equal(arrow["vectors"], expected_embeddings(here))
    np.testing.assert_array_equal(own["embeddings"], expected_embeddings(here))
    assert own["counts"]["clips"].sum() == 20


@pytest.mark.parametrize(
    "name",
    [
        *schema.SEGMENT_COLUMNS,
        *schema.SCORE_COLUMNS,
        *schema.embedding_schema(1).names,
        *schema.FAILURE_SCHEMA.names,
        *schema.RECORDING_SCHEMA.names,
        *StoreInfo.__dataclass_fields__,
        schema.META_SCHEMA.decode(), schema.META_ENCODER.decode(),
        schema.META_EMBEDDING_PARTS.decode(), schema.META_FRAME_PARTS.decode(),
    ],
)  # fmt: skip
def test_every_column_and_entry_is_described(name):
    assert f"`{name}`" in PAGE


def test_every_file_is_described(here):
    for path in here.path.iterdir():
        assert path.name in PAGE
