"""CSV and TSV that spreadsheets open: UTF-8 with a mark, and no cell that they would run."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from emoanalytics.export import flat
from emoanalytics.export.placing import put_file
from emoanalytics.export.result import Progress, Written
from emoanalytics.export.rows import Rows
from emoanalytics.notes import Note
from emoanalytics.spreadsheets import RUNS, harmless

_BOM = b"\xef\xbb\xbf"


def write_delimited(rows: Rows, target: Path, delimiter: str, progress: Progress) -> Written:
    """One line a clip. Lists are JSON text, times ISO 8601 in UTC, what is missing is empty."""
    table, changed = _harmless(flat.times_as_text(flat.lists_as_text(rows.table)))
    options = csv.WriteOptions(delimiter=delimiter, quoting_style="needed")

    def write(temporary: Path) -> None:
        done = 0
        with temporary.open("wb") as out:
            out.write(_BOM)
            for part in rows.batches(table):
                text = flat.lists_as_text(part)
                options.include_header = not done
                csv.write_csv(text, out, options)
                done += len(part)
                progress(done, len(rows), "rows")

    put_file(target, write)
    notes: tuple[Note, ...] = ()
    if changed:
        notes = (
            Note(
                f"{changed:,} cell{'s' * (changed != 1)} began like a formula, which a spreadsheet runs: "
                "an apostrophe stands in front",
                f"{changed:,} 个单元格的开头像公式，电子表格会执行它：前面加了一个撇号",
            ),
        )
    return Written(rows.columns, notes)


def _harmless(table: pa.Table) -> tuple[pa.Table, int]:
    changed = 0
    for place, field in enumerate(table.schema):
        if not pa.types.is_string(field.type):
            continue
        column = table[field.name]
        runs = pc.match_substring_regex(column, RUNS)
        found = pc.sum(runs).as_py() or 0
        if found:
            marked = pc.binary_join_element_wise("'", column, "")
            table = table.set_column(place, field.name, pc.if_else(runs, marked, column))
            changed += found
    names = [harmless(name) for name in table.column_names]
    changed += sum(a != b for a, b in zip(names, table.column_names, strict=True))
    return table.rename_columns(names), changed
