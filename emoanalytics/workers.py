"""Worker processes, that run a function over many tasks, keep the order, and survive one that dies; and BLAS threads.

Loky's processes start clean (no fork of a threaded parent), need no ``if __name__ == "__main__"``
in the caller's script, and notice when one of them is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

# One thread a process: the processes already fill the cores.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_SUSPECTS_A_WORKER = 4  # loky hands a worker its task and queues about as many again, plus one
_IDLE_S = 60  # idle workers leave
_PARENT_S = 2  # how often a worker looks whether its parent is still there
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


def _start_worker(parent: int) -> None:
    # Ctrl-C reaches the whole terminal group; the parent decides what becomes of the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.name == "posix":
        threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()


def _leave_with(parent: int) -> None:
    """End this process when its parent is gone: a worker whose result nobody reads would wait for ever."""
    while os.getppid() == parent:
        time.sleep(_PARENT_S)
    os._exit(1)


def _broken() -> tuple[type[BaseException], ...]:
    """What a task meets when its pool loses a worker, or is stopped because another reader saw that first."""
    from concurrent.futures import CancelledError
    from concurrent.futures.process import BrokenProcessPool

    from loky.process_executor import ShutdownExecutorError

    return BrokenProcessPool, ShutdownExecutorError, CancelledError


def _is_lost(future: Future[Any]) -> bool:
    """Wait for a task; True where its pool broke before it was done."""
    if future.cancelled():
        return True
    try:
        return isinstance(future.exception(), _broken())
    except _broken():  # cancelled meanwhile
        return True


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
                self.count, timeout=_IDLE_S, initializer=_start_worker, initargs=(os.getpid(),), env=_ONE_THREAD
            )
        return self._pool.submit(function, task)

    def ordered(
        self,
        function: Callable[[T], R],
        tasks: Iterable[T],
        *,
        ahead: int | None = None,
        weigh: Callable[[T], int] | None = None,
        room: int = 0,
    ) -> Iterator[tuple[T, R | WorkerDiedError]]:
        """Run tasks, a bounded number ahead of the reader; results come in the order of the tasks.

        When a worker dies, the tasks that may have been under way are run again one at a time; the one that kills its
        worker again yields ``WorkerDiedError`` and the rest goes on.

        Args:
            function: a module-level function (it travels by name).
            tasks: drawn lazily.
            ahead: tasks under way at once; by default two a worker.
            weigh: how many bytes the result of a task will take; further tasks are started while the results that
                wait or are being made weigh less than ``room``, so that a slow reader still finds the next one ready.
            room: see ``weigh``.

        Yields:
            Each task and its result.
        """
        limit = ahead or max(1, 2 * self.count)
        waiting = iter(tasks)
        running: deque[tuple[T, Future[R | WorkerDiedError], int]] = deque()
        weight = 0
        while True:
            while len(running) < limit or (self.count and weigh and weight < room):
                task = next(waiting, None)
                if task is None:
                    break
                running.append((task, self._started(function, task), weigh(task) if weigh else 0))
                weight += running[-1][2]
            if not running:
                return
            if _is_lost(running[0][1]):
                running = self._again(function, running)
            task, future, weighed = running.popleft()
            weight -= weighed
            yield task, future.result()

    def _again(
        self, function: Callable[[T], R], running: deque[tuple[T, Future[R | WorkerDiedError], int]]
    ) -> deque[tuple[T, Future[R | WorkerDiedError], int]]:
        """The same tasks in the same order, after a worker has died: what is done stays, the rest is run again.

        Workers take tasks in order, so one of the first that are not done was the culprit. These are run one at a
        time, and only then are the others started anew.
        """
        self._stop(kill=True)
        lost = [place for place, (_, future, _) in enumerate(running) if _is_lost(future)]
        found = list(running)
        for place in lost[: _SUSPECTS_A_WORKER * max(1, self.count)]:
            task, _, weight = found[place]
            done: Future[R | WorkerDiedError] = Future()
            try:
                done.set_result(self._alone(function, task))
            except Exception as error:  # noqa: BLE001 - handed to whoever asks for the result, as a pool does
                done.set_exception(error)
            found[place] = (task, done, weight)
        for place in lost[_SUSPECTS_A_WORKER * max(1, self.count) :]:
            task, _, weight = found[place]
            found[place] = (task, self._started(function, task), weight)
        return deque(found)

    def _started(self, function: Callable[[T], R], task: T) -> Future[R | WorkerDiedError]:
        """A submitted task; where the pool has broken meanwhile, a future that says so to its reader."""
        try:
            return cast("Future[R | WorkerDiedError]", self.submit(function, task))
        except _broken() as error:
            future: Future[R | WorkerDiedError] = Future()
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
