"""Many tests at once: p-values that say how surprising a result is among all that were looked at."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from emoanalytics.errors import StoreError


class Correction(StrEnum):
    """What is kept small when many tests are made."""

    HOLM = "holm"  # the chance of a single false positive among all tests
    BH = "bh"  # the expected share of false positives among the positives


def adjusted(p: np.ndarray, correction: Correction | str = Correction.HOLM) -> np.ndarray:
    """Adjusted p-values: reject those at most ``alpha`` to keep the error at ``alpha``.

    Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6 (1979), holds under any
    dependence. Benjamini and Hochberg, "Controlling the false discovery rate", J. R. Stat. Soc. B 57 (1995), holds
    for independent or positively dependent tests; scipy has it too, in a part that takes a third of a second to load.

    Args:
        p: p-values in 0..1, of any shape; NaN is a test that was not made: it stays NaN and does not count.
        correction: which error to keep small.

    Returns:
        As many, in the same places.

    Raises:
        StoreError: a value outside 0..1, or an unknown correction.

    >>> adjusted(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.06, 0.06]
    >>> adjusted(np.array([0.01, 0.04, np.nan]), "bh").round(3).tolist()
    [0.02, 0.04, nan]
    """
    given = np.asarray(p, dtype=np.float64)
    made = ~np.isnan(given)
    if not ((given[made] >= 0) & (given[made] <= 1)).all():
        raise StoreError("p-values lie in 0..1")
    correction = as_correction(correction)
    result = np.full(given.shape, np.nan)
    if made.any():
        result[made] = _holm(given[made]) if correction is Correction.HOLM else _benjamini_hochberg(given[made])
    return result


def gated(p: np.ndarray, overall: np.ndarray | float) -> np.ndarray:
    """P-values of single outcomes, never below that of the test of all outcomes together.

    Single outcomes of groups whose speakers have unequally many clips are found too often, since the test of a mean
    that is rarely high is skewed; the test of all together is not. So an outcome counts only where that one does
    (a gatekeeper: Maurer, Hothorn and Lehmacher 1995).

    Args:
        p: p-values, adjusted for each other; NaN is a test that was not made.
        overall: those of the tests they belong to, of a shape that broadcasts; NaN closes the gate.

    >>> gated(np.array([0.01, 0.2, np.nan]), 0.04).tolist()
    [0.04, 0.2, nan]
    """
    return np.maximum(p, overall)


def as_correction(given: Correction | str) -> Correction:
    """The correction of that name.

    Raises:
        StoreError: there is none.
    """
    if given not in tuple(Correction):
        raise StoreError(f"the correction is one of {', '.join(Correction)}, not {given!r}")
    return Correction(given)


def _holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(stepped, 1.0)
    return result


def _benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    order, n = np.argsort(p, kind="stable"), len(p)
    stepped = np.minimum.accumulate((p[order] * (n / np.arange(1, n + 1)))[::-1])[::-1]
    result = np.empty(n)
    result[order] = np.minimum(stepped, 1.0)
    return result
