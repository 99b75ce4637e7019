"""A corpus in memory: its recordings, and what it says about each part of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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
        rows: the manifest's rows: ``start_s``, ``end_s`` (NaN: the whole file; only the end NaN: to the end), then
            the metadata columns.
        given: the segments the manifest gives, in order; an end at `TO_END_S` means the end of the recording.
    """

    file: str
    path: Path
    channel: str | None
    rows: pd.DataFrame
    given: tuple[Segment, ...]

    @cached_property
    def _records(self) -> list[dict[str, Any]]:
        return _plain_records(self.rows)


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
        rows = self.table.drop(columns=[FILE, "channel"])
        starts, ends = rows["start_s"].to_numpy(), rows["end_s"].to_numpy()
        first = np.flatnonzero([True, *((files[1:] != files[:-1]) | (channels[1:] != channels[:-1]))])
        records = _plain_records(rows)  # at once for all: a small frame costs as much as a large one
        found = []
        for low, high in zip(first, [*first[1:], len(rows)], strict=True):
            given = tuple(
                Segment(float(s), TO_END_S if np.isnan(e) else float(e))
                for s, e in zip(starts[low:high], ends[low:high], strict=True)
                if not np.isnan(s)
            )
            file = files[low]
            recording = Recording(file, self.root / file, channels[low], rows.iloc[low:high], given)
            vars(recording)["_records"] = records[low:high]
            found.append(recording)
        return found

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
    records = recording._records
    if not records:
        return {}
    whole = np.isnan(recording.rows["start_s"].to_numpy())
    if segment is not None and not whole.all():
        spoken = np.flatnonzero(~whole)
        overlaps = [segment.overlap_s(given) for given in recording.given]
        best = min(range(len(spoken)), key=lambda i: (-overlaps[i], recording.given[i].duration_s))
        if overlaps[best] > segment.duration_s / 2:
            return dict(records[spoken[best]])
    said = [records[i] for i in np.flatnonzero(whole)] or records
    return {k: v if all(r[k] == v for r in said[1:]) else None for k, v in said[0].items()}


def _plain_records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The metadata of every row as plain Python values."""
    columns = [str(c) for c in rows.columns if c not in ("start_s", "end_s")]
    plain = [plain_values(rows[c]) for c in columns]
    return [dict(zip(columns, values, strict=True)) for values in zip(*plain, strict=True)]
