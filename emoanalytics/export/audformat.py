"""A database in audformat: a header ``db.yaml`` that says what each column means, and a table of segments."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from emoanalytics.errors import MissingExtraError
from emoanalytics.export import flat
from emoanalytics.export.result import Progress, Written
from emoanalytics.export.rows import WINNER, Rows
from emoanalytics.labels import BY_ID, EMOTION_IDS
from emoanalytics.notes import Note

_INDEX = ("file", "start_s", "end_s")
_SAYS = {
    "emotion_given": "the label the corpus gives",
    WINNER: "the label with the highest model score",
    "recorded_at": "when it was recorded, in UTC",
    "flags": "quality flags, a JSON list",
    "segment_id": "what the segment is called in the store it comes from",
}


def write_audformat(rows: Rows, folder: Path, progress: Progress) -> Written:
    """Segments by file, start and end; channels of one file, which audformat does not know, in a table each.

    Raises:
        MissingExtraError: audformat is not installed.
    """
    audformat = _package()
    frame_of = flat.lists_as_text(rows.table)
    languages = sorted({str(v) for v in frame_of["language"].to_pylist() if v} & _known(audformat, frame_of))
    database = audformat.Database(
        "emotions",
        usage=audformat.define.Usage.RESTRICTED,
        languages=languages,
        description="Speech segments with model scores; a model score is no probability, and no diagnosis. "
        "The licence of the audio is not known here: ask whoever made the corpus.",
        meta={
            "encoder": str(rows.store.info.encoder.get("name")),
            "head": str(rows.store.info.head),
            "schema": "emoanalytics",
        },
    )
    columns = [c for c in frame_of.column_names if c not in _INDEX]
    for column in columns:
        database.schemes[column] = _scheme(audformat, column, frame_of[column])
    files = frame_of["file"].to_pylist() if rows.redacted else [p.as_posix() for p in rows.audio]
    channels = pd.Series(frame_of["channel"].to_pylist())
    names = sorted(channels.unique())
    for done, channel in enumerate(names, 1):
        kept = channels.index[channels == channel].to_numpy()
        name = "segments" if len(names) == 1 else f"segments-{re.sub(r'[^A-Za-z0-9]+', '-', channel)}"
        part = frame_of.take(pa.array(kept))
        starts, ends = (pd.to_timedelta(part[c].to_pandas(), unit="s") for c in ("start_s", "end_s"))
        index = audformat.segmented_index([files[i] for i in kept], list(starts), list(ends))
        table = database[name] = audformat.Table(index)
        for column in columns:
            table[column] = audformat.Column(scheme_id=column)
            table[column].set(_values(part[column]))
        progress(done, len(names), "tables")
    database.save(str(folder))
    notes = []
    if not rows.redacted:
        notes.append(
            Note(
                "files are named where they lie on this machine: the folder holds no audio",
                "文件名是其在本机上的位置：该文件夹不含音频",
            )
        )
    if len(names) > 1:
        listed = ", ".join(database.tables)
        notes.append(Note(f"one table a channel: {listed}", f"每个声道一张表：{listed}"))
    return Written(("file", "start", "end", *columns), tuple(notes))


def _package() -> Any:
    try:
        return importlib.import_module("audformat")
    except ImportError as error:
        raise MissingExtraError("audformat needs its package: pip install 'emoanalytics[audformat]'") from error


def _known(audformat: Any, table: pa.Table) -> set[str]:
    """The languages that audformat has a name for."""
    known = set()
    for language in {v for v in table["language"].to_pylist() if v}:
        try:
            audformat.utils.map_language(language)
        except ValueError:
            continue
        known.add(language)
    return known


def _scheme(audformat: Any, name: str, values: pa.ChunkedArray) -> Any:
    kinds, kind = audformat.define.DataType, values.type
    says = _SAYS.get(name)
    if name.startswith("score_"):
        return audformat.Scheme(kinds.FLOAT, minimum=0, maximum=1, description="model score")
    if pa.types.is_boolean(kind):
        return audformat.Scheme(kinds.BOOL, description=says)
    if pa.types.is_integer(kind):
        return audformat.Scheme(kinds.INTEGER, description=says)
    if pa.types.is_floating(kind):
        return audformat.Scheme(kinds.FLOAT, description=says)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return audformat.Scheme(kinds.DATE, description=says)
    if name in ("emotion_given", WINNER) and {v for v in values.to_pylist() if v} <= set(BY_ID):
        return audformat.Scheme(labels=list(EMOTION_IDS), description=says)
    return audformat.Scheme(kinds.STRING, description=says)


def _values(column: pa.ChunkedArray) -> Any:
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return pd.Series(column.cast(pa.timestamp("us")).to_pandas())  # audformat knows no zones: it is UTC
    if pa.types.is_integer(column.type):
        return pd.array(column.to_pylist(), dtype="Int64")
    if pa.types.is_boolean(column.type):
        return pd.array(column.to_pylist(), dtype="boolean")
    return column.to_pylist() if not pa.types.is_floating(column.type) else column.to_numpy()
