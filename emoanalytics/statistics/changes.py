"""Steps in sequences of session means: where, how large, and how surprising among all sequences that were looked at.

For each sequence (a speaker) and label (an emotion) the best split into before and after is found by exact search
(the least-squares optimum of one step, as ruptures' ``Dynp(model="l2")`` finds it), and judged so:

    weight       a session's mean is as sure as 1 / (between + within / clips): a call of one clip says less than one of
                 twenty, by how much depends on how much sessions differ (DerSimonian and Laird 1986, Controlled
                 Clinical Trials 7; here from successive differences, which a step hardly touches). A side of a split
                 weighs at least as much as two middling sessions
    statistic    the weighted two-sample t of the split, its variance shrunk towards what the spread of clips inside the
                 sessions foretells (Smyth 2004, Stat. Appl. Genet. Mol. Biol. 3), as a normal deviate (Wallace 1959,
                 Annals of Math. Statistics 30), less what searching more splits gains (James, James and Siegmund
                 1987, Biometrika 74)
    labels       the largest over the labels of a sequence; standardised sessions are permuted with all their
                 labels together (Westfall and Young 1993), so the labels may depend on each other as they like
    null         permutations of sessions, pooled over all sequences (Tusher, Tibshirani and Chu 2001, PNAS 98;
                 Storey and Tibshirani 2003): eight sessions alone have no p-value below 1/35 for a clean step in the
                 middle, which no correction for many speakers survives. Sequences found to have changed are permuted
                 again without their step (Xie, Pan and Khodursky 2005, Bioinformatics 21). Never 0 (Phipson and
                 Smyth 2010)
    many         Benjamini and Hochberg over sequences, then labels within the found ones at the share of sequences
                 found (Benjamini and Bogomolov 2014, J. R. Stat. Soc. B 76)

The null says: without a change the sessions of a speaker, each set against how sure it is, could have come in any
order. Without the weights a speaker's short sessions at one end are called a change (see
``benchmarks/statistics_trends.py``). A mood that wanders slowly
breaks it, and will be called a change.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations as every_order
from math import factorial

import numpy as np
from scipy import special

from emoanalytics.statistics.multiplicity import Correction, adjusted
from emoanalytics.statistics.variances import (
    clip_variance,
    prior,
    successive_freedom,
    successive_variance,
    sureness,
)

FEWEST_UNITS = 6  # sessions: three on either side of a change in the middle
MARGIN = 2  # sessions before the first and after the last place a step is looked for
_BLOCK = 200_000  # numbers held at once in one array
_TINY = 1e-12


@dataclass(frozen=True)
class Steps:
    """The best step of each sequence and label.

    Attributes:
        place: (n, k) how many units lie before the step; 0 where none was looked for.
        effect: (n, k) weighted mean after minus weighted mean before, NaN where none was looked for.
        p: (n, k) how often chance does as well in any label of a sequence, NaN where none was looked for.
        q: (n,) the same for a sequence's best label among all sequences (Benjamini and Hochberg).
        found: (n, k) bool: steps that stand, at the false discovery rate asked for.
        tested: how many sequences were long enough.
        drawn: how many permuted sequences the p-values rest on.
        weights: (units,) how much each unit counts among those of its sequence, 1 on average.
    """

    place: np.ndarray
    effect: np.ndarray
    p: np.ndarray
    q: np.ndarray
    found: np.ndarray
    tested: int
    drawn: int
    weights: np.ndarray


def find_steps(
    means: np.ndarray,
    variances: np.ndarray,
    lengths: np.ndarray,
    *,
    sizes: np.ndarray | None = None,
    rate: float = 0.05,
    permutations: int | None = None,
    seed: int = 0,
) -> Steps:
    """Look for one step in each of many sequences.

    Args:
        means: (units, k) means of the units, sequence after sequence, in order.
        variances: (units, k) squared standard error of each mean from the spread inside the unit; NaN: not known.
        lengths: (n,) units of each sequence.
        sizes: (units,) how many clips (effective number) each mean is of; None: equally many.
        rate: the false discovery rate.
        permutations: of each sequence; None: 1,000, or 9,999 where there are few sequences to pool.
        seed: of the permutations.
    """
    n, k = len(lengths), means.shape[1]
    place, effect, p = np.zeros((n, k), int), np.full((n, k), np.nan), np.full((n, k), np.nan)
    q, found = np.full(n, np.nan), np.zeros((n, k), bool)
    long = np.flatnonzero(lengths >= FEWEST_UNITS)
    sizes = np.ones(len(means)) if sizes is None else np.asarray(sizes, np.float64)
    within = clip_variance(variances, sizes, lengths)
    weights, scale = sureness(means, within, sizes, lengths)
    if not len(long) or not k:
        return Steps(place, effect, p, q, found, 0, 0, weights)
    each = permutations or (1000 if len(long) >= 10 else 9999)
    groups = _groups(means, weights, within * scale[:, None], lengths, long, each, seed)
    surprise = np.full((n, k), np.nan)
    for group in groups:
        surprise[group.rows], place[group.rows] = _observed(group)
        effect[group.rows] = _effects(group.units, group.weights, place[group.rows])
    chance = [_chance(g, g.units, np.arange(len(g.rows))) for g in groups]
    p[long], drawn = _p(surprise[long], chance)
    stands = np.zeros(n, bool)
    stands[long] = adjusted(p[long].min(axis=1), Correction.BH) <= rate
    if stands.any():  # the steps of these are no chance: see how chance would do without them
        for group, own in zip(groups, chance, strict=True):
            those = np.flatnonzero(stands[group.rows])
            own[those] = _chance(group, _level(group.units, group.weights, place[group.rows]), those)
        p[long], drawn = _p(surprise[long], chance)
    q[long] = adjusted(p[long].min(axis=1), Correction.BH)
    share = float((q[long] <= rate).mean())
    found[long] = (q[long] <= rate)[:, None] & (p[long] <= rate * share)
    return Steps(place, effect, p, q, found, len(long), drawn, weights)


@dataclass(frozen=True)
class _Group:
    """Sequences of one length.

    Their rows, units (m, t, k), weights (m, t), places a step may have (m, splits), prior of their variances, and the
    orders to try (b, t).
    """

    rows: np.ndarray
    units: np.ndarray
    weights: np.ndarray
    allowed: np.ndarray
    prior: np.ndarray
    freedom: np.ndarray
    orders: np.ndarray


def _groups(
    means: np.ndarray,
    weights: np.ndarray,
    foretold: np.ndarray,
    lengths: np.ndarray,
    long: np.ndarray,
    each: int,
    seed: int,
) -> list[_Group]:
    first = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    own = np.zeros((len(lengths), means.shape[1]))
    places: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for length in np.unique(lengths[long]).tolist():
        rows = long[lengths[long] == length]
        units = first[rows][:, None] + np.arange(length)
        places[length] = rows, units
        own[rows] = successive_variance(means[units], weights[units])
    expected, firm = np.zeros_like(own), np.zeros_like(own)
    freedom = np.array([successive_freedom(int(length)) for length in lengths[long]])
    expected[long], firm[long] = prior(own[long], freedom, foretold[long])
    return [
        _Group(
            rows,
            means[units],
            weights[units],
            _allowed(weights[units]),
            expected[rows],
            firm[rows],
            _orders(length, each, seed),
        )
        for length, (rows, units) in places.items()
    ]


def _allowed(weights: np.ndarray) -> np.ndarray:
    """(m, splits) bool: both sides weigh as much as ``MARGIN`` middling units. One split at least always does."""
    before = np.cumsum(weights, axis=1)[:, MARGIN - 1 : weights.shape[1] - MARGIN]
    least = MARGIN * np.median(weights, axis=1, keepdims=True) * (1 - 1e-9)
    return (before >= least) & (weights.sum(axis=1, keepdims=True) - before >= least)


def _orders(length: int, count: int, seed: int) -> np.ndarray:
    """Orders of the units: all of them where they are few, else drawn."""
    if factorial(length) <= count:
        return np.array(list(every_order(range(length))))
    rng = np.random.default_rng([seed, length])
    return rng.permuted(np.tile(np.arange(length), (count, 1)), axis=1)


def _standardised(units: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Distances from the weighted mean (m, t, k), all as wide by chance: what sessions in any order would keep.

    A heavy unit draws the mean towards itself; what that takes from its distance is given back.
    """
    share = weights / weights.sum(axis=1, keepdims=True)
    mean = (share[:, :, None] * units).sum(axis=1, keepdims=True)
    scale = np.sqrt(weights * (1 - 1 / weights.shape[1]) / (1 - share))
    return (units - mean) * scale[:, :, None]


