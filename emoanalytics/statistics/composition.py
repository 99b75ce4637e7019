"""Log-ratios of distributions: parts of a whole can only be compared by their ratios.

Aitchison, "The statistical analysis of compositional data", J. R. Stat. Soc. B 44 (1982): the centred log-ratio
``clr(p)_i = log p_i - mean_j log p_j``. Of a softmax it is the centred logits, so a share that falls because another
rises keeps its ratio to the rest.

Zeros have no logarithm: parts below ``FLOOR`` are set to it and the others give way in proportion (multiplicative
replacement: Martin-Fernandez, Barcelo-Vidal and Pawlowsky-Glahn 2003, Mathematical Geology 35). Smaller parts are
rounding of a float32 softmax.
"""

from __future__ import annotations

import numpy as np

FLOOR = 1e-6


def without_zeros(parts: np.ndarray) -> np.ndarray:
    """Distributions (n, k) that sum to one with no part below ``FLOOR``; a row without a positive part is NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = parts / parts.sum(axis=1, keepdims=True)
        small = shares < FLOOR
        kept = np.where(small, 0.0, shares)
        free = 1 - FLOOR * small.sum(axis=1, keepdims=True)
        return np.where(small, FLOOR, kept * free / kept.sum(axis=1, keepdims=True))


def log_ratios(parts: np.ndarray) -> np.ndarray:
    """Centred log-ratios of distributions.

    Args:
        parts: (n, k) non-negative; a column that is NaN throughout is no part and stays NaN.

    Returns:
        (n, k) natural logarithms; each row sums to zero.

    >>> log_ratios(np.array([[0.25, 0.5, 0.25], [0.2, 0.4, 0.4]])).round(2).tolist()
    [[-0.23, 0.46, -0.23], [-0.46, 0.23, 0.23]]
    """
    known = ~np.isnan(parts).all(axis=0)
    result = np.full(parts.shape, np.nan)
    if known.any():
        logs = np.log(without_zeros(parts[:, known]))
        result[:, known] = logs - logs.mean(axis=1, keepdims=True)
    return result
