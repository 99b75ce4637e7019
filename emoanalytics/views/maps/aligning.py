"""Two maps laid over each other, to compare encoders, spaces, settings or dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.views.maps.map import Map


@dataclass(frozen=True)
class Alignment:
    """A map laid over another.

    Attributes:
        map: the second map, all of its clips, moved, turned, mirrored and scaled to lie over the first.
        ids: (m,) clips on both, in the order of the first map.
        moved: (m,) float32 how far each still lies from its place on the first map, in radii of the first map: the
            root mean square distance of the common clips from their middle.
        disparity: 0 (the same shape) to 1 (nothing in common): the share of the first map's spread that the second
            does not explain, as in ``scipy.spatial.procrustes``.
        scale: what the second map was multiplied by.
        rotation: (dims, dims) what it was turned and mirrored by.
    """

    map: Map
    ids: pd.Index
    moved: np.ndarray
    disparity: float
    scale: float
    rotation: np.ndarray

    def as_json(self) -> dict[str, Any]:
        """Plain values: the clips that moved farthest first."""
        order = np.argsort(-self.moved, kind="stable")
        return {
            "common": len(self.ids),
            "disparity": self.disparity,
            "scale": self.scale,
            "rotation": self.rotation.tolist(),
            "moved": [{"segment_id": str(self.ids[i]), "radii": float(self.moved[i])} for i in order],
        }


def align(first: Map, second: Map) -> Alignment:
    """Lay the second map over the first by the clips on both: orthogonal Procrustes (Gower 1975, Psychometrika 40:33).

    Args:
        first: stays as it is.
        second: is moved, turned, mirrored and scaled as a whole.

    Raises:
        StoreError: they have different numbers of dimensions, or all common clips of one lie in one place.
        EmptySelectionError: fewer than two clips are on both.
    """
    if first.dims != second.dims:
        raise StoreError(
            f"a map of {first.dims} and one of {second.dims} dimensions cannot be laid over each other: draw both alike"
        )
    rows = second.ids.get_indexer(first.ids)
    mine, theirs = np.flatnonzero(rows >= 0), rows[rows >= 0]
    if len(mine) < 2:
        raise EmptySelectionError(
            f"two maps are compared by the clips on both, and these share {len(mine)}: "
            "draw them from stores of the same segments"
        )
    a, b = first.coordinates[mine].astype(np.float64), second.coordinates[theirs].astype(np.float64)
    middle, other = a.mean(axis=0), b.mean(axis=0)
    a, b = a - middle, b - other
    size, others = np.linalg.norm(a), np.linalg.norm(b)
    if min(size, others) == 0:
        raise StoreError("all clips that both maps share lie in one place on one of them: there is no shape to compare")
    left, stretch, right = np.linalg.svd((b / others).T @ (a / size))
    rotation, likeness = left @ right, min(float(stretch.sum()), 1.0)
    scale = likeness * size / others
    everything = (second.coordinates.astype(np.float64) - other) @ rotation * scale + middle
    radius = size / np.sqrt(len(mine))
    moved = np.linalg.norm(everything[theirs] - first.coordinates[mine], axis=1) / radius
    return Alignment(
        map=replace(second, coordinates=everything.astype(np.float32), components=None),
        ids=first.ids[mine],
        moved=moved.astype(np.float32),
        disparity=1 - likeness**2,
        scale=float(scale),
        rotation=rotation,
    )
