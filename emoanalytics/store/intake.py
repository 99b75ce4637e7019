"""What a commit may bring: rows are checked and brought to the types of the store before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from emoanalytics.errors import StoreError
from emoanalytics.store.schema import (
    FRAME_SCHEMA,
    RESERVED_COLUMNS,
    RESERVED_PREFIX,
    SEGMENT_COLUMNS,
    SEGMENTS_SCHEMA,
)


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
        if pa.types.is_floating(field.type):
            column = _gaps(column)
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
        # A name with the scores' prefix would never be free, whatever stands behind it.
        base = f"user_{name}" if name.casefold().startswith(RESERVED_PREFIX) else name
        free = next(n for n in _variants(base) if _is_free(n, spelled, used))
        if free != name:
            notes.append(f"the column {name!r} is stored as {free!r}: its own name is taken")
        used.add(free.casefold())
        own = own.append_column(pa.field(free, _plain(table.schema.field(name).type)), _plainly(table.column(name)))
    return own, notes


def _variants(name: str) -> Iterator[str]:
    yield name
    for copy in count(2):
        yield f"{name}_{copy}"


def _is_free(name: str, spelled: Mapping[str, str], used: set[str]) -> bool:
    folded = name.casefold()
    if not name or folded in RESERVED_COLUMNS or folded in used:
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
    if column.type != kind:
        column = column.cast(kind, safe=not pa.types.is_timestamp(kind))
    return _gaps(column) if pa.types.is_floating(kind) else column


def _gaps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """NaN as null: engines do not agree on whether NaN is larger than a number."""
    return pc.if_else(pc.is_nan(column), None, column)


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


def check_ids(ids: pa.ChunkedArray, held: pa.ChunkedArray) -> None:
    """New ids are unique and not held yet.

    Raises:
        StoreError: one is not.
    """
    if pc.count_distinct(ids).as_py() != len(ids):
        raise StoreError("a commit names a segment id twice")
    again = pc.is_in(ids, value_set=held)
    if pc.any(again).as_py():
        raise StoreError(f"the store holds the segment {ids[pc.index(again, True).as_py()]} already")


def check_embeddings(given: pa.Table, ids: pa.ChunkedArray) -> None:
    """Each embedding is finite and belongs to one of these segments, none twice.

    Raises:
        StoreError: one does not.
    """
    if pc.count_distinct(given["segment_id"]).as_py() != len(given):
        raise StoreError("the embeddings name a segment twice")
    foreign = pc.invert(pc.is_in(given["segment_id"], value_set=ids))
    if pc.any(foreign).as_py():
        name = given["segment_id"][pc.index(foreign, True).as_py()]
        raise StoreError(f"an embedding belongs to {name}, which is no segment of this commit")
    for chunk in given["embedding"].chunks:
        values = chunk.flatten()
        if values.null_count or not np.isfinite(values.to_numpy(zero_copy_only=False)).all():
            raise StoreError("an embedding holds a value that is not finite")


def checked_frames(frames: pa.Table, rows: pa.Table) -> pa.Table:
    """Frames in the store's types; further columns are kept.

    Raises:
        StoreError: a frame belongs to none of these segments.
    """
    foreign = pc.invert(pc.is_in(frames["segment_id"], value_set=rows["segment_id"]))
    if pc.any(foreign).as_py():
        raise StoreError("frames belong to a segment that is not of this commit")
    own = conform(frames, FRAME_SCHEMA, "frames")
    for name in frames.column_names:
        if name not in FRAME_SCHEMA.names:
            own = own.append_column(frames.schema.field(name), frames.column(name))
    return own
