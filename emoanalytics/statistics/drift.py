"""Slow change: a robust slope with an interval, and whether order matters at all.

Slope and interval: Theil (1950) and Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63
(1968). Test: Kendall's tau against time (Mann 1945, Econometrica 13), exact without ties; it permutes units, so clips
of a session stay together. Written out for all labels at once: scipy's ``theilslopes`` and ``kendalltau`` (which the
tests compare with) take half a minute for a thousand speakers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

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
        if length >= fewest and (x != x[0]).any():
            slope[i], low[i], high[i] = _slopes(y, x, level)
            p[i] = _tau_p(y, x)
    return Drifts(slope, low, high, p, adjusted(p, Correction.BH))


def _slopes(y: np.ndarray, x: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median slope of every column of y (t, k) over x (t,), and Sen's interval."""
    from scipy import stats

    first, last = np.triu_indices(len(x), 1)
    step = x[last] - x[first]
    apart = step != 0
    slopes = np.sort((y[last] - y[first])[apart] / step[apart, None], axis=0)
    many = len(slopes)
    reach = stats.norm.ppf((1 + level) / 2) * np.sqrt(_variances(y, x))
    below = np.clip(np.round((many - reach) / 2).astype(int) - 1, 0, many - 1)
    above = np.clip(np.round((many + reach) / 2).astype(int), 0, many - 1)
    columns = np.arange(y.shape[1])
    return np.median(slopes, axis=0), slopes[below, columns], slopes[above, columns]


def _variances(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Variance of Kendall's S under chance, for each column, as Sen has it: less what ties take."""
    n = len(x)
    whole = n * (n - 1) * (2 * n + 5)
    return np.array([whole - _tied(x, 5) - _tied(column, 5) for column in y.T]) / 18


def _tied(values: np.ndarray, more: int) -> int:
    """Sum of t (t - 1) (2 t + more) over groups of t equal values."""
    sizes = np.unique(values, return_counts=True)[1]
    return int((sizes * (sizes - 1) * (2 * sizes + more)).sum())


def _tau_p(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Two-sided p-value of Kendall's tau of each column: exact without ties, else normal (Kendall 1970, ch. 4)."""
    from scipy import stats

    first, last = np.triu_indices(len(x), 1)
    score = (np.sign(y[last] - y[first]) * np.sign(x[last] - x[first])[:, None]).sum(axis=0)
    n = len(x)
    p = np.ones(y.shape[1])
    for j, column in enumerate(y.T):
        if len(np.unique(x)) == len(np.unique(column)) == n:
            p[j] = _exact(n)[int((len(first) - abs(score[j])) // 2)]
        elif (column != column[0]).any():  # a constant shows no drift
            p[j] = 2 * stats.norm.sf(abs(score[j]) / np.sqrt(_tied_variance(column, x)))
    return np.minimum(p, 1.0)


def _tied_variance(y: np.ndarray, x: np.ndarray) -> float:
    """Variance of Kendall's S with ties in either (Kendall 1970, equation 4.4)."""
    n = len(x)
    t, u = (np.unique(v, return_counts=True)[1].astype(float) for v in (x, y))
    pairs, triples = (
        ((t * (t - 1)).sum(), (u * (u - 1)).sum()),
        ((t * (t - 1) * (t - 2)).sum(), (u * (u - 1) * (u - 2)).sum()),
    )
    whole = (n * (n - 1) * (2 * n + 5) - _tied(x, 5) - _tied(y, 5)) / 18
    return float(
        whole + pairs[0] * pairs[1] / (2 * n * (n - 1)) + triples[0] * triples[1] / (9 * n * (n - 1) * (n - 2))
    )


@lru_cache(maxsize=256)
def _exact(n: int) -> np.ndarray:
    """By number of discordant pairs, up to half of all: how often chance is as extreme, either way."""
    share = np.ones(1)
    for i in range(2, n + 1):  # one more unit brings 0 to i - 1 more discordant pairs, all equally often
        share = np.convolve(share, np.full(i, 1 / i))
    tail = 2 * np.cumsum(share)[: len(share) // 2 + 1]
    tail = np.minimum(tail, 1.0)
    tail.flags.writeable = False
    return tail
