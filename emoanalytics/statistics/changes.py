"""Steps in sequences of session means: where, how large, and how surprising among all sequences that were looked at.

For each sequence (a speaker) and label (an emotion) the best split into before and after is found by exact search
(the least-squares optimum of one step, as ruptures' ``Dynp(model="l2")`` finds it), and judged so:

    statistic    the two-sample t of the split, its variance shrunk towards what the spread of clips inside the
                 sessions foretells (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3), as a normal deviate (Wallace 1959,
                 Annals of Math. Statistics 30), less what searching more splits gains (James, James and Siegmund
                 1987, Biometrika 74)
    labels       the largest over the labels of a sequence; sessions are permuted with all their labels together
                 (Westfall and Young 1993), so the labels may depend on each other as they like
    null         permutations of sessions, pooled over all sequences (Tusher, Tibshirani and Chu 2001, PNAS 98;
                 Storey and Tibshirani 2003): eight sessions alone have no p-value below 1/35 for a clean step in the
                 middle, which no correction for many speakers survives. Sequences found to have changed are permuted
                 again without their step (Xie, Pan and Khodursky 2005, Bioinformatics 21). Never 0 (Phipson and
                 Smyth 2010)
    many         Benjamini and Hochberg over sequences, then labels within the found ones at the share of sequences
                 found (Benjamini and Bogomolov 2014, J. R. Stat. Soc. B 76)

The null says: without a change the sessions of a speaker could have come in any order. A mood that wanders slowly
breaks it, and will be called a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations as every_order
from math import factorial

import numpy as np
from scipy import special

from emoanalytics.statistics.multiplicity import Correction, adjusted
from emoanalytics.statistics.variances import prior, successive_freedom, successive_variance

FEWEST_UNITS = 6  # sessions: three on either side of a change in the middle
MARGIN = 2  # sessions before the first and after the last place a step is looked for
_BLOCK = 200_000  # numbers held at once in one array
_TINY = 1e-12


@dataclass(frozen=True)
class Steps:
    """The best step of each sequence and label.

    Attributes:
        place: (n, k) how many units lie before the step; 0 where none was looked for.
        effect: (n, k) mean after minus mean before, NaN where none was looked for.
        p: (n, k) how often chance does as well in any label of a sequence, NaN where none was looked for.
        q: (n,) the same for a sequence's best label among all sequences (Benjamini and Hochberg).
        found: (n, k) bool: steps that stand, at the false discovery rate asked for.
        tested: how many sequences were long enough.
        drawn: how many permuted sequences the p-values rest on.
    """

    place: np.ndarray
    effect: np.ndarray
    p: np.ndarray
    q: np.ndarray
    found: np.ndarray
    tested: int
    drawn: int


def find_steps(
    means: np.ndarray,
    variances: np.ndarray,
    lengths: np.ndarray,
    *,
    rate: float = 0.05,
    permutations: int | None = None,
    seed: int = 0,
) -> Steps:
    """Look for one step in each of many sequences.

    Args:
        means: (units, k) means of the units, sequence after sequence, in order.
        variances: (units, k) squared standard error of each mean from the spread inside the unit; NaN: not known.
        lengths: (n,) units of each sequence.
        rate: the false discovery rate.
        permutations: of each sequence; None: 1,000, or 9,999 where there are few sequences to pool.
        seed: of the permutations.
    """
    n, k = len(lengths), means.shape[1]
    place, effect, p = np.zeros((n, k), int), np.full((n, k), np.nan), np.full((n, k), np.nan)
    q, found = np.full(n, np.nan), np.zeros((n, k), bool)
    long = np.flatnonzero(lengths >= FEWEST_UNITS)
    if not len(long) or not k:
        return Steps(place, effect, p, q, found, 0, 0)
    each = permutations or (1000 if len(long) >= 10 else 9999)
    groups = _groups(means, variances, lengths, long, each, seed)
    surprise = np.full((n, k), np.nan)
    for group in groups:
        surprise[group.rows], place[group.rows] = _observed(group)
        effect[group.rows] = _effects(group.units, place[group.rows])
    chance = [_chance(g, g.units, np.arange(len(g.rows))) for g in groups]
    p[long], drawn = _p(surprise[long], chance)
    stands = np.zeros(n, bool)
    stands[long] = adjusted(p[long].min(axis=1), Correction.BH) <= rate
    if stands.any():  # the steps of these are no chance: see how chance would do without them
        for group, own in zip(groups, chance, strict=True):
            those = np.flatnonzero(stands[group.rows])
            own[those] = _chance(group, _level(group.units, place[group.rows]), those)
        p[long], drawn = _p(surprise[long], chance)
    q[long] = adjusted(p[long].min(axis=1), Correction.BH)
    share = float((q[long] <= rate).mean())
    found[long] = (q[long] <= rate)[:, None] & (p[long] <= rate * share)
    return Steps(place, effect, p, q, found, len(long), drawn)


@dataclass(frozen=True)
class _Group:
    """Sequences of one length: their rows, units (m, t, k), the prior of their variances, orders to try (b, t)."""

    rows: np.ndarray
    units: np.ndarray
    prior: np.ndarray
    freedom: np.ndarray
    orders: np.ndarray


def _groups(
    means: np.ndarray, variances: np.ndarray, lengths: np.ndarray, long: np.ndarray, each: int, seed: int
) -> list[_Group]:
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    k = means.shape[1]
    own, foretold = np.zeros((len(lengths), k)), np.full((len(lengths), k), np.nan)
    places: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for length in np.unique(lengths[long]).tolist():
        rows = long[lengths[long] == length]
        units = first[rows][:, None] + np.arange(length)
        places[length] = rows, units
        own[rows] = successive_variance(means[units])
        known = np.isfinite(variances[units])
        with np.errstate(invalid="ignore"):
            foretold[rows] = np.where(known, variances[units], 0).sum(axis=1) / known.sum(axis=1)
    expected, firm = np.zeros_like(own), np.zeros_like(own)
    freedom = np.array([successive_freedom(int(length)) for length in lengths[long]])
    expected[long], firm[long] = prior(own[long], freedom, foretold[long])
    return [
        _Group(rows, means[units], expected[rows], firm[rows], _orders(length, each, seed))
        for length, (rows, units) in places.items()
    ]


def _orders(length: int, count: int, seed: int) -> np.ndarray:
    """Orders of the units: all of them where they are few, else drawn."""
    if factorial(length) <= count:
        return np.array(list(every_order(range(length))))
    rng = np.random.default_rng([seed, length])
    return rng.permuted(np.tile(np.arange(length), (count, 1)), axis=1)


def _best(centred: np.ndarray) -> np.ndarray:
    """Sum of squares between the two sides of each split (..., splits, k) of centred units (..., t, k)."""
    length = centred.shape[-2]
    before = np.cumsum(centred, axis=-2)[..., MARGIN - 1 : length - MARGIN, :]
    sizes = np.arange(MARGIN, length - MARGIN + 1)[:, None]
    between = np.square(before, out=before)
    between *= length / (sizes * (length - sizes))
    return between


def _score(between: np.ndarray, whole: np.ndarray, expected: np.ndarray, firm: np.ndarray, length: int) -> np.ndarray:
    """How far a split stands out, as a squared normal deviate.

    Args:
        between: (..., k) sum of squares between its sides.
        whole: (..., k) sum of squares about the mean of all units.
        expected: (..., k) prior variance.
        firm: (..., k) its degrees of freedom.
        length: units.
    """
    # Numbers that should be equal differ a little by rounding: nothing below this counts as spread.
    within = np.maximum(whole - between, 1e-9 * whole)
    freedom = firm + (length - 2)
    ratio = between * freedom / np.maximum(firm * expected + within, _TINY)
    return np.square((8 * freedom + 1) / (8 * freedom + 3)) * freedom * np.log1p(ratio / freedom)


def _less_search(squared: np.ndarray, length: int) -> np.ndarray:
    """Surprise of the best split: minus the log of its p-value, less the log of what more splits to search gain."""
    return -special.log_ndtr(-np.sqrt(squared)) - np.log(np.log((length - MARGIN) / MARGIN))


def _observed(group: _Group) -> tuple[np.ndarray, np.ndarray]:
    """Surprise (m, k) of the best split of each sequence and label, and how many units lie before it (m, k)."""
    centred = group.units - group.units.mean(axis=1, keepdims=True)
    length, between = centred.shape[1], _best(centred)
    score = _score(between.max(axis=1), np.square(centred).sum(axis=1), group.prior, group.freedom, length)
    return _less_search(score, length), between.argmax(axis=1) + MARGIN


def _effects(units: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Mean after minus mean before: (m, k)."""
    before, after = _sides(units, at)
    return after - before


