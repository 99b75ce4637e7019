"""Variances learned together: what a sequence's own variance is shrunk towards, and how firmly.

Smyth, "Linear models and empirical Bayes methods for assessing differential expression", Stat. Appl. Genet. Mol.
Biol. 3 (2004), section 6.2: the variances of many sequences are scaled inverse chi-square about what is foretold of
each; how widely they scatter gives the degrees of freedom of that prior.
"""

from __future__ import annotations

import numpy as np
from scipy import special

FEWEST = 8  # sequences to learn from: fewer say too little about how variances differ
MOST_FREEDOM = 400.0  # firmer than this makes no difference
_TINY = 1e-12
_ROUNDS = 5  # after which the variance between units changes in the third digit at most


def successive_variance(units: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Variance from successive differences, which one step hardly touches (von Neumann 1941, Ann. Math. Stat. 12).

    Args:
        units: (n, t, k).
        weights: (n, t) how sure each is: one over its variance, up to a factor.

    Returns:
        (n, k) variance of a unit of weight 1.
    """
    apart = 1 / weights[:, 1:] + 1 / weights[:, :-1]
    return (np.square(np.diff(units, axis=1)) / apart[:, :, None]).mean(axis=1)


def clip_variance(errors: np.ndarray, sizes: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Variance of a clip inside its unit, over all units of a sequence.

    Args:
        errors: (units, k) squared standard error of each mean from the spread inside the unit; NaN: not known.
        sizes: (units,) effective clips of each unit.
        lengths: (n,) units of each sequence.

    Returns:
        (n, k); NaN where no unit has two clips.
    """
    n, owner = len(lengths), np.repeat(np.arange(len(lengths)), lengths)
    found = np.empty((n, errors.shape[1]))
    for label in range(errors.shape[1]):
        known = np.isfinite(errors[:, label])
        free = np.where(known, np.maximum(sizes - 1, _TINY), 0)
        sums = np.bincount(owner, free * np.where(known, errors[:, label] * sizes, 0), n)
        whole = np.bincount(owner, free, n)
        found[:, label] = np.divide(sums, whole, out=np.full(n, np.nan), where=whole > 0)
    return found


def sureness(
    means: np.ndarray, within: np.ndarray, sizes: np.ndarray, lengths: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How sure each unit's mean is: one over the variance between units plus that of its clips' mean.

    The variance between, in clip variances, comes from successive differences of all labels (moments weighted by how
    sure they are, as Paule and Mandel 1982, J. Res. Nat. Bur. Stand. 87), half a sequence's own, half that of all.

    Args:
        means: (units, k) means of the units, sequence after sequence, in order.
        within: (n, k) variance of a clip, see ``clip_variance``.
        sizes: (units,) effective clips of each unit.
        lengths: (n,) units of each sequence.

    Returns:
        (units,) weights, 1 on average in each sequence; and (n,) what ``within`` has to be multiplied by to foretell
        the variance of a unit of weight 1, by the variance between that all sequences share.
    """
    n, owner = len(lengths), np.repeat(np.arange(len(lengths)), lengths)
    together = owner[1:] == owner[:-1]
    whose = owner[1:][together]
    clips = ((1 / sizes[1:] + 1 / sizes[:-1]) / 2)[together]
    steps = np.square(np.diff(means, axis=0))[together] / 2
    usable = (within > _TINY)[whose]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(usable, steps / within[whose], 0).sum(axis=1) / usable.sum(axis=1)
    known = np.isfinite(ratio)
    excess, place = (ratio - clips)[known], whose[known]
    between = np.zeros(n)
    for _ in range(_ROUNDS):
        heavy = 1 / np.square(between[place] + clips[known])
        top, below = np.bincount(place, heavy * excess, n), np.bincount(place, heavy, n)
        own = np.divide(top, below, out=np.zeros(n), where=below > 0)
        amount = np.bincount(place, minlength=n)
        common = max(float(np.average(own, weights=amount)), 0.0) if len(place) else np.inf
        between = np.where(below > 0, np.maximum((own + common) / 2, 0), common)
    if not np.isfinite(common):  # nothing is known of the clips' spread: units count the same
        return np.ones(len(sizes)), np.ones(n)
    sure = 1 / (between[owner] + 1 / sizes)
    many = np.maximum(lengths, 1)
    weights = sure / (np.bincount(owner, sure, n) / many)[owner]
    return weights, np.bincount(owner, weights * (common + 1 / sizes), n) / many


def successive_freedom(length: int) -> float:
    """Degrees of freedom of ``successive_variance`` of independent normal units (von Neumann et al. 1941).

    >>> round(successive_freedom(12), 2)
    7.56
    """
    return 2 * (length - 1) ** 2 / (3 * length - 4)


def prior(own: np.ndarray, freedom: np.ndarray, foretold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each variance is shrunk towards.

    Args:
        own: (n, k) variance of each sequence and label.
        freedom: (n,) its degrees of freedom.
        foretold: (n, k) what it should be up to a factor of the label; NaN or 0: not known.

    Returns:
        (n, k) prior variance and (n, k) its degrees of freedom; both 0 where there is nothing to learn from.
    """
    values, firmness = np.zeros(own.shape), np.zeros(own.shape)
    half = freedom / 2
    for label in range(own.shape[1]):
        with np.errstate(divide="ignore", invalid="ignore"):
            usable = (own[:, label] > _TINY) & (foretold[:, label] > _TINY)
            e = np.log(own[:, label] / foretold[:, label]) - special.digamma(half) + np.log(half)
        if usable.sum() < FEWEST:
            continue
        scatter = float(e[usable].var(ddof=1))
        # A standard error of the scatter more than found: few sequences must not look more alike than they may be.
        scatter *= 1 + np.sqrt(2 / (usable.sum() - 1))
        extra = scatter - float(special.polygamma(1, half[usable]).mean())
        firm = _half_freedom(extra)
        shift = float(e[usable].mean() + special.digamma(firm) - np.log(firm))
        values[usable, label] = np.exp(shift) * foretold[usable, label]
        firmness[usable, label] = 2 * firm
    return values, firmness


def _half_freedom(extra: float) -> float:
    """The number whose trigamma is ``extra``, by Newton's method (Smyth 2004, appendix)."""
    if extra <= special.polygamma(1, MOST_FREEDOM / 2):
        return MOST_FREEDOM / 2
    half = 0.5 + 1 / extra
    for _ in range(50):
        trigamma = float(special.polygamma(1, half))
        step = trigamma * (1 - trigamma / extra) / float(special.polygamma(2, half))
        half += step
        if -step / half < 1e-8:
            break
    return half
