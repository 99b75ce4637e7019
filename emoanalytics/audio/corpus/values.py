"""The values of a column: times, channels, dates, labels and whatever else people write into tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.labels import parse_emotion
from emoanalytics.notes import Note

_MISSING = frozenset({"", "nan", "NaN", "NAN", "NA", "N/A", "n/a", "null", "NULL", "None", "none", "NaT", "<NA>"})
_INTEGER = re.compile(r"0|-?[1-9]\d{0,17}")
# An exponent needs a point or a sign before it counts as a number: "12e4" is rather an identifier.
_FLOAT = re.compile(r"-?(?:(?:0|[1-9]\d*)\.\d*|\.\d+|(?:0|[1-9]\d*)(?=[eE][+-]))(?:[eE][+-]?\d+)?")
_MINUTES = re.compile(r"\d+:\d{1,2}(?:\.\d*)?")
_CHANNEL_NAMES = {"left": "left", "l": "left", "right": "right", "r": "right", "mix": "mix", "mono": "mix"}
_ZONE = re.compile(r"(?:Z|z|[+-]\d{2}(?::?\d{2})?)$")


def as_column(values: Any) -> pd.Series:
    """A column that keeps its type: text stays plain str and None under every pandas."""
    return values if isinstance(values, pd.Series) else pd.Series(values, dtype=values.dtype)


def object_array(values: Sequence[Any]) -> np.ndarray:
    """``(n,)`` object: the values as they are, whatever NumPy would make of them."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


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


def plain_values(column: pd.Series) -> list[Any]:
    """A column as plain Python values, None where missing."""
    missing = column.isna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return [None if m else v.to_pydatetime() for v, m in zip(column, missing, strict=True)]
    return [None if m else v for v, m in zip(column.tolist(), missing, strict=True)]


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
    names = object_array([meaning.get(t) for t in text])
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


def bare_label(label: str) -> str:
    """SenseVoice writes ``<|HAPPY|>``."""
    return label[2:-2].strip() if label.startswith("<|") and label.endswith("|>") else label


def are_emotions(labels: Iterable[str]) -> bool:
    """Whether the values of a column called ``label`` are emotions: half of them are, and two are proper ones.

    >>> are_emotions(["neutral", "angry", "calm"]), are_emotions(["yes", "no"]), are_emotions(["other", "hate"])
    (True, False, False)
    """
    distinct = {bare_label(x) for x in labels}
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
        return as_column(object_array([None if pd.isna(v) else v.isoformat() for v in values]))
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
    return as_column(as_text(object_array(cells), strip=False))


def _nullable(cells: Sequence[Any], full: str, nullable: str) -> pd.Series:
    return as_column(object_array(cells)).astype(nullable if None in cells else full)  # type: ignore[call-overload]


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
    return as_column(object_array([c or None for c in cells]))
