"""Manifests as people have them, read into one table of known columns.

A reader turns a file (CSV, JSON lines, Parquet, audformat, Kaldi, RTTM) into a `Sheet`: raw values and
the row each came from. `conform` turns a sheet's columns into the known ones, and says how it read them.
Whether the files exist is no question of this file (see `emoanalytics.audio.corpus`).
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from emoanalytics.errors import CorpusError
from emoanalytics.labels import Language, parse_emotion


class Kind(StrEnum):
    """What a corpus was read from."""

    AUDIO = "audio file"
    FOLDER = "folder"
    CSV = "CSV"
    TSV = "TSV"
    JSONL = "JSON lines"
    PARQUET = "Parquet"
    AUDFORMAT = "audformat"
    KALDI = "Kaldi"
    RTTM = "RTTM"


@dataclass(frozen=True)
class Note:
    """Something the reader decided, in words.

    >>> note = Note("3 files", "3 个文件")
    >>> str(note), note.text("zh")
    ('3 files', '3 个文件')
    """

    en: str
    zh: str

    def text(self, language: Language | str = Language.EN) -> str:
        """The note in a language."""
        return self.zh if language == Language.ZH else self.en

    def __str__(self) -> str:
        return self.en


@dataclass(frozen=True)
class Problem:
    """One thing of a corpus that could not be used; everything else goes on.

    Attributes:
        file: the audio file (or folder, ending in ``/``) it is about, as the corpus names it.
        row: the row of the manifest as a person counts it: the header of a CSV is row 1; of JSON lines,
            Kaldi and RTTM it is the line; of Parquet the first row is 1. None: not about a row.
        reason: what is wrong, in one line.
    """

    file: str
    row: int | None
    reason: str


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

CSV_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})
JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
PARQUET_SUFFIXES = frozenset({".parquet", ".pq"})
SEPARATORS: dict[str, str] = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", *JSON_SUFFIXES, *PARQUET_SUFFIXES, ".rttm"})


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


# ---------------------------------------------------------------------------------------------- readers


def read_manifest(path: Path) -> Sheet:
    """Read a manifest file by its name and suffix.

    Args:
        path: a CSV, TSV, JSON lines, Parquet or RTTM file, a Kaldi ``wav.scp``, or an audformat header (YAML).

    Raises:
        CorpusError: not one of these, unreadable, in no known encoding, empty, or without a column of files.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".scp":
            return read_kaldi(path)
        if suffix == ".rttm":
            return read_rttm(path)
        if suffix in {".yaml", ".yml"}:
            return read_audformat(path)
        if suffix in PARQUET_SUFFIXES:
            return _with_files(read_parquet(path))
        if suffix in JSON_SUFFIXES:
            return _with_files(read_jsonl(path))
        if suffix in CSV_SUFFIXES:
            return _with_files(read_csv(path))
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error
    raise CorpusError(
        f"{path}: not a manifest I know; I read CSV, TSV, JSONL, Parquet, RTTM,"
        " Kaldi (wav.scp) and audformat (its header, yaml)"
    )


def _with_files(sheet: Sheet) -> Sheet:
    names = [str(c) for c in sheet.frame.columns]
    if file_column(names) is None:
        seen = ", ".join(repr(n) for n in names[:20]) + (", ..." if len(names) > 20 else "")
        hint = ""
        if len(names) == 1 and sheet.kind in {Kind.CSV, Kind.TSV}:
            hint = f" It has one column only: is the separator none of {', '.join(SEPARATORS.values())}?"
        raise CorpusError(
            f"{sheet.source}: no column names the audio file. Columns found: {seen}."
            f" Accepted names: {', '.join(ALIASES[FILE])}.{hint}"
        )
    return sheet


def read_text(path: Path) -> tuple[str, str]:
    """A text file and the encoding it was read in.

    A byte order mark decides; else UTF-8, else GB18030.

    Raises:
        CorpusError: none of the encodings fits, or the file is not text.
    """
    raw = path.read_bytes()
    encodings = ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise CorpusError(f"{path}: not text in UTF-8, UTF-16 (with a byte order mark) or GB18030; save it as UTF-8")


