"""Cells and contrasts: what is left of clips when each speaker counts once.

A speaker's clips resemble each other, so speakers, not clips, are what a comparison of groups can count. Speakers in
both of two groups are compared with themselves; speakers in one of them only with those in the other only. Where both
kinds occur, the two differences are combined (Einsporn and Habtzghi, "Combining paired and two-sample data using a
permutation test", J. Data Science 11, 2013).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emoanalytics.errors import StoreError

FEWEST = 2  # speakers of a kind: the variance of one cannot be told


@dataclass(frozen=True)
class Cells:
    """The mean of each speaker in each group; every speaker counts once, however many clips it has.

    Attributes:
        means: (speakers, groups, outcomes) float64; NaN where the speaker has no clip in the group.

    Raises:
        StoreError: another shape, or a cell with only some of its outcomes.
    """

    means: np.ndarray

    def __post_init__(self) -> None:
        means = np.array(self.means, dtype=np.float64)
        if means.ndim != 3 or not (np.isnan(means).all(axis=2) | np.isfinite(means).all(axis=2)).all():
            raise StoreError(f"cells are speakers x groups x outcomes, each whole or missing, not {means.shape}")
        means.flags.writeable = False
        object.__setattr__(self, "means", means)

    @classmethod
    def of(
        cls, values: np.ndarray, speakers: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None
    ) -> Cells:
        """Weighted means of clips.

        Args:
            values: (n, outcomes) finite.
            speakers: (n,) numbers 0, 1, ...
            groups: (n,) numbers 0, 1, ...
            weights: (n,) at least 0; None: all alike. A cell whose clips all weigh 0 is missing.

        >>> Cells.of(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, 1]), np.array([0, 0, 0])).means.ravel().tolist()
        [2.0, 5.0]
        """
        shape = (int(speakers.max()) + 1, int(groups.max()) + 1)
        each = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
        cell = speakers * shape[1] + groups
        size = np.bincount(cell, each, minlength=shape[0] * shape[1])
        sums = np.stack([np.bincount(cell, each * v, minlength=len(size)) for v in np.asarray(values).T], axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            return cls((sums / size[:, None]).reshape(*shape, -1))

    @property
    def seen(self) -> np.ndarray:
        """(speakers, groups) bool: which cells there are."""
        return ~np.isnan(self.means[:, :, 0])


@dataclass(frozen=True)
class Contrast:
    """Two groups, speaker by speaker.

    Attributes:
        pairs: (n, outcomes) first minus second mean of each speaker in both groups; empty where fewer than two.
        first: (n, outcomes) means of speakers in the first group only; empty where either side has fewer than two.
        second: (n, outcomes) means of those in the second group only.
    """

    pairs: np.ndarray
    first: np.ndarray
    second: np.ndarray

    @classmethod
    def of(cls, cells: Cells, first: int = 0, second: int = 1) -> Contrast:
        """The contrast of two groups; speakers of a kind that has too few for a variance are left out."""
        one, two, seen = cells.means[:, first], cells.means[:, second], cells.seen
        here, there = seen[:, first], seen[:, second]
        pairs, only_one, only_two = (one - two)[here & there], one[here & ~there], two[there & ~here]
        few = min(len(only_one), len(only_two)) < FEWEST
        pairs = pairs[:0] if len(pairs) < FEWEST else pairs
        return cls(pairs, only_one[:0] if few else only_one, only_two[:0] if few else only_two)

    @property
    def empty(self) -> bool:
        """Whether nothing can be compared."""
        return len(self.pairs) == 0 and len(self.first) == 0

    @property
    def share(self) -> float:
        """How much the paired difference counts, 0..1: the inverse of the two variances if there is no difference.

        One number for all outcomes, so that differences of scores that sum to one sum to zero.
        """
        return float(share_of_pairs(Sums.of(self)))

    @cached_property
    def difference(self) -> np.ndarray:
        """(outcomes,) first minus second, over speakers."""
        return combined(Sums.of(self))[0]

    @cached_property
    def variance(self) -> np.ndarray:
        """(outcomes,) squared standard error of ``difference``, the groups' variances not taken as equal (Welch)."""
        return combined(Sums.of(self))[1]


@dataclass(frozen=True)
class Sums:
    """Sums that the statistic is made of; every array (..., outcomes), the counts plain numbers."""

    pairs: int
    pair_sum: np.ndarray
    pair_square: np.ndarray
    first: int
    first_sum: np.ndarray
    first_square: np.ndarray
    second: int
    second_sum: np.ndarray
    second_square: np.ndarray

    @classmethod
    def of(cls, contrast: Contrast) -> Sums:
        """Of one contrast."""
        parts = (contrast.pairs, contrast.first, contrast.second)
        return cls(*itertools.chain.from_iterable((len(x), x.sum(axis=0), (x**2).sum(axis=0)) for x in parts))


def share_of_pairs(s: Sums) -> np.ndarray:
    """(...) weight of the paired difference: inverse to the two variances there would be without a difference.

    Those variances are summed over outcomes and do not change when labels are shuffled inside their blocks.
    """
    if not s.pairs or not s.first:
        return np.full(s.pair_sum.shape[:-1], 1.0 if s.pairs else 0.0)
    paired = s.pair_square.sum(axis=-1) / s.pairs**2
    n = s.first + s.second
    square = s.first_square + s.second_square - (s.first_sum + s.second_sum) ** 2 / n
    unpaired = square.sum(axis=-1) / (n - 1) * (1 / s.first + 1 / s.second)
    total = paired + unpaired
    return np.where(total > 0, unpaired / np.where(total > 0, total, 1.0), 0.5)


def combined(s: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Difference and its variance, both (..., outcomes), of sums (..., outcomes)."""
    share = share_of_pairs(s)[..., None]
    difference = variance = np.zeros_like(s.pair_sum)
    if s.pairs:
        mean = s.pair_sum / s.pairs
        difference = share * mean
        variance = share**2 * _variance(s.pairs, s.pair_sum, s.pair_square) / s.pairs
    if s.first:
        between = s.first_sum / s.first - s.second_sum / s.second
        error = _variance(s.first, s.first_sum, s.first_square) / s.first
        error = error + _variance(s.second, s.second_sum, s.second_square) / s.second
        difference = difference + (1 - share) * between
        variance = variance + (1 - share) ** 2 * error
    return difference, variance


def _variance(n: int, total: np.ndarray, square: np.ndarray) -> np.ndarray:
    return np.maximum(square - total**2 / n, 0.0) / (n - 1)
