"""The known columns, the names people give them, and a manifest's columns read as the known ones.

`conform` says how it read every column; whether the files exist is no question of this file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus.mapping import Problem
from emoanalytics.audio.corpus.values import (
    are_emotions,
    as_column,
    as_text,
    bare_label,
    object_array,
    parse_channels,
    parse_dates,
    parse_times,
    user_values,
)
from emoanalytics.labels import parse_emotion
from emoanalytics.notes import Note

# The known columns in their order, and the names by which people call them; an earlier name wins over a later.
FILE = "file"
ALIASES: dict[str, tuple[str, ...]] = {
    FILE: (
        *("file", "path", "audio_filepath", "file_name", "filename", "wav", "source", "audio"),
        *("audio_path", "audio_file", "filepath", "file_path", "wav_path"),
    ),
    "start_s": ("start", "start_s", "start_time", "onset", "offset"),
    "end_s": ("end", "end_s", "end_time"),
    "channel": ("channel",),
    "speaker": ("speaker", "speaker_id", "spk", "spk_id", "utt2spk", "client_id"),
    "session": ("session", "session_id"),
    "recorded_at": ("recorded_at", "datetime", "recording_date", "date"),
    "role": ("role",),
    "language": ("language", "lang", "locale", "text_language"),
    "emotion_given": ("emotion", "emo", "emotion_label", "emotion_given", "emo_target"),
    "text": ("text", "transcript", "transcription", "sentence"),
}
KNOWN_COLUMNS: tuple[str, ...] = tuple(ALIASES)
TEXT_COLUMNS: tuple[str, ...] = ("channel", "speaker", "session", "role", "language", "emotion_given", "text")

# Names of the store's own columns, and of all that hold scores: a column of the corpus that bears one is renamed.
_SCORE_PREFIX = "score_"
RESERVED: frozenset[str] = frozenset(
    {
        *KNOWN_COLUMNS,
        *("segment_id", "content_id", "corpus", "source_rate_hz", "flags", "row", "_row_number"),
        *("silence_share", "clipped_share", "level_dbfs", "snr_db", "bandwidth_hz"),
        *("music_likeness", "voices_likeness", "non_finite_share", "embedding", "n_frames"),
    }
)


def folded(name: str) -> str:
    """A column name as aliases are compared: ``Speaker ID`` and ``speaker-id`` are ``speaker_id``."""
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def file_column(names: Iterable[str]) -> str | None:
    """The column that names the audio file, or None.

    >>> file_column(["Emotion", "File Name"])
    'File Name'
    """
    by_folded = {folded(n): n for n in reversed(list(names))}
    return next((by_folded[a] for a in ALIASES[FILE] if a in by_folded), None)


@dataclass(frozen=True)
class Conformed:
    """A sheet's columns as the known ones.

    Attributes:
        table: the known columns that the sheet gives, then its other columns.
        columns: the sheet's column -> the known column it became.
        kept: the sheet's other columns -> their name in the table.
        labels: a label as given -> as kept in ``emotion_given``.
        rows: ``(n,)`` row numbers as given.
        keep: ``(n,)`` bool, false where a row cannot be used (the problem says why).
    """

    table: pd.DataFrame
    columns: dict[str, str]
    kept: dict[str, str]
    labels: dict[str, str]
    rows: np.ndarray
    keep: np.ndarray
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


@dataclass
class _Desk:
    """What is gathered while the columns of one sheet are read."""

    frame: pd.DataFrame
    rows: np.ndarray
    files: np.ndarray
    columns: dict[str, str] = field(default_factory=dict)
    table: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    keep: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))

    def complain(self, wrong: np.ndarray, reason: Callable[[int], str], *, drop: bool) -> None:
        for i in np.flatnonzero(wrong & self.keep):
            row = int(self.rows[i]) if self.rows[i] >= 0 else None
            self.problems.append(Problem(self.files[i] or "", row, reason(int(i))))
        if drop:
            self.keep = self.keep & ~wrong

    def take(self, known: str, aliases: Sequence[str]) -> str | None:
        """The sheet's column for a known one, marked as used."""
        by_folded = {folded(str(c)): str(c) for c in reversed(list(self.frame.columns))}
        name = next((by_folded[a] for a in aliases if a in by_folded and by_folded[a] not in self.columns), None)
        if name is not None:
            self.columns[name] = known
        return name


def conform(
    frame: pd.DataFrame,
    rows: np.ndarray,
    files: Sequence[str] | np.ndarray | None = None,
    *,
    typed: bool = False,
) -> Conformed:
    """Read a sheet's columns as the known ones; any other column is kept.

    Args:
        frame: raw columns by the names the manifest (or a filename template) gives them.
        rows: ``(n,)`` row numbers for problems; -1 for none.
        files: names for problems; by default the column of files.
        typed: the values have types of their own (JSON, Parquet), so text that looks like a number is text.
    """
    frame = frame.reset_index(drop=True)
    desk = _Desk(frame, rows, np.empty(0, object), keep=np.ones(len(frame), bool))
    name = desk.take(FILE, ALIASES[FILE])
    if name is not None:
        desk.table[FILE] = as_text(frame[name], strip=False)
    desk.files = (
        np.asarray(files, dtype=object) if files is not None else desk.table.get(FILE, object_array([""] * len(frame)))
    )
    if name is not None:
        empty = np.array([f is None or not f.strip() for f in desk.table[FILE]], bool)
        desk.complain(empty, lambda i: "the file name is empty", drop=True)
    _conform_times(desk)
    _conform_channel(desk)
    _conform_dates(desk)
    for known in ("speaker", "session", "role", "language", "text"):
        column = desk.take(known, (*ALIASES[known], *(("target",) if known == "text" and _is_funasr(frame) else ())))
        if column is not None:
            values = as_text(frame[column], strip=known != "text")
            desk.table[known] = object_array([None if v is None else bare_label(v) for v in values])
    _conform_emotion(desk)
    kept = _keep_others(desk, typed)
    ordered = [c for c in KNOWN_COLUMNS if c in desk.table] + list(kept.values())
    table = pd.DataFrame({c: as_column(desk.table[c]) for c in ordered}, index=range(len(frame)))
    return Conformed(table, desk.columns, kept, desk.labels, rows, desk.keep, tuple(desk.notes), tuple(desk.problems))


