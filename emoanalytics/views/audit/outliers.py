"""Clips unlike all others: where the space is much thinner around a clip than around its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import Graph
from emoanalytics.neighbours.vectors import Vectors

NEIGHBOURS = 10
DEVIATIONS = 5.0
_SHORT = 0.03  # below, a distance made of a float32 similarity is wrong by a thousandth and more
_PRODUCTS = 1 << 23  # numbers held at once
_LEAST = 1.1  # where most factors are equal, a clip still has to lie a tenth farther out than its neighbours


@dataclass(frozen=True)
class Outliers:
    """How far each clip stands out.

    Attributes:
        ids: (n,) segment ids, in the order of the store.
        factors: (n,) float64 local outlier factors: 1 among neighbours, larger the thinner it is around the clip.
        neighbours: how many were looked at; fewer than asked in a small store.
        limit: from which factor on a clip stands out.
    """

    ids: pd.Index
    factors: np.ndarray
    neighbours: int
    limit: float

    def __post_init__(self) -> None:
        if self.factors.shape != (len(self.ids),):
            raise ValueError("one factor a row")
        self.factors.flags.writeable = False

    @property
    def rows(self) -> np.ndarray:
        """Rows that stand out, the farthest first."""
        order = np.argsort(-self.factors, kind="stable")
        return np.asarray(order[self.factors[order] >= self.limit])

    def as_json(self) -> dict[str, Any]:
        """Plain values: those that stand out."""
        return {
            "outliers": [{"segment_id": str(self.ids[r]), "factor": float(self.factors[r])} for r in self.rows],
            "neighbours": self.neighbours,
            "limit": self.limit,
        }


def outliers(geometry: Geometry, *, neighbours: int = NEIGHBOURS, deviations: float = DEVIATIONS) -> Outliers:
    """Local outlier factors (Breunig, Kriegel, Ng and Sander 2000) on the shared neighbour graph.

    A factor of 1.5 means: the clip lies half as far again from its neighbours as these from theirs. In hundreds of
    dimensions distances crowd together, so what a large factor is depends on the encoder. A clip stands out whose
    factor's logarithm is more than ``deviations`` robust standard deviations (1.4826 times the median absolute
    deviation) above the median of all.

    Args:
        geometry: the points.
        neighbours: how many count as near; at most those of the graph.
        deviations: how far above the usual a factor must be.

    Raises:
        StoreError: fewer than one neighbour, or no positive number of deviations.
    """
    if neighbours < 1:
        raise StoreError(f"outliers are told by at least 1 neighbour, not {neighbours}")
    if not (np.isfinite(deviations) and deviations > 0):
        raise StoreError(f"how far an outlier lies out is a positive number, not {deviations}")
    rows, distances = _near(geometry.graph, geometry.vectors, neighbours)
    factors = local_factors(rows, distances)
    return Outliers(geometry.vectors.ids, factors, rows.shape[1], _limit(factors, deviations))


def _near(graph: Graph, vectors: Vectors, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) row numbers of the nearest and their float64 distances, the nearest first.

    Short distances are measured between the points, and the neighbours of the graph put in their order again: in a
    store whose clips are all much alike float32 similarities are hardly different from 1.
    """
    near = graph.nearest(neighbours)
    rows, distances = near.rows.copy(), near.distances.astype(np.float64)
    close = np.flatnonzero((distances < _SHORT).any(axis=1))
    size = max(_PRODUCTS // max(graph.k * vectors.dim, 1), 1)
    for start in range(0, len(close), size):
        some = close[start : start + size]
        others = np.asarray(graph.rows[some])
        between = vectors.points(others.ravel()).astype(np.float64).reshape(*others.shape, -1)
        between -= vectors.points(some)[:, None]
        measured = np.sqrt(np.einsum("ijk,ijk->ij", between, between))
        order = np.argsort(measured, axis=1, kind="stable")[:, : near.k]
        rows[some], distances[some] = (np.take_along_axis(a, order, axis=1) for a in (others, measured))
    return rows, distances


def _limit(factors: np.ndarray, deviations: float) -> float:
    if not len(factors):
        return _LEAST
    logs = np.log(factors)
    middle = float(np.median(logs))
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    return max(float(np.exp(middle + deviations * spread)), _LEAST)


def local_factors(rows: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """(n,) local outlier factors over all these neighbours; 1 where there are none to compare with.

    ``reach(a, b) = max(distance(a, b), distance of b's last neighbour)``; a clip's density is one over its mean reach;
    the factor is the neighbours' mean density over its own.

    Args:
        rows: (n, k) row numbers of each row's neighbours, the nearest first.
        distances: (n, k) float64, to them.
    """
    if not rows.shape[1]:
        return np.ones(len(rows))
    reach = np.maximum(distances, distances[rows, -1])
    # As in scikit-learn: copies have distance 0, and their density must stay a number.
    density = 1 / (reach.mean(axis=1) + 1e-10)
    return np.asarray(density[rows].mean(axis=1) / density)
