"""``emoanalytics index``: a large store gets one, a small one is told that it needs none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from app.geometry import Shared
from emoanalytics import EmotionStore, Query, Space
from emoanalytics.neighbours.geometry import Geometry
from tests.cli.conftest import Said
from tests.made_store import make_store

ROWS = 20_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    points = np.random.default_rng(0).normal(size=(ROWS, 8)).astype(np.float32)
    return make_store(tmp_path_factory.mktemp("large") / "store", [{}] * ROWS, embeddings=points).path


def test_a_large_store_gets_an_index_that_says_how_much_it_finds(large: Path, run: Callable[..., Said]) -> None:
    assert Geometry(EmotionStore.open(large)).lacks_index
    done = run("index", large, "--json")
    assert done.status == 0
    record = done.json["index"]
    assert record["rows"] == ROWS
    assert record["recall_at_10"] >= 0.98
    assert not Geometry(EmotionStore.open(large)).lacks_index
    again = run("index", large)
    assert f"index of {ROWS} clips, space: raw: finds" in again.out
    assert f"索引，{ROWS} 个片段，空间：原始：能找到" in run("index", large, "--lang", "zh").out


def test_a_small_store_needs_none(built: Path, run: Callable[..., Said]) -> None:
    done = run("index", built)
    assert done.status == 0
    assert "compared one by one, which is exact" in done.out
    assert run("index", built, "--lang", "zh").out.startswith("无需索引：逐一比较 ")
    assert not list((built / "derived").glob("index/*"))


def test_the_app_makes_one_while_it_compares_every_clip(large: Path) -> None:
    store = EmotionStore.open(large)
    shared = Shared(store, Space.SPEAKER_CENTRED)
    query = Query(positives=[store.segments(["segment_id"])["segment_id"].iloc[0]])
    first = shared.search(query, k=5)
    assert shared._index is not None
    assert shared._index.wait(60)
    assert shared._index.error is None
    assert not shared.indexing
    assert not Geometry(store, Space.SPEAKER_CENTRED).lacks_index
    assert [h.segment_id for h in shared.search(query, k=5).hits] == [h.segment_id for h in first.hits]
