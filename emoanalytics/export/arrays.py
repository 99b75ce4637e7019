"""NumPy: the embeddings as one array, and a CSV whose rows are in its order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from emoanalytics.export.delimited import write_delimited
from emoanalytics.export.placing import put_file
from emoanalytics.export.result import Progress, Written
from emoanalytics.export.rows import Rows
from emoanalytics.notes import Note


def beside(target: Path) -> Path:
    """The CSV that belongs to an array."""
    return target.with_suffix(".csv")


def write_arrays(rows: Rows, target: Path, progress: Progress) -> Written:
    """``NAME.npy``, (n, d) float32, and ``NAME.csv``: row i of one is row i of the other."""
    shape = (len(rows), rows.store.info.dim)

    def write(temporary: Path) -> None:
        done = 0
        with temporary.open("wb") as out:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(out, header)
            for vectors in rows.vectors():
                out.write(np.ascontiguousarray(vectors, "<f4").tobytes())
                done += len(vectors)
                progress(done, len(rows), "embeddings")

    put_file(target, write)
    written = write_delimited(replace(rows, embeddings=False), beside(target), ",", progress)
    name = beside(target).name
    order = Note(f"its rows are those of {name}, in that order", f"它的行与 {name} 的行一一对应，顺序相同")
    return Written(written.columns, (order, *written.notes))