def _encoding_notes(encoding: str) -> tuple[Note, ...]:
    if encoding == "utf-8-sig":
        return ()
    name = encoding.upper()
    return (Note(f"read as {name}, as it is not UTF-8", f"不是 UTF-8，按 {name} 读取"),)


def read_csv(path: Path) -> Sheet:
    """A table with a header row; the separator is found among comma, tab, semicolon and bar.

    All values stay text. A row with more values than the header has names is a `Problem`; blank rows are skipped.

    Raises:
        CorpusError: empty, or not text in a known encoding.
    """
    text, encoding = read_text(path)
    separator = _separator(text)
    notes = list(_encoding_notes(encoding))
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
    frame = pd.DataFrame({k: _series(_objects([o.get(k) for o in objects])) for k in header})
    notes = _encoding_notes(encoding)
    return Sheet(Kind.JSONL, path, frame, np.array(rows, np.int64), notes, tuple(problems))


def _flat(value: Any) -> Any:
    """Nested values become JSON text; Hugging Face's ``{"path": ..., "bytes": ...}`` becomes its path."""
    if isinstance(value, dict) and "path" in value:
        return value["path"]
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _series(values: Any) -> pd.Series:
    """A column that keeps its type: text stays plain str and None under every pandas."""
    return values if isinstance(values, pd.Series) else pd.Series(values, dtype=values.dtype)


def _objects(values: Sequence[Any]) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


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
            values = _series(_objects([None if v is None else json.dumps(list(v), default=str) for v in values]))
        columns[str(name)] = values.reset_index(drop=True)
    frame = pd.DataFrame(columns)
    return Sheet(Kind.PARQUET, path, frame, np.arange(1, len(frame) + 1, dtype=np.int64))


def read_kaldi(path: Path) -> Sheet:
    """A Kaldi data folder by its ``wav.scp``, with ``segments``, ``utt2spk``, ``text`` and their like beside it.

    Commands (``... |``) are never run: such an entry is a `Problem`.
    """
    folder, problems = path.parent, list[Problem]()
    waves: dict[str, tuple[int, str]] = {}
    for row, line in _lines(path):
        key, _, target = line.partition(" ")
        target = target.strip()
        if target.endswith("|"):
            problems.append(Problem(key, row, "wav.scp gives a command, not a file; commands are not run"))
        elif not target:
            problems.append(Problem(key, row, "wav.scp gives no file"))
        else:
            waves[key] = (row, target)
    if (folder / "segments").is_file():
        frame, rows = _kaldi_segments(folder / "segments", waves, problems)
    else:
        frame = pd.DataFrame([(key, target) for key, (_, target) in waves.items()], columns=["utterance", FILE])
        rows = [row for row, _ in waves.values()]
    frame = frame.astype(object)
    sides = {"utt2spk": "speaker", "text": "text", "utt2emo": "emotion", "utt2lang": "language"}
    for name, column in sides.items():
        if (folder / name).is_file():
            said = {k: v.strip() for k, _, v in (line.partition(" ") for _, line in _lines(folder / name))}
            frame[column] = _series(_objects([said.get(u) for u in frame["utterance"]]))
    return Sheet(Kind.KALDI, path, frame, np.array(rows, np.int64), (), tuple(problems))


def _kaldi_segments(
    path: Path, waves: Mapping[str, tuple[int, str]], problems: list[Problem]
) -> tuple[pd.DataFrame, list[int]]:
    entries: list[tuple[str, str, str, str]] = []
    rows: list[int] = []
    for row, line in _lines(path):
        parts = line.split()
        if len(parts) != 4:
            problems.append(Problem(parts[0], row, "segments: not 'utterance recording start end'"))
        elif parts[1] not in waves:
            problems.append(Problem(parts[0], row, f"segments: recording {parts[1]!r} has no file in wav.scp"))
        else:
            utterance, recording, start, end = parts
            entries.append((utterance, waves[recording][1], start, "" if end == "-1" else end))
            rows.append(row)
    return pd.DataFrame(entries, columns=["utterance", FILE, "start", "end"]), rows


