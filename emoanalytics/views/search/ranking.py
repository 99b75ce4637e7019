"""The rows nearest to one point, in an order that does not depend on how many are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.search.filters import Allowed

_DIGITS = 6  # similarities that agree so far are equal: the earlier row comes first
_SLACK = 1e-5  # how far a float32 similarity may be off, with room to spare
_FIRST = 100  # rows fetched at least, so that the first pages come from one and the same fetch
_FAR = 4000  # further down than this, every row is compared: as fast, and sure
_BLOCK = 8192

_Ranked = tuple[np.ndarray, np.ndarray]


def ranked(geometry: Geometry, point: np.ndarray, wanted: int, allowed: Allowed, *, exact: bool = False) -> _Ranked:
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
    fetched = None if exact else _fetched(geometry, point, wanted, allowed)
    rows, cosines = _compared(geometry, point, wanted, allowed) if fetched is None else fetched
    return rows[:wanted], cosines[:wanted]


def _fetched(geometry: Geometry, point: np.ndarray, wanted: int, allowed: Allowed) -> _Ranked | None:
    """Enough of the order by way of ``Geometry.nearest``; None: that is not to be had there."""
    total = len(geometry.vectors) if allowed.rows is None else allowed.count
    needed = wanted + 1 + (len(allowed.own) if allowed.rows is None else 0)
    size = _FIRST
    while size <= _FAR:
        if size >= needed or size >= total:
            found = geometry.nearest(point[None].astype(np.float32), min(size, total), among=allowed.rows)
            there = found.rows[0] >= 0
            rows = found.rows[0][there]
            rows, cosines = _ordered(geometry, point, rows[~np.isin(rows, allowed.own)])
            # What was not fetched is at most as near as the last that was: enough when the last wanted one is nearer.
            if len(rows) == allowed.count:
                return rows, cosines
            if len(rows) >= wanted and cosines[wanted - 1] > found.similarities[0][there][-1] + _SLACK:
                return rows, cosines
            if size >= total:
                return None
        size *= 2
    return None


def _compared(geometry: Geometry, point: np.ndarray, wanted: int, allowed: Allowed) -> _Ranked:
    """Enough of the order by comparing every row: roughly all, and exactly those that may be among the first."""
    rough = np.concatenate([block @ point.astype(np.float32) for block in _blocks(geometry, allowed)])
    if allowed.rows is None:
        rough[allowed.own] = -np.inf
    limit = np.partition(rough, len(rough) - wanted)[len(rough) - wanted] - 2 * _SLACK
    chosen = np.flatnonzero(rough >= limit)
    return _ordered(geometry, point, chosen if allowed.rows is None else allowed.rows[chosen])


def _blocks(geometry: Geometry, allowed: Allowed) -> Iterator[np.ndarray]:
    if allowed.rows is None:
        yield from (block for _, block in geometry.vectors.blocks(_BLOCK))
    else:
        for start in range(0, len(allowed.rows), _BLOCK):
            yield geometry.vectors.points(allowed.rows[start : start + _BLOCK])


def _ordered(geometry: Geometry, point: np.ndarray, rows: np.ndarray) -> _Ranked:
    """These rows in their final order, by cosines in full precision."""
    parts = [geometry.vectors.points(rows[start : start + _BLOCK]) @ point for start in range(0, len(rows), _BLOCK)]
    cosines = np.clip(np.concatenate([np.zeros(0), *parts]), -1.0, 1.0)
    order = np.lexsort((rows, -np.round(cosines, _DIGITS)))
    return rows[order], cosines[order]
