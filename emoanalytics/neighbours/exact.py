"""The nearest points by looking at every one: no index, no error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emoanalytics.neighbours.vectors import Progress, Vectors

NOBODY = -1  # fills the places of a result that has fewer than k neighbours


@dataclass(frozen=True)
class Nearest:
    """The nearest rows of some points, nearest first; of equally near ones the earlier row first.

    Attributes:
        rows: (q, k) int64 row numbers; -1 where there are fewer than k.
        similarities: (q, k) float32 cosines; NaN where there are fewer.
    """

    rows: np.ndarray
    similarities: np.ndarray

    def __post_init__(self) -> None:
        if self.rows.shape != self.similarities.shape or self.rows.ndim != 2:
            raise ValueError("rows and similarities must be of one shape (q, k)")
        self.rows.flags.writeable = False
        self.similarities.flags.writeable = False


def nearest(
    points: np.ndarray,
    vectors: Vectors,
    k: int,
    *,
    among: np.ndarray | None = None,
    progress: Progress | None = None,
) -> Nearest:
    """The k nearest rows of each point, by comparing it with every row; memory does not grow with the store.

    Args:
        points: (q, d) float32 of length 1, as ``Vectors.points`` and ``Vectors.place`` give them.
        vectors: the rows.
        k: how many, at least 1; fewer come where there are fewer.
        among: only these row numbers, ascending; None: all.
        progress: called after each block of rows.
    """
    import faiss

    if k < 1:
        raise ValueError(f"k is at least 1, not {k}")
    total = len(vectors) if among is None else len(among)
    width = min(k, total)
    best = Nearest(np.zeros((len(points), 0), np.int64), np.zeros((len(points), 0), np.float32))
    for start, block in vectors.blocks() if among is None else _chosen(vectors, among):
        found, local = faiss.knn(points, block, min(width, len(block)), metric=faiss.METRIC_INNER_PRODUCT)
        numbers = local + start if among is None else among[local + start]
        best = _merged(best, numbers, found, width)
        if progress is not None:
            progress(min(start + len(block), total), total, "comparing")
    return _filled(best, k)


def _chosen(vectors: Vectors, among: np.ndarray, size: int = 8192) -> Iterator[tuple[int, np.ndarray]]:
    for start in range(0, len(among), size):
        yield start, vectors.points(among[start : start + size])


def _merged(best: Nearest, rows: np.ndarray, similarities: np.ndarray, k: int) -> Nearest:
    rows = np.hstack([best.rows, rows])
    similarities = np.hstack([best.similarities, similarities])
    # Rounding must not order equals: two copies of one clip differ in the last digit when a matrix product blocks them.
    order = np.lexsort((rows, -np.round(similarities, 6)), axis=1)[:, :k]
    return Nearest(np.take_along_axis(rows, order, 1), np.take_along_axis(similarities, order, 1))


def _filled(best: Nearest, k: int) -> Nearest:
    lacking = k - best.rows.shape[1]
    if lacking <= 0:
        return best
    pad = ((0, 0), (0, lacking))
    return Nearest(
        np.pad(best.rows, pad, constant_values=NOBODY), np.pad(best.similarities, pad, constant_values=np.nan)
    )
