"""Worker processes, that run a function over many tasks, keep the order, and survive one that dies; and BLAS threads.

Loky's processes start clean (no fork of a threaded parent), need no ``if __name__ == "__main__"``
in the caller's script, and notice when one of them is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

# One thread a process: the processes already fill the cores.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_IDLE_S = 60  # idle workers leave, so that a killed parent leaves nothing behind
_BLAS_TURN = threading.RLock()  # held by who has limited the process's BLAS


class WorkerDiedError(Exception):
    """The process that ran the task was killed (out of memory, a crash in a codec)."""


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


@contextlib.contextmanager
def one_blas_thread(*, wait: bool = True) -> Iterator[None]:
    """BLAS with one thread a product; as it was, afterwards.

    The limit is the whole process's: two that set and restore it for themselves while the other is at work leave it
    set for good. So there is one turn for all of the program.

    Args:
        wait: while another has its turn, wait for it (who shares products among threads of its own), or go on under
            its limit (short work, which is slower for a moment if the limit is lifted meanwhile, and never wrong).
    """
    from threadpoolctl import threadpool_limits

    if not _BLAS_TURN.acquire(blocking=wait):
        yield
        return
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            yield
    finally:
        _BLAS_TURN.release()


def _ignore_interrupt() -> None:
    # Ctrl-C reaches the whole terminal group; the parent decides what becomes of the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _broken() -> tuple[type[BaseException], ...]:
    """What a task meets when its pool loses a worker, or is stopped because another reader saw that first."""
    from concurrent.futures import CancelledError
    from concurrent.futures.process import BrokenProcessPool

    from loky.process_executor import ShutdownExecutorError

    return BrokenProcessPool, ShutdownExecutorError, CancelledError


class Workers:
    """A pool of processes; with ``count=0`` everything runs in this one.

    >>> with Workers(0) as workers:
    ...     [result for _, result in workers.ordered(abs, [-1, 2, -3])]
    [1, 2, 3]
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: Any = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop(kill=kind is not None)

    def _stop(self, *, kill: bool) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=kill)
            self._pool = None

    def submit(self, function: Callable[[T], R], task: T) -> Future[R]:
        """Start one task."""
        if self.count == 0:
            future: Future[R] = Future()
            try:
                future.set_result(function(task))
            except Exception as error:  # noqa: BLE001 - handed to whoever asks for the result, as a pool does
                future.set_exception(error)
            return future
        if self._pool is None:
            from loky import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(
                self.count, timeout=_IDLE_S, initializer=_ignore_interrupt, env=_ONE_THREAD
            )
        return self._pool.submit(function, task)

    def ordered(
        self, function: Callable[[T], R], tasks: Iterable[T], *, ahead: int | None = None
    ) -> Iterator[tuple[T, R | WorkerDiedError]]:
        """Run tasks, a bounded number ahead of the reader; results come in the order of the tasks.

        When a worker dies, the tasks under way are run again one at a time; the one that kills its
        worker twice yields ``WorkerDiedError`` and the rest goes on.

        Args:
            function: a module-level function (it travels by name).
            tasks: drawn lazily.
            ahead: tasks under way at once; by default two a worker.

        Yields:
            Each task and its result.
        """
        limit = ahead or max(1, 2 * self.count)
        waiting = iter(tasks)
        running: deque[tuple[T, Future[R]]] = deque()
        while True:
            while len(running) < limit and (task := next(waiting, None)) is not None:
                running.append((task, self._started(function, task)))
            if not running:
                return
            task, future = running.popleft()
            try:
                yield task, future.result()
            except _broken():
                unfinished = [task, *(t for t, _ in running)]
                running.clear()
                self._stop(kill=True)
                for each in unfinished:
                    yield each, self._alone(function, each)

    def _started(self, function: Callable[[T], R], task: T) -> Future[R]:
        """A submitted task; where the pool has broken meanwhile, a future that says so to its reader."""
        try:
            return self.submit(function, task)
        except _broken() as error:
            future: Future[R] = Future()
            future.set_exception(error)
            return future

    def _alone(self, function: Callable[[T], R], task: T) -> R | WorkerDiedError:
        try:
            return self.submit(function, task).result()
        except _broken():
            self._stop(kill=True)
            return WorkerDiedError(
                "the process that worked on it died twice (out of memory, or a crash in its decoder)"
            )
