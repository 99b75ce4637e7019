"""k-means in the leading components of a space: every row belongs to the nearest of k centres."""

from __future__ import annotations

from typing import Any

import numpy as np

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.principal import principal_axes, projected
from emoanalytics.neighbours.vectors import Vectors
from emoanalytics.views.clusters.density import Partition
from emoanalytics.views.clusters.validity import silhouette

MOST_COMPONENTS = 50
_TRIED = (*range(2, 16), 20, 25, 30, 40, 50)  # numbers of clusters, where none is given
_ROWS_A_CLUSTER = 5  # at least, of those a number is judged by
_WHOLE = 20_000  # rows up to which k-means reads all of them in every step
_JUDGED = 2_000  # rows a number of clusters is judged by


def centroids(geometry: Geometry, clusters: int | None, seed: int) -> tuple[Partition, dict[str, Any]]:
    """k-means (Lloyd 1982, started by k-means++) in the leading principal components.

    Args:
        geometry: the points.
        clusters: how many; None: the number up to 50 with the best mean silhouette on at most 2,000 rows.
        seed: of that choice.

    Returns:
        The partition, and what was chosen: ``clusters``, ``components``.

    Raises:
        StoreError: fewer different rows than clusters.
    """
    places = leading(geometry.vectors, MOST_COMPONENTS)
    different = len(np.unique(np.round(places, 6), axis=0)) if len(places) <= _WHOLE else len(places)
    if clusters is not None and not 1 <= clusters <= different:
        raise StoreError(f"k-means makes 1 to {different} clusters of {different} different clips, not {clusters}")
    k = _chosen(places, different, seed) if clusters is None else clusters

    def labels(rows: np.ndarray, seed: int) -> np.ndarray:
        return _k_means(places[rows], k, seed)

    return labels, {"clusters": k, "components": places.shape[1]}


def leading(vectors: Vectors, most: int) -> np.ndarray:
    """The points in their leading principal components: (n, c) float32, c at most ``most``, d and n - 1.

    Covariance and projection are taken block by block, so the whole matrix is never in memory.
    """
    return projected(vectors, principal_axes(vectors, min(most, vectors.dim, max(len(vectors) - 1, 0))))


def _chosen(places: np.ndarray, different: int, seed: int) -> int:
    """The number of clusters with the best silhouette; of equally good ones the smallest."""
    if different <= 2:
        return max(different, 1)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(len(places), min(len(places), _JUDGED), replace=False))
    scores = {
        k: silhouette(places[rows], _k_means(places[rows], k, seed), "euclidean")
        for k in _TRIED
        if k < different and k <= max(len(rows) // _ROWS_A_CLUSTER, 2)
    }
    known = {k: score for k, score in scores.items() if score is not None}
    return max(known, key=lambda k: (round(known[k], 9), -k)) if known else 1


def _k_means(places: np.ndarray, k: int, seed: int) -> np.ndarray:
    from sklearn.cluster import KMeans, MiniBatchKMeans

    k = min(k, len(places))
    if k <= 1:
        return np.zeros(len(places), np.int32)
    many = len(places) > _WHOLE
    model = (
        MiniBatchKMeans(k, batch_size=4096, n_init=4, random_state=seed)
        if many
        else KMeans(k, n_init=4, random_state=seed)
    )
    return np.asarray(model.fit_predict(places), np.int32)
