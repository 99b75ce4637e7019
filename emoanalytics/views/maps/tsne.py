"""t-SNE (van der Maaten and Hinton 2008) by openTSNE, on the graph every view shares."""

from __future__ import annotations

import numpy as np

from emoanalytics.errors import MissingExtraError
from emoanalytics.neighbours.graph import Graph
from emoanalytics.neighbours.vectors import Progress
from emoanalytics.views.maps.settings import MapSettings

_EARLY = 250  # steps of early exaggeration by 12, as openTSNE and Belkina et al. (2019) have it
_FEW = 5_000  # clips below which threads wait for each other longer than they work
_EVERY = 10  # steps between two reports
PACKAGES = ("openTSNE",)


def used(graph: Graph, settings: MapSettings) -> dict[str, float]:
    """The settings as the graph lets them be: it needs three times as many neighbours as the perplexity."""
    return {"perplexity": min(settings.perplexity, graph.k / 3)}


def layout(graph: Graph, start: np.ndarray, settings: MapSettings, *, progress: Progress | None = None) -> np.ndarray:
    """Lay the points out.

    Args:
        graph: of the points.
        start: (n, dims) where they begin, of any scale: their principal components (Kobak and Berens 2019).
        settings: of t-SNE.
        progress: called as the steps go by.

    Returns:
        (n, dims) float32.

    Raises:
        MissingExtraError: openTSNE is not installed.
    """
    try:
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import PerplexityBasedNN
        from openTSNE.initialization import rescale
        from openTSNE.nearest_neighbors import PrecomputedNeighbors
    except ImportError as error:
        raise MissingExtraError("t-SNE maps need openTSNE: pip install 'emoanalytics[maps]'") from error
    n = len(graph)
    threads = 1 if n < _FEW else -1  # any number gives the same map
    perplexity = used(graph, settings)["perplexity"]
    near = graph.nearest(max(int(3 * perplexity), 1))
    affinities = PerplexityBasedNN(
        perplexity=perplexity,
        knn_index=PrecomputedNeighbors(near.rows.astype(np.int64), near.distances.astype(np.float64)),
        n_jobs=threads,
    )
    random = np.random.RandomState(settings.seed)
    apart = start / np.abs(start).max() + random.normal(scale=1e-4, size=start.shape)
    embedding = TSNEEmbedding(
        rescale(apart.astype(np.float64)),
        affinities,
        negative_gradient_method="bh" if settings.dims == 3 else "auto",
        n_jobs=threads,
        random_state=settings.seed,
    )
    total = _EARLY + settings.iterations
    for steps, before, extra in (
        (_EARLY, 0, {"exaggeration": 12, "momentum": 0.5}),
        (settings.iterations, _EARLY, {"momentum": 0.8}),
    ):

        def report(iteration: int, *_: object, before: int = before) -> None:
            if progress is not None:
                progress(min(before + iteration, total), total, "t-SNE")

        embedding = embedding.optimize(
            steps, **extra, callbacks=report, callbacks_every_iters=_EVERY, use_callbacks=True
        )
    return np.asarray(embedding, np.float32)
