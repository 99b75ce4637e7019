"""Clips that are near everyone, and clips that are near no one: how uneven the neighbour lists are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry

NEIGHBOURS = 10
_DEVIATIONS = 2.0
_LISTED = 20


@dataclass(frozen=True)
class Hubs:
    """How often each clip is among another's nearest.

    Attributes:
        ids: (n,) segment ids, in the order of the store.
        counts: (n,) int64 k-occurrences: in how many neighbour lists a clip stands.
        neighbours: length of the lists.
        skewness: of the counts: 0 where all are alike, large where few clips are near everyone and many near no one;
            None where the counts do not differ.
    """

    ids: pd.Index
    counts: np.ndarray
    neighbours: int
    skewness: float | None

    def __post_init__(self) -> None:
        if self.counts.shape != (len(self.ids),):
            raise ValueError("one count a row")
        self.counts.flags.writeable = False

    @property
    def rows(self) -> np.ndarray:
        """Hubs: rows more than two standard deviations above the mean count, the largest first."""
        order = np.argsort(-self.counts, kind="stable")
        limit = self.counts.mean() + _DEVIATIONS * self.counts.std() if len(self.counts) else 0.0
        return np.asarray(order[self.counts[order] > limit])

    @property
    def nobody(self) -> int:
        """Clips in no list at all: a search never finds them by their neighbours."""
        return int((self.counts == 0).sum())

    def as_json(self) -> dict[str, Any]:
        """Plain values: the largest twenty hubs."""
        return {
            "hubs": [{"segment_id": str(self.ids[r]), "count": int(self.counts[r])} for r in self.rows[:_LISTED]],
            "neighbours": self.neighbours,
            "skewness": self.skewness,
            "nobody": self.nobody,
        }


def hubs(geometry: Geometry, *, neighbours: int = NEIGHBOURS) -> Hubs:
    """Count how often each clip is a neighbour (Radovanovic, Nanopoulos and Ivanovic 2010).

    In many dimensions a few points come near everything without being like it; a search lists them too often.

    Args:
        geometry: the points.
        neighbours: length of the lists; at most the graph's.

    Raises:
        StoreError: fewer than one neighbour.
    """
    from scipy.stats import skew

    if neighbours < 1:
        raise StoreError(f"hubs are told by at least 1 neighbour, not {neighbours}")
    graph = geometry.graph.nearest(neighbours)
    counts = np.bincount(graph.rows.ravel(), minlength=len(graph)).astype(np.int64)
    differ = len(np.unique(counts)) > 1
    return Hubs(geometry.vectors.ids, counts, graph.k, float(skew(counts)) if differ else None)
