"""Candidates compared in full: whatever found them, the similarity that is told is exact."""

from __future__ import annotations

import numpy as np

from emoanalytics.neighbours.exact import NOBODY, Nearest, ordered
from emoanalytics.neighbours.threads import faiss_library, faiss_threads
from emoanalytics.neighbours.vectors import Vectors

_TOGETHER = 16_384  # different rows read for one group of points: 64 MB at 1,024 numbers a row


def ranked(points: np.ndarray, candidates: np.ndarray, vectors: Vectors, k: int) -> Nearest:
    """The k nearest among each point's own candidates.

    Args:
        points: (q, d).
        candidates: (q, m) row numbers, each at most once a point; -1: none.
        vectors: where the rows are read.
        k: how many of them.
    """
    parts: list[Nearest] = []
    step = max(_TOGETHER // max(candidates.shape[1], 1), 1)
    start = 0
    while start < len(points) or not parts:
        stop = min(start + step, len(points))
        rows, local = np.unique(candidates[start:stop], return_inverse=True)
        part = _compared(points[start:stop], candidates[start:stop], rows, local, vectors)
        parts.append(ordered(candidates[start:stop], part, k))
        # Neighbouring points share candidates: as many points as fit in the memory of one group.
        step = max(int((stop - start) * min(_TOGETHER / max(len(rows), 1), 4)), 1)
        start = max(stop, 1)
    found = np.vstack([p.rows for p in parts])
    return Nearest(found, np.where(found == NOBODY, np.nan, np.vstack([p.similarities for p in parts])))


def _compared(
    points: np.ndarray, candidates: np.ndarray, rows: np.ndarray, local: np.ndarray, vectors: Vectors
) -> np.ndarray:
    nobody = candidates == NOBODY
    near = vectors.points(np.maximum(rows, 0))
    if len(points) == 1:
        similarities = (near @ points[0])[local.reshape(candidates.shape)]
    else:
        faiss = faiss_library()

        points = np.ascontiguousarray(points, np.float32)
        who = np.repeat(np.arange(len(points)), candidates.shape[1])
        there = np.ascontiguousarray(local.ravel(), np.int64)
        out = np.empty(len(who), np.float32)
        pointer = faiss.swig_ptr
        with faiss_threads():
            faiss.pairwise_indexed_inner_product(
                points.shape[1], len(out), pointer(points), pointer(who), pointer(near), pointer(there), pointer(out)
            )
        similarities = out.reshape(candidates.shape)
    return np.where(nobody, np.float32(-np.inf), similarities)
