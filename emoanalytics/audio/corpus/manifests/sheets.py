"""A manifest as it was read, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus.columns import Conformed, conform
from emoanalytics.audio.corpus.mapping import Kind, Problem
from emoanalytics.errors import CorpusError
from emoanalytics.notes import Note


@dataclass(frozen=True)
class Sheet:
    """A manifest as it was read, before its columns are understood.

    Attributes:
        kind: the format.
        source: the manifest file (for Kaldi the ``wav.scp``, for audformat the header).
        frame: raw values, one row an entry.
        rows: ``(n,)`` int64, the row of each entry in ``source`` as a person counts it.
    """

    kind: Kind
    source: Path
    frame: pd.DataFrame
    rows: np.ndarray
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if len(self.frame) != len(self.rows):
            raise CorpusError(f"{self.source}: {len(self.frame)} entries but {len(self.rows)} row numbers")

    def conform(self) -> Conformed:
        """The columns as the known ones, see `conform`."""
        return conform(self.frame, self.rows, typed=self.kind in {Kind.JSONL, Kind.PARQUET})
