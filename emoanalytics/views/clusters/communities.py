"""Leiden communities of the shared neighbour graph."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from emoanalytics.errors import MissingExtraError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.clusters.density import NOISE, Partition

_NEIGHBOURS = 15


def communities(geometry: Geometry, min_size: int, resolution: float) -> Partition:
    """Leiden (Traag, Waltman and van Eck 2019) on the 15 nearest neighbours, weighted by similarity.

    Args:
        geometry: the points.
        min_size: communities of fewer rows are noise.
        resolution: of the modularity that is made large; larger means more communities.

    Raises:
        MissingExtraError: scikit-network is not installed.
    """
    try:
        from sknetwork.clustering import Leiden
    except ImportError as error:
        raise MissingExtraError('Leiden needs scikit-network: pip install "emoanalytics[maps]"') from error
    graph = geometry.graph.nearest(_NEIGHBOURS)

    def labels(rows: np.ndarray, seed: int) -> np.ndarray:
        m = len(rows)
        place = np.full(len(graph), NOISE, np.int64)
        place[rows] = np.arange(m)
        to = place[graph.rows[rows]]
        there = (to >= 0) & (graph.similarities[rows] > 0)
        if not there.any():
            return np.full(m, NOISE, np.int32)
        start = np.repeat(np.arange(m), there.sum(axis=1))
        weights = graph.similarities[rows][there].astype(np.float64)
        edges = sparse.csr_matrix((weights, (start, to[there])), shape=(m, m))
        model = Leiden(resolution, modularity="newman", random_state=seed)
        found = np.asarray(model.fit_predict(edges.maximum(edges.T).tocsr()), np.int32)
        sizes = np.bincount(found)
        return np.where(sizes[found] < max(2, round(min_size * m / len(graph))), NOISE, found)

    return labels