def _best(pulls: np.ndarray, weights: np.ndarray, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum of squares between the two sides of each split.

    Args:
        pulls: (t, ..., m, k) weight times value, units first: sums over them run along whole blocks; overwritten.
        weights: (m, t).
        allowed: (m, splits).

    Returns:
        (splits, ..., m, k), -1 where a split is not allowed; and (..., m, k) the squared distance of the weighted mean
        from 0 times the weight, which is no spread.
    """
    length, lead = len(pulls), (slice(None),) + (None,) * (pulls.ndim - 3)
    sums = np.cumsum(pulls, axis=0, out=pulls)
    before = np.cumsum(weights, axis=1)[:, MARGIN - 1 : length - MARGIN]
    whole = weights.sum(axis=1, keepdims=True)
    between = sums[MARGIN - 1 : length - MARGIN]
    total = sums[-1].copy()
    between -= (before / whole).T[lead][..., None] * total
    np.square(between, out=between)
    between *= np.where(allowed, whole / (before * (whole - before)), 0).T[lead][..., None]
    between -= (~allowed).T[lead][..., None]
    return between, np.square(total) / whole


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
    weights = group.weights[:, :, None]
    centred = group.units - (weights * group.units).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
    length = centred.shape[1]
    between, _ = _best((weights * centred).transpose(1, 0, 2).copy(), group.weights, group.allowed)
    spread = (weights * np.square(centred)).sum(axis=1)
    score = _score(between.max(axis=0), spread, group.prior, group.freedom, length)
    return _less_search(score, length), between.argmax(axis=0) + MARGIN


def _effects(units: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Weighted mean after minus weighted mean before: (m, k)."""
    before, after = _sides(units, weights, at)
    return after - before


def _sides(units: np.ndarray, weights: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    early = np.arange(units.shape[1])[None, :, None] < at[:, None, :]
    first, last = np.where(early, weights[:, :, None], 0), np.where(early, 0, weights[:, :, None])
    return (first * units).sum(axis=1) / first.sum(axis=1), (last * units).sum(axis=1) / last.sum(axis=1)


def _level(units: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The units with the step of each label taken out, as wide as they would be if none had been fitted to them.

    Two levels take a degree of freedom more than one, and the spread that it explains: without it chance looks smaller
    than it is, and where many sequences change, the others are found too often.
    """
    before, after = _sides(units, weights, at)
    length = units.shape[1]
    early = np.arange(length)[None, :, None] < at[:, None, :]
    left = units - np.where(early, before[:, None, :], after[:, None, :])
    return left * np.sqrt((length - 1) / (length - 2))


def _chance(group: _Group, units: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The largest surprise over the labels, of some sequences in every order: (rows, b)."""
    length, k = units.shape[1:]
    standard = _standardised(units, group.weights)
    whole, root = np.square(standard).sum(axis=1), np.sqrt(group.weights)
    squared = np.empty((len(rows), len(group.orders)))
    some = max(1, _BLOCK // (length * k))
    few = max(1, some // max(len(rows), 1))
    for start in range(0, len(rows), some):
        part = slice(start, start + some)
        own = rows[part]
        rest = group.prior[own], group.freedom[own], length
        units_first = standard[own].transpose(1, 0, 2).copy()
        for first in range(0, len(group.orders), few):
            orders = slice(first, first + few)
            pulls = units_first[group.orders[orders].T]
            pulls *= root[own].T[:, None, :, None]
            between, moved = _best(pulls, group.weights[own], group.allowed[own])
            squared[part, orders] = _score(between.max(axis=0), whole[own] - moved, *rest).max(axis=-1).T
    return _less_search(squared, length)


def _p(observed: np.ndarray, chance: list[np.ndarray]) -> tuple[np.ndarray, int]:
    """(n, k): the share of chance that does as well, the observed order counted as one more."""
    pool = np.sort(np.concatenate([c.ravel() for c in chance]))
    # The same order met again is rounded differently: equal, not less.
    as_well = len(pool) - np.searchsorted(pool, observed - 1e-7 * np.maximum(np.abs(observed), 1))
    return (1 + as_well) / (1 + len(pool)), len(pool)
