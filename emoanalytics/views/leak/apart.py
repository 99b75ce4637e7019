"""The nearest clips of other speakers: what is left of likeness when the same voice does not count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.neighbours.geometry import Geometry

_ASKED = 2000  # clips compared with every other one, where the graph does not reach the other speakers
_PAIRS = 1 << 24  # similarities held at once
_GRAPH_ROWS = 65_536  # rows of the graph looked at at once
_DIGITS = 6  # similarities that agree so far are equal: the earlier row comes first


@dataclass(frozen=True, eq=False)
class Apart:
    """Neighbours of another group than the clip's own.

    Attributes:
        neighbours: (n, k) row numbers, nearest first, -1: none, or the clip was not asked.
        asked: clips that were asked.
        eligible: clips that could have been.
    """

    neighbours: np.ndarray
    asked: int
    eligible: int


def nearest_apart(geometry: Geometry, groups: np.ndarray, counts: np.ndarray, k: int, *, seed: int) -> Apart:
    """The k nearest rows of another group.

    Read from the neighbour graph where it reaches so far; the other clips are compared with every row. Where those
    are more than 2,000, only 2,000 clips, drawn at random, are asked.

    Args:
        geometry: the space.
        groups: (n,) group of each row, -1: none.
        counts: (n,) bool: rows that are asked and counted; those without a group are not.
        k: neighbours a row.
        seed: of the draw.
    """
    counts = counts & (groups >= 0)
    eligible = np.flatnonzero(counts)
    neighbours, full = _from_graph(geometry.graph.rows, groups, counts, k)
    asked = eligible
    if (counts & ~full).sum() > _ASKED:
        asked = np.sort(np.random.default_rng(seed).choice(eligible, _ASKED, replace=False))
    out = np.full((len(groups), k), -1, np.int64)
    out[asked] = neighbours[asked]
    lacking = asked[~full[asked]]
    if len(lacking):
        out[lacking] = _compared(geometry, lacking, groups, counts, k)
    return Apart(out, len(asked), len(eligible))


def _from_graph(rows: np.ndarray, groups: np.ndarray, counts: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) the first k neighbours of another group, and (n,) bool: whether there were k."""
    n = len(rows)
    out, full = np.full((n, k), -1, np.int64), np.zeros(n, dtype=bool)
    for start in range(0, n if rows.shape[1] else 0, _GRAPH_ROWS):
        near = np.asarray(rows[start : start + _GRAPH_ROWS])
        other = counts[near] & (groups[near] != groups[start : start + len(near), None]) & (near >= 0)
        place = np.cumsum(other, axis=1)
        at, column = np.nonzero(other & (place <= k))
        out[start + at, place[at, column] - 1] = near[at, column]
        full[start : start + len(near)] = place[:, -1] >= k
    return out, full


def _compared(geometry: Geometry, asked: np.ndarray, groups: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """(m, k) by comparing these rows with every other."""
    vectors = geometry.vectors
    points = vectors.points(asked)
    best = np.full((len(asked), k), -np.inf, np.float32)
    rows = np.full((len(asked), k), -1, np.int64)
    for start, block in vectors.blocks(max(min(_PAIRS // len(asked), 8192), 256)):
        numbers = np.arange(start, start + len(block))
        similarities = points @ block.T
        out = ~counts[numbers] | (groups[asked][:, None] == groups[numbers])
        similarities[out] = -np.inf
        both = np.hstack([best, similarities])
        of = np.hstack([rows, np.where(out, -1, numbers)])
        order = np.argsort(-np.round(both, _DIGITS), axis=1, kind="stable")[:, :k]
        best, rows = np.take_along_axis(both, order, 1), np.take_along_axis(of, order, 1)
    return rows
