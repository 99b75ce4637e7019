"""Parquet in and out, and how incoming rows become rows of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from emoanalytics.errors import DamagedStoreError, StoreError
from emoanalytics.store.disk import write_atomic
from emoanalytics.store.schema import RESERVED_COLUMNS, RESERVED_PREFIX, SEGMENT_COLUMNS, SEGMENTS_SCHEMA

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

    def write(temporary: Path) -> None:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            use_dictionary=texts if dim else True,
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


def conform(table: pa.Table, schema: pa.Schema, what: str) -> pa.Table:
    """Bring a table to exactly this schema: columns in its order, nullable ones filled in, types cast.

    Args:
        table: any column order and compatible types; further columns are left out.
        schema: what comes out.
        what: names the table in an error.

    Raises:
        StoreError: a column is missing, holds nulls where none may stand, or cannot be cast.
    """
    columns = []
    for field in schema:
        if field.name in table.column_names:
            column = _cast(table.column(field.name), field, what)
        elif field.nullable:
            column = pa.chunked_array([pa.nulls(len(table), field.type)])
        else:
            raise StoreError(f"the {what} lack the column {field.name!r}")
        if not field.nullable and column.null_count:
            raise StoreError(f"the {what} hold {column.null_count} empty value(s) in the column {field.name!r}")
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(column: pa.ChunkedArray, field: pa.Field, what: str) -> pa.ChunkedArray:
    if column.type == field.type:
        return column
    try:
        return column.cast(field.type, safe=not pa.types.is_timestamp(field.type))  # below a microsecond is dropped
    except (pa.ArrowException, TypeError) as error:
        raise StoreError(
            f"the {what} column {field.name!r} is {column.type}, not {field.type} ({str(error).splitlines()[0]})"
        ) from error


def incoming_segments(table: pa.Table, held: pa.Schema) -> tuple[pa.Table, list[str]]:
    """Segments as a caller gives them, as rows of the store.

    Args:
        table: the store's own columns and any columns of the corpus.
        held: the schema of the segments the store holds already.

    Returns:
        The rows, and one note for every column that had to be renamed.

    Raises:
        StoreError: a value the format does not allow.
    """
    own = conform(table, SEGMENTS_SCHEMA, "segments")
    wrong = pc.invert(pc.and_(pc.less_equal(0, own["start_s"]), pc.less(own["start_s"], own["end_s"])))
    if pc.any(wrong).as_py():
        row = pc.index(wrong, True).as_py()
        start, end = own["start_s"][row], own["end_s"][row]
        raise StoreError(
            f"segment {own['file'][row]} from {start} to {end} s: a segment starts at 0 or later and ends after that"
        )
    notes = []
    spelled = {n.casefold(): n for n in held.names}
    used: set[str] = set()
    for name in table.column_names:
        if name in SEGMENT_COLUMNS:
            continue
        free, copy = name, 1
        while not _is_free(free, spelled, used):
            copy += 1
            free = f"{name}_{copy}"
        if free != name:
            notes.append(f"the column {name!r} is stored as {free!r}: its own name is taken")
        used.add(free.casefold())
        own = own.append_column(pa.field(free, _plain(table.schema.field(name).type)), _plainly(table.column(name)))
    return own, notes


def _is_free(name: str, spelled: Mapping[str, str], used: set[str]) -> bool:
    folded = name.casefold()
    if not name or folded in RESERVED_COLUMNS or folded.startswith(RESERVED_PREFIX) or folded in used:
        return False
    return spelled.get(folded, name) == name


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type a column of the corpus is kept in: few types, so that files agree with each other."""
    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_large_string(kind) or str(kind) == "string_view":
        return pa.string()
    if pa.types.is_unsigned_integer(kind) or pa.types.is_integer(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_plain(kind.value_type))
    return kind


def _plainly(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = _plain(column.type)
    return column if column.type == kind else column.cast(kind, safe=not pa.types.is_timestamp(kind))


def stack(held: pa.Table, incoming: pa.Table) -> tuple[pa.Table, list[str]]:
    """Put rows under the rows of the store; columns only one of them has are empty in the other.

    Whole numbers and fractions together become fractions; other types that do not agree become text.

    Returns:
        All rows, and one note for every column whose type had to change.
    """
    notes = []
    for name in [n for n in held.column_names if n in incoming.column_names]:
        ours, theirs = held.schema.field(name).type, incoming.schema.field(name).type
        if ours == theirs or pa.types.is_null(theirs) or pa.types.is_null(ours):
            continue
        numbers = {ours, theirs} == {pa.int64(), pa.float64()}
        kind = pa.float64() if numbers else pa.string()
        notes.append(
            f"the column {name!r} was {ours} and is now {theirs}: kept as {'fractions' if numbers else 'text'}"
        )
        held, incoming = (_recast(t, name, kind) for t in (held, incoming))
    return pa.concat_tables([held, incoming], promote_options="default"), notes


def _recast(table: pa.Table, name: str, kind: pa.DataType) -> pa.Table:
    column = table.column(name)
    if column.type != kind:
        try:
            column = column.cast(kind, safe=False)
        except pa.ArrowException:  # a list or a struct: no cast to text, so as Python writes it
            column = pa.chunked_array([pa.array([None if v is None else str(v) for v in column.to_pylist()], kind)])
    return table.set_column(table.schema.get_field_index(name), pa.field(name, kind), column)


def rows_of_files(table: pa.Table, files: Sequence[tuple[str, str]]) -> np.ndarray:
    """Which rows belong to one of these (corpus, file) pairs: (n,) bool."""
    wanted = pa.array(sorted({f"{corpus}\0{file}" for corpus, file in files}), pa.string())
    return pc.is_in(keys(table, ("corpus", "file")), value_set=wanted).to_numpy()


def keys(table: pa.Table, columns: Sequence[str]) -> pa.ChunkedArray:
    """The values of these text columns, joined: one key a row."""
    return pc.binary_join_element_wise(*(table[c] for c in columns), "\0")
