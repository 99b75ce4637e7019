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


def successive_variance(units: np.ndarray) -> np.ndarray:
    """Variance from successive differences, which one step hardly touches (von Neumann 1941, Ann. Math. Stat. 12).

    Args:
        units: (n, t, k).

    Returns:
        (n, k).
    """
    return np.square(np.diff(units, axis=1)).sum(axis=1) / (2 * (units.shape[1] - 1))


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
