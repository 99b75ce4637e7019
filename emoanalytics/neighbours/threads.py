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


_TURN = threading.RLock()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """BLAS with one thread a product, while several threads multiply; as it was, afterwards. One at a time.

    The limit is the whole process's: two that set and restore it for themselves while the other is at work leave it
    set for good. Who comes second waits, and loses nothing by it: the first has all cores.
    """
    with _TURN, threadpool_limits(limits=1, user_api="blas"):
        yield
