"""Which reader a manifest needs, by its name and suffix."""

from __future__ import annotations

from pathlib import Path

from emoanalytics.audio.corpus.columns import ALIASES, FILE, file_column
from emoanalytics.audio.corpus.manifests.audformat import read_audformat
from emoanalytics.audio.corpus.manifests.kaldi import read_kaldi
from emoanalytics.audio.corpus.manifests.rttm import read_rttm
from emoanalytics.audio.corpus.manifests.sheets import Sheet
from emoanalytics.audio.corpus.manifests.tables import SEPARATORS, read_csv, read_jsonl, read_parquet
from emoanalytics.audio.corpus.mapping import Kind
from emoanalytics.errors import CorpusError

CSV_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})
JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
PARQUET_SUFFIXES = frozenset({".parquet", ".pq"})
TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", *JSON_SUFFIXES, *PARQUET_SUFFIXES, ".rttm"})


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
