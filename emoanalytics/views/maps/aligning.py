"""Two maps laid over each other, to compare encoders, spaces, methods or dates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from emoanalytics.errors import EmptySelectionError, StoreError
from emoanalytics.labels import Language
from emoanalytics.neighbours.exact import without_own
from emoanalytics.views.maps.map import AXES, Map
from emoanalytics.views.maps.settings import MapMethod
from emoanalytics.views.maps.trust import NEIGHBOURS, percent

_BLOCK = 8_192


@dataclass(frozen=True)
class Alignment:
    """A map laid over another.

    Attributes:
        first: the map that stays.
        map: the second map, all of its clips, moved, turned, mirrored and scaled to lie over the first.
        ids: (m,) clips on both, in the order of the first map.
        moved: (m,) float32 how far each still lies from its place on the first map, in radii of the first map: the
            root mean square distance of the common clips from their middle.
        kept: (m,) float32 share of each one's k nearest common clips on the first map that are its k nearest on the
            second too.
        k: how many neighbours are compared: 15, fewer where there are not more than twice as many common clips.
        disparity: 0 (the same shape) to 1 (nothing in common): the share of the first map's spread that the second
            does not explain, as in ``scipy.spatial.procrustes``.
        scale: what the second map was multiplied by.
        rotation: (dims, dims) what it was turned and mirrored by.
    """

    first: Map
    map: Map
    ids: pd.Index
    moved: np.ndarray
    kept: np.ndarray
    k: int
    disparity: float
    scale: float
    rotation: np.ndarray

    def __post_init__(self) -> None:
        if not self.moved.shape == self.kept.shape == (len(self.ids),):
            raise ValueError("one value a clip on both maps")
        for array in (self.moved, self.kept):
            array.flags.writeable = False

    @property
    def only_first(self) -> int:
        """Clips on the first map that are not on the second: of an older one, those that came since."""
        return len(self.first) - len(self.ids)

    @property
    def only_second(self) -> int:
        """Clips on the second map that are not on the first: of an older one, those that are gone since."""
        return len(self.map) - len(self.ids)

    @property
    def drawn_at(self) -> tuple[str, str] | None:
        """When both were drawn (ISO 8601); None where it says nothing: they differ by more than their clips."""
        first, second = self.first, self.map
        if (first.settings, first.space) != (second.settings, second.space) or first.key == second.key:
            return None
        return str(first.record["drawn_at"]), str(second.record["drawn_at"])

    @property
    def share_kept(self) -> float | None:
        """Mean of ``kept``; None where fewer than three clips are on both maps."""
        return float(self.kept.mean()) if self.k else None

    @property
    def chance(self) -> float | None:
        """The share that two maps which know nothing of each other have in common."""
        return self.k / (len(self.ids) - 1) if self.k else None

    @property
    def farthest(self) -> np.ndarray:
        """(m,) numbers of the common clips, those that moved farthest first."""
        return np.argsort(-self.moved, kind="stable")

    def table(self) -> pd.DataFrame:
        """One row a clip on both: ``segment_id, x, y(, z)``, ``second_x, ...`` where it was laid, ``moved, kept``."""
        columns: dict[str, Any] = {"segment_id": self.ids.to_numpy()}
        for prefix, drawn in (("", self.first), ("second_", self.map)):
            places = drawn.coordinates[drawn.ids.get_indexer(self.ids)]
            columns |= {prefix + axis: places[:, i] for i, axis in enumerate(AXES[: drawn.dims])}
        return pd.DataFrame(columns | {"moved": self.moved, "kept": self.kept})

    def words(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What the comparison says, and what it cannot say."""
        chinese, m = str(language) == Language.ZH, len(self.ids)
        lines = [
            f"两张图共有 {m} 个片段；形状差异 {self.disparity:.2f}（0：形状相同，1：毫无共同之处）"
            if chinese
            else f"{m} clips are on both maps; their shapes differ by {self.disparity:.2f} "
            "(Procrustes disparity; 0: the same shape, 1: nothing in common)"
        ]
        lines += self._since(chinese)
        if self.share_kept is None or self.chance is None:
            lines.append("片段太少，无法比较近邻" if chinese else "too few clips to compare their neighbours")
        else:
            share, by_chance = percent(self.share_kept), percent(self.chance)
            lines.append(
                f"每个片段在一张图上的 {self.k} 个近邻中，平均 {share} 在另一张图上也是近邻（随机为 {by_chance}）"
                if chinese
                else (
                    f"{share} of the clips have the same nearest neighbour on both maps"
                    if self.k == 1
                    else f"{share} of a clip's {self.k} neighbours on one map are its neighbours on the other too"
                )
                + f" ({by_chance} by chance)"
            )
        if {self.first.drawn_by, self.map.drawn_by} != {MapMethod.PCA}:
            lines.append(
                "UMAP 与 t-SNE 图只换随机种子也会不同：位移大未必说明空间不同"
                if chinese
                else "maps by UMAP and t-SNE differ by their seed alone: a clip that moved far need not sound different"
            )
        return tuple(lines)

    def _since(self, chinese: bool) -> list[str]:
        """What is on one map only, and when each was drawn."""
        lines = []
        if self.drawn_at is not None:
            first, second = (time[:16].replace("T", " ") for time in self.drawn_at)
            lines.append(
                f"第一张图绘于 {first}，第二张绘于 {second}（UTC）"
                if chinese
                else f"the first was drawn {first}, the second {second} (UTC)"
            )
        if self.only_first or self.only_second:
            lines.append(
                f"仅在第一张图上：{self.only_first} 个片段；仅在第二张图上：{self.only_second} 个"
                if chinese
                else f"only on the first: {self.only_first}; only on the second: {self.only_second}"
            )
        return lines

    def _rounded(self) -> pd.DataFrame:
        table = self.table()
        numbers = table.columns[1:]
        return table.assign(**table[numbers].astype(np.float64).round(6))

    def as_json(self, *, most: int | None = None) -> dict[str, Any]:
        """Plain values: both maps, and a row of ``table`` for each clip on both, those that moved farthest first.

        Args:
            most: rows, at most; None: all.
        """
        return {
            "first": self.first.as_json(points=False),
            "second": self.map.as_json(points=False),
            "common": len(self.ids),
            "only_first": self.only_first,
            "only_second": self.only_second,
            "neighbours": self.k,
            "kept": self.share_kept,
            "kept_by_chance": self.chance,
            "disparity": self.disparity,
            "scale": self.scale,
            "rotation": self.rotation.tolist(),
            "notes": list(self.words()),
            "clips": self._rounded().iloc[self.farthest[:most]].to_dict("records"),
        }


