"""Ranks among all clips, of a sample of them: in the space and on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from emoanalytics.neighbours.exact import without_own
from emoanalytics.neighbours.vectors import Vectors

EQUAL = 1e-6  # similarities that differ by less are one: rounding differs with how a product is cut into blocks
_BLOCK = 8_192


@dataclass(frozen=True)
class SampleRanks:
    """Whose ranks are wanted.

    Attributes:
        rows: (m,) the clips that rank the others.
        coordinates: (n, dims) of all.
        neighbours: (m, k) their nearest in the space.
        tree: of the coordinates.
        k: how many neighbours.
    """

    rows: np.ndarray
    coordinates: np.ndarray
    neighbours: np.ndarray
    tree: cKDTree
    k: int

    def on_map(self) -> np.ndarray:
        """(m, k) their nearest on the map."""
        found = self.tree.query(self.coordinates[self.rows], self.k + 1)[1]
        return without_own(self.rows, found)[0]


def original_ranks(sample: SampleRanks, vectors: Vectors) -> np.ndarray:
    """(m, k) ranks in the space of the nearest on the map: one more than the clips that are more similar."""
    points = vectors.points(sample.rows)
    limits = similarities(vectors, sample.rows, sample.on_map())
    closer = np.zeros(limits.shape, np.int64)
    for start, block in vectors.blocks(_BLOCK):
        alike = points @ block.T
        _without(alike, sample.rows, start, -np.inf)
        for j in range(sample.k):
            closer[:, j] += np.count_nonzero(alike > limits[:, j, None] + EQUAL, axis=1)
    return closer + 1


def map_ranks(sample: SampleRanks) -> np.ndarray:
    """(m, k) ranks on the map of the nearest in the space: one more than the clips that are nearer."""
    own = sample.coordinates[sample.rows].astype(np.float64)
    there = sample.coordinates.astype(np.float64)
    limits = squares(sample.coordinates, sample.rows, sample.neighbours)
    closer = np.zeros(limits.shape, np.int64)
    for start in range(0, len(there), _BLOCK):
        block = there[start : start + _BLOCK]
        apart = _squares(own[:, None], block[None])
        _without(apart, sample.rows, start, np.inf)
        for j in range(sample.k):
            closer[:, j] += np.count_nonzero(apart < limits[:, j, None], axis=1)
    return closer + 1


def similarities(vectors: Vectors, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(m, k) similarities of rows (m,) and k others of each."""
    points = vectors.points(rows)
    columns = [np.einsum("ij,ij->i", points, vectors.points(other)) for other in others.T]
    return np.stack(columns, axis=1)


def squares(coordinates: np.ndarray, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(m, k) squared distances on the map of rows (m,) and k others of each."""
    return _squares(coordinates[rows].astype(np.float64)[:, None], coordinates[others].astype(np.float64))


def _squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Axis by axis, so that the same pair has the same last digit in every shape."""
    total = (a[..., 0] - b[..., 0]) ** 2
    for axis in range(1, a.shape[-1]):
        total = total + (a[..., axis] - b[..., axis]) ** 2
    return total


def _without(values: np.ndarray, rows: np.ndarray, start: int, farthest: float) -> None:
    """A clip does not rank itself."""
    mine = np.flatnonzero((rows >= start) & (rows < start + values.shape[1]))
    values[mine, rows[mine] - start] = farthest
