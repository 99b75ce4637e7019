"""Purity: how often a clip's nearest neighbours share something with it, against chance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emoanalytics.views.leak.factors import FEWEST_CLUSTERS, Clusters, Factor

_RESAMPLES = 2000


@dataclass(frozen=True)
class Purity:
    """One measured share.

    Attributes:
        factor: what is shared.
        clips: clips that were asked: those that have a value, and a neighbour that has one.
        values: distinct values among all clips.
        purity: mean share of a clip's nearest neighbours that have its value; None: no clip could be asked.
        low: lower end of the 95 % interval of ``purity``; None: not enough evidence.
        high: its upper end.
        expected: the share if neighbours were drawn at random.
        most: the largest share there can be: a value that few clips have cannot fill all places.
        lift: ``purity / expected``; None where nothing is expected.
        lift_low: lower end of its 95 % interval.
        lift_high: its upper end.
        excess: how far ``purity`` is from ``expected`` on the way to ``most``: 0 for chance, 1 for all there can be.
        groups: named speakers (or sessions) among the clips that were asked; None: the store has too few of both.
    """

    factor: str
    clips: int
    values: int
    purity: float | None = None
    low: float | None = None
    high: float | None = None
    expected: float | None = None
    most: float | None = None
    lift: float | None = None
    lift_low: float | None = None
    lift_high: float | None = None
    excess: float | None = None
    groups: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @property
    def telling(self) -> bool:
        """Whether there is something to tell: neighbours can share the value, and need not."""
        return self.expected is not None and self.most is not None and 0 < self.expected < self.most


@dataclass(frozen=True, eq=False)
class Shares:
    """What was counted, a clip a row; NaN in rows that could not be asked.

    Attributes:
        found: (n,) share of the neighbours that have the clip's value.
        expected: (n,) share among all clips that could have been neighbours.
        most: (n,) largest share there can be.
    """

    found: np.ndarray
    expected: np.ndarray
    most: np.ndarray

    def only(self, chosen: np.ndarray) -> Shares:
        """Those of some clips: (n,) bool."""
        return Shares(*(np.where(chosen, a, np.nan) for a in (self.found, self.expected, self.most)))


def shares(neighbours: np.ndarray, codes: np.ndarray, apart: np.ndarray | None = None) -> Shares:
    """Count how many neighbours have a clip's value. A clip without a value is neither asked nor counted.

    Args:
        neighbours: (n, k) row numbers, -1: none.
        codes: (n,) number of each clip's value, -1: none.
        apart: (n,) groups; if given, no neighbour is of its clip's group, so none could have been.
    """
    there = (neighbours >= 0) & (codes[neighbours] >= 0)
    places = np.where(codes >= 0, there.sum(axis=1), 0)
    same = ((codes[neighbours] == codes[:, None]) & there).sum(axis=1)
    others, alike = _others(codes, apart)
    asked = (places > 0) & (others > 0)
    found, expected, most = (np.full(len(codes), np.nan) for _ in range(3))
    found[asked] = same[asked] / places[asked]
    expected[asked] = alike[asked] / others[asked]
    most[asked] = np.minimum(alike[asked], places[asked]) / places[asked]
    return Shares(found, expected, most)


def _others(codes: np.ndarray, apart: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """(n,) how many clips could be a clip's neighbours, and how many of them have its value."""
    known = codes >= 0
    sizes = np.bincount(codes[known], minlength=1)
    if apart is None:
        return np.full(len(codes), int(known.sum()) - 1), np.where(known, sizes[codes] - 1, 0)
    known &= apart >= 0
    sizes = np.bincount(codes[known], minlength=int(codes.max(initial=0)) + 1)
    groups = np.bincount(apart[known], minlength=int(apart.max(initial=0)) + 1)
    pair = codes * len(groups) + apart
    pairs = np.bincount(pair[known], minlength=len(sizes) * len(groups))
    others, alike = np.zeros(len(codes), np.int64), np.zeros(len(codes), np.int64)
    others[known] = known.sum() - groups[apart[known]]
    alike[known] = sizes[codes[known]] - pairs[pair[known]]
    return others, alike


def purity(factor: Factor, counted: Shares, clusters: Clusters, *, seed: int) -> Purity:
    """The mean of what was counted, with intervals.

    Intervals are percentile intervals of a bootstrap over speakers (sessions where there are fewer than five
    speakers), since clips of one speaker are not independent (Efron and Tibshirani 1993, ch. 13; whole groups drawn
    with replacement). The neighbours stay as they are: what is drawn is whose clips are asked. Where the clips that
    could be asked are of fewer than five named speakers (sessions) there is none, whatever the store holds besides.
    """
    asked = ~np.isnan(counted.found)
    n = int(asked.sum())
    if not n:
        return Purity(factor.name, 0, len(factor.values), groups=clusters.named(asked))
    found, expected, most = (float(a[asked].mean()) for a in (counted.found, counted.expected, counted.most))
    (low, high), (lift_low, lift_high) = _intervals(counted, asked, clusters, seed)
    return Purity(
        factor=factor.name,
        clips=n,
        values=len(factor.values),
        purity=found,
        low=low,
        high=high,
        expected=expected,
        most=most,
        lift=found / expected if expected > 0 else None,
        lift_low=lift_low,
        lift_high=lift_high,
        excess=(found - expected) / (most - expected) if most > expected else None,
        groups=clusters.named(asked),
    )


_Interval = tuple[float | None, float | None]


def _intervals(counted: Shares, asked: np.ndarray, clusters: Clusters, seed: int) -> tuple[_Interval, _Interval]:
    codes, values = clusters.codes[asked], (counted.found[asked], counted.expected[asked])
    if (clusters.named(asked) or 0) < FEWEST_CLUSTERS:
        return (None, None), (None, None)
    found, expected = (group_sums(v, codes) for v in values)
    drawn = draws(len(found[0]), seed)
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw in which nothing is expected has no lift
        means = (drawn @ found[0]) / (drawn @ found[1])
        lifts = (drawn @ found[0]) / (drawn @ expected[0])
    return interval(means), interval(lifts)


def group_sums(values: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of values of each group that occurs."""
    _, place = np.unique(codes, return_inverse=True)
    return np.bincount(place, weights=values), np.bincount(place).astype(np.float64)


def draws(groups: int, seed: int) -> np.ndarray:
    """(resamples, groups) how often each group is drawn."""
    return np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=_RESAMPLES)


def interval(values: np.ndarray) -> _Interval:
    """The middle 95 % of resampled values; none where a value does not exist."""
    if not np.isfinite(values).all():
        return None, None
    low, high = np.percentile(values, (2.5, 97.5))
    return float(low), float(high)
