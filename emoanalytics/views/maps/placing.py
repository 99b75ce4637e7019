"""Further clips on a map that stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from emoanalytics.errors import EmptySelectionError, EncoderMismatchError, StoreError
from emoanalytics.labels import Language
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.vectors import Progress
from emoanalytics.views.maps.map import Map
from emoanalytics.views.maps.trust import NEIGHBOURS

_TWIN = 1 - 1e-6  # a similarity from which two points are one
_BLOCK = 1024
_HALF = 0.5
_ARRAYS = ("coordinates", "nearest", "similarities", "kept", "doubtful", "strange")


@dataclass(frozen=True)
class Placed:
    """Where further clips lie on a map.

    Attributes:
        coordinates: (q, dims) float32.
        nearest: (q, k) segment ids of their nearest clips on the map, by similarity in the space, nearest first.
        similarities: (q, k) float32 of those.
        kept: (q,) float32 share of those that are also the nearest clips on the map.
        doubtful: (q,) bool: fewer than half of the nearest clips on the map are near in the space, as ``Trust`` has it.
        strange: (q,) bool: less similar to every clip of the map than 99 % of its clips are to their nearest. The
            map has no place for such a clip.
        ids: (q,) of clips that a later build added; None for clips from elsewhere, one or all.
    """

    coordinates: np.ndarray
    nearest: np.ndarray
    similarities: np.ndarray
    kept: np.ndarray
    doubtful: np.ndarray
    strange: np.ndarray
    ids: pd.Index | None = None

    @classmethod
    def joined(cls, parts: Sequence[Placed]) -> Placed:
        """Clips placed on one map, one part after the other."""
        together: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS}
        return cls(**together, ids=pd.Index([segment for part in parts for segment in part.segments], dtype=object))

    def __len__(self) -> int:
        return len(self.coordinates)

    @property
    def segments(self) -> list[str | None]:
        """The segment id of each; None for a clip from elsewhere."""
        return [None] * len(self) if self.ids is None else self.ids.tolist()

    def words(self, i: int, language: Language | str = Language.EN) -> str:
        """How far the place of one clip can be believed."""
        chinese, k = str(language) == Language.ZH, self.nearest.shape[1]
        kept = round(float(self.kept[i]) * k)
        if self.strange[i]:
            return (
                "与图上所有片段都不太像：图上没有适合它的位置"
                if chinese
                else "unlike every clip of the map: the map has no place for it"
            )
        if self.doubtful[i]:
            return (
                f"位置不可信：图上的近邻大多并不与它相似（{k} 个最近片段中只有 {kept} 个在图上也相邻）"
                if chinese
                else f"not to be believed: most clips around its place are not near it ({kept} of its {k} nearest)"
            )
        return (
            f"{k} 个最近片段中有 {kept} 个在图上也是它的近邻"
            if chinese
            else f"{kept} of its {k} nearest {'is' if kept == 1 else 'are'} among its nearest on the map too"
        )

    def as_json(self) -> list[dict[str, Any]]:
        """One plain dictionary a clip."""
        ids = self.segments
        return [
            {
                "segment_id": ids[i],
                "coordinates": [float(x) for x in self.coordinates[i]],
                "nearest": [str(x) for x in self.nearest[i]],
                "similarities": [float(x) for x in self.similarities[i]],
                "kept": float(self.kept[i]),
                "doubtful": bool(self.doubtful[i]),
                "strange": bool(self.strange[i]),
            }
            for i in range(len(self.coordinates))
        ]


def place(
    drawn: Map, geometry: Geometry, embeddings: np.ndarray, speakers: Sequence[str | None] | None = None
) -> Placed:
    """Put clips from elsewhere on a map.

    On a PCA map they are projected, which is exact. On another they go where most of their 15 nearest clips are: of
    those the one that is nearest to the others on the map is found, and they get the weighted mean of the ones no
    farther from it than its own 15th neighbour there; weights fall off as ``exp(-(d - d1) / mean(d - d1))`` with the
    distance d in the space. The plain mean of all 15 would lie between islands, in places that mean nothing. A clip
    equal to one of the map lies on it.

    Args:
        drawn: the map.
        geometry: of the store that holds the clips of the map, in the map's space; it may hold more.
        embeddings: (q, d), of the store's encoder.
        speakers: of each, where known.

    Raises:
        StoreError: the geometry is in another space, or the embeddings do not fit.
        EncoderMismatchError: the store holds embeddings of another encoder than the map was drawn from.
        EmptySelectionError: the store holds no clip of the map.
    """
    return _place(drawn, geometry, geometry.vectors.place(embeddings, speakers))


def place_added(drawn: Map, geometry: Geometry, *, progress: Progress | None = None) -> Placed:
    """Put the clips of a store that are not on its map, since a later build added them, on the map.

    Args:
        drawn: the map, e.g. by ``open_map``.
        geometry: of the store as it is now, in the map's space.
        progress: called after each block of clips.

    Raises:
        As ``place``.
    """
    ids = geometry.vectors.ids
    added = np.flatnonzero(drawn.ids.get_indexer(ids) < 0)
    parts = [_place(drawn, geometry, np.zeros((0, geometry.vectors.dim), np.float32))]
    for start in range(0, len(added), _BLOCK):
        rows = added[start : start + _BLOCK]
        parts.append(_place(drawn, geometry, geometry.vectors.points(rows)))
        if progress is not None:
            progress(start + len(rows), len(added), "placing")
    return replace(Placed.joined(parts), ids=ids[added])


def _place(drawn: Map, geometry: Geometry, points: np.ndarray) -> Placed:
    among, places = _shared(drawn, geometry)
    k = min(NEIGHBOURS, len(among))
    wide = min(max(drawn.trust.wide, k), len(among))
    found = geometry.nearest(points, wide, among=None if len(among) == len(geometry.vectors) else among)
    there = np.searchsorted(among, found.rows)  # numbers in the coordinates of the shared clips
    tree = cKDTree(places)
    if drawn.components is not None:
        coordinates = drawn.components.project(points)
    else:
        coordinates = _together(places, tree, there[:, :k], found.similarities[:, :k].astype(np.float64))
    mapped = tree.query(coordinates, k)[1].reshape(len(points), k)
    near = (mapped[:, :, None] == there[:, None, :]).any(axis=2).mean(axis=1) if len(points) else np.zeros(0)
    both = (mapped[:, :, None] == there[:, None, :k]).any(axis=2).mean(axis=1) if len(points) else np.zeros(0)
    return Placed(
        coordinates=coordinates.astype(np.float32),
        nearest=geometry.vectors.ids.to_numpy()[found.rows[:, :k]],
        similarities=found.similarities[:, :k],
        kept=both.astype(np.float32),
        doubtful=near < _HALF,
        strange=found.similarities[:, 0] < drawn.record["usual_similarity"],
    )


def _shared(drawn: Map, geometry: Geometry) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers, ascending, of the clips that are in the store and on the map, and their (m, dims) places there."""
    if geometry.space != drawn.space:
        raise StoreError(
            f"the map is of the space {drawn.space}: place clips by a Geometry of it, not {geometry.space}"
        )
    if geometry.store.info.encoder_fingerprint != drawn.record["encoder"]:
        raise EncoderMismatchError(
            f"{geometry.store.path} holds embeddings of another encoder than the map: draw it again"
        )
    on_map = drawn.ids.get_indexer(geometry.vectors.ids)
    among = np.flatnonzero(on_map >= 0)
    if not len(among):
        raise EmptySelectionError(f"{geometry.store.path} holds no clip of the map: draw it again")
    return among, drawn.coordinates[on_map[among]].astype(np.float64)


def _together(places: np.ndarray, tree: cKDTree, rows: np.ndarray, similarities: np.ndarray) -> np.ndarray:
    """Where most of the neighbours, (q, k) rows of ``places``, lie together: (q, dims)."""
    apart = np.sqrt(np.maximum(2 - 2 * similarities, 0))
    beyond = apart - apart[:, :1]
    weights = np.exp(-beyond / np.maximum(beyond.mean(axis=1, keepdims=True), 1e-9))
    twins = similarities >= _TWIN
    weights = np.where(twins.any(axis=1, keepdims=True), twins, weights)
    theirs = places[rows]
    between = np.linalg.norm(theirs[:, :, None] - theirs[:, None], axis=3)
    centre = (between * weights[:, None, :]).sum(axis=2) + np.where(weights > 0, 0, np.inf)
    middle = theirs[np.arange(len(rows)), centre.argmin(axis=1)]
    width = min(NEIGHBOURS + 1, len(places))
    reach = tree.query(middle, width)[0].reshape(len(rows), width)[:, -1]
    weights = weights * (np.linalg.norm(theirs - middle[:, None], axis=2) <= reach[:, None])
    return (weights[:, :, None] * theirs).sum(axis=1) / weights.sum(axis=1, keepdims=True)
