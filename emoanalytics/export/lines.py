"""JSONL: one object a clip, lists as lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.export import flat
from emoanalytics.export.placing import put_file
from emoanalytics.export.result import Progress, Written
from emoanalytics.export.rows import Rows


def write_lines(rows: Rows, target: Path, progress: Progress) -> Written:
    """One JSON object a line: times are ISO 8601 in UTC, what is missing is null."""
    table = flat.times_as_text(rows.table)

    def write(temporary: Path) -> None:
        done = 0
        with temporary.open("w", encoding="utf-8", newline="\n") as out:
            for part in rows.batches(table):
                for row in objects(part):
                    out.write(json.dumps(row, ensure_ascii=False, default=str, allow_nan=False) + "\n")
                done += len(part)
                progress(done, len(rows), "rows")

    put_file(target, write)
    return Written(rows.columns)


def objects(table: pa.Table) -> Iterator[dict[str, Any]]:
    """The rows as plain values; a float32 is the shortest decimal that reads back as it."""
    columns = [_values(column) for column in table.columns]
    for values in zip(*columns, strict=True):
        yield dict(zip(table.column_names, values, strict=True))


def _values(column: pa.ChunkedArray) -> list[Any]:
    if pa.types.is_float32(column.type):
        column = pc.cast(pc.cast(column, pa.string()), pa.float64())
    elif flat.is_list(column.type) and pa.types.is_float32(column.type.value_type):
        return [
            None if v is None else json.loads(v) for v in flat.lists_as_text(pa.table({"": column}))[""].to_pylist()
        ]
    return column.to_pylist()
