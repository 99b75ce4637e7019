"""Exact search and the graph against brute force in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emoanalytics.neighbours.exact import nearest
from emoanalytics.neighbours.graph import exact_graph
from tests.neighbours.made import spread, twin, vectors_of


def same(answer, points, rows, k, among=None) -> None:
    found, likeness = twin(points, rows, k, among)
    np.testing.assert_allclose(answer.similarities, likeness, atol=2e-6)
    # Equals may change places where rounding falls on the edge: a row at another place is as near.
    for i, j in zip(*np.nonzero(answer.rows != found), strict=True):
        own = np.round(float(points[i] @ rows[answer.rows[i, j]]), 5)
        assert own == pytest.approx(likeness[i, j], abs=2e-6)
    assert all(len(set(r[r >= 0])) == (r >= 0).sum() for r in answer.rows)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 40), dim=st.integers(1, 5), k=st.integers(1, 50), seed=st.integers(0, 1000), whole=st.booleans()
)
def test_nearest_is_brute_force(n: int, dim: int, k: int, seed: int, whole: bool) -> None:
    rng = np.random.default_rng(seed)
    # Few different values: zero vectors, copies and ties everywhere.
    rows = (rng.integers(-1, 2, size=(n, dim)) if whole else rng.normal(size=(n, dim))).astype(np.float32)
    vectors = vectors_of(rows)
    points = vectors.points(slice(0, n))
    same(nearest(points, vectors, k), points, points, k)
    among = np.flatnonzero(rng.random(n) < 0.4)
    same(nearest(points, vectors, k, among=among), points, points, k, among)


def test_equals_come_in_the_order_of_the_store_over_many_blocks() -> None:
    rows = np.tile(np.array([[1, 2, 3]], np.float32), (20_000, 1))
    vectors = vectors_of(rows)
    answer = nearest(vectors.points(np.array([7, 19_999])), vectors, 12)
    assert answer.rows.tolist() == [list(range(12))] * 2
    np.testing.assert_allclose(answer.similarities, 1, atol=1e-6)


def test_a_better_row_in_a_late_block_is_found() -> None:
    rows = spread(30_000, 8)
    vectors = vectors_of(rows)
    points = vectors.points(np.array([29_999, 12_345, 3]))
    answer = nearest(points, vectors, 25)
    every = points @ vectors.points(slice(0, 30_000)).T
    np.testing.assert_allclose(answer.similarities, -np.sort(-every, axis=1)[:, :25], atol=1e-6)
    assert answer.rows[:, 0].tolist() == [29_999, 12_345, 3]


def test_a_filter_that_leaves_nothing_and_one_that_leaves_a_row() -> None:
    vectors = vectors_of(spread(50))
    points = vectors.points(slice(0, 2))
    assert (nearest(points, vectors, 3, among=np.zeros(0, np.int64)).rows == -1).all()
    assert nearest(points, vectors, 3, among=np.array([41])).rows.tolist() == [[41, -1, -1]] * 2


def test_no_neighbours_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="k is at least 1, not 0"):
        nearest(np.zeros((1, 3), np.float32), vectors_of(np.ones((4, 3), np.float32)), 0)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 57])
def test_the_graph_holds_every_row_but_itself(n: int) -> None:
    rows = spread(n, 4)
    vectors = vectors_of(rows)
    graph = exact_graph(vectors, 10)
    k = max(min(10, n - 1), 0)
    assert graph.rows.shape == graph.similarities.shape == (n, k)
    points = vectors.points(slice(0, n))
    for i in range(n):
        others = np.array([r for r in range(n) if r != i])
        found, likeness = twin(points[i : i + 1], points, k, others)
        assert graph.rows[i].tolist() == found[0].tolist()
        np.testing.assert_allclose(graph.similarities[i], likeness[0], atol=2e-6)
        np.testing.assert_allclose(
            graph.distances[i], np.linalg.norm(points[i] - points[graph.rows[i]], axis=1), atol=2e-3
        )


def test_identical_rows_are_each_others_neighbours() -> None:
    graph = exact_graph(vectors_of(np.ones((6, 3), np.float32)), 3)
    assert graph.rows.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2]]
