"""The nearest points by looking at every one: no index, no error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.neighbours.vectors import Progress, Vectors

NOBODY = -1  # fills the places of a result that has fewer than k neighbours
_DIGITS = 6  # two copies of one clip differ in the last digit when a matrix product blocks them: they are equals
_PAIRS = 1 << 24  # similarities held at once: 64 MB
_ROWS = 1 << 32  # more rows than any store has


@dataclass(frozen=True)
class Nearest:
    """The nearest rows of some points, nearest first; of equally near ones (to six digits) the earlier row first.

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
    if k < 1:
        raise ValueError(f"k is at least 1, not {k}")
    total = len(vectors) if among is None else len(among)
    best = Best(len(points), min(k, total))
    step = min(max(_PAIRS // max(len(points), 1), 256), 8192)
    for start in range(0, total, step):
        stop = min(start + step, total)
        numbers = np.arange(start, stop) if among is None else np.asarray(among[start:stop], np.int64)
        best.offer(numbers, vectors.similarities(points, slice(start, stop) if among is None else numbers))
        vectors.let_go()
        if progress is not None:
            progress(best.seen, total, "comparing")
    return filled(best.result(), k)


class Best:
    """The k best rows of each of q points while rows are offered in ascending order, a block at a time.

    A row that is no better than the k-th so far is passed over by one comparison, so that nearly all of the time
    goes into the matrix product.

    Attributes:
        seen: rows offered so far.
    """

    def __init__(self, points: int, k: int) -> None:
        self.seen = 0
        self._k = k
        self._best = Nearest(np.zeros((points, 0), np.int64), np.zeros((points, 0), np.float32))
        self._waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._n_waiting = 0

    def offer(self, numbers: np.ndarray, similarities: np.ndarray) -> None:
        """Take the better ones of these rows.

        Args:
            numbers: (m,) row numbers, ascending and larger than all before.
            similarities: (q, m) to each point.
        """
        self.seen += len(numbers)
        if self._best.rows.shape[1] < self._k:  # the first blocks
            self._best = ordered(
                np.hstack([self._best.rows, np.broadcast_to(numbers, similarities.shape)]),
                np.hstack([self._best.similarities, similarities]),
                self._k,
            )
            return
        # A later row that is only as good as the k-th does not displace it.
        limit = np.round(self._best.similarities[:, -1:], _DIGITS) + 0.5 * 10.0**-_DIGITS
        point, place = np.nonzero(similarities > limit.astype(np.float32))
        self._waiting.append((point, numbers[place], similarities[point, place]))
        self._n_waiting += len(point)
        if self._n_waiting > self._best.rows.size:
            self._merge()

    def result(self) -> Nearest:
        """The best of all offered."""
        self._merge()
        return self._best

    def _merge(self) -> None:
        if not self._n_waiting:
            return
        points, rows, similarities = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting, self._n_waiting = [], 0
        counts = np.bincount(points, minlength=len(self._best.rows))
        order = np.argsort(points, kind="stable")
        place = np.arange(len(points)) - np.repeat(np.cumsum(counts) - counts, counts)
        wide = (len(counts), int(counts.max()))
        more_rows = np.full(wide, NOBODY, np.int64)
        more = np.full(wide, -np.inf, np.float32)
        more_rows[points[order], place] = rows[order]
        more[points[order], place] = similarities[order]
        self._best = ordered(
            np.hstack([self._best.rows, more_rows]), np.hstack([self._best.similarities, more]), self._k
        )


def ordered(rows: np.ndarray, similarities: np.ndarray, k: int) -> Nearest:
    """The k best of (q, m) candidates, best first; of equals (to six digits) the earlier row first."""
    digits = np.nan_to_num(np.rint(similarities * 10.0**_DIGITS), neginf=-(10.0**9))
    keys = (-digits).astype(np.int64) * _ROWS + rows  # one number to compare, for likeness and then for order
    if keys.shape[1] > k:
        chosen = np.argpartition(keys, k - 1, axis=1)[:, :k]
        chosen = np.take_along_axis(chosen, np.argsort(np.take_along_axis(keys, chosen, 1), axis=1), 1)
    else:
        chosen = np.argsort(keys, axis=1)
    return Nearest(np.take_along_axis(rows, chosen, 1), np.take_along_axis(similarities, chosen, 1))


def without_own(own: np.ndarray, found: np.ndarray, *beside: np.ndarray) -> tuple[np.ndarray, ...]:
    """Each row's list without itself, or without the last where as many copies came before it: one column fewer.

    Args:
        own: (q,) whose lists they are.
        found: (q, k + 1) row numbers.
        beside: arrays (q, k + 1) that lose the same places.

    Returns:
        ``found`` and those beside it, (q, k) each.

    >>> near, apart = without_own(np.array([7, 3]), np.array([[7, 1], [4, 5]]), np.array([[0.0, 0.2], [0.0, 0.0]]))
    >>> near.tolist(), apart.tolist()
    ([[1], [4]], [[0.2], [0.0]])
    """
    drop = found == own[:, None]
    drop[~drop.any(axis=1), -1] = True
    return tuple(each[~drop].reshape(len(own), found.shape[1] - 1) for each in (found, *beside))


def others(found: Nearest, rows: np.ndarray) -> Nearest:
    """The neighbours of rows of the store without the rows themselves: one column fewer."""
    return Nearest(*without_own(rows, found.rows, found.similarities))


def filled(best: Nearest, k: int) -> Nearest:
    """Widen to k columns with rows of nobody."""
    lacking = k - best.rows.shape[1]
    if lacking <= 0:
        return best
    pad = ((0, 0), (0, lacking))
    return Nearest(
        np.pad(best.rows, pad, constant_values=NOBODY), np.pad(best.similarities, pad, constant_values=np.nan)
    )
