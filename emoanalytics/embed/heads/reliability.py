"""Reliability: of the clips whose winner scores so much, how many are right; and the expected calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST_GROUPS = 5  # fewer speakers say too little about speakers in general for an interval
MOST_BINS = 10
ROWS_A_BIN = 10
RESAMPLES = 2_000


@dataclass(frozen=True)
class Bin:
    """Clips whose highest score lies together.

    Attributes:
        low: lowest of their highest scores.
        high: highest of them.
        rows: how many clips.
        score: mean of their highest scores.
        right: mean share of listeners who heard the winner (of one listener: the share of clips that are right).
        right_low: lower end of the 95 % interval of ``right``, groups drawn with replacement; None where they are few.
        right_high: its upper end.
    """

    low: float
    high: float
    rows: int
    score: float
    right: float
    right_low: float | None
    right_high: float | None


@dataclass(frozen=True)
class Reliability:
    """How far scores are from what listeners say.

    Attributes:
        error: calibration error of the winner in 0..1: root mean square over the bins, debiased.
        low: lower end of its 95 % interval over groups; None where there are fewer than five groups.
        high: its upper end.
        ece: expected calibration error as it is usually printed: mean over the same bins, the noise of the bins
            left in, so that it is never 0 and larger the fewer the clips.
        bins: equally filled, by rising score.
        rows: clips.
        groups: groups (speakers) they come from.
    """

    error: float
    low: float | None
    high: float | None
    ece: float
    bins: tuple[Bin, ...]
    rows: int
    groups: int


def reliability(
    scores: np.ndarray, targets: np.ndarray, groups: np.ndarray, *, seed: int = 0, resamples: int = RESAMPLES
) -> Reliability:
    """Calibration error of the highest score, and the data of a reliability diagram.

    Bins are equally filled (Nguyen and O'Connor 2015), ten where there are a hundred clips or more. In a bin, sampling
    noise alone moves the mean score away from the share that is right, so the usual sum of distances (Guo et al. 2017)
    is too large: 0.1 for a hundred clips of a perfect head. The error given first is the one of Kumar, Liang and Ma,
    "Verified uncertainty calibration" (2019): squared distances, less the variance of the mean. Its interval is a
    bootstrap over groups of the square, moved so that its mean is the estimate.

    Args:
        scores: (n, labels), rows sum to 1.
        targets: (n, labels) shares of listeners, rows sum to 1.
        groups: (n,) group numbers.
        seed: of the bootstrap.
        resamples: draws of the groups.

    >>> scores = np.tile([[0.9, 0.1]], (40, 1))
    >>> targets = np.eye(2)[[0, 1] * 20]  # right in half of them
    >>> round(reliability(scores, targets, np.arange(40) % 8).ece, 3)
    0.4
    """
    top = scores.argmax(axis=1)
    rows = np.arange(len(top))
    score, right = scores[rows, top].astype(np.float64), targets[rows, top].astype(np.float64)
    number = _binned(score)
    _, group = np.unique(groups, return_inverse=True)
    n_groups, n_bins = int(group.max()) + 1, int(number.max()) + 1
    sums = np.zeros((n_groups, n_bins, 4))  # rows, distance, its square, right
    distance = score - right
    np.add.at(sums, (group, number), np.stack([np.ones(len(top)), distance, distance**2, right], axis=1))
    plain, square = _errors(sums.sum(axis=0))
    low = high = None
    bounds: list[tuple[float | None, float | None]] = [(None, None)] * n_bins
    if n_groups >= FEWEST_GROUPS:
        drawn = np.random.default_rng(seed).multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=resamples)
        drawn_sums = np.tensordot(drawn, sums, axes=1)
        again = _errors(drawn_sums)[1]
        low, high = _root(square + np.percentile(again - again.mean(), (2.5, 97.5))).tolist()
        counts = drawn_sums[..., 0]
        shares = np.where(counts > 0, drawn_sums[..., 3] / np.maximum(counts, 1), np.nan)
        several = (sums[..., 0] > 0).sum(axis=0) >= FEWEST_GROUPS
        bounds = [
            tuple(np.nanpercentile(shares[:, b], (2.5, 97.5)).tolist()) if several[b] else (None, None)
            for b in range(n_bins)
        ]
    bins = tuple(
        Bin(
            low=float(score[number == b].min()),
            high=float(score[number == b].max()),
            rows=int((number == b).sum()),
            score=float(score[number == b].mean()),
            right=float(right[number == b].mean()),
            right_low=bounds[b][0],
            right_high=bounds[b][1],
        )
        for b in range(n_bins)
    )
    return Reliability(float(_root(square)), low, high, float(plain), bins, len(top), n_groups)


def _root(squares: np.ndarray) -> np.ndarray:
    """Square roots; of what noise left below zero, zero."""
    return np.sqrt(np.clip(squares, 0, 1))


def _binned(score: np.ndarray) -> np.ndarray:
    """(n,) number of the bin of each score: equally filled, equal scores together, none empty."""
    n_bins = int(np.clip(len(score) // ROWS_A_BIN, 1, MOST_BINS))
    edges = np.unique(np.quantile(score, np.arange(1, n_bins) / n_bins))
    return np.unique(np.searchsorted(edges, score, side="right"), return_inverse=True)[1]


def _errors(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Plain mean distance, and debiased mean squared distance, of (..., bins, 4) sums; the latter may be negative."""
    rows, total, squares = sums[..., 0], sums[..., 1], sums[..., 2]
    n = np.maximum(rows, 1)
    distance = total / n
    noise = np.maximum(squares / n - distance**2, 0) / np.maximum(rows - 1, 1)
    weight = rows / rows.sum(axis=-1, keepdims=True)
    return (weight * np.abs(distance)).sum(axis=-1), (weight * (distance**2 - noise)).sum(axis=-1)
