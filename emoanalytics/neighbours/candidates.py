"""Candidates compared in full: whatever found them, the similarity that is told is exact."""

from __future__ import annotations

import numpy as np

from emoanalytics.neighbours.exact import NOBODY, Nearest, ordered
from emoanalytics.neighbours.vectors import Vectors

_MANY = 16  # points from which reading the candidates once for all of them is not worth it


def ranked(points: np.ndarray, candidates: np.ndarray, vectors: Vectors, k: int) -> Nearest:
    """The k nearest among each point's own candidates.

    Args:
        points: (q, d).
        candidates: (q, m) row numbers, each at most once a point; -1: none.
        vectors: where the rows are read.
        k: how many of them.
    """
    nobody = candidates == NOBODY
    rows = np.maximum(candidates, 0)
    if len(points) < _MANY:  # a few rows do not need the scales of all
        similarities = np.empty(candidates.shape, np.float32)
        for i, point in enumerate(points):
            similarities[i] = vectors.points(rows[i]) @ point
        vectors.let_go()
    else:
        who = np.repeat(np.arange(len(points)), candidates.shape[1])
        similarities = vectors.pairs(points, who, rows.ravel()).reshape(candidates.shape)
    best = ordered(candidates, np.where(nobody, np.float32(-np.inf), similarities), k)
    return Nearest(best.rows, np.where(best.rows == NOBODY, np.float32(np.nan), best.similarities))
