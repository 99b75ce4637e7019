"""The neighbours of every row at once: rows in cells, near cells compared by matrix products, the best in full.

Asking an index for each row reads its rows again and again; here all rows that look into a cell are multiplied with
it in one product of leading components, which a processor does many times faster. What comes near enough is compared
over the whole embeddings, as everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from emoanalytics.neighbours.candidates import ranked
from emoanalytics.neighbours.components import Components
from emoanalytics.neighbours.exact import NOBODY, Best, Nearest, filled, others
from emoanalytics.neighbours.index.engine import centres
from emoanalytics.neighbours.truth import Truth
from emoanalytics.neighbours.vectors import Progress, Vectors
from emoanalytics.workers import cores

_TOGETHER = 4096  # rows whose neighbours are looked for at once: about 100 MB
_FIRST = 4  # cells looked into before there is a limit to pass


@dataclass(frozen=True)
class Cells:
    """All rows in the order of their cells.

    Attributes:
        coordinates: (n, size) float32, in that order, as ``Components.of_rows`` gives them.
        rows: (n,) the row at each place.
        places: (n,) the place of each row.
        starts: (cells + 1,) where each cell begins.
        middles: (cells, size) float32.
    """

    coordinates: np.ndarray
    rows: np.ndarray
    places: np.ndarray
    starts: np.ndarray
    middles: np.ndarray

    @classmethod
    def of(cls, vectors: Vectors, components: Components, n_cells: int, *, seed: int, tick: Progress) -> Cells:
        """Put each row of a store into the cell whose middle is nearest."""
        n = len(vectors)
        chosen = np.sort(np.random.default_rng(seed).choice(n, min(n, 64 * n_cells), replace=False))
        middles = centres(components.of_rows(vectors.points(chosen)), n_cells, seed=seed, tick=tick)
        half = np.einsum("ij,ij->i", middles, middles) / 2
        cell = np.empty(n, np.int32)
        for start, points in vectors.blocks():
            cell[start : start + len(points)] = (components.of_rows(points) @ middles.T - half).argmax(axis=1)
            tick(start, 2 * n, "sorting rows into cells")
        rows = np.argsort(cell, kind="stable")
        places = np.empty(n, np.int64)
        places[rows] = np.arange(n)
        coordinates = np.empty((n, components.size), np.float32)
        for start, points in vectors.blocks():
            coordinates[places[start : start + len(points)]] = components.of_rows(points)
            tick(n + start, 2 * n, "sorting rows into cells")
        starts = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=len(middles)))])
        return cls(coordinates, rows, places, starts, middles)

    def nearest_cells(self, queries: np.ndarray, n: int) -> np.ndarray:
        """(q, n) cells, the nearest first."""
        far = np.einsum("ij,ij->i", self.middles, self.middles) / 2 - queries @ self.middles.T
        n = min(n, far.shape[1])
        near = np.argpartition(far, n - 1, axis=1)[:, :n]
        return np.take_along_axis(near, np.argsort(np.take_along_axis(far, near, 1), axis=1), 1)

    def cell_of(self, places: np.ndarray) -> np.ndarray:
        """The cell that each place is in."""
        return np.searchsorted(self.starts, places, side="right") - 1

    def queries(self, places: np.ndarray | slice) -> np.ndarray:
        """The coordinates of rows as points that look for rows."""
        queries = self.coordinates[places].copy()
        queries[:, -1] = 0
        return queries


@dataclass(frozen=True)
class Reach:
    """How far is looked.

    Attributes:
        cells: cells looked into.
        width: candidates compared in full.
    """

    cells: int
    width: int

    def further(self, cells: int, rows: int) -> Reach | None:
        """Half as far again; None: that would be most of the cells or rows."""
        more = Reach(self.cells * 3 // 2 + 1, self.width * 3 // 2 + 1)
        return more if more.cells <= cells // 2 and more.width <= rows // 4 else None


def reach(cells: Cells, truth: Truth, k: int, target: float) -> Reach | None:
    """The least that finds a share of the true neighbours; None: a quarter of the rows would not do.

    No search is needed to know it: the rank of a true neighbour's cell says how many cells must be looked into, its
    rank among all rows by their coordinates how many candidates must be compared.

    Args:
        cells: the rows.
        truth: rows and their true neighbours.
        k: neighbours.
        target: share, 0 to 1.
    """
    n, places = len(cells.rows), cells.places[truth.rows]
    true = truth.found.rows[:, :k]
    queries = cells.queries(places)
    order = cells.nearest_cells(queries, len(cells.middles))
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(order.shape[1])[None], 1)
    ranks = np.sort(np.take_along_axis(rank, cells.cell_of(cells.places[true]), 1).ravel())
    # What is lost is shared: two thirds to cells not looked into, one third to candidates not compared.
    n_cells = int(ranks[_last(len(ranks), 1 - (1 - target) * 2 / 3)]) + 1
    widest = min(8 * k, n // 4)
    best = Best(len(places), widest)
    for start in range(0, n, 8192):
        some = np.arange(start, min(start + 8192, n))
        best.offer(some, queries @ cells.coordinates[some].T)
    near = cells.rows[best.result().rows]
    place = np.full(true.shape, widest + 1)
    for i, (found, wanted) in enumerate(zip(near, true, strict=True)):
        sorter = np.argsort(found)
        at = sorter[np.searchsorted(found, wanted, sorter=sorter).clip(max=widest - 1)]
        place[i] = np.where(found[at] == wanted, at, widest + 1)
    width = int(np.sort(place.ravel())[_last(place.size, 1 - (1 - target) / 3)]) + 2  # one is the row itself
    return None if width > widest or n_cells > len(cells.middles) // 2 else Reach(n_cells, max(width, k + 1))


def _last(n: int, share: float) -> int:
    return max(int(np.ceil(share * n)) - 1, 0)


def neighbours(vectors: Vectors, cells: Cells, k: int, far: Reach) -> Iterator[tuple[np.ndarray, Nearest]]:
    """The k nearest other rows of every row, some rows at a time: their numbers, and what was found."""

    def found(start: int) -> tuple[np.ndarray, Nearest]:
        places = np.arange(start, min(start + _TOGETHER, len(cells.rows)))
        rows = cells.rows[places]
        near = _candidates(cells, places, far)
        candidates = np.where(near == NOBODY, NOBODY, cells.rows[near])
        best = filled(ranked(vectors.points(rows), candidates, vectors, k + 1), k + 1)
        return rows, others(best, rows)

    starts = range(0, len(cells.rows), _TOGETHER)
    with ThreadPoolExecutor(cores()) as pool:
        # Results are taken in order, and no more is started than there are cores: memory stays bounded.
        running = deque[Future[tuple[np.ndarray, Nearest]]]()
        for start in starts:
            if len(running) > cores():
                yield running.popleft().result()
            running.append(pool.submit(found, start))
        while running:
            yield running.popleft().result()


def _candidates(cells: Cells, places: np.ndarray, far: Reach) -> np.ndarray:
    """(q, width) places that seem nearest, -1 where fewer were met."""
    queries = cells.queries(places)
    limits = _limits(cells, places, queries, far)
    query, place, product = _met(cells, queries, cells.nearest_cells(queries, far.cells), limits)
    # One number to sort by, for the query and then for the product; products are -1 to 1 and a little.
    order = np.argsort((query << 32) + ((1.5 - product) * (1 << 30)).astype(np.int64))
    counts = np.bincount(query, minlength=len(places))
    column = np.arange(far.width)
    at = np.minimum((np.cumsum(counts) - counts)[:, None] + column, len(order) - 1)
    return np.where(column < counts[:, None], place[order[at]], NOBODY)


def _limits(cells: Cells, places: np.ndarray, queries: np.ndarray, far: Reach) -> np.ndarray:
    """(q,) what the best ``width`` of a query are at least: their worst in the first cells around its own."""
    limits = np.full(len(places), -np.inf, np.float32)
    own = cells.cell_of(places)
    for number in np.unique(own):
        mine = np.flatnonzero(own == number)
        around = cells.nearest_cells(cells.middles[number : number + 1], min(_FIRST, far.cells))[0]
        near = np.concatenate([cells.coordinates[cells.starts[c] : cells.starts[c + 1]] for c in around])
        if len(near) >= far.width:
            products = queries[mine] @ near.T
            limits[mine] = np.partition(products, -far.width, axis=1)[:, -far.width]
    return limits


def _met(
    cells: Cells, queries: np.ndarray, probes: np.ndarray, limits: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Query, place and product of all that reaches a query's limit."""
    who, cell = np.repeat(np.arange(len(probes)), probes.shape[1]), probes.ravel()
    order = np.argsort(cell, kind="stable")
    who, cell = who[order], cell[order]
    met, begin = [], 0
    for end in (np.flatnonzero(np.diff(cell, append=-1)) + 1).tolist():
        asking, start = who[begin:end], cells.starts[cell[begin]]
        products = queries[asking] @ cells.coordinates[start : cells.starts[cell[begin] + 1]].T
        at = np.flatnonzero(products >= limits[asking, None])
        query, place = np.divmod(at, max(products.shape[1], 1))
        met.append((asking[query], place + start, products.ravel()[at]))
        begin = end
    query, place, product = (np.concatenate(parts) for parts in zip(*met, strict=True))
    return query, place, product
