"""One geometry of a store for all sessions: whoever asks first computes, the others wait and find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from emoanalytics import Catalogue, EmotionStore, Geometry, Query, SearchResult, Space, search

Progress = Callable[[int, int, str], None]


class Shared:
    """A geometry with what was read from it."""

    def __init__(self, store: EmotionStore, space: Space) -> None:
        self._lock = Lock()
        self._told: Progress | None = None
        self._geometry = Geometry(store, space, progress=self._progress)
        self._catalogue: Catalogue | None = None

    def search(self, query: Query, progress: Progress | None = None, **settings: Any) -> SearchResult:
        """What `emoanalytics.search` finds here.

        Args:
            query: the question.
            progress: called while what a search needs is made for the first time.
            settings: as `emoanalytics.search` takes them.
        """
        with self._telling(progress) as geometry:
            if self._catalogue is None:
                self._catalogue = Catalogue.of(geometry)
            return search(geometry, query, catalogue=self._catalogue, **settings)

    @contextmanager
    def _telling(self, progress: Progress | None) -> Iterator[Geometry]:
        with self._lock:
            self._told = progress
            try:
                yield self._geometry
            finally:
                self._told = None

    def _progress(self, done: int, total: int, note: str) -> None:
        if self._told is not None:
            self._told(done, total, note)
