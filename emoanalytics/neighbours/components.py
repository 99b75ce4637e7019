"""Fewer numbers a point: leading components, for finding candidates that are then compared in full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emoanalytics.neighbours.vectors import Vectors

_SAMPLE = 20_000  # rows the components are learnt from
_SIZES = (31, 63, 127, 255)  # one coordinate more makes them whole vector registers
_ENOUGH = 0.9  # of the variance; what is left out costs candidates, not correctness


@dataclass(frozen=True)
class Components:
    """The directions that keep most of the points' inner products, and what each point has outside them.

    The eigenvectors of the matrix of second moments (not of the covariance: the mean takes part in every inner
    product), so that products of coordinates are the best possible of their rank (Eckart and Young 1936).

    One more coordinate, ``sqrt(1 - |coordinates|^2)`` for a row and 0 for a query, makes the Euclidean order that
    an index works with the order of those products (Bachrach et al. 2014, RecSys 257), also for points of length 0.

    Attributes:
        matrix: (d, m) float32, orthonormal columns.
        kept: share of the variance they keep, 0 to 1.
    """

    matrix: np.ndarray
    kept: float

    @classmethod
    def of(cls, vectors: Vectors, *, seed: int) -> Components:
        """Learn them from rows drawn at random."""
        n, dim = len(vectors), vectors.dim
        if not n:
            return cls(np.zeros((dim, 0), np.float32), 0.0)
        rng = np.random.default_rng(seed)
        sample = vectors.points(np.sort(rng.choice(n, min(n, _SAMPLE), replace=False)))
        moments = (sample.T @ sample).astype(np.float64) / len(sample)
        values, directions = np.linalg.eigh(moments)
        values, directions = np.maximum(values[::-1], 0), directions[:, ::-1]
        mean = sample.mean(axis=0, dtype=np.float64) @ directions
        variances = np.maximum(values - mean**2, 0)
        share = np.cumsum(variances) / max(float(variances.sum()), np.finfo(float).tiny)
        size = next((m for m in _SIZES if m < dim and share[m - 1] >= _ENOUGH), min(_SIZES[-1], dim))
        return cls(np.ascontiguousarray(directions[:, :size], dtype=np.float32), float(share[size - 1]))

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.shape[1] > self.matrix.shape[0]:
            raise ValueError(f"components must be (d, m) with m <= d, not {self.matrix.shape}")

    @property
    def size(self) -> int:
        """Numbers of a coordinate vector: one more than there are components."""
        return int(self.matrix.shape[1]) + 1

    def of_rows(self, points: np.ndarray) -> np.ndarray:
        """(q, size) float32 coordinates of rows to be found."""
        coordinates = self.of_queries(points)
        inside = np.einsum("ij,ij->i", coordinates, coordinates)
        coordinates[:, -1] = np.sqrt(np.maximum(1 - inside, 0))
        return coordinates

    def of_queries(self, points: np.ndarray) -> np.ndarray:
        """(q, size) float32 coordinates of points that look for rows."""
        coordinates = np.zeros((len(points), self.size), np.float32)
        np.matmul(points, self.matrix, out=coordinates[:, :-1])
        return coordinates