def align(first: Map, second: Map) -> Alignment:
    """Lay the second map over the first by the clips on both: orthogonal Procrustes (Gower 1975, Psychometrika 40:33).

    A clip has the same id in every store that was built from the same audio, cut alike, whatever the encoder.

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
    k = min(NEIGHBOURS, (len(mine) - 1) // 2)
    kept = _in_common(a, b, k)
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
        first=first,
        # The axes of PCA are those of the map as it was: a further clip is placed on that one.
        map=replace(second, coordinates=everything.astype(np.float32), components=None),
        ids=first.ids[mine],
        moved=moved.astype(np.float32),
        kept=kept,
        k=k,
        disparity=1 - likeness**2,
        scale=float(scale),
        rotation=rotation,
    )


def _in_common(a: np.ndarray, b: np.ndarray, k: int) -> np.ndarray:
    """(m,) share of each point's k nearest in ``a`` that are among its k nearest in ``b``."""
    kept = np.zeros(len(a), np.float32)
    trees = (cKDTree(a), cKDTree(b))
    for start in range(0, len(a) if k else 0, _BLOCK):
        own = np.arange(start, min(start + _BLOCK, len(a)))
        here, there = (
            without_own(own, tree.query(places[own], k + 1)[1])[0] for tree, places in zip(trees, (a, b), strict=True)
        )
        kept[own] = (here[:, :, None] == there[:, None, :]).any(axis=2).mean(axis=1)
    return kept
