"""Principal components of all points, in one pass and bounded memory: for maps, and for k-means to work in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from emoanalytics.neighbours.vectors import Progress, Vectors

_NOTHING = 1e-10  # of the variance of unit points: what rounding leaves of equal ones
_SAMPLE = 20_000  # rows that suffice to start another layout


@dataclass(frozen=True)
class PrincipalAxes:
    """The directions in which points differ most.

    Attributes:
        mean: (d,) float64 middle of the points.
        axes: (dims, d) float64 of length 1, or zero where the points do not differ in as many directions; the largest
            number of each is positive, so that a map does not flip from one machine to the next.
        explained: (dims,) share of the variance along each, 0..1.
        variance: of all directions together.
    """

    mean: np.ndarray
    axes: np.ndarray
    explained: np.ndarray
    variance: float

    def __post_init__(self) -> None:
        dims, d = self.axes.shape
        if self.mean.shape != (d,) or self.explained.shape != (dims,):
            raise ValueError("an axis is a direction of the space, with the share of the variance along it")

    def project(self, points: np.ndarray) -> np.ndarray:
        """Where points lie along the axes: (m, d) to (m, dims) float32."""
        # One by one a point gets the same last digits as in a block only where the sum is exact beyond float32.
        return ((points.astype(np.float64) - self.mean) @ self.axes.T).astype(np.float32)


def principal_axes(
    vectors: Vectors, dims: int, *, sample: bool = False, progress: Progress | None = None
) -> PrincipalAxes:
    """The leading principal components (Hotelling 1933), from the covariance: exact, memory grows with d squared only.

    Args:
        vectors: the points.
        dims: how many.
        sample: from at most 20,000 rows at equal steps, where only a start is wanted.
        progress: called after each block of rows.
    """
    n, d = len(vectors), vectors.dim
    step = -(-n // _SAMPLE) if sample else 1
    mean, products, seen = np.zeros(d), np.zeros((d, d)), 0
    for start, block in vectors.blocks():
        # -start: the first row of the block that is a multiple of the step, counted from the first of all
        exact = block[-start % step :: step].astype(np.float64)
        mean += exact.sum(axis=0)
        products += exact.T @ exact
        seen += len(exact)
        if progress is not None:
            progress(start + len(block), n, "principal components")
    mean /= max(seen, 1)
    covariance = products / max(seen, 1) - np.outer(mean, mean)
    variance = float(np.trace(covariance))
    found = min(dims, d)
    axes, explained = np.zeros((dims, d)), np.zeros(dims)
    if variance > _NOTHING:
        values, columns = linalg.eigh(covariance, subset_by_index=(d - found, d - 1))
        values, rows = values[::-1], columns.T[::-1]
        rows = rows * np.sign(rows[np.arange(found), np.abs(rows).argmax(axis=1)])[:, None]
        real = values > _NOTHING * variance
        axes[:found], explained[:found] = rows * real[:, None], np.where(real, values, 0) / variance
    return PrincipalAxes(mean, axes, np.clip(explained, 0, 1), max(variance, 0.0))


def alike(found: PrincipalAxes) -> bool:
    """Whether all points are one."""
    return found.variance <= _NOTHING


def projected(vectors: Vectors, found: PrincipalAxes, *, progress: Progress | None = None) -> np.ndarray:
    """All points along the axes: (n, dims) float32."""
    coordinates = np.zeros((len(vectors), len(found.axes)), np.float32)
    for start, block in vectors.blocks():
        coordinates[start : start + len(block)] = found.project(block)
        if progress is not None:
            progress(start + len(block), len(vectors), "projecting")
    return coordinates
