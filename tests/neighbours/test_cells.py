"""The graph of a large store, that is found through cells, against the exact one."""

from __future__ import annotations

import numpy as np
import pytest

from emoanalytics.neighbours.cells import Cells, Reach, neighbours, reach
from emoanalytics.neighbours.components import Components
from emoanalytics.neighbours.graph import GraphSettings, exact_graph, neighbour_graph
from emoanalytics.neighbours.truth import Truth
from tests.neighbours.made import spread, vectors_of

THROUGH_CELLS = GraphSettings(neighbours=12, fewest=12, exact_products=0)


def quiet(done: int, total: int, note: str) -> None: ...


def test_a_graph_through_cells_is_nearly_the_exact_one_and_tells_exact_similarities() -> None:
    vectors = vectors_of(spread(6000))
    graph, exact = neighbour_graph(vectors, THROUGH_CELLS), exact_graph(vectors, 12)
    assert graph.record["method"] == "cells" and graph.rows.shape == (6000, 12)
    same = (graph.rows[:, :, None] == exact.rows[:, None, :]).any(axis=2).mean()
    assert same >= 0.93
    assert graph.record["recall"] == pytest.approx(same, abs=0.04)
    points = vectors.points(slice(0, 6000))
    told = np.einsum("ij,ikj->ik", points, points[graph.rows])
    np.testing.assert_allclose(graph.similarities, told, atol=1e-6)
    assert not (graph.rows == np.arange(6000)[:, None]).any()
    assert all(len(set(row)) == 12 for row in graph.rows)
    assert (np.diff(graph.similarities, axis=1) <= 1e-6).all()


def test_the_recall_that_is_told_is_that_of_brute_force_where_much_is_missed() -> None:
    settings = GraphSettings(neighbours=12, fewest=12, exact_products=0, target_recall=0.6)
    vectors = vectors_of(spread(6000))
    graph = neighbour_graph(vectors, settings)
    mine = np.sort(np.random.default_rng(settings.seed + 1).choice(6000, 600, replace=False))[2::3]
    points = vectors.points(slice(0, 6000))
    likeness = points[mine] @ points.T
    likeness[np.arange(len(mine)), mine] = -np.inf
    true = np.argsort(-likeness, axis=1)[:, :12]
    hits = [len({*map(int, f)} & {*map(int, t)}) for f, t in zip(graph.rows[mine], true, strict=True)]
    assert graph.record["method"] == "cells" and 0.5 < graph.record["recall"] < 0.9
    assert graph.record["recall"] == pytest.approx(np.mean(hits) / 12, abs=1e-3)


def test_looking_into_every_cell_and_comparing_every_row_is_exact() -> None:
    vectors = vectors_of(spread(800))
    cells = Cells.of(vectors, Components.of(vectors, seed=0), 9, seed=0, tick=quiet)
    assert sorted(cells.rows) == list(range(800)) and cells.starts[-1] == 800
    exact = exact_graph(vectors, 7)
    for rows, found in neighbours(vectors, cells, 7, Reach(9, 800)):
        np.testing.assert_array_equal(found.rows, exact.rows[rows])
        np.testing.assert_allclose(found.similarities, exact.similarities[rows], atol=1e-6)


def test_the_reach_that_is_told_finds_what_it_says() -> None:
    vectors = vectors_of(spread(6000))
    cells = Cells.of(vectors, Components.of(vectors, seed=0), 60, seed=0, tick=quiet)
    far = reach(cells, Truth.of(vectors, 10, seed=3, sample=300), 10, 0.9)
    assert far is not None
    exact, found = exact_graph(vectors, 10), np.zeros((6000, 10), int)
    for rows, part in neighbours(vectors, cells, 10, far):
        found[rows] = part.rows
    assert far.cells <= 30
    assert (found[:, :, None] == exact.rows[:, None, :]).any(axis=2).mean() >= 0.88


def test_points_spread_evenly_are_compared_one_by_one() -> None:
    vectors = vectors_of(np.random.default_rng(0).normal(size=(1500, 200)).astype(np.float32))
    graph = neighbour_graph(vectors, THROUGH_CELLS)
    assert graph.record == {"method": "exact", "k": 12, "recall": 1.0, "reason": "near rows lie in far cells"}


def test_copies_and_rows_without_direction_are_neighbours() -> None:
    rows = np.vstack([spread(3000), np.tile(spread(1, seed=4), (40, 1)), np.zeros((50, 31), np.float32)])
    graph = neighbour_graph(vectors_of(rows), THROUGH_CELLS)
    assert graph.similarities[3000:3040].min() > 0.99999
    assert not (graph.rows == np.arange(3090)[:, None]).any()
    exact = exact_graph(vectors_of(rows), 12)
    assert (graph.similarities[3040:] <= exact.similarities[3040:] + 1e-6).all()


def test_a_store_of_very_many_rows_gets_fewer_neighbours_a_row() -> None:
    settings = GraphSettings()
    assert settings.neighbours_of(1_000_000) * 1_000_000 * 8 <= settings.memory_bytes
    assert settings.neighbours_of(100_000) == 90
    assert settings.neighbours_of(1) == settings.neighbours_of(0) == 0
    with pytest.raises(ValueError, match="1 to 90 neighbours at the least, not 0"):
        GraphSettings(fewest=0)
