"""A corpus in memory: its recordings, and what it says about each part of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus.columns import FILE, KNOWN_COLUMNS
from emoanalytics.audio.corpus.description import description
from emoanalytics.audio.corpus.mapping import Mapping, Problem
from emoanalytics.audio.corpus.values import plain_values
from emoanalytics.audio.segments import Segment
from emoanalytics.errors import CorpusError
from emoanalytics.labels import Language

# The end of a segment that runs to the end of its recording, before the recording's length is known (116 days).
TO_END_S = 1e7


@dataclass(frozen=True, eq=False)
class Recording:
    """One channel of one file, with what the corpus says about it.

    Attributes:
        file: POSIX path relative to the corpus folder (absolute where it lies outside).
        path: absolute path.
        channel: the channel the manifest names, or None.
        said: what each row of the manifest says: the segment it is about (None: the whole file; an end at
            `TO_END_S` means the end of the recording) and its metadata as plain values, None where missing.
    """

    file: str
    path: Path
    channel: str | None
    said: tuple[tuple[Segment | None, dict[str, Any]], ...] = ()

    @property
    def given(self) -> tuple[Segment, ...]:
        """The segments the manifest gives, in order."""
        return tuple(segment for segment, _ in self.said if segment is not None)


@dataclass(frozen=True, eq=False)
class Corpus:
    """Recordings and what is known about them.

    Attributes:
        root: the folder that ``file`` is relative to.
        table: one row a segment (or whole file), sorted by file, channel, start, end: the columns of
            `emoanalytics.audio.corpus.columns.KNOWN_COLUMNS`, then the corpus's own. Text is str or None,
            ``recorded_at`` is datetime64[us, UTC].
        mapping: how it was read.
        problems: what could not be used.
    """

    root: Path
    table: pd.DataFrame
    mapping: Mapping
    problems: tuple[Problem, ...] = ()

    def __post_init__(self) -> None:
        if tuple(self.table.columns[: len(KNOWN_COLUMNS)]) != KNOWN_COLUMNS:
            raise CorpusError(f"a corpus table starts with the columns {', '.join(KNOWN_COLUMNS)}")

    def recordings(self) -> list[Recording]:
        """Every channel of every file, sorted by file and channel."""
        if self.table.empty:
            return []
        files, channels = self.table[FILE].to_numpy(), self.table["channel"].to_numpy()
        starts, ends = self.table["start_s"].tolist(), self.table["end_s"].tolist()
        first = np.flatnonzero([True, *((files[1:] != files[:-1]) | (channels[1:] != channels[:-1]))]).tolist()
        metadata = _plain_records(self.table.drop(columns=[FILE, "channel", "start_s", "end_s"]))
        segments = [
            None if isnan(start) else Segment(start, TO_END_S if isnan(end) else end)
            for start, end in zip(starts, ends, strict=True)
        ]
        return [
            Recording(
                files[low],
                self.root / files[low],
                channels[low],
                tuple(zip(segments[low:high], metadata[low:high], strict=True)),
            )
            for low, high in zip(first, [*first[1:], len(files)], strict=True)
        ]

    def describe(self, language: Language | str = Language.EN) -> str:
        """How the corpus was read, in words and counts: to be shown before it is used."""
        lines = description(self.root, self.table, self.mapping, self.problems, Language(language))
        return "\n".join(lines)


def metadata_of(recording: Recording, segment: Segment | None) -> dict[str, Any]:
    """What the corpus says about a segment of a recording.

    The row whose given segment overlaps it by more than half of its length (the largest overlap, then the
    shortest row); else the rows about the whole file; else what all rows agree on. Missing values are None.

    Args:
        recording: a recording of a corpus.
        segment: a span of it; None: the whole recording.
    """
    if not recording.said:
        return {}
    if segment is not None and (about := [(given, said) for given, said in recording.said if given is not None]):
        overlap, _, best = max(
            ((segment.overlap_s(given), -given.duration_s, said) for given, said in about), key=lambda row: row[:2]
        )
        if overlap > segment.duration_s / 2:
            return dict(best)
    rows = [said for given, said in recording.said if given is None] or [said for _, said in recording.said]
    return {k: v if all(r[k] == v for r in rows[1:]) else None for k, v in rows[0].items()}


def _plain_records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The metadata of every row as plain Python values."""
    columns = [str(c) for c in rows.columns]
    plain = [plain_values(rows[c]) for c in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*plain, strict=True)]
