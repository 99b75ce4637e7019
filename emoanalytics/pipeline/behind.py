"""Writing behind: one thread puts a step on disk while the next one is heard and embedded."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class Behind:
    """Runs one write at a time in a thread of its own, in order; used as a context manager.

    At most one write is under way: the next one waits for it, so that memory holds two steps and no more, and
    what a write raises comes out of the next call.

    >>> done = []
    >>> with Behind() as behind:
    ...     behind.put(lambda: done.append(1))
    ...     behind.put(lambda: done.append(2))
    >>> done
    [1, 2]
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "emoanalytics-writer")
        self._last: Future[None] | None = None

    def put(self, write: Callable[[], None]) -> None:
        """Start a write when the one before is done.

        Raises:
            Exception: what the write before raised.
        """
        self.wait()
        self._last = self._thread.submit(write)

    def wait(self) -> None:
        """Wait for the write under way.

        Raises:
            Exception: what it raised.
        """
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def __enter__(self) -> Behind:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the write under way, and end the thread; an error that is on its way already is not hidden."""
        try:
            if kind is None:
                self.wait()
        finally:
            self._thread.shutdown(wait=True)