def _sides(units: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    length = units.shape[1]
    early = np.arange(length)[None, :, None] < at[:, None, :]
    before = np.where(early, units, 0).sum(axis=1) / at
    after = np.where(early, 0, units).sum(axis=1) / (length - at)
    return before, after


def _level(units: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The units with the step of each label taken out."""
    before, after = _sides(units, at)
    early = np.arange(units.shape[1])[None, :, None] < at[:, None, :]
    return units - np.where(early, before[:, None, :], after[:, None, :])


def _chance(group: _Group, units: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The largest surprise over the labels, of some sequences in every order: (rows, b)."""
    length, k = units.shape[1:]
    centred = units - units.mean(axis=1, keepdims=True)
    whole = np.square(centred).sum(axis=1)
    squared = np.empty((len(rows), len(group.orders)))
    some = max(1, _BLOCK // (length * k))
    few = max(1, some // max(len(rows), 1))
    for start in range(0, len(rows), some):
        part = slice(start, start + some)
        own = rows[part]
        rest = whole[own, None], group.prior[own, None], group.freedom[own, None], length
        for first in range(0, len(group.orders), few):
            orders = slice(first, first + few)
            between = _best(centred[own][:, group.orders[orders]]).max(axis=-2)
            squared[part, orders] = _score(between, *rest).max(axis=-1)
    return _less_search(squared, length)


def _p(observed: np.ndarray, chance: list[np.ndarray]) -> tuple[np.ndarray, int]:
    """(n, k): the share of chance that does as well, the observed order counted as one more."""
    pool = np.sort(np.concatenate([c.ravel() for c in chance]))
    # The same order met again is rounded differently: equal, not less.
    as_well = len(pool) - np.searchsorted(pool, observed - 1e-7 * np.maximum(np.abs(observed), 1))
    return (1 + as_well) / (1 + len(pool)), len(pool)
