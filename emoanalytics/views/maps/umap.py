"""UMAP (McInnes, Healy and Melville 2018, arXiv 1802.03426) by umap-learn, on the graph every view shares."""

from __future__ import annotations

import numpy as np

from emoanalytics.errors import MissingExtraError
from emoanalytics.neighbours.graph import Graph
from emoanalytics.views.maps.settings import MapSettings

# Up to so many clips so many passes. umap-learn stops at 200; with ten repulsions a pass instead of its five,
# fewer do (benchmarks/geometry_maps.py compares the two).
_PASSES = ((10_000, 500), (50_000, 200))
_PASSES_ABOVE = 75
PACKAGES = ("umap-learn", "numba")


def used(graph: Graph, settings: MapSettings) -> dict[str, int]:
    """The settings as they come out: no more neighbours than the graph has, the point itself among them."""
    return {
        "neighbours": min(settings.neighbours, graph.k + 1),
        "epochs": settings.epochs or next((p for most, p in _PASSES if len(graph) <= most), _PASSES_ABOVE),
    }


def layout(graph: Graph, start: np.ndarray, settings: MapSettings) -> np.ndarray:
    """Lay the points out.

    One thread draws, since more would race for the points and give another map each time.

    Args:
        graph: of the points.
        start: (n, dims) where they begin, of any scale: their principal components.
        settings: of UMAP.

    Returns:
        (n, dims) float32.

    Raises:
        MissingExtraError: umap-learn is not installed.
    """
    try:
        from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding
    except ImportError as error:
        raise MissingExtraError("UMAP maps need umap-learn: pip install 'emoanalytics[maps]'") from error
    n = len(graph)
    random = np.random.RandomState(settings.seed)
    taken = used(graph, settings)
    near = graph.nearest(taken["neighbours"] - 1)  # umap-learn counts a point among its own neighbours
    rows = np.hstack([np.arange(n, dtype=np.int32)[:, None], near.rows])
    distances = np.hstack([np.zeros((n, 1), np.float32), near.distances])
    weights, _, _ = fuzzy_simplicial_set(
        start, rows.shape[1], random, "euclidean", knn_indices=rows, knn_dists=distances
    )
    a, b = find_ab_params(1.0, settings.min_dist)
    placed, _ = simplicial_set_embedding(
        data=start,
        graph=weights,
        n_components=settings.dims,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=settings.repulsions,
        n_epochs=taken["epochs"],
        init=_apart(start, random),
        random_state=random,
        metric="euclidean",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
        parallel=False,
    )
    return np.asarray(placed, np.float32)


def _apart(start: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """The start within 10 of the middle, with a little noise: two points in one place would never part."""
    scaled = start * (10 / np.abs(start).max())
    return (scaled + random.normal(scale=1e-4, size=start.shape)).astype(np.float32)