def _lines(path: Path) -> list[tuple[int, str]]:
    text, _ = read_text(path)
    numbered = enumerate(text.split("\n"), start=1)
    return [(row, line.strip().replace("\t", " ", 1)) for row, line in numbered if line.strip()]


def read_rttm(path: Path) -> Sheet:
    """Who speaks when: the SPEAKER lines of an RTTM file; ``file`` is the file id, to be matched to a stem."""
    entries: list[dict[str, Any]] = []
    rows: list[int] = []
    problems: list[Problem] = []
    for row, line in _lines(path):
        parts = line.split()
        if parts[0] != "SPEAKER":
            continue
        if len(parts) < 8:
            problems.append(Problem(path.name, row, f"a SPEAKER line of {len(parts)} fields: at least 8 are needed"))
            continue
        speaker = None if parts[7] == "<NA>" else parts[7]
        entries.append(
            {FILE: parts[1], "channel": parts[2], "start": parts[3], "duration": parts[4], "speaker": speaker}
        )
        rows.append(row)
    frame = pd.DataFrame(entries, columns=[FILE, "channel", "start", "duration", "speaker"]).astype(object)
    if set(frame["channel"]) <= {"1", "0", "<NA>"}:
        frame = frame.drop(columns="channel")  # the one channel of mono speech, not the left of two
    return Sheet(Kind.RTTM, path, frame, np.array(rows, np.int64), (), tuple(problems))


def audformat_tables(header: Path) -> list[Path]:
    """The tables beside an audformat header ``db.yaml``: ``db.<table>.csv`` or ``.parquet``."""
    stem = header.name.removesuffix(header.suffix) + "."
    found = {
        p.name.removesuffix(p.suffix): p
        for p in sorted(header.parent.iterdir())
        if p.name.startswith(stem) and p.suffix in {".csv", ".parquet"}
    }
    return list(found.values())


def read_audformat(header: Path) -> Sheet:
    """An audformat database by its header: filewise tables joined on ``file``, segments from the segmented ones.

    A file that has segments gives its segments; filewise values go to each of them.

    Raises:
        CorpusError: no table beside the header names files.
    """
    filewise: list[pd.DataFrame] = []
    segmented: list[pd.DataFrame] = []
    sheets: list[Sheet] = []
    for path in audformat_tables(header):
        sheet = read_parquet(path) if path.suffix == ".parquet" else read_csv(path)
        table = sheet.frame.assign(**{_ROW: sheet.rows})
        if {FILE, "start", "end"} <= set(table.columns):
            segmented.append(table.assign(start=_seconds(table["start"]), end=_seconds(table["end"])))
        elif FILE in table.columns:
            filewise.append(table)
        else:
            continue
        sheets.append(sheet)
    if not sheets:
        raise CorpusError(
            f"{header}: no table beside it names files; save the tables as CSV or Parquet (pickles are not read)"
        )
    if filewise and segmented:
        per_file, frame = _joined(filewise, [FILE]), _joined(segmented, [FILE, "start", "end"])
        extra = per_file[[c for c in per_file.columns if c == FILE or c not in frame.columns]]
        whole = per_file[~per_file[FILE].isin(frame[FILE])]
        frame = pd.concat([frame.merge(extra, on=FILE, how="left"), whole], ignore_index=True)
    else:
        frame = _joined(segmented, [FILE, "start", "end"]) if segmented else _joined(filewise, [FILE])
    names = [s.source.name for s in sheets]
    notes = [Note(f"tables read: {', '.join(names)}", f"读取的表：{'、'.join(names)}")]
    rows = frame.pop(_ROW).to_numpy(np.int64)
    problems = tuple(p for s in sheets for p in s.problems)
    return Sheet(Kind.AUDFORMAT, header, frame, rows, tuple(notes), problems)


_ROW = "\0row"  # no column of a table can be called this


