"""An index that is made in the background."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from emoanalytics.neighbours import background
from emoanalytics.neighbours.background import IndexBuild
from emoanalytics.neighbours.exact import nearest
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.index import Index, IndexSettings, Kind
from tests.neighbours.made import spread, store_of

SMALL = IndexSettings(exact_below=100)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """The build says when it has begun, and goes on when it is let."""
    begun, let = threading.Event(), threading.Event()
    build = Index.build

    def waiting(vectors, settings=None, *, progress=None):
        begun.set()
        assert let.wait(60)
        return build(vectors, settings, progress=progress)

    monkeypatch.setattr(Index, "build", waiting)
    return begun, let


def test_exact_search_answers_meanwhile_and_the_index_afterwards(tmp_path: Path, gate) -> None:
    begun, let = gate
    geometry = Geometry(store_of(tmp_path / "s", spread(700)), settings=SMALL)
    points = geometry.vectors.points(slice(0, 20))
    work = IndexBuild(tmp_path / "s", settings=SMALL).start()
    assert begun.wait(60) and work.running and not work.wait(0)
    assert geometry.index is None
    np.testing.assert_array_equal(geometry.nearest(points, 5).rows, nearest(points, geometry.vectors, 5).rows)
    let.set()
    assert work.wait(120)
    assert (work.error, work.notes) == (None, [])
    assert work.result is not None and work.result.kind is Kind.HNSW_SQ
    assert work.note == "measuring recall"
    assert geometry.index is not None and geometry.index.kind is Kind.HNSW_SQ


def test_it_can_be_cancelled(tmp_path: Path, gate) -> None:
    begun, let = gate
    store_of(tmp_path / "s", spread(700))
    work = IndexBuild(tmp_path / "s", settings=SMALL).start()
    assert begun.wait(60)
    work.cancel()
    let.set()
    assert work.wait(120)
    assert work.error == "cancelled" and work.result is None
    assert not (tmp_path / "s/derived/index").exists()


def test_a_store_that_is_gone_is_said(tmp_path: Path) -> None:
    work = IndexBuild(tmp_path / "nowhere").start()
    assert work.wait(60)
    assert work.error is not None and "nowhere" in work.error


def test_a_failure_of_the_library_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args, **named):
        raise RuntimeError("Error in faiss: no\nand a trace")

    monkeypatch.setattr(background.Geometry, "make_index", broken)
    store_of(tmp_path / "s", spread(700))
    work = IndexBuild(tmp_path / "s", settings=SMALL).start()
    assert work.wait(60)
    assert work.error == "the index could not be made (Error in faiss: no): exact search goes on"


def test_a_store_that_changes_meanwhile_keeps_its_old_answers(tmp_path: Path, gate) -> None:
    begun, let = gate
    rows = spread(800)
    geometry = Geometry(store_of(tmp_path / "s", rows[:700]), settings=SMALL)
    assert len(geometry.vectors) == 700
    grown = store_of(tmp_path / "grown", rows)
    for path in (tmp_path / "s").iterdir():
        if path.name != "derived":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in grown.path.iterdir():
        path.rename(tmp_path / "s" / path.name)
    work = IndexBuild(tmp_path / "s", settings=SMALL).start()
    assert begun.wait(60)
    let.set()
    assert work.wait(120) and work.error is None and work.result is not None
    assert len(work.result) == 800
    assert geometry.index is None  # it is another store's now
    points = geometry.vectors.points(slice(0, 20))
    assert geometry.nearest(points, 3).rows.max() < 700
