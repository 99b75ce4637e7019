"""How a corpus was read: from what, what became of its columns, what was decided and what could not be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from emoanalytics.notes import Note


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
class Mapping:
    """How a corpus was read.

    Attributes:
        kind: what it was read from.
        source: the manifest, or None for a plain folder or file.
        columns: column of the manifest -> known column it became.
        kept: column of the manifest (or field of the grammar) -> name it is kept under.
        grammar: the template, or the name of the known corpus, that file names were read by.
        grammar_columns: the columns that file names gave.
        labels: label as given -> as kept in ``emotion_given`` (one of the nine where it means one).
        notes: everything else that was decided.
    """

    kind: Kind
    source: Path | None = None
    columns: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    grammar: str | None = None
    grammar_columns: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def few(names: Sequence[str], most: int = 3) -> str:
    """The first names, and whether there are more."""
    return ", ".join(map(printable, names[:most])) + (", ..." if len(names) > most else "")


def printable(text: str) -> str:
    """Line breaks, control characters and broken Unicode as escapes, so that a line stays a line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
