"""One geometry of a store for all sessions: whoever asks first computes, the others wait and find it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, TypeVar

from emoanalytics import (
    Catalogue,
    EmotionStore,
    Geometry,
    IndexBuild,
    Leak,
    Map,
    MapMethod,
    Query,
    SearchResult,
    Space,
    draw_map,
    leak_meter,
    search,
)

Progress = Callable[[int, int, str], None]
T = TypeVar("T")


class Shared:
    """A geometry with what was read from it."""

    def __init__(self, store: EmotionStore, space: Space) -> None:
        self._lock = Lock()
        self._told: Progress | None = None
        self._geometry = Geometry(store, space, progress=self._progress)
        self._catalogue: Catalogue | None = None
        self._maps: dict[tuple[MapMethod, int], Map] = {}
        self._leak: Leak | None = None
        self._index: IndexBuild | None = None

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
            if self._index is None and geometry.lacks_index:
                self._index = IndexBuild(geometry.store.path, geometry.space).start()
            return search(geometry, query, catalogue=self._catalogue, **settings)

    def ask(self, question: Callable[[Geometry], T], progress: Progress | None = None) -> T:
        """What a question of the library answers here.

        Args:
            question: asked of the geometry.
            progress: called while what it needs is made for the first time.
        """
        with self._telling(progress) as geometry:
            return question(geometry)

    def map(self, method: MapMethod, progress: Progress | None = None, *, dims: int = 2) -> Map:
        """The map of this space in two or three dimensions; drawn once, and kept beside the store."""
        with self._telling(progress) as geometry:
            if (method, dims) not in self._maps:
                self._maps[method, dims] = draw_map(geometry, method=method, dims=dims, progress=progress)
            return self._maps[method, dims]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was damaged and made again, or could not be kept."""
        return tuple(dict.fromkeys(self._geometry.notes))

    @property
    def indexing(self) -> bool:
        """Whether an index is being made; every clip is compared meanwhile."""
        return self._index is not None and self._index.running

    @property
    def knows_leak(self) -> bool:
        """Whether the leak was measured."""
        return self._leak is not None

    def leak(self, progress: Progress | None = None) -> Leak:
        """How much of sounding alike is the voice."""
        with self._telling(progress) as geometry:
            if self._leak is None:
                self._leak = leak_meter(geometry)
            return self._leak

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
