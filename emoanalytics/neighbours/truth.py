"""The true neighbours of some rows, to measure by what others find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.neighbours.exact import Nearest, nearest, others
from emoanalytics.neighbours.vectors import Progress, Vectors

_SAME = 1.5e-6  # similarities this close are equals


@dataclass(frozen=True)
class Truth:
    """Rows drawn at random and their true neighbours.

    Attributes:
        rows: (s,) row numbers.
        found: the nearest other rows of each.
    """

    rows: np.ndarray
    found: Nearest

    @classmethod
    def of(cls, vectors: Vectors, k: int, *, seed: int, sample: int, tick: Progress | None = None) -> Truth:
        """Draw and compare with every row."""
        n = len(vectors)
        rows = np.sort(np.random.default_rng(seed).choice(n, min(sample, n), replace=False))
        return cls(rows, others(nearest(vectors.points(rows), vectors, min(k + 1, n), progress=tick), rows))

    def parts(self, n: int) -> tuple[Truth, ...]:
        """Every n-th of the rows, from each of the first n on; all of them in each part where they are fewer."""
        if len(self.rows) < n:
            return (self,) * n
        found = self.found
        return tuple(Truth(self.rows[i::n], Nearest(found.rows[i::n], found.similarities[i::n])) for i in range(n))

    def recall(self, answer: Nearest, k: int) -> float:
        """Share of the k nearest that an answer holds; equally near ones count for each other. 1 where k is 0."""
        k = min(k, self.found.rows.shape[1])
        if not k or not len(self.rows):
            return 1.0
        limit = self.found.similarities[:, k - 1 : k] - _SAME
        with np.errstate(invalid="ignore"):
            hits = (answer.similarities >= limit).sum(axis=1)
        return float(np.minimum(hits, k).mean() / k)
