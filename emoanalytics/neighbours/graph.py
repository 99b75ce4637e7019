"""The graph every view shares: the k nearest neighbours of every row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from emoanalytics.neighbours.exact import nearest
from emoanalytics.neighbours.vectors import Progress, Vectors

_QUERIES = 4096  # rows asked at once


@dataclass(frozen=True)
class Graph:
    """The nearest other rows of every row of a store, in one space, nearest first.

    Attributes:
        rows: (n, k) int32 row numbers; a row is not its own neighbour.
        similarities: (n, k) float32 cosines, descending (up to rounding at the sixth digit).
        record: how it was found: ``method``, ``k``, ``recall`` against exact search on rows drawn at random, ...
    """

    rows: np.ndarray
    similarities: np.ndarray
    record: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.rows.shape != self.similarities.shape or self.rows.ndim != 2:
            raise ValueError("rows and similarities must be of one shape (n, k)")
        self.rows.flags.writeable = False
        self.similarities.flags.writeable = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def k(self) -> int:
        """Neighbours a row: fewer than asked where the store has fewer other rows."""
        return int(self.rows.shape[1])

    @property
    def distances(self) -> np.ndarray:
        """(n, k) float32 Euclidean distances between unit points, ``sqrt(2 - 2 similarity)``: 0 to 2."""
        return np.sqrt(np.maximum(2 - 2 * self.similarities, 0)).astype(np.float32)

    def nearest(self, k: int) -> Graph:
        """The graph of the k nearest of them only."""
        return Graph(self.rows[:, :k], self.similarities[:, :k], self.record)


def exact_graph(vectors: Vectors, k: int, *, progress: Progress | None = None) -> Graph:
    """Compare every row with every other one.

    Args:
        vectors: the points.
        k: neighbours a row; n - 1 where that is fewer.
        progress: called after each block of rows.
    """
    n = len(vectors)
    k = max(min(k, n - 1), 0)
    rows = np.zeros((n, k), np.int32)
    similarities = np.zeros((n, k), np.float32)
    if k:
        for start, points in vectors.blocks(_QUERIES):
            found = nearest(points, vectors, k + 1)
            mine = slice(start, start + len(points))
            rows[mine], similarities[mine] = without_self(found.rows, found.similarities, start)
            if progress is not None:
                progress(start + len(points), n, "finding neighbours")
    return Graph(rows, similarities, {"method": "exact", "k": k, "recall": 1.0})


def without_self(rows: np.ndarray, similarities: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Drop each row's own number, or the last place where k copies of it came before it: (m, k + 1) to (m, k)."""
    own = rows == np.arange(start, start + len(rows))[:, None]
    own[~own.any(axis=1), -1] = True
    kept = ~own
    shape = (len(rows), rows.shape[1] - 1)
    return rows[kept].reshape(shape), similarities[kept].reshape(shape)