def _seconds(values: pd.Series) -> np.ndarray:
    """Seconds as numbers, so that tables agree on them; what is no time stays to be complained about."""
    seconds, wrong = parse_times(values)
    return np.where(wrong, values.astype(object).to_numpy(), seconds.astype(object))


def _joined(frames: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """Tables over the same index as one; where two give a column, the first that has a value counts."""
    whole = pd.concat(frames, ignore_index=True).astype(object)
    whole = whole.where(whole.notna() & (whole != ""), None)
    return whole.groupby(keys, sort=False, dropna=False).first().reset_index()


# ---------------------------------------------------------------------------------------------- values

_MISSING = frozenset({"", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "null", "NULL", "None", "none", "NaT", "<NA>"})
_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}")
# An exponent needs a point or a sign before it counts as a number: "12e4" is rather an identifier.
_FLOAT = re.compile(r"-?(?:(?:0|[1-9]\d*)\.\d*|\.\d+|(?:0|[1-9]\d*)(?=[eE][+-]))(?:[eE][+-]?\d+)?")
_MINUTES = re.compile(r"\d+:\d{1,2}(?:\.\d*)?")


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def as_text(values: Any, *, strip: bool = True) -> np.ndarray:
    """``(n,)`` object: str, or None where a value is missing or empty; 3.0 among whole numbers is ``3``."""
    series = pd.Series(values)
    cells = series.astype(object).to_numpy()
    out = np.empty(len(cells), dtype=object)
    for i, cell in enumerate(cells):
        if _is_missing(cell):
            continue
        if not isinstance(cell, str):
            whole = isinstance(cell, float | np.floating) and float(cell).is_integer()
            cell = str(int(cell)) if whole else str(cell)
        out[i] = (cell.strip() if strip else cell) or None
    return out


