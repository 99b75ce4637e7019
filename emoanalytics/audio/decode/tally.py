"""Counting bad samples while a recording streams by: clipping, and how many per 10 ms."""

from __future__ import annotations

import numpy as np

BINS_PER_S = 100
CLIP_LEVEL = 0.999  # of full scale
CLIP_RUN = 3  # samples in a row on the same side: one peak that touches full scale is no clipping


class Tally:
    """How many samples of a recording are of some kind, counted per 10 ms.

    Only bins that hold any are kept, so that a clean ten-hour recording costs nothing.

    >>> import numpy as np
    >>> tally = Tally(rate_hz=1000)
    >>> tally.add(np.array([True] * 5 + [False] * 15), first=0)
    >>> tally = tally.ended(20)
    >>> tally.share(0, 20), tally.share(0, 10), tally.share(10, 20)
    (0.25, 0.5, 0.0)
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.n_samples = 0
        self._bins: list[np.ndarray] = []
        self._counts: list[np.ndarray] = []

    def add(self, marks: np.ndarray, first: int) -> None:
        """Count the True of ``marks`` ``(n,)``; ``first`` is the place of its first sample. In order."""
        places = np.flatnonzero(marks)
        if places.size:
            bins, counts = np.unique((places + first) * BINS_PER_S // self.rate_hz, return_counts=True)
            self._bins.append(bins.astype(np.int64))
            self._counts.append(counts.astype(np.int64))

    def ended(self, n_samples: int) -> Tally:
        """The same tally, complete: the recording had so many samples."""
        done = Tally(self.rate_hz)
        done.n_samples = n_samples
        done._bins = [np.concatenate(self._bins or [np.zeros(0, np.int64)])]
        done._counts = [np.concatenate(self._counts or [np.zeros(0, np.int64)])]
        return done

    def share(self, start: float, stop: float) -> float:
        """Share of the samples ``start`` to ``stop`` (native, may be fractions) that were marked, 0 to 1.

        A bin that the span only partly covers counts by the part it covers.
        """
        if stop <= start:
            return 0.0
        width = self.rate_hz / BINS_PER_S
        bins, counts = self._bins[0], self._counts[0]
        low = np.searchsorted(bins, int(start / width), side="left")
        high = np.searchsorted(bins, int(stop / width), side="right")
        begins = bins[low:high] * width
        ends = np.minimum(begins + width, self.n_samples)
        covered = np.minimum(ends, stop) - np.maximum(begins, start)
        marked = float((counts[low:high] * np.clip(covered / (ends - begins), 0.0, 1.0)).sum())
        return min(1.0, marked / (stop - start))


class ClipDetector:
    """Marks samples that lie at full scale in runs of at least three on the same side, block by block.

    Whether a sample belongs to a run may depend on the two that follow, so its mark comes two samples late.

    Args:
        full_scale: the largest value the sample format can hold (127/128 for 8 bits; 1 for floats).

    >>> import numpy as np
    >>> detector = ClipDetector(1.0)
    >>> marks, first = detector.feed(np.array([[0.0], [1.0], [1.0]], np.float32))
    >>> marks.tolist(), first
    ([False], 0)
    >>> marks, first = detector.feed(np.array([[1.0], [1.0], [-1.0]], np.float32))
    >>> marks.tolist(), first
    ([True, True, True], 1)
    >>> marks, first = detector.finish()
    >>> marks.tolist(), first
    ([True, False], 4)
    """

    def __init__(self, full_scale: float = 1.0) -> None:
        self._level = np.float32(CLIP_LEVEL * full_scale)
        self._known: np.ndarray | None = None  # sides of the last samples: two that are decided, two that are not
        self._decided = 0

    def feed(self, block: np.ndarray) -> tuple[np.ndarray, int]:
        """Marks ``(n,)`` of the samples that can be decided now (any channel), and the place of the first.

        Args:
            block: the next samples ``(n, channels)`` float32, finite.
        """
        sides = (block >= self._level).astype(np.int8) - (block <= -self._level).astype(np.int8)
        return self._decide(sides)

    def finish(self) -> tuple[np.ndarray, int]:
        """Marks of the last samples."""
        if self._known is None:
            return np.zeros(0, bool), 0
        return self._decide(np.zeros((CLIP_RUN - 1, self._known.shape[1]), np.int8))

    def _decide(self, sides: np.ndarray) -> tuple[np.ndarray, int]:
        margin = CLIP_RUN - 1
        if self._known is None:
            self._known = np.zeros((margin, sides.shape[1]), np.int8)
        sides = np.concatenate([self._known, sides])
        self._known = sides[-2 * margin :]
        first, count = self._decided, max(0, len(sides) - 2 * margin)
        self._decided += count
        if not count or not sides.any():
            return np.zeros(count, bool), first
        run = sides[:-margin] != 0
        for step in range(1, CLIP_RUN):
            run &= sides[:-margin] == sides[step : len(sides) - margin + step]
        marks = run[:count].copy()
        for step in range(1, CLIP_RUN):
            marks |= run[step : count + step]
        return marks.any(axis=1), first
