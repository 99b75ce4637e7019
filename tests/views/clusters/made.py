"""Stores whose clusters a test knows: groups of directions, with speakers across them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.space import Space
from emoanalytics.views.clusters import Clustering, Method, Stability
from tests.made_store import make_store


def grouped(
    sizes: tuple[int, ...], *, dim: int = 30, spread: float = 0.1, stray: int = 0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings around one random direction a group, and their groups; ``stray`` rows lie anywhere (-1)."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(sizes), dim))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    rows = [centre + spread * rng.normal(size=(n, dim)) for centre, n in zip(centres, sizes, strict=True)]
    rows.append(rng.normal(size=(stray, dim)))
    groups = np.repeat([*range(len(sizes)), -1], [*sizes, stray])
    order = rng.permutation(len(groups))  # groups must not stand in blocks, or swapped rows would not show
    return np.concatenate(rows)[order].astype(np.float32), groups[order]


def geometry(
    path: Path,
    embeddings: np.ndarray,
    rows: list[dict[str, Any]] | None = None,
    *,
    space: Space = Space.RAW,
    scores: np.ndarray | None = None,
) -> Geometry:
    """The geometry of a store with these embeddings."""
    given = [{} for _ in embeddings] if rows is None else rows
    return Geometry(make_store(path, given, embeddings=embeddings, scores=scores), space)


def divided(place: Geometry, labels: np.ndarray) -> Clustering:
    """A clustering with these labels, said to be stable."""
    clusters = int(labels.max()) + 1
    stability = Stability(1.0, (0.9,) * clusters, 1, "segment")
    return Clustering(
        place.vectors.ids, labels.astype(np.int32), place.space, Method.HDBSCAN, {}, 0, None, None, 0, stability
    )
