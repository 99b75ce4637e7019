"""Intervals of weighted means when the clips come in clusters (sessions, recordings, speakers).

A studentised bootstrap that draws whole clusters, on the logit scale:

    mean         R = sum of weighted scores / sum of weights, over all clusters of a cell
    error        jackknife over clusters of logit R (Efron and Tibshirani 1993, ch. 11)
    resamples    clusters drawn with replacement, all clips of a cluster together (Davison and Hinkley 1997, 3.8)
    half width   the quantile of |logit R* - logit R| / error*, a symmetric bootstrap-t (Hall 1988, Annals of
                 Statistics 16), on a scale where the error hardly depends on the mean (Tibshirani 1988, Biometrika 75)
    small sample never more than 1.2 times Student's quantile with G - 1 degrees of freedom, G the effective number
                 of clusters (Kish 1965; few and uneven clusters: Carter, Schnepel and Steigerwald 2017, Review of
                 Economics and Statistics 99): with five clusters the bootstrap's tail is made of near-constant draws

Chosen by measured coverage, see ``benchmarks/statistics_trends.py``: a percentile interval of five to eight clusters
covers 77 to 86 % where it says 95.

Where it falls short: clusters that say how far a mean may lie have to be among those there are. One cluster with most
of the clips, and a score whose rare high values are not among those there are, give intervals that hold the truth more
rarely than they say, and they then lie too low. Where the number of clips is known, these get no interval: those where
one cluster holds more than half of the weight, and those where the scores (or what they lack of 1) add up to less than
0.3 of a clip. Over simulated corpora the rest hold the truth as they say; ``benchmarks/statistics_trends.py``,
``rare_and_lopsided``, has the figures with and without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

FEWEST_CLUSTERS = 4  # below, an interval would have to be too wide to say anything
RESAMPLES = 1000
_MANY = 10_000  # clusters from which on the bootstrap's quantile is Student's, and its draws would fill the memory
_CAP = 1.2
MOST_SHARE = 0.5  # of the weight in one cluster
LEAST_SUM = 0.3  # of the scores, in clips: see "where it falls short"
_EDGE = 1e-6  # scores nearer to 0 or 1 are taken as that near: a softmax in float32 knows no better
_BLOCK = 100_000  # numbers held at once in one array: what a processor's cache holds, twice as fast as more
_SAME, _TINY = 1e-6, 1e-30  # in single precision: no distance, no error


@dataclass(frozen=True)
class Intervals:
    """Weighted means of cells with intervals.

    Attributes:
        mean: (cells, k) weighted mean of each cell, NaN where it has no weight.
        low: (cells, k) lower end, NaN where the cell has too few clusters.
        high: (cells, k) upper end.
        clusters: (cells,) how many clusters each cell has.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    clusters: np.ndarray


