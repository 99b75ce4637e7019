"""The rows nearest to one point, in an order that does not depend on how many are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.views.search.filters import Allowed

_DIGITS = 6  # similarities that agree so far are equal: the earlier row comes first
_SLACK = 1e-5  # how far a float32 similarity may be off, with room to spare
_FIRST = 100  # hits that come from one and the same fetch, however many of them are asked for
_SPARE = 28  # rows fetched beyond them: to tell equals apart where the first end
_BLOCK = 8192

_Ranked = tuple[np.ndarray, np.ndarray]


def ranked(
    geometry: Geometry, point: np.ndarray, wanted: int, allowed: Allowed, *, exact: bool = False, first: int = _FIRST
) -> _Ranked:
    """The first rows of the order by similarity to a point: by descending cosine, of equal ones the earlier row.

    An approximate index is asked for the ``first`` rows together, and all others are compared one by one: a row that
    it missed follows behind them, and none comes twice.

    Args:
        geometry: the space.
        point: (d,) float64 of length 1.
        wanted: how many rows.
        allowed: the rows that may be hits.
        exact: compare every row: for a point far from all rows, where an approximate index is not to be trusted.
        first: how many rows an index is asked for; another number may give another order.

    Returns:
        (m,) row numbers and (m,) float64 cosines; m is less than ``wanted`` where fewer rows are allowed.
    """
    wanted = min(wanted, allowed.count)
    if wanted == 0:
        return np.zeros(0, np.int64), np.zeros(0)
    head = None if exact else _fetched(geometry, point, min(first, allowed.count), allowed)
    if head is None:
        rows, cosines = _compared(geometry, point, wanted, allowed)
    else:
        rows, cosines = head
        if len(rows) < wanted:
            more, lesser = _compared(geometry, point, wanted, allowed)
            new = ~np.isin(more, rows)
            rows, cosines = np.concatenate([rows, more[new]]), np.concatenate([cosines, lesser[new]])
    return rows[:wanted], cosines[:wanted]


def _fetched(geometry: Geometry, point: np.ndarray, first: int, allowed: Allowed) -> _Ranked | None:
    """The first rows of the order by way of ``Geometry.nearest``; None: they are not to be had there."""
    total = len(geometry.vectors) if allowed.rows is None else allowed.count
    size = first + _SPARE + (len(allowed.own) if allowed.rows is None else 0)
    found = geometry.nearest(point[None].astype(np.float32), min(size, total), among=allowed.rows)
    there = found.rows[0] >= 0
    rows = found.rows[0][there]
    rows, cosines = _ordered(geometry, point, rows[~np.isin(rows, allowed.own)])
    # What was not fetched is at most as near as the last that was: enough when the last wanted one is nearer.
    if len(rows) == allowed.count or (
        len(rows) >= first and cosines[first - 1] > found.similarities[0][there][-1] + _SLACK
    ):
        return rows[:first], cosines[:first]
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
