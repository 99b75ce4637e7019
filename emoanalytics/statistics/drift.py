"""Slow change: a robust slope with an interval, and whether order matters at all.

Slope and interval: Theil (1950) and Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63
(1968), scipy's ``theilslopes``. Test: Kendall's tau against time (Mann 1945, Econometrica 13), scipy's
``kendalltau``, exact for few units without ties; it permutes units, so clips of a session stay together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from emoanalytics.statistics.multiplicity import Correction, adjusted


@dataclass(frozen=True)
class Drifts:
    """Slopes of many sequences.

    Attributes:
        slope: (n, k) median slope per unit of time, NaN where there was none to find.
        low: (n, k) lower end of its interval.
        high: (n, k) upper end.
        p: (n, k) p-value of Kendall's tau.
        q: (n, k) the same among all sequences and labels (Benjamini and Hochberg).
    """

    slope: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    q: np.ndarray


def find_drifts(
    means: np.ndarray, times: np.ndarray, lengths: np.ndarray, *, fewest: int, level: float = 0.95
) -> Drifts:
    """Slope of every label of every sequence over time.

    Args:
        means: (units, k) means of the units, sequence after sequence.
        times: (units,) when, in any unit; equal times give no slope between them.
        lengths: (n,) units of each sequence.
        fewest: shorter sequences are left alone.
        level: of the intervals.

    >>> found = find_drifts(np.arange(6.0)[:, None], np.arange(6.0), np.array([6]), fewest=6)
    >>> found.slope.item(), round(found.p.item(), 4)
    (1.0, 0.0028)
    """
    n, k = len(lengths), means.shape[1]
    slope, low, high, p = (np.full((n, k), np.nan) for _ in range(4))
    start = 0
    for i, length in enumerate(lengths.tolist()):
        y, x = means[start : start + length], times[start : start + length]
        start += length
        if length < fewest or (x == x[0]).all():
            continue
        for j in range(k):
            line = stats.theilslopes(y[:, j], x, alpha=level)
            slope[i, j], low[i, j], high[i, j] = line.slope, line.low_slope, line.high_slope
            moves = bool((y[:, j] != y[0, j]).any())  # tau of a constant is not defined; it shows no drift
            p[i, j] = stats.kendalltau(x, y[:, j]).pvalue if moves else 1.0
    return Drifts(slope, low, high, p, adjusted(p, Correction.BH))
