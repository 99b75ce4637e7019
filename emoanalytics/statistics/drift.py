"""Slow change: a robust slope with an interval, and whether order matters at all.

Slope and interval: Theil (1950) and Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63
(1968). Test: Kendall's tau against time (Mann 1945, Econometrica 13), exact without ties; it permutes units, so clips
of a session stay together. Written out for many sequences and all labels at once: scipy's ``theilslopes`` and
``kendalltau`` (which the tests compare with) take half a minute for a thousand speakers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from emoanalytics.statistics.multiplicity import Correction, adjusted

_BLOCK = 100_000  # numbers held at once in one array


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
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if n else np.zeros(0, int)
    for length in np.unique(lengths[lengths >= fewest]).tolist():
        rows = np.flatnonzero(lengths == length)
        units = first[rows][:, None] + np.arange(length)
        for some in _alike(times[units]):
            own, x = rows[some], times[units[some]]
            y = means[units[some]]
            slope[own], low[own], high[own] = _slopes(y, x, level)
            p[own] = _tau_p(y, x)
    return Drifts(slope, low, high, p, adjusted(p, Correction.BH))


def robust_line(y: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Median slope and intercept (Theil 1950), as ``scipy.stats.theilslopes`` has them.

    Args:
        y: (t,).
        x: (t,) not all equal.

    >>> robust_line(np.array([1.0, 3.0, 5.0, 7.0, 90.0]), np.arange(5.0))
    (2.0, 1.0)
    """
    step, apart = _pairs(x)
    slope = float(np.median(_pairs(y)[0][apart] / step[apart]))
    return slope, float(np.median(y) - slope * np.median(x))


def _alike(times: np.ndarray) -> Iterator[np.ndarray]:
    """Rows of times (m, t) that can be counted at once: all without ties in blocks, one by one those with any."""
    ordered = np.sort(times, axis=1)
    tied = (np.diff(ordered, axis=1) == 0).any(axis=1)
    clear = np.flatnonzero(~tied)
    block = max(1, _BLOCK // times.shape[1] ** 2)
    yield from (clear[start : start + block] for start in range(0, len(clear), block))
    yield from (np.array([row]) for row in np.flatnonzero(tied & (ordered[:, 0] != ordered[:, -1])))


def _pairs(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Later minus earlier of every two along the last axis, and which of these differ."""
    first, last = np.triu_indices(values.shape[-1], 1)
    step = values[..., last] - values[..., first]
    return step, step != 0


def _slopes(y: np.ndarray, x: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median slope of every column of y (m, t, k) over x (m, t), and Sen's interval: (m, k) each.

    Ties in x are those of its first row.
    """
    step, apart = _pairs(x)
    rises = _pairs(np.swapaxes(y, 1, 2))[0]
    slopes = np.sort(rises[:, :, apart[0]] / step[:, None, apart[0]], axis=2)
    many = slopes.shape[2]
    reach = special.ndtri((1 + level) / 2) * np.sqrt(_variances(y, x))
    below = np.clip(np.round((many - reach) / 2).astype(int) - 1, 0, many - 1)
    above = np.clip(np.round((many + reach) / 2).astype(int), 0, many - 1)
    low, high = (np.take_along_axis(slopes, at[:, :, None], axis=2)[:, :, 0] for at in (below, above))
    return np.median(slopes, axis=2), low, high


def _variances(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(m, k) variance of Kendall's S under chance, for each column, as Sen has it: less what ties take."""
    n = x.shape[1]
    whole = n * (n - 1) * (2 * n + 5)
    return (whole - _each_tied(x)[:, None] - _each_tied(np.swapaxes(y, 1, 2))) / 18


def _each_tied(values: np.ndarray) -> np.ndarray:
    """``_tied(..., 5)`` of every row (..., t)."""
    found = np.zeros(values.shape[:-1], int)
    for at in zip(*np.nonzero(_any_tied(values)), strict=True):
        found[at] = _tied(values[at], 5)
    return found


def _any_tied(values: np.ndarray) -> np.ndarray:
    """Which rows (..., t) have equal values."""
    return (np.diff(np.sort(values, axis=-1), axis=-1) == 0).any(axis=-1)


def _tied(values: np.ndarray, more: int) -> int:
    """Sum of t (t - 1) (2 t + more) over groups of t equal values."""
    sizes = np.unique(values, return_counts=True)[1]
    return int((sizes * (sizes - 1) * (2 * sizes + more)).sum())


def _tau_p(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(m, k) two-sided p-values of Kendall's tau: exact without ties, else normal (Kendall 1970, ch. 4)."""
    columns, n = np.swapaxes(y, 1, 2), x.shape[1]
    score = (np.sign(_pairs(columns)[0]) * np.sign(_pairs(x)[0])[:, None]).sum(axis=2)
    exact = _exact(n)
    p = exact[((n * (n - 1) // 2 - np.abs(score)) // 2).astype(int)]
    for i, j in zip(*np.nonzero(_any_tied(columns) | _any_tied(x)[:, None]), strict=True):
        column = columns[i, j]
        moves = (column != column[0]).any()  # a constant shows no drift
        p[i, j] = 2 * special.ndtr(-abs(score[i, j]) / np.sqrt(_tied_variance(column, x[i]))) if moves else 1.0
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