def totals(values: np.ndarray, weights: np.ndarray, groups: np.ndarray, n_groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Weighted sums of rows by group.

    Args:
        values: (n, k).
        weights: (n,).
        groups: (n,) group number of each row.
        n_groups: how many groups there are.

    Returns:
        (groups, k) sums of weight times value, and (groups,) sums of weights.
    """
    sums = np.empty((n_groups, values.shape[1]))
    for j in range(values.shape[1]):
        sums[:, j] = np.bincount(groups, weights * values[:, j], n_groups)
    return sums, np.bincount(groups, weights, n_groups)


def mean_intervals(
    sums: np.ndarray,
    weights: np.ndarray,
    cells: np.ndarray,
    n_cells: int,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    clips: np.ndarray | None = None,
) -> Intervals:
    """Mean score of each cell with an interval that holds its clusters for the unit of chance.

    Args:
        sums: (u, k) weighted score sums of each cluster, see ``totals``; means lie in 0..1.
        weights: (u,) weight sums, positive.
        cells: (u,) the cell each cluster belongs to, 0 to n_cells - 1.
        n_cells: how many cells there are.
        seed: of the draws; a cell's interval does not depend on which other cells there are.
        resamples: draws of clusters.
        level: of the interval, 0..1.
        clips: (n_cells,) effective number of clips of each cell; given, cells that say too little get no interval.

    >>> found = mean_intervals(np.array([[0.2], [0.3], [0.25], [0.2], [0.3]]), np.ones(5), np.zeros(5, int), 1)
    >>> found.mean.round(2).tolist(), bool(0.15 < found.low[0, 0] < 0.2 < 0.3 < found.high[0, 0] < 0.37)
    ([[0.25]], True)
    """
    k = sums.shape[1]
    counts = np.bincount(cells, minlength=n_cells)
    total, weight = totals(sums, np.ones(len(cells)), cells, n_cells)[0], np.bincount(cells, weights, n_cells)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / weight[:, None]
    low, high = np.full((n_cells, k), np.nan), np.full((n_cells, k), np.nan)
    order = np.argsort(cells, kind="stable")
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    for size in np.unique(counts[counts >= FEWEST_CLUSTERS]):
        those = np.flatnonzero(counts == size)
        draws = _draws(int(size), resamples, seed) if size <= _MANY else None
        step = max(1, _BLOCK // (resamples * k))
        for start in range(0, len(those), step):
            some = those[start : start + step]
            rows = order[first[some][:, None] + np.arange(size)]
            low[some], high[some] = _ends(sums[rows].transpose(0, 2, 1), weights[rows], draws, level)
    if clips is not None:
        silent = ~_says_enough(mean, weights, cells, clips)
        low[silent] = high[silent] = np.nan
    return Intervals(mean, low, high, counts)


def _says_enough(mean: np.ndarray, weights: np.ndarray, cells: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """(cells, k) bool: no cluster outweighs all others, and the score is neither next to 0 nor to 1 throughout."""
    whole = np.bincount(cells, weights, len(clips))
    largest = np.zeros(len(clips))
    np.maximum.at(largest, cells, weights)
    added = np.minimum(mean, 1 - mean) * clips[:, None]
    return (largest <= MOST_SHARE * whole)[:, None] & (added >= LEAST_SUM)


def _draws(size: int, resamples: int, seed: int) -> np.ndarray:
    """(clusters, resamples): how often each cluster is drawn; the same for every cell of this size."""
    rng = np.random.default_rng([seed, size])
    return rng.multinomial(size, np.full(size, 1 / size), size=resamples).T.astype(np.float32)


def _ends(
    sums: np.ndarray, weights: np.ndarray, draws: np.ndarray | None, level: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval ends (c, k) of cells with equally many clusters: sums (c, k, g), weights (c, g), draws (g, b)."""
    size = weights.shape[1]
    whole = weights.sum(axis=1)[:, None]
    mean = sums.sum(axis=2) / whole
    place = _logit(mean)
    without = (sums.sum(axis=2, keepdims=True) - sums) / (whole - weights)[:, None, :]
    spread = _logit(without)
    error = np.sqrt((size - 1) / size * np.square(spread - spread.mean(axis=2, keepdims=True)).sum(axis=2))
    effective = np.square(whole[:, 0]) / np.square(weights).sum(axis=1)
    student = special.stdtrit(np.maximum(effective - 1, 1e-3), (1 + level) / 2)[:, None]  # as `scipy.stats.t.ppf`
    if draws is None:
        reach = student * error
    else:
        reach = np.minimum(_critical(sums, weights, mean, place, draws, level), _CAP * student) * error
    return special.expit(place - reach), special.expit(place + reach)


def _critical(
    sums: np.ndarray, weights: np.ndarray, mean: np.ndarray, place: np.ndarray, draws: np.ndarray, level: float
) -> np.ndarray:
    """(c, k): the quantile of the studentised distance of a resampled mean from the mean, on the logit scale."""
    size = sums.shape[2]
    residual = sums - mean[:, :, None] * weights[:, None, :]
    drawn = _summed(weights[:, None, :], draws)
    shift = _summed(residual, draws) / drawn
    # Sum of squared residuals about the resampled mean, spread out so that only sums over clusters are needed.
    squares = _summed(np.square(residual), draws)
    squares -= 2 * shift * _summed(residual * weights[:, None, :], draws)
    squares += np.square(shift) * _summed(np.square(weights)[:, None, :], draws)
    squares *= size / (size - 1)
    again = np.clip(shift + mean[:, :, None].astype(np.float32), _EDGE, 1 - _EDGE)
    slope = again * (1 - again)  # of the logit's inverse: turns the mean's error into the logit's
    again /= 1 - again
    distance = np.log(again, out=again)
    distance -= place[:, :, None].astype(np.float32)
    # A draw of one and the same cluster throughout has no error: infinitely far, or not at all where nothing varies.
    distance[np.abs(distance) <= _SAME] = 0
    squares = np.maximum(squares, _TINY, out=squares)
    t = np.square(distance * slope * drawn) / squares
    at = min(int(np.ceil(level * t.shape[2])), t.shape[2]) - 1
    t.partition(at, axis=2)
    return np.sqrt(t[:, :, at].astype(np.float64))


def _summed(x: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Sums over drawn clusters: (c, k, g) -> (c, k, b), in single precision, which a quantile does not notice."""
    c, k, size = x.shape
    return (x.reshape(-1, size).astype(np.float32) @ draws).reshape(c, k, -1)


def _logit(p: np.ndarray) -> np.ndarray:
    inside = np.clip(p, _EDGE, 1 - _EDGE)
    return np.log(inside / (1 - inside))
