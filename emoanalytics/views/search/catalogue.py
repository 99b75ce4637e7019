"""What a result says about a row, read once for many searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from emoanalytics.errors import StoreError
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.store.scores import score_columns, winners

_TEXTS = ("segment_id", "corpus", "file", "speaker", "session", "emotion_given")


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The rows of a geometry, in its order.

    Attributes:
        texts: (n,) of each of segment_id, corpus, file, speaker, session and emotion_given; None where missing.
        start_s: (n,) where each segment starts in its recording, in seconds.
        end_s: (n,) where it ends.
        emotions: (n,) label with the highest model score over all labels of the head; None where there is no score.
        scores: (n,) float64 that score; NaN where there is none.
    """

    texts: Mapping[str, np.ndarray]
    start_s: np.ndarray
    end_s: np.ndarray
    emotions: np.ndarray
    scores: np.ndarray

    @classmethod
    def of(cls, geometry: Geometry) -> Catalogue:
        """Read it.

        Raises:
            StoreError: the store was written to since the geometry read it.
        """
        names = score_columns(geometry.store.info.labels)
        table = geometry.store.table([*_TEXTS, "start_s", "end_s", *names])
        if not geometry.vectors.ids.equals(pd.Index(table["segment_id"])):
            raise changed(geometry)
        emotions, scores = winners(table[list(names)].to_numpy(np.float64), names)
        return cls(
            texts={name: _texts(table[name]) for name in _TEXTS},
            start_s=table["start_s"].to_numpy(np.float64),
            end_s=table["end_s"].to_numpy(np.float64),
            emotions=emotions,
            scores=scores,
        )

    def __len__(self) -> int:
        return len(self.scores)


def changed(geometry: Geometry) -> StoreError:
    """What to say when rows and geometry are of different times."""
    return StoreError(f"{geometry.store.path} was written to since it was opened: open it again and search once more")


def _texts(column: pd.Series) -> np.ndarray:
    cells = column.to_numpy(dtype=object, copy=True)
    cells[column.isna().to_numpy()] = None
    return cells
