"""HDBSCAN on the shared graph: that of scikit-learn on all pairs, and in one piece where the graph is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csgraph
from scipy.spatial.distance import cdist

from emoanalytics.neighbours.graph import Graph
from emoanalytics.views.clusters import density as module
from emoanalytics.views.clusters.density import NOISE, connected, density, reachability
from tests.views.clusters.made import geometry, grouped


def points_of(place) -> np.ndarray:
    return np.asarray(place.vectors.points(slice(None)), np.float64)


def same_division(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether two labellings divide alike, noise in noise."""
    return len({*zip(one.tolist(), two.tolist(), strict=True)}) == len(set(one)) == len(set(two)) and np.array_equal(
        one < 0, two < 0
    )


@pytest.mark.parametrize(("min_size", "min_samples"), [(5, 1), (8, 3), (12, 6)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_pairs_give_the_same(tmp_path: Path, min_size: int, min_samples: int, seed: int) -> None:
    from sklearn.cluster import HDBSCAN

    embeddings, _ = grouped((25, 18, 14), spread=0.15, stray=30, seed=seed)  # 87 rows: each other one is a neighbour
    place = geometry(tmp_path / "store", embeddings)
    found = density(place, min_size, min_samples)(np.arange(87), 0)
    points = points_of(place)
    distances = cdist(points, points)
    core = np.sort(distances, axis=1)[:, min_samples - 1]
    reach = np.maximum(np.maximum(core[:, None], core[None, :]), distances) + 1e-5 * distances
    np.fill_diagonal(reach, 0)
    twin = HDBSCAN(min_cluster_size=min_size, min_samples=1, metric="precomputed", copy=True).fit_predict(reach)
    assert twin.max() >= 1
    assert same_division(found, twin)


@pytest.mark.parametrize("seed", [0, 1])
def test_points_give_the_same_where_no_two_edges_are_equal(tmp_path: Path, seed: int) -> None:
    from sklearn.cluster import HDBSCAN

    embeddings, _ = grouped((25, 18, 14), spread=0.15, stray=30, seed=seed)
    place = geometry(tmp_path / "store", embeddings)
    twin = HDBSCAN(min_cluster_size=6, min_samples=1, copy=True).fit_predict(points_of(place))
    assert same_division(density(place, 6, 1)(np.arange(87), 0), twin)


def test_ninety_neighbours_find_planted_groups_and_leave_strays_out(tmp_path: Path) -> None:
    embeddings, groups = grouped((150, 120, 40), stray=60)
    found = density(geometry(tmp_path / "store", embeddings), 10, 3)(np.arange(370), 0)
    assert found.max() == 2
    for group in range(3):
        labels = found[groups == group]
        assert np.bincount(labels[labels >= 0]).max() >= 0.95 * len(labels)
    assert (found[groups < 0] == NOISE).mean() > 0.9


def test_reachability_is_the_largest_of_distance_and_both_cores(tmp_path: Path) -> None:
    embeddings, _ = grouped((20, 15), stray=5, seed=3)
    place = geometry(tmp_path / "store", embeddings)
    rows = np.flatnonzero(np.arange(40) % 5 != 2)
    found = reachability(place.graph, rows, 4, 1e-3).toarray()
    points = points_of(place)[rows]
    distances = cdist(points, points)
    core = np.sort(distances, axis=1)[:, 3]  # the fourth, the row itself counted
    for a in range(len(rows)):
        for b in range(len(rows)):
            expected = 0.0 if a == b else max(distances[a, b], core[a], core[b])
            assert found[a, b] == pytest.approx(expected, abs=2e-3)  # distances of float32 similarities


def test_a_row_with_too_few_neighbours_left_is_as_far_as_can_be() -> None:
    graph = Graph(np.array([[1], [0], [3], [2]], np.int32), np.full((4, 1), 0.5, np.float32), {})
    found = reachability(graph, np.arange(4), 3, 1e-3).toarray()
    assert found[0, 1] == found[2, 3] == pytest.approx(2, abs=1e-4)


@pytest.mark.parametrize("asked", [64, 5])
def test_pieces_are_joined_by_the_nearest_pair(tmp_path: Path, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ASKED", asked)
    embeddings, _ = grouped((30, 20, 12), seed=5)
    place = geometry(tmp_path / "store", embeddings)
    rows = np.arange(62)
    pieces = reachability(place.graph.nearest(4), rows, 2, 1e-3)
    count, component = csgraph.connected_components(pieces, directed=False)
    assert count == 3
    joined = connected(pieces, place, rows, 0)
    assert csgraph.connected_components(joined, directed=False)[0] == 1
    distances = cdist(points_of(place), points_of(place))
    added = (joined - pieces).tocoo()
    for c in range(1, 3):
        out = [d for i, j, d in zip(added.row, added.col, added.data, strict=True) if component[i] == c != component[j]]
        nearest = distances[component == c][:, component != c].min()
        if asked == 64:
            assert min(out) == pytest.approx(nearest, abs=2e-3)
        else:
            assert nearest - 2e-3 <= min(out) <= 1.2 * nearest


def test_copies_of_a_clip_do_not_decide_what_a_cluster_is(tmp_path: Path) -> None:
    embeddings, _ = grouped((40, 40), stray=10, seed=2)
    copied = np.concatenate([embeddings, np.repeat(embeddings[:1], 4, axis=0)])
    before = density(geometry(tmp_path / "one", embeddings), 8, 3)(np.arange(90), 0)
    after = density(geometry(tmp_path / "two", copied), 8, 3)(np.arange(94), 0)
    assert same_division(before, after[:90])
    assert set(after[90:]) == {after[0]}


@pytest.mark.parametrize("n", [1, 2, 9, 40])
def test_equal_clips_are_no_clusters(tmp_path: Path, n: int) -> None:
    place = geometry(tmp_path / "store", np.ones((n, 6), np.float32))
    assert density(place, 5, 3)(np.arange(n), 0).tolist() == [NOISE] * n


def test_fewer_rows_ask_for_smaller_clusters(tmp_path: Path) -> None:
    embeddings, groups = grouped((40, 10), seed=4)
    place = geometry(tmp_path / "store", embeddings)
    few = np.sort(np.concatenate([np.flatnonzero(groups == 0)[:32], np.flatnonzero(groups == 1)[:8]]))
    found = density(place, 10, 3)(few, 0)
    assert found.max() == 1  # eight of ten rows are a cluster among forty of fifty
