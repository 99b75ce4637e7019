"""A map of very many clips as counts in small tiles, of the whole or of a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.errors import StoreError

Window = tuple[float, float, float, float]
NONE = -1  # a tile without a clip that has a category


@dataclass(frozen=True)
class Tiles:
    """Clips of a map counted in a grid.

    Attributes:
        x: (w + 1,) edges of the columns.
        y: (h + 1,) edges of the rows.
        counts: (h, w) int64 clips in each tile; the first row is the lowest.
        winners: (h, w) int32 number of the category most frequent in each tile, the first of equally frequent ones;
            -1 where none; None where no categories were given.
        means: (h, w) float64 mean of the values in each tile, NaN where none; None where no values were given.
    """

    x: np.ndarray
    y: np.ndarray
    counts: np.ndarray
    winners: np.ndarray | None = None
    means: np.ndarray | None = None

    def __post_init__(self) -> None:
        shape = (len(self.y) - 1, len(self.x) - 1)
        for array in (self.counts, self.winners, self.means):
            if array is not None and array.shape != shape:
                raise ValueError("one value a tile")


def tiles(
    coordinates: np.ndarray,
    *,
    categories: np.ndarray | None = None,
    values: np.ndarray | None = None,
    window: Window | None = None,
    columns: int = 320,
    rows: int = 240,
) -> Tiles:
    """Count the points of a map in tiles; a smaller window gives finer ones.

    As in ``numpy.histogram2d`` a tile holds its lower and left edge, the last ones their upper and right too.

    Args:
        coordinates: (n, 2).
        categories: (n,) numbers from 0, -1: none.
        values: (n,), NaN: none.
        window: ``x0, x1, y0, y1``; None: all points.
        columns: tiles from left to right.
        rows: tiles from bottom to top.

    Raises:
        StoreError: the map has three dimensions, or the window is empty.
    """
    if coordinates.ndim != 2 or coordinates.shape[1] != 2:
        raise StoreError("density tiles are of maps with 2 dimensions: draw it with dims=2")
    if min(columns, rows) < 1:
        raise StoreError(f"a picture of tiles has at least one column and one row, not {columns} x {rows}")
    exact = coordinates.astype(np.float64)
    x, y = _edges(exact, window, columns, rows)
    column, row = _bin(exact[:, 0], x), _bin(exact[:, 1], y)
    inside = (column >= 0) & (row >= 0)
    tile = (row * columns + column)[inside]
    size, shape = rows * columns, (rows, columns)
    counts = np.bincount(tile, minlength=size)
    winners = None if categories is None else _winners(tile, np.asarray(categories)[inside], size).reshape(shape)
    means = None if values is None else _means(tile, np.asarray(values, np.float64)[inside], size).reshape(shape)
    return Tiles(x, y, counts.reshape(shape), winners, means)


def _edges(points: np.ndarray, window: Window | None, columns: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    if window is None:
        low = points.min(axis=0) if len(points) else np.zeros(2)
        high = points.max(axis=0) if len(points) else np.ones(2)
        equal = high <= low
        low, high = np.where(equal, low - 0.5, low), np.where(equal, high + 0.5, high)
        window = (low[0], high[0], low[1], high[1])
    if not (np.isfinite(window).all() and window[0] < window[1] and window[2] < window[3]):
        raise StoreError(f"a window is x0 < x1 and y0 < y1, not {', '.join(f'{x:g}' for x in window)}")
    return np.linspace(window[0], window[1], columns + 1), np.linspace(window[2], window[3], rows + 1)


def _bin(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Which bin, -1: outside."""
    bins = np.searchsorted(edges, values, side="right") - 1
    bins[values == edges[-1]] = len(edges) - 2
    bins[(bins < 0) | (bins > len(edges) - 2)] = NONE
    return bins


def _winners(tile: np.ndarray, categories: np.ndarray, size: int) -> np.ndarray:
    winners = np.full(size, NONE, np.int32)
    named = categories >= 0
    if not named.any():
        return winners
    span = int(categories.max()) + 1
    pairs, counts = np.unique(tile[named].astype(np.int64) * span + categories[named], return_counts=True)
    where, which = np.divmod(pairs, span)
    best = np.lexsort((which, -counts, where))
    first = np.unique(where[best], return_index=True)[1]
    winners[where[best][first]] = which[best][first]
    return winners


def _means(tile: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    known = ~np.isnan(values)
    counts = np.bincount(tile[known], minlength=size)
    sums = np.bincount(tile[known], values[known], minlength=size)
    return np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)
