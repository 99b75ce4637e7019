"""A map: where the clips of a store lie, how it was drawn, and how far it can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.labels import Language
from emoanalytics.neighbours.principal import PrincipalAxes
from emoanalytics.neighbours.space import Space
from emoanalytics.views.maps.outlines import inside
from emoanalytics.views.maps.settings import MapMethod, MapSettings
from emoanalytics.views.maps.trust import Trust

AXES = ("x", "y", "z")
_NAMES = {MapMethod.UMAP: "UMAP", MapMethod.TSNE: "t-SNE", MapMethod.PCA: "PCA"}


@dataclass(frozen=True)
class Map:
    """Where clips lie on a map. Distances and directions on it have no unit; PCA keeps those of the space.

    Attributes:
        ids: (n,) segment ids.
        coordinates: (n, dims) float32.
        trust: how far it can be believed.
        settings: how it was asked for.
        drawn_by: the method that drew it: PCA where the clips are too few, or too much alike, for another.
        space: of the neighbours.
        key: names it under ``derived/maps``.
        record: ``used`` (settings as they came out: ``perplexity`` of t-SNE, ``neighbours`` and ``epochs`` of UMAP,
            of which a small store allows fewer), ``versions`` of the packages, ``vectors`` (the key of the points),
            ``graph`` (its record), ``encoder`` (its fingerprint), ``usual_similarity`` (what 99 % of the clips reach
            to their nearest), ``drawn_at`` (ISO 8601).
        components: of PCA: the axes and the share of variance they show; None for other methods.
    """

    ids: pd.Index
    coordinates: np.ndarray
    trust: Trust
    settings: MapSettings
    drawn_by: MapMethod
    space: Space
    key: str
    record: Mapping[str, Any]
    components: PrincipalAxes | None = None

    def __post_init__(self) -> None:
        if self.coordinates.shape != (len(self.ids), self.settings.dims):
            raise ValueError("a map has one point a segment")
        if self.trust.kept.shape != (len(self.ids),):
            raise ValueError("trust has one value a clip")
        if self.components is not None and len(self.components.axes) != self.settings.dims:
            raise ValueError("a map by PCA has one component a dimension")
        if not np.isfinite(self.coordinates).all():
            raise ValueError("a point of the map is not finite")
        self.coordinates.flags.writeable = False

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dims(self) -> int:
        """2 or 3."""
        return self.settings.dims

    def inside(self, x: Sequence[float], y: Sequence[float]) -> np.ndarray:
        """(n,) bool: which clips lie inside an outline, e.g. a lasso.

        Args:
            x: of its corners, in order; the last is joined with the first.
            y: of its corners.

        Raises:
            StoreError: the map has three dimensions, or this is no outline.
        """
        if self.dims != 2:
            raise StoreError(f"an outline is drawn on a flat map, not on one with {self.dims} dimensions")
        return inside(self.coordinates, x, y)

    def table(self) -> pd.DataFrame:
        """One row a clip: ``segment_id, x, y(, z), kept, trustworthiness, continuity, doubtful``."""
        columns: dict[str, Any] = {"segment_id": self.ids.to_numpy()}
        columns |= {axis: self.coordinates[:, i] for i, axis in enumerate(AXES[: self.dims])}
        columns |= {name: getattr(self.trust, name) for name in ("kept", "trustworthiness", "continuity", "doubtful")}
        return pd.DataFrame(columns)

    def words(self, language: Language | str = Language.EN) -> tuple[str, ...]:
        """What a reader must know before looking at it: how it was drawn, and what not to believe."""
        chinese = str(language) == Language.ZH
        lines = []
        if self.drawn_by != self.settings.method:
            asked = _NAMES[self.settings.method]
            lines.append(
                f"片段太少或彼此太相似，无法用 {asked} 绘制：此图用 PCA 绘制"
                if chinese
                else f"the clips are too few, or too much alike, for {asked}: this map is drawn by PCA"
            )
        if self.components is not None and self.components.explained.any():
            share = f"{100 * float(self.components.explained.sum()):.0f}"
            lines.append(
                f"此图保留了片段之间 {share}% 的差异（方差）"
                if chinese
                else f"this map shows {share} % of what differs between the clips (variance)"
            )
        return (*lines, *self.trust.words(language))

    def as_json(self, *, points: bool = True) -> dict[str, Any]:
        """Plain values for ``--json``.

        Args:
            points: with the coordinates and the trust of every clip.
        """
        plain: dict[str, Any] = {
            "key": self.key,
            "settings": self.settings.as_json(),
            "drawn_by": str(self.drawn_by),
            "space": str(self.space),
            "clips": len(self),
            "trust": self.trust.as_json(),
            "explained": None if self.components is None else [float(x) for x in self.components.explained],
            **self.record,
        }
        if points:
            table = self.table()
            numbers = table.select_dtypes("number").columns
            table[numbers] = table[numbers].astype(np.float64).round(6)
            plain["points"] = table.astype(object).where(table.notna(), None).to_dict("records")
        return plain
