"""How large a difference is, and how far two columns say the same: sizes, not significance."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from emoanalytics.statistics.cells import Cells, Contrast


class Magnitude(StrEnum):
    """A word for the size of a difference."""

    NEGLIGIBLE = "negligible"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


_LIMITS = ((0.147, Magnitude.NEGLIGIBLE), (0.33, Magnitude.SMALL), (0.474, Magnitude.MEDIUM))


def magnitude(delta: float) -> Magnitude:
    """The word for a Cliff's delta, by the limits of Romano, Kromrey, Coraggio and Skowronek (2006).

    They are Cohen's 0.2, 0.5 and 0.8 of a standard deviation, carried over to two independent normal distributions:
    where the same speakers are compared with themselves, ``magnitude_of_g`` says how large the difference is.

    >>> str(magnitude(0.1)), str(magnitude(-0.5))
    ('negligible', 'large')
    """
    return next((word for limit, word in _LIMITS if abs(delta) < limit), Magnitude.LARGE)


_LIMITS_OF_G = ((0.2, Magnitude.NEGLIGIBLE), (0.5, Magnitude.SMALL), (0.8, Magnitude.MEDIUM))


def magnitude_of_g(g: float) -> Magnitude:
    """The word for a difference over the spread between speakers, by the limits of Cohen (1988).

    >>> str(magnitude_of_g(0.3)), str(magnitude_of_g(-0.9))
    ('small', 'large')
    """
    return next((word for limit, word in _LIMITS_OF_G if abs(g) < limit), Magnitude.LARGE)


def dominance(contrast: Contrast) -> np.ndarray:
    """How often the first group's speakers are above the second's, -1..1 (Cliff, Psychol. Bull. 114, 1993).

    Speakers in one group each: the chance that one of the first is above one of the second, less the chance that it is
    below. Speakers in both: the share who are higher in the first, less the share who are lower. Where both kinds
    occur they count as they do in the difference (``Contrast.share``).

    Returns:
        (outcomes,) Cliff's delta; NaN where nothing can be compared.

    >>> dominance(Contrast(np.zeros((0, 1)), np.array([[0.2], [0.6]]), np.array([[0.1], [0.4]]))).tolist()
    [0.5]
    """
    paired = between = np.full(contrast.pairs.shape[1], np.nan)
    if len(contrast.pairs):
        paired = np.sign(contrast.pairs).mean(axis=0)
    if len(contrast.first):
        columns = zip(contrast.first.T, contrast.second.T, strict=True)
        between = np.array([cliffs_delta(one, two) for one, two in columns])
    if not len(contrast.pairs):
        return between
    return contrast.share * paired + (1 - contrast.share) * between if len(contrast.first) else paired


def cliffs_delta(one: np.ndarray, two: np.ndarray) -> float:
    """Share of pairs in which the value of ``one`` is higher, less the share in which it is lower.

    >>> cliffs_delta(np.array([3.0, 2.0]), np.array([1.0, 2.0]))
    0.75
    """
    ordered = np.sort(two)
    below = np.searchsorted(ordered, one, side="left").sum()
    above = (len(two) - np.searchsorted(ordered, one, side="right")).sum()
    return float(below - above) / (len(one) * len(two))


def standardised(cells: Cells, first: int = 0, second: int = 1) -> np.ndarray:
    """The difference of two groups in units of the spread between speakers: Hedges' g.

    The spread is the root of the mean of the two groups' variances between speakers, whoever is in both (``d_av`` of
    Lakens, Front. Psychol. 4:863, 2013), so designs can be compared; with the small-sample factor of Hedges,
    J. Educ. Stat. 6 (1981).

    Returns:
        (outcomes,); NaN where speakers do not vary or are fewer than two.
    """
    contrast = Contrast.of(cells, first, second)
    groups = [cells.means[cells.seen[:, g], g] for g in (first, second)]
    if contrast.empty:
        return np.full(cells.means.shape[2], np.nan)
    spread = np.sqrt(np.mean([g.var(axis=0, ddof=1) for g in groups], axis=0))
    freedom = sum(len(g) - 1 for g in groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        g = contrast.difference / spread * (1 - 3 / (4 * freedom - 1))
    return np.where(spread > 0, g, np.nan)


def cramers_v(one: np.ndarray, two: np.ndarray) -> float:
    """How far two columns say the same, 0..1: Cramer's V, corrected for the agreement of chance.

    Bergsma, "A bias-correction for Cramer's V and Tschuprow's T", J. Korean Stat. Soc. 42 (2013).

    Args:
        one: (n,) numbers 0, 1, ... of the values of one column.
        two: (n,) of the other.

    >>> round(cramers_v(np.arange(100) % 2, np.arange(100) % 2), 2), cramers_v(np.arange(100) % 2, np.zeros(100, int))
    (1.0, 0.0)
    """
    table = _crossed(one, two)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    n, (rows, columns) = float(table.sum()), table.shape
    if min(rows, columns) < 2 or n < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = ((table - expected) ** 2 / expected).sum() / n - (rows - 1) * (columns - 1) / (n - 1)
    r, c = rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)
    smaller = min(r, c) - 1
    return float(min(1.0, np.sqrt(max(0.0, phi) / smaller))) if smaller > 0 else 0.0


def _crossed(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    shape = (int(one.max()) + 1, int(two.max()) + 1)
    return np.bincount(one * shape[1] + two, minlength=shape[0] * shape[1]).reshape(shape)
