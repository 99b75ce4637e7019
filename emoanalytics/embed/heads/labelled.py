"""Labelled: embeddings with a label and a group a row, checked, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emoanalytics.errors import HeadError

MIN_ROWS = 10


@dataclass(frozen=True)
class Labelled:
    """Rows to fit a head on.

    Attributes:
        x: (n, d) float64 embeddings.
        y: (n,) class numbers, -1 where the label is missing.
        g: (n,) group numbers, -1 where the group is missing.
        classes: names of the classes, sorted.
        groups: names of the groups, sorted.
    """

    x: np.ndarray
    y: np.ndarray
    g: np.ndarray
    classes: tuple[str, ...]
    groups: tuple[str, ...]

    @classmethod
    def of(
        cls, embeddings: np.ndarray, labels: Sequence[Any] | np.ndarray, groups: Sequence[Any] | np.ndarray
    ) -> Labelled:
        """Check and number rows; labels of which no row has a group are not among the classes.

        Raises:
            HeadError: shapes disagree, a value is not finite, or there are too few rows, labels or groups.
        """
        x = np.asarray(embeddings, dtype=np.float64)
        if x.ndim != 2 or len(labels) != len(x) or len(groups) != len(x):
            raise HeadError(
                f"a fit needs one label and one group a row; got embeddings {x.shape}, "
                f"{len(labels)} labels and {len(groups)} groups"
            )
        if not np.isfinite(x).all():
            row = int(np.flatnonzero(~np.isfinite(x).all(axis=1))[0])
            raise HeadError(f"row {row}: the embedding is not finite")
        (y, classes), (g, names) = _numbered(labels), _numbered(groups)
        used = (y >= 0) & (g >= 0)
        present = np.unique(y[used])
        if used.sum() < MIN_ROWS:
            raise HeadError(
                f"a fit needs at least {MIN_ROWS} rows with a label and a group, got {used.sum()} of {len(x)}"
            )
        if len(present) < 2:
            raise HeadError(f"a fit needs at least 2 different labels, got only {classes[present[0]]!r}")
        if len(np.unique(g[used])) < 2:
            raise HeadError(
                f"a fit needs labelled rows of at least 2 groups (speakers), got only {names[g[used][0]]!r}: "
                "with one speaker nothing can be said about voices the head has not heard"
            )
        number = np.full(len(classes) + 1, -1, dtype=np.intp)  # the last entry is for -1, a missing label
        number[present] = np.arange(len(present))
        return cls(x, number[y], g, tuple(classes[i] for i in present), names)

    def where(self, mask: np.ndarray) -> Labelled:
        """The rows of a mask; classes and groups keep their numbers."""
        return replace(self, x=self.x[mask], y=self.y[mask], g=self.g[mask])

    def centred(self) -> Labelled:
        """Each group's mean embedding, over its rows with and without a label, subtracted from its rows."""
        return replace(self, x=centred(self.x, self.g))

    @property
    def used(self) -> np.ndarray:
        """(n,) bool: rows with a label and a group."""
        return (self.y >= 0) & (self.g >= 0)


def _numbered(values: Sequence[Any] | np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Values as numbers into their sorted names; -1 for missing ones (None, NaN, empty)."""
    import pandas as pd

    texts = [None if pd.isna(value) or not str(value).strip() else str(value).strip() for value in values]
    names = sorted({text for text in texts if text is not None})
    place = {name: i for i, name in enumerate(names)}
    return np.array([-1 if text is None else place[text] for text in texts], dtype=np.intp), tuple(names)


def centred(embeddings: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(n, d) embeddings minus the mean of their group; rows of group -1 (no group) stay as they are.

    >>> centred(np.array([[1.0], [3.0], [5.0]]), np.array([0, 0, -1])).ravel().tolist()
    [-1.0, 1.0, 5.0]
    """
    x = np.array(embeddings, dtype=np.float64)
    for group in np.unique(groups[groups >= 0]):
        x[groups == group] -= embeddings[groups == group].mean(axis=0, dtype=np.float64)
    return x
