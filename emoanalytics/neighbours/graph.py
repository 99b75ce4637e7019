"""The graph every view shares: the k nearest neighbours of every row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emoanalytics.neighbours.cells import Cells, neighbours, reach
from emoanalytics.neighbours.components import Components
from emoanalytics.neighbours.exact import Nearest, nearest, others
from emoanalytics.neighbours.truth import Truth
from emoanalytics.neighbours.vectors import Progress, Vectors
from emoanalytics.seeds import as_seed
from emoanalytics.workers import one_blas_thread

_QUERIES = 4096  # rows asked at once
_SAMPLE = 600  # rows whose true neighbours are known: to learn the reach from, to judge it by, to tell what it found
_LEEWAY = 0.01  # what a sample of 200 rows may say by chance


@dataclass(frozen=True)
class Graph:
    """The nearest other rows of every row of a store, in one space, nearest first.

    Attributes:
        rows: (n, k) int32 row numbers; a row is not its own neighbour.
        similarities: (n, k) float32 cosines, descending (up to rounding at the sixth digit).
        record: how it was found: ``method``, ``k``, ``recall`` against exact search on rows drawn at random
            that nothing was chosen by, ...
    """

    rows: np.ndarray
    similarities: np.ndarray
    record: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.rows.shape != self.similarities.shape or self.rows.ndim != 2:
            raise ValueError("rows and similarities must be of one shape (n, k)")
        self.rows.flags.writeable = False
        self.similarities.flags.writeable = False

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def k(self) -> int:
        """Neighbours a row: fewer than asked where the store has fewer other rows."""
        return int(self.rows.shape[1])

    @property
    def distances(self) -> np.ndarray:
        """(n, k) float32 Euclidean distances between unit points, ``sqrt(2 - 2 similarity)``: 0 to 2."""
        return np.sqrt(np.maximum(2 - 2 * self.similarities, 0)).astype(np.float32)

    def nearest(self, k: int) -> Graph:
        """The graph of the k nearest of them only."""
        return Graph(self.rows[:, :k], self.similarities[:, :k], self.record)


@dataclass(frozen=True)
class GraphSettings:
    """How large a graph may be, and what it must hold.

    Attributes:
        neighbours: of a row.
        fewest: neighbours below which ``memory_bytes`` is exceeded instead.
        memory_bytes: what the finished graph may take; a store of many rows gets fewer neighbours a row.
        exact_products: multiplications up to which every row is compared with every other one.
        target_recall: the share of the true neighbours that must be found, 0 to 1.
        seed: of everything drawn at random.
    """

    neighbours: int = 90
    fewest: int = 30
    memory_bytes: int = 1 << 28
    exact_products: float = 4e11
    target_recall: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.fewest <= self.neighbours:
            raise ValueError(f"a graph has 1 to {self.neighbours} neighbours at the least, not {self.fewest}")
        if not 0 < self.target_recall < 1:
            raise ValueError(f"a target recall is above 0 and below 1, not {self.target_recall}")
        as_seed(self.seed)

    def neighbours_of(self, rows: int) -> int:
        """Neighbours a row in a store of so many rows.

        >>> [GraphSettings().neighbours_of(n) for n in (10, 100_000, 1_000_000, 10_000_000)]
        [9, 90, 33, 30]
        """
        most = self.memory_bytes // (8 * max(rows, 1))
        return max(min(self.neighbours, max(most, self.fewest), rows - 1), 0)


def neighbour_graph(
    vectors: Vectors, settings: GraphSettings | None = None, *, progress: Progress | None = None
) -> Graph:
    """The nearest other rows of every row: exactly while that is cheap, else through cells, with recall measured.

    Where no reach finds enough, as with points spread evenly over many dimensions, every row is compared.

    Args:
        vectors: the points.
        settings: how large, and how sure.
        progress: called between the steps; an error it raises ends the work.
    """
    settings = settings or GraphSettings()
    n = len(vectors)
    k = settings.neighbours_of(n)
    if float(n) * n * vectors.dim <= settings.exact_products or n < 16 * k:
        return exact_graph(vectors, k, progress=progress)
    graph = _through_cells(vectors, k, settings, progress or _quiet)
    if graph is None:
        graph = exact_graph(vectors, k, progress=progress)
        return Graph(graph.rows, graph.similarities, {**graph.record, "reason": "near rows lie in far cells"})
    return graph


def _through_cells(vectors: Vectors, k: int, settings: GraphSettings, tick: Progress) -> Graph | None:
    components = Components.of(vectors, seed=settings.seed)
    cells = Cells.of(vectors, components, max(math.isqrt(len(vectors)) * 4 // 5, 1), seed=settings.seed, tick=tick)
    tick(0, 1, "measuring recall")
    learn, judge, tell = Truth.of(vectors, k, seed=settings.seed + 1, sample=_SAMPLE).parts(3)
    far = reach(cells, learn, k, settings.target_recall)
    while far is not None:
        rows = np.zeros((len(vectors), k), np.int32)
        similarities = np.zeros((len(vectors), k), np.float32)
        done = 0
        with one_blas_thread():  # the rows are shared among threads, a product is not
            for some, found in neighbours(vectors, cells, k, far):
                rows[some], similarities[some] = found.rows, found.similarities
                done += len(some)
                tick(done, len(vectors), "finding neighbours")
        judged, told = (part.recall(Nearest(rows[part.rows], similarities[part.rows]), k) for part in (judge, tell))
        if judged >= settings.target_recall - _LEEWAY and (rows >= 0).all():
            record = {"method": "cells", "k": k, "recall": told, "cells": len(cells.middles), **asdict(far)}
            return Graph(rows, similarities, {**record, "components": components.size - 1, **asdict(settings)})
        far = far.further(len(cells.middles), len(vectors))
    return None


def exact_graph(vectors: Vectors, k: int, *, progress: Progress | None = None) -> Graph:
    """Compare every row with every other one.

    Args:
        vectors: the points.
        k: neighbours a row; n - 1 where that is fewer.
        progress: called after each block of rows.
    """
    n = len(vectors)
    k = max(min(k, n - 1), 0)
    rows = np.zeros((n, k), np.int32)
    similarities = np.zeros((n, k), np.float32)
    if k:
        for start, points in vectors.blocks(_QUERIES):
            mine = np.arange(start, start + len(points))
            found = others(nearest(points, vectors, k + 1), mine)
            rows[mine], similarities[mine] = found.rows, found.similarities
            if progress is not None:
                progress(start + len(points), n, "finding neighbours")
    return Graph(rows, similarities, {"method": "exact", "k": k, "recall": 1.0})


def _quiet(done: int, total: int, note: str) -> None:
    """No progress."""
