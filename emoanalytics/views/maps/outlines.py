"""Which points of a map lie inside a line drawn around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emoanalytics.errors import StoreError


def inside(points: np.ndarray, x: Sequence[float], y: Sequence[float]) -> np.ndarray:
    """Which points lie inside an outline: a ray from such a point crosses it an odd number of times.

    (Shimrat 1962, Communications of the ACM 5, algorithm 112.) A point on the line itself may be in or out.

    Args:
        points: (n, 2).
        x: of the corners, in order; the last is joined with the first.
        y: of the corners.

    Returns:
        (n,) bool.

    Raises:
        StoreError: fewer than three corners, not as many numbers for x as for y, or a corner at no place.

    >>> inside(np.array([[0.5, 0.5], [2.0, 0.5]]), [0, 1, 1, 0], [0, 0, 1, 1]).tolist()
    [True, False]
    """
    corners = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if corners[0].shape != corners[1].shape or corners[0].ndim != 1 or len(corners[0]) < 3:
        raise StoreError("an outline has three corners or more, each with one x and one y")
    if not np.isfinite(corners).all():
        raise StoreError("a corner of the outline is not finite")
    places = points.astype(np.float64)
    low, high = np.min(corners, axis=1), np.max(corners, axis=1)
    near = np.flatnonzero(((places >= low) & (places <= high)).all(axis=1))
    across, up = places[near].T
    odd = np.zeros(len(near), bool)
    ends = zip(*corners, *(np.roll(corner, -1) for corner in corners), strict=True)
    for x0, y0, x1, y1 in ends:
        if y0 == y1:  # crossed by no ray that runs level
            continue
        beside = (y0 > up) != (y1 > up)
        odd ^= beside & (across < x0 + (up - y0) * ((x1 - x0) / (y1 - y0)))
    found = np.zeros(len(points), bool)
    found[near[odd]] = True
    return found
