"""Which clips count in a statistic and how much; and the trends of a store, counted once for all sessions."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from app.geometry import Progress
from emoanalytics import EmotionStore, Trends, trends

_MOST_KEPT = 8  # a million clips take some 100 MB each


@dataclass(frozen=True)
class Counted:
    """What the library is asked to count.

    Attributes:
        weigh: how much a clip counts: ``clips``, ``duration`` or ``quality``.
        without: quality flags whose clips do not count.
        role: whose clips count; None: the library's rule (clients, where there are agents), ``all``: everybody's.
    """

    weigh: str = "clips"
    without: tuple[str, ...] = ()
    role: str | None = None


class Followed:
    """The trends of a store: whoever asks first counts, the others wait and find them."""

    def __init__(self, store: EmotionStore) -> None:
        self._store, self._lock = store, Lock()
        self._found: OrderedDict[tuple[str, Counted], Trends] = OrderedDict()

    def trends(self, by: str, counted: Counted, progress: Progress | None = None) -> Trends:
        """All speakers over time.

        Raises:
            StoreError: nothing that counts has scores and a speaker.
        """
        with self._lock:
            key = (by, counted)
            if key not in self._found:
                self._found[key] = trends(
                    self._store, by=by, weigh=counted.weigh, exclude_flags=counted.without, role=counted.role,
                    progress=progress,
                )  # fmt: skip
                while len(self._found) > _MOST_KEPT:
                    self._found.popitem(last=False)
            self._found.move_to_end(key)
            return self._found[key]
