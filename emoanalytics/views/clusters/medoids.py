"""The clips that stand for a cluster: nearest its centre, from different voices where there are several."""

from __future__ import annotations

import numpy as np

from emoanalytics.neighbours.vectors import Vectors

_BLOCK = 8192


def medoids(vectors: Vectors, rows: np.ndarray, contents: np.ndarray, most: int) -> np.ndarray:
    """Row numbers nearest the centre (mean) of these rows: the nearest of each voice first, then the next of each.

    Args:
        vectors: the points.
        rows: (m,) row numbers of the cluster.
        contents: (n,) a number for each row's audio: of identical clips one is enough.
        most: how many, at most.
    """
    blocks = [rows[i : i + _BLOCK] for i in range(0, len(rows), _BLOCK)]
    centre = np.sum([vectors.points(b).sum(axis=0, dtype=np.float64) for b in blocks], axis=0)
    similarity = np.concatenate([vectors.points(b) @ centre for b in blocks])
    turns: dict[int, int] = {}
    seen: set[int] = set()
    order: list[tuple[int, int, int]] = []
    for place, i in enumerate(np.lexsort((rows, -np.round(similarity, 9)))):
        row = int(rows[i])
        if int(contents[row]) in seen:
            continue
        seen.add(int(contents[row]))
        speaker = int(vectors.speakers[row])
        turns[speaker] = turns.get(speaker, 0) + 1
        order.append((turns[speaker], place, row))
    return np.array([row for _, _, row in sorted(order)[:most]], np.int64)
