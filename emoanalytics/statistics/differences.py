"""Intervals of speakers' means, and of differences between groups of speakers."""

from __future__ import annotations

import numpy as np

from emoanalytics.statistics.bootstrap import mean_intervals
from emoanalytics.statistics.cells import Contrast


def mean_interval(means: np.ndarray, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over speakers with a 95 % interval, by drawing speakers with replacement (``statistics.bootstrap``).

    Args:
        means: (speakers, outcomes) in -1..1: mean scores, or differences of such.
        seed: of the draws.

    Returns:
        Mean, lower and upper end, each (outcomes,); the ends are NaN where speakers are too few.
    """
    n = len(means)
    signed = bool((means < 0).any())  # the bootstrap takes what lies in 0..1
    shown = (means + 1) / 2 if signed else means
    found = mean_intervals(shown, np.ones(n), np.zeros(n, np.intp), 1, seed=seed)
    ends = [found.mean[0], found.low[0], found.high[0]]
    mean, low, high = [2 * end - 1 for end in ends] if signed else ends
    return mean, low, high


def difference_interval(contrast: Contrast, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """95 % interval of a difference, from those of its independent parts.

    Zou and Donner, "Construction of confidence limits about effect measures", Stat. Med. 27 (2008): the distances from
    each part's mean to its limits are put together as standard errors are. The parts are the speakers in both groups
    and those in one only, counting as they do in the difference.

    Returns:
        Lower and upper end, each (outcomes,); NaN where a part has too few speakers for an interval of its own.

    >>> pairs = np.array([[0.1], [0.2], [0.3], [0.2], [0.2], [0.25]])
    >>> low, high = difference_interval(Contrast(pairs, pairs[:0], pairs[:0]))
    >>> bool(0 < low[0] < pairs.mean() < high[0] < 0.4)
    True
    """
    parts = [
        (weight, *mean_interval(means, seed=seed))
        for weight, means in (
            (contrast.share, contrast.pairs),
            (1 - contrast.share, contrast.first),
            (contrast.share - 1, contrast.second),
        )
        if len(means)
    ]
    if not parts:
        nothing = np.full(contrast.pairs.shape[1], np.nan)
        return nothing, nothing
    below = above = np.zeros(contrast.pairs.shape[1])
    for weight, mean, low, high in parts:
        down, up = (mean - low, high - mean) if weight > 0 else (high - mean, mean - low)
        below, above = below + (weight * down) ** 2, above + (weight * up) ** 2
    return contrast.difference - np.sqrt(below), contrast.difference + np.sqrt(above)
