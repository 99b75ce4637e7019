"""Geometry: the points, the index and the neighbour graph of a store in one space, each made once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.neighbours.exact import Nearest, nearest
from emoanalytics.neighbours.graph import Graph, exact_graph
from emoanalytics.neighbours.space import Space
from emoanalytics.neighbours.vectors import Progress, Vectors
from emoanalytics.store.derived import Derived
from emoanalytics.store.store import EmotionStore

NEIGHBOURS = 90  # three times t-SNE's usual perplexity; the other views use the nearest of them


class Geometry:
    """Who is near whom in a store, in one space. What it computes is kept under ``derived/`` and found again.

    It describes the store as it was when it was made: after a build, make another.

    Attributes:
        store: the store.
        space: the space.
        notes: lines about what was damaged and made again, or could not be kept.
    """

    def __init__(
        self, store: EmotionStore, space: Space | str = Space.RAW, *, progress: Progress | None = None
    ) -> None:
        self.store = store
        self.space = Space(space)
        self.notes: list[str] = []
        self._progress = progress

    @cached_property
    def vectors(self) -> Vectors:
        """The points."""
        return Vectors.of(self.store, self.space, progress=self._progress, notes=self.notes)

    @cached_property
    def graph(self) -> Graph:
        """The neighbour graph, 90 neighbours a row where there are as many."""
        vectors, derived = self.vectors, Derived(self.store.path)
        key = f"{self.space}-{vectors.key}-{NEIGHBOURS}"
        try:
            found = derived.find("graph", key)
            if found is not None:
                return Graph(found.array("rows"), found.array("similarities"), found.record)
        except DamagedStoreError as error:
            self.notes.append(f"{error}: made again")
            derived.forget("graph", key)
        graph = exact_graph(vectors, NEIGHBOURS, progress=self._progress)

        def fill(folder: Path) -> None:
            np.save(folder / "rows.npy", graph.rows)
            np.save(folder / "similarities.npy", graph.similarities)

        try:
            derived.keep("graph", key, graph.record, fill, instead_of=f"{self.space}-")
        except StoreError as error:
            self.notes.append(f"{error}; the neighbour graph is not kept")
        return graph

    def nearest(self, points: np.ndarray, k: int, *, among: np.ndarray | None = None) -> Nearest:
        """The k nearest rows of each point.

        Args:
            points: (q, d) points of this space.
            k: how many.
            among: only these row numbers, ascending; None: all.
        """
        return nearest(points, self.vectors, k, among=among)
