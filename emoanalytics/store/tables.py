"""Parquet in and out: written in one step, read with its pages checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from emoanalytics.errors import DamagedStoreError
from emoanalytics.store.disk import write_atomic
from emoanalytics.store.schema import LOGIT_PREFIX

_ROWS_A_GROUP = 65_536
_BYTES_A_GROUP = 16 << 20  # of embeddings: what a read of one row has to load


def write_table(path: Path, table: pa.Table, metadata: Mapping[bytes, bytes], *, dim: int | None = None) -> None:
    """Put a Parquet file in place in one step; the same rows give the same bytes, however they are chunked.

    Args:
        path: the file.
        table: its rows.
        metadata: key-value metadata of the file.
        dim: length of the embedding column, where there is one: its row groups are made small enough to pick rows from.

    Raises:
        StoreError: the disk is full or not writable.
    """
    table = table.replace_schema_metadata(dict(metadata)).combine_chunks()
    rows = max(1, min(_ROWS_A_GROUP, _BYTES_A_GROUP // (4 * dim))) if dim else _ROWS_A_GROUP
    texts = [f.name for f in table.schema if pa.types.is_string(f.type)]
    logits = [n for n in table.schema.names if n.startswith(LOGIT_PREFIX)]  # byte by byte they take 40 % less room
    others = [n for n in table.schema.names if n not in logits]

    def write(temporary: Path) -> None:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            use_dictionary=texts if dim else others if logits else True,
            use_byte_stream_split=logits,
            row_group_size=rows,
            write_page_checksum=True,
        )

    write_atomic(path, write)


def open_parquet(path: Path, advice: str) -> pq.ParquetFile:
    """Open a Parquet file; pages are checked against their checksums when they are read.

    Raises:
        DamagedStoreError: it is missing or not Parquet; ``advice`` says what to do.
    """
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except FileNotFoundError:
        raise DamagedStoreError(f"{path} is missing: {advice}") from None
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error, advice) from error


def read_table(path: Path, columns: Sequence[str] | None, advice: str) -> pa.Table:
    """Read columns of a Parquet file (None: all), with its metadata.

    Raises:
        DamagedStoreError: it is missing or cannot be read.
    """
    with open_parquet(path, advice) as file:
        return read_columns(file, path, columns, advice)


def read_columns(
    file: pq.ParquetFile, path: Path, columns: Sequence[str] | None, advice: str, groups: Sequence[int] | None = None
) -> pa.Table:
    """Read columns of an open Parquet file, all row groups or some.

    Raises:
        DamagedStoreError: a page cannot be read.
    """
    try:
        wanted = None if columns is None else list(columns)
        if groups is None:
            return file.read(columns=wanted)
        return file.read_row_groups(list(groups), columns=wanted)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error, advice) from error


def _unreadable(path: Path, error: Exception, advice: str) -> DamagedStoreError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return DamagedStoreError(f"{path} cannot be read ({lines[0]}): {advice}")


def rows_of_files(table: pa.Table, files: Sequence[tuple[str, str]]) -> np.ndarray:
    """Which rows belong to one of these (corpus, file) pairs: (n,) bool."""
    if not files or not len(table):
        return np.zeros(len(table), bool)
    wanted = pa.array(sorted({f"{corpus}\0{file}" for corpus, file in files}), pa.string())
    return pc.is_in(keys(table, ("corpus", "file")), value_set=wanted).to_numpy()


def keys(table: pa.Table, columns: Sequence[str]) -> pa.ChunkedArray:
    """The values of these text columns, joined: one key a row."""
    return pc.binary_join_element_wise(*(table[c] for c in columns), "\0")
