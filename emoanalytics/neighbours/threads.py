"""FAISS, loaded when it is needed, and its threads."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Iterator
from typing import Any


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
