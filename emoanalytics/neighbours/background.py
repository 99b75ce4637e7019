"""An index made while exact search answers."""

from __future__ import annotations

import threading
from pathlib import Path

from emoanalytics.errors import EmoAnalyticsError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.index import Index, IndexSettings
from emoanalytics.neighbours.space import Space
from emoanalytics.store.store import EmotionStore


class _CancelledError(Exception):
    """The work was asked to end."""


class IndexBuild:
    """The making of a store's index in a thread with a handle of its own.

    A ``Geometry`` of the same store answers exactly meanwhile, and from the index as soon as it is kept. Where it
    cannot be kept, ``result`` is the only one that has it.

    Attributes:
        done: steps of the present kind that are done.
        total: of how many.
        note: what is being done, in words.
        error: one line on why there is no index; None: nothing went wrong.
        notes: lines about what was damaged, built anew or not kept.
        result: the index, when it is there.
    """

    def __init__(self, store: Path, space: Space | str = Space.RAW, *, settings: IndexSettings | None = None) -> None:
        self.done, self.total, self.note = 0, 0, ""
        self.error: str | None = None
        self.notes: list[str] = []
        self.result: Index | None = None
        self._store, self._space, self._settings = store, Space(space), settings
        self._stop = threading.Event()
        # A daemon: closing the program does not wait for minutes; what is half written is removed by the next build.
        self._thread = threading.Thread(target=self._work, name=f"index of {store.name}", daemon=True)

    def start(self) -> IndexBuild:
        """Begin."""
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Whether it is being made."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Ask it to end at the next step; nothing is kept."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for its end, at most so long; whether it ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        try:
            geometry = Geometry(EmotionStore.open(self._store), self._space, settings=self._settings, progress=self._at)
            self.notes = geometry.notes
            self.result = geometry.make_index(progress=self._at)
        except _CancelledError:
            self.error = "cancelled"
        except EmoAnalyticsError as error:
            self.error = str(error)
        except MemoryError:
            self.error = "not enough memory for an index: close other programs, or go on with exact search"
        except (OSError, RuntimeError, ValueError) as error:  # FAISS raises RuntimeError
            self.error = f"the index could not be made ({(str(error).splitlines() or [''])[0]}): exact search goes on"

    def _at(self, done: int, total: int, note: str) -> None:
        self.done, self.total, self.note = done, total, note
        if self._stop.is_set():
            raise _CancelledError
