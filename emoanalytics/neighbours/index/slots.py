"""Which row stands in which slot of an engine, and where it was placed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emoanalytics.neighbours.vectors import Vectors
from emoanalytics.store.derived import Derivation

FURTHEST = 0.05  # sine of the angle by which a point may move before its row is placed again
_PAIRS = 8192  # pairs of centres subtracted at once
_NAMES = ("slots", "centre", "centres")


@dataclass(frozen=True)
class Slots:
    """Which row stands in each slot, and the centre that was subtracted from it when it was put there.

    One clip more moves the centre of its speaker, and by that every clip of the speaker. As candidates are compared in
    full where they are now, a row whose point moved little can stay where it was put; the others leave their slots,
    which nothing can take out of an HNSW graph, and get new ones.

    Attributes:
        rows: (slots,) int64 row numbers; -1: the row is gone, or has another slot.
        centre: (slots,) int32 which of ``centres``.
        centres: (m, d) float32; one of zeros in the raw space.
    """

    rows: np.ndarray
    centre: np.ndarray
    centres: np.ndarray

    @classmethod
    def of(cls, vectors: Vectors, rows: np.ndarray) -> Slots:
        """These rows as they lie now."""
        means, number = _subtracted(vectors)
        used, centre = np.unique(number[rows], return_inverse=True)
        return cls(np.asarray(rows, np.int64), centre.astype(np.int32), means[used])

    def __post_init__(self) -> None:
        if self.rows.ndim != 1 or self.rows.shape != self.centre.shape or self.centres.ndim != 2:
            raise ValueError("its slots do not belong together")
        if self.rows.min(initial=0) < -1 or not 0 <= self.centre.max(initial=0) < max(len(self.centres), 1):
            raise ValueError("its slots have no rows or centres")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def gone(self) -> int:
        """Slots whose row is not there any more."""
        return int((self.rows < 0).sum())

    def now(self, ids: pd.Index, vectors: Vectors) -> Slots:
        """The slots after a store changed: without the rows that are gone or have moved.

        Args:
            ids: (n,) of the rows as they were.
            vectors: the points now.

        Raises:
            ValueError: there are slots of more rows than there were.
        """
        if self.rows.max(initial=-1) >= len(ids):
            raise ValueError("its slots have no ids")
        place = vectors.ids.get_indexer(ids)
        rows = np.where(self.rows >= 0, place[self.rows], -1)
        alive = np.flatnonzero(rows >= 0)
        rows[alive[self._moved(alive, rows[alive], vectors)]] = -1
        return Slots(rows, self.centre, self.centres)

    def and_then(self, vectors: Vectors, rows: np.ndarray) -> Slots:
        """These slots and one more for each of some rows; centres that no row was placed by are left out."""
        alive = self.rows >= 0
        used, centre = np.unique(self.centre[alive], return_inverse=True)
        kept = np.zeros(len(self), np.int32)
        kept[alive] = centre
        more = Slots.of(vectors, rows)
        return Slots(
            np.concatenate([self.rows, more.rows]),
            np.concatenate([kept, more.centre + np.int32(len(used))]),
            np.concatenate([self.centres[used], more.centres]),
        )

    def _moved(self, slots: np.ndarray, rows: np.ndarray, vectors: Vectors) -> np.ndarray:
        """(m,) bool: whether the row that a slot holds lies elsewhere now."""
        means, number = _subtracted(vectors)
        pairs, which = np.unique(self.centre[slots].astype(np.int64) * len(means) + number[rows], return_inverse=True)
        was, now = np.divmod(pairs, len(means))
        apart = np.zeros(len(pairs))
        for start in range(0, len(pairs), _PAIRS):
            some = slice(start, start + _PAIRS)
            apart[some] = np.linalg.norm(self.centres[was[some]].astype(np.float64) - means[now[some]], axis=1)
        if not apart.any():
            return np.zeros(len(slots), bool)
        scales = vectors.scales[rows]
        # A point without direction had one if anything else was subtracted.
        return np.where(scales > 0, apart[which] * scales > FURTHEST, apart[which] > 0)

    def save(self, folder: Path) -> None:
        """Write them into a folder."""
        for name, array in zip(_NAMES, (self.rows, self.centre, self.centres), strict=True):
            np.save(folder / f"{name}.npy", array)

    @classmethod
    def read(cls, kept: Derivation) -> Slots:
        """Read them.

        Raises:
            DamagedStoreError: a file is missing or cannot be read.
            ValueError: they do not belong together.
        """
        return cls(*(kept.array(name) for name in _NAMES))


def _subtracted(vectors: Vectors) -> tuple[np.ndarray, np.ndarray]:
    """(m, d) centres and (n,) which of them each row loses."""
    if vectors.centres is None:
        return np.zeros((1, vectors.dim), np.float32), np.zeros(len(vectors), np.int32)
    means = vectors.centres.means
    return means, np.where(vectors.speakers < 0, len(means) - 1, vectors.speakers).astype(np.int32)