def parse_times(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Times in seconds, from numbers, timedeltas, ``0 days 00:00:01.5`` or ``00:01.5``.

    Returns:
        ``(n,)`` float64 seconds, NaN where missing, and ``(n,)`` bool, true where a value is no time.

    >>> seconds, wrong = parse_times(pd.Series(["1.5", "00:01.5", "0 days 00:01:00", "", "soon"]))
    >>> seconds.tolist(), wrong.tolist()
    ([1.5, 1.5, 60.0, nan, nan], [False, False, False, False, True])
    """
    if pd.api.types.is_timedelta64_dtype(values.dtype):
        return values.dt.total_seconds().to_numpy(np.float64), np.zeros(len(values), bool)
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        seconds = values.to_numpy(np.float64, na_value=np.nan)
        return np.where(np.isinf(seconds), np.nan, seconds), np.isinf(seconds)
    text = as_text(values)
    given = np.array([t is not None and t != "NaT" for t in text], bool)
    seconds = np.full(len(text), np.nan)
    seconds[given] = pd.to_numeric(pd.Series(text[given], dtype=object), errors="coerce").to_numpy(np.float64)
    rest = np.flatnonzero(given & np.isnan(seconds))
    if rest.size:
        clock = [f"00:{t}" if _MINUTES.fullmatch(t) else t for t in text[rest]]
        spans = pd.to_timedelta(pd.Series(clock, dtype=object), errors="coerce")
        seconds[rest] = spans.dt.total_seconds().to_numpy(np.float64)
    wrong = given & ~np.isfinite(seconds)
    seconds[wrong] = np.nan
    return seconds, wrong


_CHANNEL_NAMES = {"left": "left", "l": "left", "right": "right", "r": "right", "mix": "mix", "mono": "mix"}


def channel_name(number: int) -> str:
    """The name of a channel counted from 0: ``left``, ``right``, ``ch3``, ..."""
    return ("left", "right")[number] if number < 2 else f"ch{number + 1}"


def parse_channels(values: Any) -> tuple[np.ndarray, np.ndarray, Note | None]:
    """Channels by name; numbers count from 0 if a 0 occurs among them, else from 1.

    Returns:
        ``(n,)`` object (None where missing), ``(n,)`` bool (true: not understood), how numbers were read.

    >>> names, wrong, note = parse_channels(["1", "2", "left", "mix", None])
    >>> names.tolist(), str(note)
    (['left', 'right', 'left', 'mix', None], 'channel numbers count from 1 (no 0 occurs): 1 is left')
    """
    text = as_text(values)
    numbers = {t: int(t) for t in {t for t in text if t is not None} if t.isascii() and t.isdigit()}
    base = 0 if 0 in numbers.values() else 1
    meaning: dict[str | None, str] = {t: channel_name(n - base) for t, n in numbers.items()}
    for t in {t for t in text if t is not None} - set(numbers):
        low = t.lower()
        name = _CHANNEL_NAMES.get(low) or (low if re.fullmatch(r"ch([3-9]|[1-9]\d+)", low) else None)
        if name:
            meaning[t] = name
    names = _objects([meaning.get(t) for t in text])
    wrong = np.array([t is not None and t not in meaning for t in text], bool)
    note = None
    if numbers:
        note = (
            Note("channel numbers count from 0 (a 0 occurs): 0 is left", "声道编号从 0 开始（出现了 0）：0 为左声道")
            if base == 0
            else Note(
                "channel numbers count from 1 (no 0 occurs): 1 is left", "声道编号从 1 开始（没有 0）：1 为左声道"
            )
        )
    return names, wrong, note


_ZONE = re.compile(r"(?:Z|z|[+-]\d{2}(?::?\d{2})?)$")


def parse_dates(values: pd.Series) -> tuple[pd.Series, np.ndarray, list[Note]]:
    """Moments in UTC, from ISO 8601, a date alone, Unix seconds (or milliseconds), or datetime columns.

    Returns:
        ``(n,)`` datetime64[us, UTC], NaT where missing; ``(n,)`` bool, true where a value is no moment; notes.
    """
    notes: list[Note] = []
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        naive = getattr(values.dt, "tz", None) is None
        moments = pd.to_datetime(values, utc=True).astype("datetime64[us, UTC]")
        count = int(values.notna().sum()) if naive else 0
        return moments, np.zeros(len(values), bool), _naive_notes(count, 0)
    text = as_text(values)
    given = np.array([t is not None for t in text], bool)
    epoch = np.array([t is not None and re.fullmatch(r"\d{9,14}(\.\d+)?", t) is not None for t in text], bool)
    ticks = np.full(len(text), np.datetime64("NaT", "us"))
    rest = np.flatnonzero(given & ~epoch)
    if rest.size:
        parsed = pd.to_datetime(pd.Series(text[rest], dtype=object), format="ISO8601", utc=True, errors="coerce")
        ticks[rest] = parsed.dt.tz_localize(None).to_numpy("datetime64[us]")
    if epoch.any():
        counted = text[epoch].astype(np.float64)
        seconds = np.where(counted >= 1e11, counted / 1e3, counted)
        ticks[epoch] = np.round(seconds * 1e6).astype("datetime64[us]")
        n = int(epoch.sum())
        notes.append(Note(f"recorded_at: {n} values read as Unix time", f"recorded_at：{n} 个值按 Unix 时间读取"))
    moments = pd.Series(ticks).dt.tz_localize("UTC")
    good = ~np.isnat(ticks)
    alone = np.array([bool(g) and len(t) <= 10 for t, g in zip(text, good & ~epoch, strict=True)], bool)
    zoned = np.array([bool(g) and _ZONE.search(t) is not None for t, g in zip(text, good, strict=True)], bool)
    naive_count = int((good & ~epoch & ~alone & ~zoned).sum())
    return moments, given & ~good, [*notes, *_naive_notes(naive_count, int(alone.sum()))]


def _naive_notes(naive: int, alone: int) -> list[Note]:
    notes = []
    if naive:
        notes.append(
            Note(
                f"recorded_at: {naive} values name no time zone: taken as UTC",
                f"recorded_at：{naive} 个值没有时区，按 UTC 处理",
            )
        )
    if alone:
        notes.append(
            Note(
                f"recorded_at: {alone} values are a date alone: taken as midnight UTC",
                f"recorded_at：{alone} 个值只有日期，按 UTC 零点处理",
            )
        )
    return notes


def _bare(label: str) -> str:
    """SenseVoice writes ``<|HAPPY|>``."""
    return label[2:-2].strip() if label.startswith("<|") and label.endswith("|>") else label


def are_emotions(labels: Iterable[str]) -> bool:
    """Whether the values of a column called ``label`` are emotions: half of them are, and two are proper ones.

    >>> are_emotions(["neutral", "angry", "calm"]), are_emotions(["yes", "no"]), are_emotions(["other", "hate"])
    (True, False, False)
    """
    distinct = {_bare(x) for x in labels}
    meant = {x: parse_emotion(x) for x in distinct}
    found = {m for m in meant.values() if m}
    return len(found - {"other", "unknown"}) >= 2 and 2 * sum(m is not None for m in meant.values()) >= len(distinct)


def user_values(values: pd.Series, *, typed: bool = False) -> pd.Series:
    """A column the corpus brings: whole numbers, numbers, true/false or text, as its values show.

    Text keeps leading zeros (``007`` is no number). Missing values make nullable dtypes, and None in text.
    Where the format has types of its own (``typed``), text stays text whatever it looks like.
    """
    if pd.api.types.is_timedelta64_dtype(values.dtype):
        return values.dt.total_seconds()
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _series(_objects([None if pd.isna(v) else v.isoformat() for v in values]))
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.reset_index(drop=True)
    cells = [None if _is_missing(v) else v for v in values.astype(object)]
    kinds = {type(c) for c in cells if c is not None}
    if kinds and kinds <= {bool, np.bool_}:
        return _nullable(cells, "bool", "boolean")
    if kinds and kinds <= {int, np.int64, np.int32} and all(abs(c) < 2**63 for c in cells if c is not None):
        return _nullable(cells, "int64", "Int64")
    if kinds & {float, np.float64} and kinds <= {int, float, np.int64, np.float64}:
        return pd.Series([math.nan if c is None else float(c) for c in cells], dtype="float64")
    if kinds == {str} and not typed:
        return _from_text(cells)
    return _series(as_text(_objects(cells), strip=False))


def _nullable(cells: Sequence[Any], full: str, nullable: str) -> pd.Series:
    return _series(_objects(cells)).astype(nullable if None in cells else full)  # type: ignore[call-overload]


def _from_text(cells: Sequence[Any]) -> pd.Series:
    distinct = {c for c in cells if c is not None and c not in _MISSING}
    readers: tuple[tuple[Callable[[str], bool], Callable[[str], Any], str, str], ...] = (
        (lambda c: _INTEGER.fullmatch(c) is not None, int, "int64", "Int64"),
        (lambda c: _INTEGER.fullmatch(c) is not None or _FLOAT.fullmatch(c) is not None, float, "float64", "Float64"),
        (lambda c: c.lower() in {"true", "false"}, lambda c: c.lower() == "true", "bool", "boolean"),
    )
    for fits, read, full, nullable in readers:
        if distinct and all(map(fits, distinct)):
            meaning = {c: read(c) for c in distinct}
            read_cells = [meaning.get(c) for c in cells]
            if full == "float64":
                return pd.Series([math.nan if c is None else c for c in read_cells], dtype="float64")
            return _nullable(read_cells, full, nullable)
    return _series(_objects([c or None for c in cells]))


# ---------------------------------------------------------------------------------------------- columns


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
        np.asarray(files, dtype=object) if files is not None else desk.table.get(FILE, _objects([""] * len(frame)))
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
            desk.table[known] = _objects([None if v is None else _bare(v) for v in values])
    _conform_emotion(desk)
    kept = _keep_others(desk, typed)
    ordered = [c for c in KNOWN_COLUMNS if c in desk.table] + list(kept.values())
    table = pd.DataFrame({c: _series(desk.table[c]) for c in ordered}, index=range(len(frame)))
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
    desk.labels = {label: parse_emotion(_bare(label)) or label for label in sorted({g for g in given if g is not None})}
    desk.table["emotion_given"] = _objects([None if g is None else desk.labels[g] for g in given])


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
