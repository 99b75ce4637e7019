"""How well shaped a clustering is: silhouette, and density-based validity."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csgraph

_COPY = 1e-6


def silhouette(points: np.ndarray, labels: np.ndarray, metric: str = "cosine") -> float | None:
    """Mean silhouette of the clustered rows (Rousseeuw 1987), -1..1; None with fewer than two clusters.

    Args:
        points: (n, d).
        labels: (n,) cluster numbers; -1, noise, is left out.
        metric: distance between rows.
    """
    from sklearn.metrics import silhouette_score

    clustered = labels >= 0
    inside, own = points[clustered], labels[clustered]
    if not 2 <= len(np.unique(own)) < len(own):
        return None
    return float(silhouette_score(inside, own, metric=metric))


def density_validity(points: np.ndarray, labels: np.ndarray, whole: np.ndarray | None = None) -> float | None:
    """DBCV: how much thinner it is between clusters than inside them (Moulavi et al. 2014), -1..1, larger is better.

    A cluster's sparseness is the longest inner edge of the minimum spanning tree of its mutual reachability distances;
    its separation the shortest mutual reachability distance to another cluster, between nodes inside the trees.
    Noise counts against the result by its share, and so does a cluster of one row, which has no tree. The core
    distance's exponent is the dimension, as published: in hundreds of dimensions it is close to the distance of the
    nearest row.

    Args:
        points: (n, d); n (n - 1) / 2 distances are made.
        labels: (n,) cluster numbers, -1 noise.
        whole: (m,) the cluster numbers of all rows, where the points are a sample of them: clusters count by their
            shares of these, so that the sample may hold more of some than chance would draw.

    Returns:
        The validity, or None with fewer than two clusters of two rows.
    """
    from scipy.spatial.distance import cdist

    among = labels if whole is None else whole
    names, sizes = np.unique(labels[labels >= 0], return_counts=True)
    names = names[sizes >= 2]
    clusters = [np.flatnonzero(labels == c) for c in names]
    if len(clusters) < 2:
        return None
    cores, inner, sparseness = [], [], []
    for rows in clusters:
        core, nodes, longest = _tree(points[rows])
        cores.append(core)
        inner.append(nodes)
        sparseness.append(longest)
    separation = np.full(len(clusters), np.inf)
    for i, rows in enumerate(clusters):
        for j in range(i):
            a, b = inner[i], inner[j]
            between = cdist(points[rows[a]], points[clusters[j][b]])
            between = np.maximum(np.maximum(between, cores[i][a][:, None]), cores[j][b][None, :])
            least = float(between.min())
            separation[[i, j]] = np.minimum(separation[[i, j]], least)
    total = 0.0
    for name, inside, apart in zip(names, sparseness, separation, strict=True):
        wider = max(inside, apart)
        total += float((among == name).mean()) * ((apart - inside) / wider if wider > 0 else 0.0)
    return float(total)


def filled_up(rows: np.ndarray, labels: np.ndarray, least: int, rng: np.random.Generator) -> np.ndarray:
    """A sample with at least so many rows of each cluster, or all it has: (m,) row numbers, ascending.

    Args:
        rows: the sample.
        labels: (n,) cluster numbers of all rows, -1 noise.
        least: rows of each cluster.
        rng: draws those that are added.
    """
    left = np.setdiff1d(np.flatnonzero(labels >= 0), rows)
    left = rng.permutation(left)
    left = left[np.argsort(labels[left], kind="stable")]
    _, starts, sizes = np.unique(labels[left], return_index=True, return_counts=True)
    place = np.arange(len(left)) - np.repeat(starts, sizes)  # of a row among those of its cluster
    held = np.bincount(labels[rows][labels[rows] >= 0], minlength=int(labels.max(initial=0)) + 1)
    return np.sort(np.concatenate([rows, left[place < least - held[labels[left]]]]))


def _tree(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Core distances of a cluster's rows, its nodes of degree two or more, and its longest edge between such."""
    from scipy.spatial.distance import cdist

    distances = cdist(points, points)
    core = _core_distances(distances, points.shape[1])
    reach = np.maximum(np.maximum(distances, core[:, None]), core[None, :])
    # Copies have distance 0, and scipy takes what is nearly 0 (1e-8) for no edge at all.
    tree = csgraph.minimum_spanning_tree(np.maximum(reach, _COPY)).tocoo()
    degree = np.bincount(np.concatenate([tree.row, tree.col]), minlength=len(points))
    nodes = np.flatnonzero(degree > 1)
    if not len(nodes):
        nodes = np.arange(len(points))
    within = (degree[tree.row] > 1) & (degree[tree.col] > 1)
    lengths = tree.data[within] if within.any() else tree.data
    return core, nodes, float(lengths.max())


def _core_distances(distances: np.ndarray, dim: int) -> np.ndarray:
    """``(mean of (1 / distance)^d)^(-1/d)`` over the other rows, by logarithms: the power alone would overflow."""
    n = len(distances)
    other = ~np.eye(n, dtype=bool)
    spread = distances[other].reshape(n, n - 1)
    with np.errstate(divide="ignore"):
        logs = -dim * np.log(spread)
    most = logs.max(axis=1)
    copies = np.isinf(most)  # a copy beside a row: infinitely dense
    safe = np.where(copies, 0.0, most)
    with np.errstate(over="ignore"):
        means = np.log(np.exp(logs - safe[:, None]).mean(axis=1))
    return np.where(copies, 0.0, np.exp(-(safe + np.where(copies, 0.0, means)) / dim))
