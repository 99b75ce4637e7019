"""The rows nearest to one point, in an order that does not depend on how many are asked for."""

from __future__ import annotations

import numpy as np

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.search.filters import Allowed

_DIGITS = 6  # similarities that agree so far are equal: the earlier row comes first
_SLACK = 1e-5  # how far a float32 similarity may be off, with room to spare
_FIRST = 128  # rows fetched at least, so that the first pages come from one and the same fetch
_FAR = 4096  # further down than this, every row is compared: as fast, and sure
_BLOCK = 8192


def ranked(
    geometry: Geometry, point: np.ndarray, wanted: int, allowed: Allowed, *, exact: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The first rows of the order by similarity to a point: by descending cosine, of equal ones the earlier row.

    Args:
        geometry: the space.
        point: (d,) float64 of length 1.
        wanted: how many rows.
        allowed: the rows that may be hits.
        exact: compare every row: for a point far from all rows, where an approximate index is not to be trusted.

    Returns:
        (m,) row numbers and (m,) float64 cosines; m is less than ``wanted`` where fewer rows are allowed.
    """
    wanted = min(wanted, allowed.count)
    if wanted == 0:
        return np.zeros(0, np.int64), np.zeros(0)
    total = allowed.count if allowed.rows is not None else len(geometry.vectors)
    size = _FIRST
    while not exact:
        spare = len(allowed.own) if allowed.rows is None else 0
        while size < wanted + spare + 1:
            size *= 2
        if size > _FAR:
            break
        found = geometry.nearest(point[None].astype(np.float32), min(size, total), among=allowed.rows)
        there = found.rows[0] >= 0
        rows, near = found.rows[0][there], found.similarities[0][there]
        kept = ~np.isin(rows, allowed.own)
        rows, cosines = _ordered(rows[kept], geometry.vectors.points(rows[kept]) @ point)
        if len(rows) == allowed.count:
            return rows[:wanted], cosines[:wanted]
        # What was not fetched is at most as near as the last that was: enough when the last wanted one is nearer.
        if len(rows) >= wanted and cosines[wanted - 1] > near[-1] + _SLACK:
            return rows[:wanted], cosines[:wanted]
        if size >= total:
            break
        size *= 4
    rows, cosines = _ordered(*_compared(geometry, point, allowed))
    return rows[:wanted], cosines[:wanted]


def _compared(geometry: Geometry, point: np.ndarray, allowed: Allowed) -> tuple[np.ndarray, np.ndarray]:
    """Every allowed row and its cosine."""
    rows = allowed.rows
    if rows is None:
        rows = np.delete(np.arange(len(geometry.vectors)), allowed.own)
    cosines = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = geometry.vectors.points(rows[start : start + _BLOCK])
        cosines[start : start + len(block)] = block.astype(np.float64) @ point
    return rows, cosines


def _ordered(rows: np.ndarray, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cosines = np.clip(cosines, -1.0, 1.0)
    order = np.lexsort((rows, -np.round(cosines, _DIGITS)))
    return rows[order], cosines[order]
