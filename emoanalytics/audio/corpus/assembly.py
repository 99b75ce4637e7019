"""The table of a corpus: file names read by the grammar, duplicates left out, rows in order, columns as promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus.columns import FILE, KNOWN_COLUMNS, TEXT_COLUMNS, Conformed, conform
from emoanalytics.audio.corpus.grammars import Grammar
from emoanalytics.audio.corpus.mapping import Mapping, Problem, printable
from emoanalytics.audio.corpus.recordings import TO_END_S, Corpus
from emoanalytics.audio.corpus.values import plain_values
from emoanalytics.errors import CorpusError
from emoanalytics.notes import Note

_PLACE = (FILE, "start_s", "end_s", "channel")


def assemble(
    base: Path,
    conformed: Conformed,
    mapping: Mapping,
    grammar: Grammar | None,
    notes: list[Note],
    problems: list[Problem],
) -> Corpus:
    """Names read by the grammar, duplicates out, rows in order, columns as promised."""
    table, rows = conformed.table[conformed.keep].reset_index(drop=True), conformed.rows[conformed.keep]
    notes += conformed.notes
    problems += conformed.problems
    labels = dict(conformed.labels)
    if grammar is not None:
        table, rows, given, more_notes, more_problems = _with_grammar(table, rows, grammar)
        notes += more_notes
        problems += more_problems
        labels = {**given.labels, **labels}
        kept = {**mapping.kept, **{k: v for k, v in given.kept.items() if v in table.columns}}
        added = tuple(c for c in given.table.columns if c not in conformed.table.columns)
        mapping = replace(mapping, grammar=grammar.name, grammar_columns=added, kept=kept)
    table, again = _without_duplicates(_completed(table), rows)
    table = table.sort_values(list(_PLACE[:1] + _PLACE[3:] + _PLACE[1:3]), na_position="first", kind="stable")
    table = table.reset_index(drop=True)
    overlaps = _overlaps(table)
    if overlaps:
        notes.append(
            Note(f"{overlaps} segments overlap an earlier one: kept", f"{overlaps} 个片段与前一片段重叠：保留")
        )
    mapping = replace(mapping, labels=labels, notes=tuple(notes))
    return Corpus(base, table, mapping, tuple(problems + again))


def _with_grammar(
    table: pd.DataFrame, rows: np.ndarray, grammar: Grammar
) -> tuple[pd.DataFrame, np.ndarray, Conformed, list[Note], list[Problem]]:
    """The table with the columns that file names give and no manifest does."""
    files = table[FILE].to_numpy()
    read = {file: grammar.fields(file) for file in dict.fromkeys(files)}
    unread = [file for file, fields in read.items() if fields is None]
    if len(unread) == len(read):
        raise CorpusError(f"template {grammar.name!r} matches none of {len(read)} files; the first is {unread[0]!r}")
    names = list(dict.fromkeys(k for fields in read.values() for k in fields or {}))
    frame = pd.DataFrame({n: _texts((read[f] or {}).get(n) for f in files) for n in names}, index=range(len(files)))
    given = conform(frame, np.full(len(files), -1), files)
    new = [c for c in given.table.columns if c not in table.columns]
    table = pd.concat([table, given.table[new]], axis=1)[given.keep].reset_index(drop=True)
    notes = list(given.notes)
    if unread:
        example = printable(unread[0])
        notes.append(
            Note(
                f"{len(unread)} of {len(read)} file names do not follow {grammar.name} (e.g. {example}): nothing read",
                f"{len(read)} 个文件名中有 {len(unread)} 个不符合 {grammar.name}（如 {example}）：未从中读取信息",
            )
        )
    return table, rows[given.keep], given, notes, list(given.problems)


def _texts(values: Iterable[str | None]) -> pd.Series:
    return pd.Series(list(values), dtype=object)


def _completed(table: pd.DataFrame) -> pd.DataFrame:
    """All known columns, then the corpus's own."""
    count = len(table)
    columns: dict[str, Any] = {}
    for name in KNOWN_COLUMNS:
        if name in table.columns:
            columns[name] = table[name].astype(object) if name in (FILE, *TEXT_COLUMNS) else table[name]
        elif name == "recorded_at":
            columns[name] = pd.Series(pd.NaT, index=range(count), dtype="datetime64[us, UTC]")
        elif name in TEXT_COLUMNS:
            columns[name] = pd.Series([None] * count, dtype=object)
        else:
            columns[name] = pd.Series(np.full(count, np.nan))
    own = {str(c): table[c] for c in table.columns if c not in KNOWN_COLUMNS}
    return pd.DataFrame({**columns, **own}, index=range(count))


def _without_duplicates(table: pd.DataFrame, rows: np.ndarray) -> tuple[pd.DataFrame, list[Problem]]:
    again = table.duplicated(list(_PLACE)).to_numpy()
    if not again.any():
        return table, []
    first: dict[tuple[Any, ...], int] = {}
    problems = []
    keys = list(zip(*(plain_values(table[c]) for c in _PLACE), strict=True))
    for key, row, repeated in zip(keys, rows, again, strict=True):
        if not repeated:
            first[key] = int(row)
            continue
        problems.append(
            Problem(str(key[0]), int(row), f"the same file, segment and channel as row {first[key]}: left out")
        )
    return table[~again].reset_index(drop=True), problems


def _overlaps(table: pd.DataFrame) -> int:
    """How many segments begin before an earlier one of their file and channel has ended; the table is sorted."""
    spans = table[table["start_s"].notna()]
    if spans.empty:
        return 0
    ends = spans["end_s"].fillna(TO_END_S)
    groups = [spans[FILE], spans["channel"].fillna("")]
    before = ends.groupby(groups).cummax().groupby(groups).shift()
    return int((spans["start_s"] < before).sum())