def _is_funasr(frame: pd.DataFrame) -> bool:
    return {"key", "source", "target"} <= {folded(str(c)) for c in frame.columns}


def _conform_times(desk: _Desk) -> None:
    names = {folded(str(c)) for c in desk.frame.columns}
    # A sound event table calls its pair "onset, offset": there the offset is the end.
    starts = tuple(a for a in ALIASES["start_s"] if not (a == "offset" and "onset" in names))
    ends = (*ALIASES["end_s"], *(("offset",) if "onset" in names else ()))
    start_name, end_name = desk.take("start_s", starts), desk.take("end_s", ends)
    length_name = desk.take("end_s", ("duration",)) if start_name and not end_name else None
    if not (start_name or end_name):
        if "duration" in names:
            desk.notes.append(
                Note(
                    "duration without offset is the length of the file, not a cut: kept as a column",
                    "只有 duration 没有 offset：视为文件长度，不作切分，保留为一列",
                )
            )
        return
    read: dict[str, np.ndarray] = {}
    for column in filter(None, (start_name, end_name, length_name)):
        seconds, wrong = parse_times(desk.frame[column])
        cells = desk.frame[column]
        desk.complain(wrong, lambda i, c=column, v=cells: f"{c} {v.iloc[i]!r} is not a time", drop=True)  # type: ignore[misc]
        read[column] = seconds
    start = read[start_name] if start_name else np.full(len(desk.frame), np.nan)
    end = read[end_name] if end_name else np.full(len(desk.frame), np.nan)
    if length_name:
        end = np.where(np.isnan(start), 0.0, start) + read[length_name]
    start = np.where(np.isnan(start) & ~np.isnan(end), 0.0, start)
    desk.complain(start < 0, lambda i: f"the segment starts at {start[i]:g} s, before the recording", drop=True)
    desk.complain(
        end <= start, lambda i: f"the segment ends at {end[i]:g} s, not after its start at {start[i]:g} s", drop=True
    )
    # From 0 to the unsaid end is the whole file.
    start = np.where((start == 0) & np.isnan(end), np.nan, start)
    desk.table["start_s"], desk.table["end_s"] = start, end


def _conform_channel(desk: _Desk) -> None:
    column = desk.take("channel", ALIASES["channel"])
    if column is None:
        return
    names, wrong, note = parse_channels(desk.frame[column])
    cells = desk.frame[column]
    desk.complain(wrong, lambda i: f"channel {cells.iloc[i]!r} is not a number, left, right or mix", drop=True)
    desk.table["channel"] = names
    desk.notes += [note] if note else []


def _conform_dates(desk: _Desk) -> None:
    column = desk.take("recorded_at", ALIASES["recorded_at"])
    if column is None:
        return
    moments, wrong, notes = parse_dates(desk.frame[column])
    cells = desk.frame[column]
    desk.complain(
        wrong, lambda i: f"{column} {cells.iloc[i]!r} is not an ISO 8601 date or time: left empty", drop=False
    )
    desk.table["recorded_at"] = moments
    desk.notes += notes


def _conform_emotion(desk: _Desk) -> None:
    column = desk.take("emotion_given", ALIASES["emotion_given"])
    if column is None:
        column = desk.take("emotion_given", ("label",))
        if column is not None and not are_emotions(t for t in as_text(desk.frame[column]) if t is not None):
            del desk.columns[column]
            desk.notes.append(
                Note(
                    f"the values of {column} are no emotions: kept as a column",
                    f"{column} 的值不是情感标签，保留为一列",
                )
            )
            return
    if column is None:
        return
    given = as_text(desk.frame[column])
    desk.labels = {
        label: parse_emotion(bare_label(label)) or label for label in sorted({g for g in given if g is not None})
    }
    desk.table["emotion_given"] = object_array([None if g is None else desk.labels[g] for g in given])


def _keep_others(desk: _Desk, typed: bool) -> dict[str, str]:
    kept: dict[str, str] = {}
    taken = {c.lower() for c in RESERVED}
    for column in map(str, desk.frame.columns):
        if column in desk.columns:
            continue
        name = f"user_{column}" if column.lower().startswith(_SCORE_PREFIX) else column
        while name.lower() in taken:  # SQL does not tell upper case from lower
            name += "_"
        taken.add(name.lower())
        kept[column] = name
        desk.table[name] = user_values(desk.frame[column], typed=typed)
        if name != column:
            desk.notes.append(
                Note(
                    f"column {column} is kept as {name}: the name is taken",
                    f"列 {column} 与已有列名冲突，保留为 {name}",
                )
            )
    return kept
