"""Geometry: the points, the index and the neighbour graph of a store in one space, each made once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.neighbours.exact import Nearest, nearest
from emoanalytics.neighbours.graph import Graph, GraphSettings, neighbour_graph
from emoanalytics.neighbours.index import Index, IndexSettings, record
from emoanalytics.neighbours.index.record import StaleIndexError, settings_of
from emoanalytics.neighbours.kept import array_of
from emoanalytics.neighbours.space import Space
from emoanalytics.neighbours.vectors import Progress, Vectors
from emoanalytics.store.derived import Derived
from emoanalytics.store.store import EmotionStore

NEIGHBOURS = 90  # three times t-SNE's usual perplexity; the other views use the nearest of them
_FORMAT = 3  # of a kept graph: one of another is made again
MOST = 1_000_000  # neighbours one may ask for


class Geometry:
    """Who is near whom in a store, in one space. What it computes is kept under ``derived/`` and found again.

    It describes the store as it was when it was made: after a build, make another.

    Attributes:
        store: the store.
        space: the space.
        settings: of the index.
        notes: lines about what was damaged and made again, or could not be kept.

    Raises:
        StoreError: there is no such space.
    """

    def __init__(
        self,
        store: EmotionStore,
        space: Space | str = Space.RAW,
        *,
        settings: IndexSettings | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.store = store
        self.space = Space(space)
        self.settings = settings or IndexSettings()
        self.notes: list[str] = []
        self._progress = progress
        self._index: Index | None = None

    @cached_property
    def vectors(self) -> Vectors:
        """The points."""
        return Vectors.of(self.store, self.space, progress=self._progress, notes=self.notes)

    @cached_property
    def graph(self) -> Graph:
        """The neighbour graph: 90 neighbours a row where there are as many, fewer in a store of very many rows."""
        vectors, derived = self.vectors, Derived(self.store.path)
        settings = GraphSettings(neighbours=NEIGHBOURS)
        key = f"{self.space}-{vectors.key}-{_digest(_FORMAT, asdict(settings))}"
        try:
            found = derived.find("graph", key)
            if found is not None:
                shape = (len(vectors), settings.neighbours_of(len(vectors)))
                rows = array_of(found, "rows", shape, np.int32)
                return Graph(rows, array_of(found, "similarities", shape, np.float32), found.record)
        except DamagedStoreError as error:
            self.notes.append(f"{error}: made again")
            derived.forget("graph", key)
        graph = neighbour_graph(vectors, settings, progress=self._progress)

        def fill(folder: Path) -> None:
            np.save(folder / "rows.npy", graph.rows)
            np.save(folder / "similarities.npy", graph.similarities)

        try:
            derived.keep("graph", key, graph.record, fill, instead_of=f"{self.space}-")
        except StoreError as error:
            self.notes.append(f"{error}; the neighbour graph is not kept")
        return graph

    def nearest(self, points: np.ndarray, k: int, *, among: np.ndarray | None = None) -> Nearest:
        """The k nearest rows of each point: from the index where there is one, else by comparing every row.

        Args:
            points: (q, d) points of this space.
            k: how many, at least 1.
            among: only these row numbers, ascending; None: all.

        Raises:
            StoreError: k is not a whole number between 1 and a million.
        """
        if not isinstance(k, (int, np.integer)):
            raise StoreError(f"ask for a whole number of neighbours, not {k!r}")
        if not 1 <= k <= MOST:
            raise StoreError(f"ask for 1 to {MOST:,} neighbours, not {k:,}")
        index = self.index
        if index is None:
            return nearest(points, self.vectors, k, among=among)
        return index.search(points, k, allowed=among)

    # The index --------------------------------------------------------------------------------------------------

    @property
    def index(self) -> Index | None:
        """The index of this store, space and settings if it was made before, here or elsewhere; else None."""
        if self._index is None and len(self.vectors) >= self.settings.exact_below:
            self._index = self._kept_index()
        return self._index

    @property
    def lacks_index(self) -> bool:
        """Whether the store is so large that an index would help, and there is none."""
        return len(self.vectors) >= self.settings.exact_below and self.index is None

    def make_index(self, *, progress: Progress | None = None) -> Index:
        """The index: found, or brought up to date, or built; and kept for the next time.

        Args:
            progress: called between the steps; an error it raises ends the work and nothing is kept.
        """
        vectors = self.vectors
        if len(vectors) < self.settings.exact_below:
            return Index.build(vectors, self.settings)
        if self.index is not None:
            return self.index
        index = self._refreshed_index(progress) or Index.build(vectors, self.settings, progress=progress)
        self._index = index
        try:
            Derived(self.store.path).keep(
                "index", self._index_key, index.record, index.save, instead_of=f"{self.space}-", whole=True
            )
            self._index = self._kept_index() or index
        except StoreError as error:
            self.notes.append(f"{error}; the index is not kept")
        return self._index

    @property
    def _index_key(self) -> str:
        return f"{self.space}-{self.vectors.key}-{_digest(record.FORMAT, settings_of(self.settings))}"

    def _kept_index(self) -> Index | None:
        derived = Derived(self.store.path)
        try:
            kept = derived.find("index", self._index_key)
            return None if kept is None else Index.open(kept, self.vectors)
        except DamagedStoreError as error:
            note = f"{error}: it is left out, and made again when an index is asked for"
            if note not in self.notes:  # where it cannot be removed it is met at every search
                self.notes.append(note)
            derived.forget("index", self._index_key)
            return None

    def _refreshed_index(self, progress: Progress | None) -> Index | None:
        """The index of the store as it was before, brought up to date; None: it must be built."""
        derived = Derived(self.store.path)
        older = [key for key in derived.keys("index") if key.startswith(f"{self.space}-")]
        for key in reversed(older):
            try:
                kept = derived.find("index", key)
                if kept is not None:
                    return Index.refreshed(kept, self.vectors, self.settings, progress=progress)
            except StaleIndexError as error:
                self.notes.append(f"the index is built anew: {error}")
            except DamagedStoreError as error:
                self.notes.append(f"{error}: the index is built anew")
                derived.forget("index", key)
        return None


def _digest(*parts: Any) -> str:
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=8).hexdigest()
