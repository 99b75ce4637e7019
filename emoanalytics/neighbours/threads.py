"""FAISS, loaded when it is needed, its threads, and those of BLAS."""

from __future__ import annotations

import contextlib
import platform
import threading
from collections.abc import Iterator
from typing import Any

from threadpoolctl import threadpool_limits


def faiss_library() -> Any:
    """The module ``faiss``."""
    import faiss

    return faiss


@contextlib.contextmanager
def faiss_threads() -> Iterator[None]:
    """FAISS with one thread on macOS, where its OpenMP and torch's crash one process; as it was, elsewhere and after.

    See faiss-wheels #73 and faiss #2317.
    """
    if platform.system() != "Darwin":
        yield
        return
    faiss = faiss_library()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


class _OneBlasThread:
    """The limit of a process: set by the first who asks for it, taken away by the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limit: threadpool_limits | None = None

    def enter(self) -> None:
        with self._lock:
            if self._users == 0:
                self._limit = threadpool_limits(limits=1, user_api="blas")
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._limit is not None:
                self._limit.restore_original_limits()
                self._limit = None


_ONE = _OneBlasThread()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """BLAS with one thread a product, while several threads multiply; as it was, after the last of them.

    The limit is the whole process's: two that set and restore it for themselves may leave it set for good.
    """
    _ONE.enter()
    try:
        yield
    finally:
        _ONE.leave()
