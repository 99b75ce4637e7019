"""Validity against definitions written out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from emoanalytics.views.clusters.validity import density_validity, filled_up, silhouette
from tests.views.clusters.made import grouped


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return 1 - float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def slow_silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    rows = [i for i in range(len(points)) if labels[i] >= 0]
    values = []
    for i in rows:
        means = {
            c: np.mean([cosine(points[i], points[j]) for j in rows if labels[j] == c and j != i] or [0.0])
            for c in set(labels[rows])
        }
        if sum(labels[j] == labels[i] for j in rows) == 1:
            values.append(0.0)
            continue
        own = means.pop(labels[i])
        other = min(means.values())
        values.append((other - own) / max(own, other))
    return float(np.mean(values))


def slow_tree(weights: np.ndarray) -> list[tuple[int, int, float]]:
    """Prim's algorithm, by hand."""
    inside, edges = {0}, []
    while len(inside) < len(weights):
        length, i, j = min((weights[i, j], i, j) for i in inside for j in range(len(weights)) if j not in inside)
        inside.add(j)
        edges.append((i, j, length))
    return edges


def slow_dbcv(points: np.ndarray, labels: np.ndarray) -> float:
    dim = points.shape[1]
    core = np.zeros(len(points))
    clusters = {c: [i for i in range(len(points)) if labels[i] == c] for c in set(labels.tolist()) - {-1}}
    for rows in clusters.values():
        for i in rows:
            powers = [(1 / np.linalg.norm(points[i] - points[j])) ** dim for j in rows if j != i]
            core[i] = (sum(powers) / (len(rows) - 1)) ** (-1 / dim)

    def reach(i: int, j: int) -> float:
        return max(core[i], core[j], float(np.linalg.norm(points[i] - points[j])))

    sparse, inner = {}, {}
    for c, rows in clusters.items():
        edges = slow_tree(np.array([[reach(i, j) for j in rows] for i in rows]))
        degree = np.bincount([v for i, j, _ in edges for v in (i, j)], minlength=len(rows))
        inner[c] = [rows[v] for v in range(len(rows)) if degree[v] > 1] or rows
        within = [length for i, j, length in edges if degree[i] > 1 and degree[j] > 1]
        sparse[c] = max(within or [length for _, _, length in edges])
    apart = {c: min(reach(i, j) for d in clusters if d != c for i in inner[c] for j in inner[d]) for c in clusters}
    return sum(
        len(rows) / len(points) * (apart[c] - sparse[c]) / max(apart[c], sparse[c]) for c, rows in clusters.items()
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_both_equal_their_definitions(seed: int) -> None:
    points, labels = grouped((9, 6, 2), dim=4, spread=0.25, stray=4, seed=seed)
    wide = points.astype(np.float64)
    assert silhouette(wide, labels) == pytest.approx(slow_silhouette(wide, labels), abs=1e-9)
    assert density_validity(wide, labels) == pytest.approx(slow_dbcv(wide, labels), abs=1e-9)


def test_hundreds_of_dimensions_do_not_overflow() -> None:
    points, labels = grouped((30, 30), dim=600, spread=0.01)
    value = density_validity(points.astype(np.float64), labels)
    assert value is not None and 0.3 < value <= 1


def test_further_apart_is_better_and_noise_counts_against() -> None:
    values = []
    for spread in (0.05, 0.1, 0.3):
        points, labels = grouped((15, 15), dim=5, spread=spread, seed=1)
        values.append(density_validity(points.astype(np.float64), labels))
    assert all(a > b for a, b in combinations(values, 2))
    points, labels = grouped((15, 15), dim=5, spread=0.05, stray=30, seed=1)
    clean = density_validity(points[labels >= 0].astype(np.float64), labels[labels >= 0])
    assert density_validity(points.astype(np.float64), labels) == pytest.approx(clean / 2)


def test_a_cluster_of_one_row_is_as_noise() -> None:
    points, labels = grouped((15, 15, 1), dim=5, seed=1)
    as_noise = np.where(labels == 2, -1, labels)
    found = density_validity(points.astype(np.float64), labels)
    assert found is not None
    assert found == density_validity(points.astype(np.float64), as_noise)


def test_clusters_of_a_sample_count_by_their_shares_of_all() -> None:
    points, labels = grouped((15, 5), dim=5, stray=5, seed=1)
    wide = points.astype(np.float64)
    parts = [density_validity(wide, labels, np.array([c] * 5 + [-1] * 5)) for c in (0, 1)]
    assert parts[0] != pytest.approx(parts[1])
    whole = np.repeat([0, 1, -1], [30, 60, 10])
    assert density_validity(wide, labels, whole) == pytest.approx(2 * (0.3 * parts[0] + 0.6 * parts[1]))
    assert density_validity(wide, labels, np.tile(labels, 3)) == pytest.approx(density_validity(wide, labels))


def test_copies_have_a_validity() -> None:
    points = np.repeat(np.eye(3), [4, 3, 2], axis=0)
    labels = np.repeat([0, 1, 2], [4, 3, 2])
    assert density_validity(points, labels) == pytest.approx(1, abs=1e-6)
    assert silhouette(points, labels) == pytest.approx(1)


@pytest.mark.parametrize("labels", [[-1] * 4, [0] * 4, [0, 0, 0, 1], [0, 0, -1, -1]])
def test_one_cluster_has_neither(labels: list[int]) -> None:
    points = np.random.default_rng(0).normal(size=(4, 3))
    assert density_validity(points, np.array(labels)) is None
    if labels != [0, 0, 0, 1]:
        assert silhouette(points, np.array(labels)) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_is_filled_up_to_ten_of_each_cluster(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat([0, 1, 2, 3, -1], [200, 40, 12, 4, 30]))
    rows = np.sort(rng.choice(286, 40, replace=False))
    filled = filled_up(rows, labels, 10, rng)
    assert np.array_equal(filled, np.unique(filled)) and set(rows) <= set(filled)
    for c, size in enumerate((200, 40, 12, 4)):
        drawn = int((labels[rows] == c).sum())
        assert (labels[filled] == c).sum() == max(drawn, min(10, size))
    assert (labels[filled] == -1).sum() == (labels[rows] == -1).sum()
    nothing = np.full(9, -1)
    assert filled_up(np.arange(3), nothing, 10, rng).tolist() == [0, 1, 2]
