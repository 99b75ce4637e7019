"""Tables: CSV with any separator, JSON lines, Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emoanalytics.audio.corpus.columns import file_column
from emoanalytics.audio.corpus.manifests.encodings import encoding_notes, read_text
from emoanalytics.audio.corpus.manifests.sheets import Sheet
from emoanalytics.audio.corpus.mapping import Kind, Problem
from emoanalytics.audio.corpus.values import as_column, object_array
from emoanalytics.errors import CorpusError
from emoanalytics.notes import Note

SEPARATORS: dict[str, str] = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}


def read_csv(path: Path) -> Sheet:
    """A table with a header row; the separator is found among comma, tab, semicolon and bar.

    All values stay text. A row with more values than the header has names is a `Problem`; blank rows are skipped.

    Raises:
        CorpusError: empty, or not text in a known encoding.
    """
    text, encoding = read_text(path)
    separator = _separator(text)
    notes = list(encoding_notes(encoding))
    try:
        numbered, as_written = _records(text, separator)
    except csv.Error as error:
        raise CorpusError(f"{path}: not a table that can be read ({error})") from error
    if as_written:
        notes.append(Note("quotation marks are unbalanced: read as they stand", "引号不成对，按原样读取"))
    if not numbered:
        raise CorpusError(f"{path}: the table is empty")
    if separator != ",":
        notes.append(Note(f"separated by {SEPARATORS[separator]}", f"分隔符：{separator!r}"))
    header, more = _header(numbered[0][1])
    notes += more
    width = len(header)
    rows: list[int] = []
    values: list[list[str]] = []
    problems: list[Problem] = []
    short = 0
    for row, record in numbered[1:]:
        if len(record) > width and any(record[width:]):
            problems.append(Problem(record[0], row, f"{len(record)} values where the header names {width} columns"))
            continue
        short += len(record) < width
        rows.append(row)
        values.append((record + [""] * (width - len(record)))[:width])
    if short:
        notes.append(
            Note(f"{short} rows are shorter than the header: the rest is empty", f"{short} 行的列数不足，按空值处理")
        )
    frame = pd.DataFrame(values, columns=header, dtype=object)
    kind = Kind.TSV if separator == "\t" else Kind.CSV
    return Sheet(kind, path, frame, np.array(rows, np.int64), tuple(notes), tuple(problems))


def _separator(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")[:10_000]
    split = {s: next(csv.reader([first], delimiter=s), []) for s in SEPARATORS}
    return max(split, key=lambda s: (file_column(split[s]) is not None, len(split[s])))


def _records(text: str, separator: str) -> tuple[list[tuple[int, list[str]]], bool]:
    """The records that are not blank, numbered from 1, and whether quotation marks had to be taken as they stand."""

    def parse(**options: Any) -> list[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, **options)
        return [(row, record) for row, record in enumerate(reader, start=1) if any(record)]

    try:
        return parse(strict=True), False
    except csv.Error:
        # Common Voice and others write tables without quoting: one stray mark would swallow rows.
        return parse(quoting=csv.QUOTE_NONE), True


def _header(names: Sequence[str]) -> tuple[list[str], list[Note]]:
    """Column names made present and unique."""
    header: list[str] = []
    notes: list[Note] = []
    for position, given in enumerate(names, start=1):
        name = given.strip() or f"column_{position}"
        while name in header:
            name += "_"
        if name != given.strip():
            notes.append(
                Note(f"column {position} ({given!r}) is called {name}", f"第 {position} 列（{given!r}）命名为 {name}")
            )
        header.append(name)
    return header, notes


def read_jsonl(path: Path) -> Sheet:
    """JSON lines, one object a line (NeMo, FunASR, EmoBox, Hugging Face), or one JSON array of objects.

    A line that is no JSON object is a `Problem`.

    Raises:
        CorpusError: no line is a JSON object.
    """
    text, encoding = read_text(path)
    rows: list[int] = []
    objects: list[dict[str, Any]] = []
    problems: list[Problem] = []
    if text.lstrip().startswith("["):
        try:
            entries = list(enumerate(json.loads(text), start=1))
        except ValueError as error:
            raise CorpusError(f"{path}: no valid JSON ({error})") from error
    else:
        entries = [(row, line) for row, line in enumerate(text.split("\n"), start=1) if line.strip()]
    for row, entry in entries:
        try:
            value = json.loads(entry) if isinstance(entry, str) else entry
        except ValueError as error:
            problems.append(Problem(path.name, row, f"no valid JSON ({error})"))
            continue
        if not isinstance(value, dict):
            problems.append(Problem(path.name, row, "not a JSON object"))
            continue
        rows.append(row)
        objects.append({str(k): _flat(v) for k, v in value.items()})
    if not objects:
        first = f" (row {problems[0].row}: {problems[0].reason})" if problems else ""
        raise CorpusError(f"{path}: no line is a JSON object{first}")
    header = list(dict.fromkeys(k for o in objects for k in o))
    frame = pd.DataFrame({k: as_column(object_array([o.get(k) for o in objects])) for k in header})
    notes = encoding_notes(encoding)
    return Sheet(Kind.JSONL, path, frame, np.array(rows, np.int64), notes, tuple(problems))


def _flat(value: Any) -> Any:
    """Nested values become JSON text; Hugging Face's ``{"path": ..., "bytes": ...}`` becomes its path."""
    if isinstance(value, dict) and "path" in value:
        return value["path"]
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def read_parquet(path: Path) -> Sheet:
    """A Parquet table; audio bytes inside it (Hugging Face) are not loaded.

    Raises:
        CorpusError: not a Parquet file, or damaged.
    """
    try:
        schema = pq.read_schema(path)
        wanted = [
            f"{f.name}.path" if pa.types.is_struct(f.type) and f.type.get_field_index("path") >= 0 else f.name
            for f in schema
            if not f.name.startswith("__index_level_")
        ]
        table = pq.read_table(path, columns=wanted)
    except pa.ArrowInvalid as error:
        raise CorpusError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from error
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_struct(column.type):
            column = pa.chunked_array([pa.compute.struct_field(c, "path") for c in column.chunks], pa.string())
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        values = column.to_pandas(integer_object_nulls=True, date_as_object=False)
        if pa.types.is_nested(column.type):
            values = as_column(object_array([None if v is None else json.dumps(list(v), default=str) for v in values]))
        columns[str(name)] = values.reset_index(drop=True)
    frame = pd.DataFrame(columns)
    return Sheet(Kind.PARQUET, path, frame, np.arange(1, len(frame) + 1, dtype=np.int64))
