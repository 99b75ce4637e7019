"""One flat Parquet table: plain, for Renumics Spotlight, or for Embedding Atlas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from emoanalytics.errors import StoreError
from emoanalytics.export import flat
from emoanalytics.export.placing import put_file
from emoanalytics.export.result import Progress, Written
from emoanalytics.export.rows import EMBEDDING, Rows
from emoanalytics.labels import Language
from emoanalytics.neighbours.geometry import Geometry
from emoanalytics.neighbours.graph import Graph
from emoanalytics.notes import Note
from emoanalytics.views.maps import draw_map

_NEIGHBOURS = 15


def write_parquet(rows: Rows, target: Path, progress: Progress) -> Written:
    """The rows with the types of the store; what the numbers are made by stands in the file's metadata."""
    return _write(rows, rows.table, target, progress)


def write_spotlight(rows: Rows, target: Path, progress: Progress) -> Written:
    """The rows with ``audio`` (where the recording lies) and ``window`` (start and end in it, in seconds)."""
    start, end = (rows.table[name].to_numpy() for name in ("start_s", "end_s"))
    window = pa.array(np.stack([start, end], axis=1).tolist(), pa.list_(pa.float32()))
    columns = {"audio": pa.array([str(p) for p in rows.audio], pa.string()), "window": window}
    table = _with(flat.lists_as_text(rows.table), columns)
    kinds = '"audio": spotlight.Audio, "window": spotlight.Window'
    kinds += f', "{EMBEDDING}": spotlight.Embedding' * rows.embeddings
    how = f"from renumics import spotlight; spotlight.show({str(target)!r}, dtype={{{kinds}}})"
    note = Note(f"open it with: {how}", f"打开方式：{how}")
    return _write(rows, table, target, progress, note)


def write_atlas(rows: Rows, target: Path, progress: Progress) -> Written:
    """The rows with their places on the map and their nearest neighbours (by row of this file)."""
    geometry = Geometry(rows.store, progress=progress)
    drawn = draw_map(geometry, progress=progress)
    places = drawn.ids.get_indexer(rows.ids.tolist())
    if (places < 0).any():
        raise StoreError(f"{rows.store.path} changed while it was read: run the same command again")
    xy = drawn.coordinates[places]
    near = _neighbours(geometry.graph, places)
    columns = {"projection_x": pa.array(xy[:, 0]), "projection_y": pa.array(xy[:, 1]), "neighbors": near}
    table = _with(flat.lists_as_text(rows.table), columns)
    said = " --text text" * ("text" in table.column_names)
    how = f"embedding-atlas {target} --x projection_x --y projection_y --neighbors neighbors{said}"
    notes = [Note(f"open it with: {how}", f"打开方式：{how}")]
    notes += [Note(en, zh) for en, zh in zip(drawn.words(), drawn.words(Language.ZH), strict=True)]
    notes += [Note(line, line) for line in geometry.notes]
    return _write(rows, table, target, progress, *notes)


def _neighbours(graph: Graph, places: np.ndarray) -> pa.Array:
    """Up to fifteen of the neighbours that the graph knows, of those that are exported, as cosine distances."""
    row_of = np.full(len(graph), -1, np.int64)
    row_of[places] = np.arange(len(places))
    found = []
    for place in places:
        listed = graph.rows[place]
        rows = np.where(listed >= 0, row_of[listed], -1)
        kept = np.flatnonzero(rows >= 0)[:_NEIGHBOURS]
        distances = np.maximum(1.0 - graph.similarities[place][kept].astype(np.float64), 0.0)
        found.append({"ids": rows[kept].tolist(), "distances": distances.tolist()})
    return pa.array(found, pa.struct({"ids": pa.list_(pa.int64()), "distances": pa.list_(pa.float64())}))


def _with(table: pa.Table, columns: Mapping[str, pa.Array]) -> pa.Table:
    """The table with further columns; one of the corpus that is called the same gets ``user_`` in front."""
    table = table.rename_columns([f"user_{name}" if name in columns else name for name in table.column_names])
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table


def _write(rows: Rows, table: pa.Table, target: Path, progress: Progress, *notes: Note) -> Written:
    info = rows.store.info
    metadata = {"emoanalytics.encoder": str(info.encoder.get("name")), "emoanalytics.head": str(info.head)}

    def write(temporary: Path) -> None:
        done, writer = 0, None
        try:
            for part in rows.batches(table):
                if writer is None:
                    schema = part.schema.with_metadata(metadata)
                    writer = pq.ParquetWriter(temporary, schema, compression="zstd")
                writer.write_table(part.cast(schema))
                done += len(part)
                progress(done, len(rows), "rows")
        finally:
            if writer is not None:
                writer.close()

    put_file(target, write)
    return Written((*table.column_names, *([EMBEDDING] if rows.embeddings else [])), notes)
