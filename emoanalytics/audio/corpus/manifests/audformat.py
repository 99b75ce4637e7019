"""Databases in audformat: a header and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from emoanalytics.audio.corpus.columns import FILE
from emoanalytics.audio.corpus.manifests.sheets import Sheet
from emoanalytics.audio.corpus.manifests.tables import read_csv, read_parquet
from emoanalytics.audio.corpus.mapping import Kind
from emoanalytics.audio.corpus.values import parse_times
from emoanalytics.errors import CorpusError
from emoanalytics.notes import Note

_ROW = "\0row"  # no column of a table can be called this


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


def _seconds(values: pd.Series) -> np.ndarray:
    """Seconds as numbers, so that tables agree on them; what is no time stays to be complained about."""
    seconds, wrong = parse_times(values)
    return np.where(wrong, values.astype(object).to_numpy(), seconds.astype(object))


def _joined(frames: Sequence[pd.DataFrame], keys: list[str]) -> pd.DataFrame:
    """Tables over the same index as one; where two give a column, the first that has a value counts."""
    whole = pd.concat(frames, ignore_index=True).astype(object)
    whole = whole.where(whole.notna() & (whole != ""), None)
    return whole.groupby(keys, sort=False, dropna=False).first().reset_index()
