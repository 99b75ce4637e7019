"""Hits that are like the query but not like each other."""

from __future__ import annotations

import numpy as np


def diversified(similarities: np.ndarray, points: np.ndarray, weight: float) -> np.ndarray:
    """An order by maximal marginal relevance.

    Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents and producing
    summaries" (SIGIR 1998): next comes the candidate with the largest
    ``weight * similarity to the query - (1 - weight) * largest similarity to one that came before``.
    The start of the order does not depend on how long it gets, so its pages agree.

    Args:
        similarities: (n,) to the query, in the order that decides between equals.
        points: (n, d) of length 1, or zero.
        weight: 0..1: 1 is the order by similarity, 0 looks at nothing but variety.

    Returns:
        (n,) positions.

    >>> points = np.array([[1, 0], [1, 0], [0, 1]])
    >>> diversified(np.array([0.9, 0.9, 0.4]), points, 0.5).tolist()
    [0, 2, 1]
    """
    exact = np.asarray(points, np.float64)
    n = len(exact)
    order = np.empty(n, np.int64)
    nearest_before = np.zeros(n)
    left = np.ones(n, dtype=bool)
    for place in range(n):
        value = weight * similarities - (1 - weight) * nearest_before
        value[~left] = -np.inf
        chosen = int(np.argmax(np.round(value, 9)))  # rounded, so that rounding does not choose between equals
        order[place] = chosen
        left[chosen] = False
        beside = exact @ exact[chosen]
        nearest_before = beside if place == 0 else np.maximum(nearest_before, beside)
    return order
