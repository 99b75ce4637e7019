"""A store with 40 clips from four commits, shared by the tests that only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from emoanalytics.store.store import EmotionStore
from tests.store.rows import add, failure_rows, new_store

NAMES = [f"说话/{i:02d} clip.wav" for i in range(40)]


@pytest.fixture
def store(tmp_path: Path) -> EmotionStore:
    return new_store(tmp_path / "store")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> EmotionStore:
    store = new_store(tmp_path_factory.mktemp("filled") / "store")
    for start in range(0, 40, 10):
        add(store, NAMES[start : start + 10])
    with store.writer() as writer:
        empty = writer.segments.slice(0, 0)
        writer.commit(segments=empty, embeddings=_no_embeddings(), failures=failure_rows(["bad.wav"]))
    return store


def _no_embeddings():
    from emoanalytics.store.schema import embedding_schema
    from tests.store.rows import DIM

    return embedding_schema(DIM).empty_table()
