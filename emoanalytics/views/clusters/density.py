"""HDBSCAN on the shared neighbour graph: clusters are what stays together while thin regions fall apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import Graph

NOISE = -1
# Rows (ascending numbers of a geometry's rows) and a seed to one label a row; -1 is noise.
Partition = Callable[[np.ndarray, int], np.ndarray]

_FARTHEST = 2.0  # between unit points
_EDGES = 10_000_000  # a store of 110,000 rows keeps its 90 neighbours a row, a larger one fewer
_FEWEST_NEIGHBOURS = 30
_SAME = 0.1  # of the median distance to the nearest row: what is nearer counts as the same clip
_TIE = 1e-5  # of a distance: many edges are as long as one core distance, and of these the shorter way comes first
_ASKED = 64  # rows of a component that look for the way to the others


def density(geometry: Geometry, min_size: int, min_samples: int) -> Partition:
    """HDBSCAN (Campello, Moulavi and Sander 2013; McInnes and Healy 2017) on neighbours instead of all pairs.

    The minimum spanning tree of the mutual reachability distances is taken over the edges of the neighbour graph;
    components of the graph are joined by the nearest pair found between them. With all rows as neighbours it is
    the tree of all pairs; with 90 of them an edge can come out longer where both ends lie among 90 nearer rows.
    Rows closer than a tenth of the median nearest distance count as that far apart: copies of a clip, whose
    density is infinite, must not decide which clusters there are.

    Args:
        geometry: the points, in their whole space; distances are Euclidean between unit points.
        min_size: rows of a cluster, at least.
        min_samples: the row whose distance is a row's density, itself counted (``m_pts`` of the paper).
    """
    k = max(_FEWEST_NEIGHBOURS, _EDGES // max(len(geometry.vectors), 1), min_samples - 1)
    graph = geometry.graph.nearest(k)
    nearest = graph.distances[:, :1]
    floor = max(_SAME * float(np.median(nearest)), 1e-3) if nearest.size else 1e-3

    def labels(rows: np.ndarray, seed: int) -> np.ndarray:
        from sklearn.cluster import HDBSCAN

        share = len(rows) / max(len(graph), 1)  # a cluster is that much smaller among fewer rows
        smallest = max(2, round(min_size * share))
        if len(rows) < 2 * smallest or not graph.k:  # two clusters at least: one alone is no structure
            return np.full(len(rows), NOISE, np.int32)
        edges = connected(reachability(graph, rows, min_samples, floor), geometry, rows, seed)
        # The distances are mutual reachability already: one sample a neighbourhood leaves them as they are.
        model = HDBSCAN(min_cluster_size=smallest, min_samples=1, metric="precomputed", copy=False)
        return np.asarray(model.fit_predict(edges), np.int32)

    return labels


def reachability(graph: Graph, rows: np.ndarray, min_samples: int, floor: float) -> sparse.csr_matrix:
    """Mutual reachability ``max(core a, core b, distance)`` along the edges between these rows: (m, m), symmetric.

    Args:
        graph: neighbours of all rows.
        rows: (m,) ascending row numbers.
        min_samples: a row's core distance is that to its ``min_samples``-th row, itself counted.
        floor: no distance is smaller.

    Returns:
        The lengths, each longer by 0.001 % of its distance: ties are broken by distance, not by the order of rows.
    """
    m = len(rows)
    place = np.full(len(graph), NOISE, np.int64)
    place[rows] = np.arange(m)
    to = place[graph.rows[rows]]
    distances = np.maximum(graph.distances[rows], floor)
    there = to >= 0
    core = np.full(m, floor)
    if min_samples > 1:
        reached = np.cumsum(there, axis=1) >= min_samples - 1
        core = np.where(reached[:, -1], distances[np.arange(m), reached.argmax(axis=1)], _FARTHEST)
    start = np.repeat(np.arange(m), there.sum(axis=1))
    end = to[there]
    own = distances[there].astype(np.float64)
    lengths = np.maximum(np.maximum(core[start], core[end]), own) + _TIE * own
    edges = sparse.csr_matrix((lengths, (start, end)), shape=(m, m))
    return edges.maximum(edges.T).tocsr()


def connected(edges: sparse.csr_matrix, geometry: Geometry, rows: np.ndarray, seed: int) -> sparse.csr_matrix:
    """The same graph in one piece: each component gets an edge to the nearest row found outside it, until one is left.

    Rows of two components are in nobody's neighbour list, so their mutual reachability is their distance. At most 64
    rows of a component ask; of a larger one these are drawn at random, and the pair found is then improved from
    its other end.
    """
    rng = np.random.default_rng(seed)
    while True:
        count, component = csgraph.connected_components(edges, directed=False)
        if count == 1:
            return edges
        largest = np.bincount(component).argmax()
        pairs = [_way_out(geometry, rows, component == c, rng) for c in range(count) if c != largest]
        start, end, length = (np.array(column) for column in zip(*pairs, strict=True))
        added = sparse.csr_matrix((length, (start, end)), shape=edges.shape)
        edges = edges.maximum(added).maximum(added.T).tocsr()


def _way_out(
    geometry: Geometry, rows: np.ndarray, inside: np.ndarray, rng: np.random.Generator
) -> tuple[int, int, float]:
    """The nearest pair found of a row inside and one outside: places in ``rows``, and their distance."""
    mine, others = np.flatnonzero(inside), np.flatnonzero(~inside)
    asked = mine if len(mine) <= _ASKED else np.sort(rng.choice(mine, _ASKED, replace=False))
    found = geometry.nearest(geometry.vectors.points(rows[asked]), 1, among=rows[others])
    best = int(found.similarities[:, 0].argmax())
    start, similarity = asked[best], float(found.similarities[best, 0])
    end = np.searchsorted(rows, found.rows[best, 0])
    if len(asked) < len(mine):
        back = geometry.nearest(geometry.vectors.points(rows[[end]]), 1, among=rows[mine])
        start = np.searchsorted(rows, back.rows[0, 0])
        similarity = float(back.similarities[0, 0])
    return int(start), int(end), float(np.sqrt(max(2 - 2 * similarity, 1e-6)))
