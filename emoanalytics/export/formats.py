"""The formats of an export, and which one a target asks for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from emoanalytics.errors import StoreError


class Format(StrEnum):
    """What a store can be written as."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    NPY = "npy"
    AUDFORMAT = "audformat"
    HUGGINGFACE = "huggingface"
    SPOTLIGHT = "spotlight"
    EMBEDDING_ATLAS = "embedding-atlas"
    SQL = "sql"


FOLDERS = frozenset({Format.AUDFORMAT, Format.HUGGINGFACE})
WITH_EMBEDDINGS = frozenset({Format.PARQUET, Format.NPY, Format.SPOTLIGHT})  # unless one says otherwise
WITH_AUDIO = frozenset({Format.HUGGINGFACE, Format.SPOTLIGHT})  # they hold the sound, or the way to it
_ENDINGS = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
    ".npy": Format.NPY,
}


def format_of(to: str, asked: Format | str | None = None) -> Format:
    """The format a target is written in.

    Args:
        to: a file, a folder, or the URL of a database.
        asked: the format, where the ending does not say it.

    Raises:
        StoreError: neither says it, or they contradict each other.

    >>> format_of("clips.csv"), format_of("sqlite:///clips.db"), format_of("out.parquet", "spotlight")
    (<Format.CSV: 'csv'>, <Format.SQL: 'sql'>, <Format.SPOTLIGHT: 'spotlight'>)
    """
    database = "://" in to
    if asked is None:
        found = Format.SQL if database else _ENDINGS.get(Path(to).suffix.lower())
        if found is None:
            raise StoreError(
                f"the ending of {to} names no format ({', '.join(_ENDINGS)} do): "
                f"add --format {', '.join(f for f in Format if f is not Format.SQL)}"
            )
        return found
    wanted = Format(asked)
    if database and wanted is not Format.SQL:
        raise StoreError(f"a database takes no format {wanted}: leave --format out, or name a file")
    if wanted is Format.SQL and not database:
        raise StoreError(f"a database is named by a URL, such as sqlite:///clips.db, not by {to}")
    if wanted in FOLDERS and Path(to).suffix.lower() in _ENDINGS:
        raise StoreError(f"{wanted} is a folder, {to} looks like a file: name a folder")
    return wanted
