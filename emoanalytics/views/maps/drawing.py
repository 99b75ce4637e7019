"""Draw a map of a store, or find it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import numpy as np

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import Graph
from emoanalytics.neighbours.principal import PrincipalAxes, alike, principal_axes, projected
from emoanalytics.neighbours.vectors import Progress
from emoanalytics.views.maps import saved, tsne, umap
from emoanalytics.views.maps.map import Map
from emoanalytics.views.maps.settings import MapMethod, MapSettings
from emoanalytics.views.maps.trust import trust_of

_FEWEST = 5  # clips below which UMAP and t-SNE have nothing to choose from
_FORMAT = "3"  # raise it when the same settings give another map or another trust
_PACKAGES = {MapMethod.UMAP: umap.PACKAGES, MapMethod.TSNE: tsne.PACKAGES, MapMethod.PCA: ()}
_USED: dict[MapMethod, Callable[[Graph, MapSettings], Mapping[str, float]]] = {
    MapMethod.UMAP: umap.used,
    MapMethod.TSNE: tsne.used,
}


def draw_map(
    geometry: Geometry,
    *,
    method: MapMethod | str = MapMethod.UMAP,
    dims: int = 2,
    seed: int = 0,
    neighbours: int = 15,
    min_dist: float = 0.1,
    epochs: int | None = None,
    repulsions: int = 10,
    perplexity: float = 30.0,
    iterations: int = 500,
    stay: bool = False,
    progress: Progress | None = None,
) -> Map:
    """Lay the clips of a store out in two or three dimensions, and measure what that cost.

    The same store, settings and package versions give the same map; it is kept under ``derived/maps`` and found there
    the next time. UMAP and t-SNE start from the leading principal components of the points, so that the large
    distances mean at least something (Kobak and Linderman 2021, Nature Biotechnology 39:156).

    Args:
        geometry: of the store; a line about a damaged map that was drawn again goes to its ``notes``.
        method: ``umap``, ``tsne`` or ``pca``.
        dims: 2 or 3.
        seed: of the layout.
        neighbours: of UMAP.
        min_dist: of UMAP.
        epochs: of UMAP; None: by the number of clips, see `MapSettings`.
        repulsions: of UMAP.
        perplexity: of t-SNE.
        iterations: of t-SNE.
        stay: take the latest kept map of these settings even if clips came or went since it was drawn, to place
            further ones on it (``place``, ``place_added``); draw one only where none is kept.
        progress: called as the work goes on.

    Raises:
        EmptySelectionError: the store has no clips.
        StoreError: a setting is out of its range.
        MissingExtraError: the package that draws it is not installed.
    """
    settings = MapSettings(
        method=MapMethod(method),
        dims=dims,
        seed=seed,
        neighbours=neighbours,
        min_dist=min_dist,
        epochs=epochs,
        repulsions=repulsions,
        perplexity=perplexity,
        iterations=iterations,
    )
    vectors = geometry.vectors
    if not len(vectors):
        raise EmptySelectionError(f"{geometry.store.path} has no clips to map: build it from a corpus first")
    versions = {"map": _FORMAT} | {name: _version(name) for name in _PACKAGES[settings.method]}
    key = saved.map_key(vectors.key, geometry.space, settings, versions)
    found = saved.find(geometry.store, key, vectors.ids, geometry.notes)
    if found is None and stay:
        found = saved.latest(geometry.store, key, vectors.ids, geometry.notes)
    if found is not None:
        return found
    coordinates, components, drawn_by = _drawn(geometry, settings, progress)
    record: dict[str, Any] = {
        "used": _USED[drawn_by](geometry.graph, settings) if drawn_by in _USED else {},
        "versions": versions,
        "vectors": vectors.key,
        "graph": dict(geometry.graph.record),
        "encoder": geometry.store.info.encoder_fingerprint,
        "usual_similarity": _usual(geometry.graph),
        "drawn_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    trust = trust_of(coordinates, geometry.graph, vectors, seed=settings.seed, progress=progress)
    drawn = Map(vectors.ids, coordinates, trust, settings, drawn_by, geometry.space, key, record, components)
    try:
        saved.keep(geometry.store, drawn)
    except StoreError as error:
        geometry.notes.append(f"{error}; the map is not kept")
    return drawn


def _drawn(
    geometry: Geometry, settings: MapSettings, progress: Progress | None
) -> tuple[np.ndarray, PrincipalAxes | None, MapMethod]:
    vectors = geometry.vectors
    only = settings.method is MapMethod.PCA
    found = principal_axes(vectors, settings.dims, sample=not only, progress=progress)
    if only or len(vectors) < _FEWEST or alike(found):
        exact = found if only else principal_axes(vectors, settings.dims, progress=progress)
        return projected(vectors, exact, progress=progress), exact, MapMethod.PCA
    start, graph = projected(vectors, found, progress=progress), geometry.graph
    if settings.method is MapMethod.UMAP:
        if progress is not None:
            progress(0, 1, "UMAP")
        return umap.layout(graph, start, settings), None, MapMethod.UMAP
    return tsne.layout(graph, start, settings, progress=progress), None, MapMethod.TSNE


def _usual(graph: Graph) -> float:
    """What 99 % of the clips reach in similarity to their nearest."""
    return float(np.quantile(graph.similarities[:, 0], 0.01)) if graph.k else -1.0


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""  # the layout says what to install
