"""Reading a store lazily: which columns and rows are loaded, and how a read stays whole while somebody writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.store.info import StoreInfo
from emoanalytics.store.layout import HINT_ADVICE, SEGMENTS_ADVICE
from emoanalytics.store.parts import PART_ADVICE, part_names
from emoanalytics.store.query import matching_rows, run_query
from emoanalytics.store.rows import EmbeddingRows
from emoanalytics.store.schema import (
    BUILTIN_HEAD,
    EMBEDDINGS_FOLDER,
    FAILURE_SCHEMA,
    FAILURES_FILE,
    FRAME_SCHEMA,
    FRAMES_FOLDER,
    META_EMBEDDING_PARTS,
    META_FRAME_PARTS,
    RECORDING_SCHEMA,
    RECORDINGS_FILE,
    SEGMENTS_FILE,
    STORE_FILE,
    embedding_schema,
)
from emoanalytics.store.scores import ARRAYS_FILE, SCORES_FILE, aligned_scores, head_folder, score_columns
from emoanalytics.store.tables import open_parquet, read_columns, read_table

_T = TypeVar("_T")
_Stamp = tuple[int, int, int]
_NONE: _Stamp = (-1, -1, -1)


class Reader:
    """What ``EmotionStore`` reads, as Arrow. Keeps nothing between calls but row numbers and digests.

    Args:
        path: the store's folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._info: tuple[_Stamp, StoreInfo] | None = None
        self._rows: tuple[_Stamp, EmbeddingRows] | None = None
        self._digests: dict[Path, tuple[_Stamp, bytes]] = {}

    @property
    def info(self) -> StoreInfo:
        """``store.json``, read again when it was replaced."""
        stamp = _stamp(self.path / STORE_FILE)
        if self._info is None or self._info[0] != stamp:
            self._info = (stamp, StoreInfo.read(self.path))
        return self._info[1]

    def selected(self, columns: Sequence[str] | None, where: str | None, *, scores: bool) -> pa.Table:
        """Columns and rows of the segments, in the order of the store; loads each column once, if it is needed.

        Args:
            columns: which, in this order; None: all.
            where: one SQL condition over segment and score columns; None: all rows.
            scores: whether ``columns`` may name score columns.

        Raises:
            StoreError: an unknown column or a filter that is not understood.
        """
        return self._steady(lambda: self._selected(columns, where, scores))

    def _selected(self, columns: Sequence[str] | None, where: str | None, scores: bool) -> pa.Table:
        score_names = score_columns(self.info.labels)
        path = self.path / SEGMENTS_FILE
        with open_parquet(path, SEGMENTS_ADVICE) as file:
            names = tuple(file.schema_arrow.names)
            parts = part_names(file.schema_arrow.metadata, META_EMBEDDING_PARTS)
            allowed = names + score_names if scores else names
            wanted = list(dict.fromkeys(allowed if columns is None else columns))
            unknown = [c for c in wanted if c not in allowed]
            if unknown:
                raise StoreError(f"{self.path} has no column {unknown[0]!r}; it has {', '.join(allowed)}")

            def load(asked: Sequence[str]) -> pa.Table:
                own = [c for c in asked if c in names]
                table = read_columns(file, path, list(dict.fromkeys([*own, "segment_id"])), SEGMENTS_ADVICE)
                table = table.replace_schema_metadata(None)
                if any(c in score_names for c in asked):
                    beside = self._aligned(table["segment_id"], parts)
                    for name in [c for c in asked if c in score_names]:
                        table = table.append_column(name, beside[name])
                return table

            kept = None if where is None else matching_rows(where, names + score_names, load)
            table = load(wanted).select(wanted)
        return table if kept is None else table.take(pa.array(kept))

    def embeddings(self, ids: Sequence[str] | None) -> np.ndarray:
        """Embeddings of these segments, or of all in order: (n, d) float32, read-only."""

        def read() -> np.ndarray:
            rows = self._located()
            return rows.read(np.arange(len(rows)) if ids is None else rows.positions(ids))

        return self._steady(read)

    def batches(self, rows: int) -> Iterator[np.ndarray]:
        """All embeddings in order, at most ``rows`` at a time."""
        yield from self._steady(self._located).batches(rows)

    def frames(self, ids: Sequence[str] | None) -> pa.Table:
        """Per-frame rows of these segments, or of all."""

        def read() -> pa.Table:
            names = part_names(self._segments([]).schema.metadata, META_FRAME_PARTS)
            wanted = None if ids is None else pc.field("segment_id").isin(list(ids))
            tables = [FRAME_SCHEMA.empty_table()]
            for name in names:
                path = self.path / FRAMES_FOLDER / name
                with open_parquet(path, PART_ADVICE) as file:
                    for group in range(file.metadata.num_row_groups):
                        table = read_columns(file, path, None, PART_ADVICE, [group]).replace_schema_metadata(None)
                        tables.append(table if wanted is None else table.filter(wanted))
            return pa.concat_tables(tables, promote_options="default")

        return self._steady(read)

    def query(self, sql: str) -> pa.Table:
        """Run one SELECT; a table it does not name is not opened.

        Raises:
            StoreError: it is not one SELECT over the five tables.
        """

        def segments() -> Any:
            open_parquet(self.path / SEGMENTS_FILE, SEGMENTS_ADVICE).close()
            return ds.dataset(self.path / SEGMENTS_FILE)

        def embeddings() -> Any:
            schema = embedding_schema(self.info.dim)
            files = [self.path / EMBEDDINGS_FOLDER / name for name in self._parts(["segment_id"])[1]]
            for file in files:
                open_parquet(file, PART_ADVICE).close()
            return ds.dataset([str(f) for f in files], schema=schema) if files else schema.empty_table()

        def scores() -> Any:
            table, parts = self._parts(["segment_id"])
            return self._aligned(table["segment_id"], parts)

        tables = {
            "segments": segments,
            "embeddings": embeddings,
            "scores": scores,
            "failures": lambda: self.listed(FAILURES_FILE, FAILURE_SCHEMA),
            "recordings": lambda: self.listed(RECORDINGS_FILE, RECORDING_SCHEMA),
        }
        return self._steady(lambda: run_query(sql, tables))

    def listed(self, name: str, schema: pa.Schema) -> pa.Table:
        """Failures or recordings; none where the file is not there."""
        if not (self.path / name).exists():
            return schema.empty_table()
        return read_table(self.path / name, schema.names, HINT_ADVICE).replace_schema_metadata(None)

    def fingerprint(self) -> str:
        """32 hex digits over encoder, segments and active head; a file is read again when it was replaced."""
        info = self.info
        hasher = hashlib.blake2b(f"{info.encoder_fingerprint}:{info.head}:".encode(), digest_size=16)
        files = [self.path / SEGMENTS_FILE]
        if info.head is not None and info.head != BUILTIN_HEAD:
            folder = head_folder(self.path, info.head)
            files += [folder / ARRAYS_FILE, folder / SCORES_FILE]
        for file in files:
            hasher.update(self._digest(file))
        return hasher.hexdigest()

    def _digest(self, file: Path) -> bytes:
        stamp = _stamp(file)
        held = self._digests.get(file)
        if held is None or held[0] != stamp:
            content = b"missing"
            if stamp != _NONE:
                with file.open("rb") as handle:
                    content = hashlib.file_digest(handle, lambda: hashlib.blake2b(digest_size=16)).digest()
            held = self._digests[file] = (stamp, content)
        return held[1]

    def _steady(self, read: Callable[[], _T]) -> _T:
        """Read again when a commit fell into the middle: a part it made superfluous may be gone."""
        while True:
            before = _stamp(self.path / SEGMENTS_FILE)
            try:
                return read()
            except DamagedStoreError:
                if _stamp(self.path / SEGMENTS_FILE) == before:
                    raise

    def _segments(self, columns: Sequence[str] | None) -> pa.Table:
        return read_table(self.path / SEGMENTS_FILE, columns, SEGMENTS_ADVICE)

    def _parts(self, columns: Sequence[str]) -> tuple[pa.Table, list[str]]:
        """Columns of the segments and the parts that were live with them."""
        table = self._segments(columns)
        return table, part_names(table.schema.metadata, META_EMBEDDING_PARTS)

    def _located(self) -> EmbeddingRows:
        stamp = _stamp(self.path / SEGMENTS_FILE)
        if self._rows is None or self._rows[0] != stamp:
            table, parts = self._parts(["segment_id"])
            self._rows = (stamp, EmbeddingRows(self.path, parts, table["segment_id"], self.info.dim))
        return self._rows[1]

    def _aligned(self, ids: pa.ChunkedArray, parts: Sequence[str]) -> pa.Table:
        scores = aligned_scores(self.path, self.info.head, self.info.labels, ids, parts)
        return scores.add_column(0, pa.field("segment_id", pa.string()), ids)


def _stamp(path: Path) -> _Stamp:
    """Size, time and number of a file: they change whenever it is replaced."""
    try:
        status = path.stat()
    except OSError:
        return _NONE
    return (status.st_size, status.st_mtime_ns, status.st_ino)
