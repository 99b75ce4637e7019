"""Values for formats that know no lists, and no times with a zone."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc


def is_list(kind: pa.DataType) -> bool:
    """Whether a column holds lists."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def lists_as_text(table: pa.Table) -> pa.Table:
    """Lists become JSON text; a number in them has as many digits as tell it from its neighbours.

    >>> lists_as_text(pa.table({"flags": [["noisy"], [], None]}))["flags"].to_pylist()
    ['["noisy"]', '[]', None]
    """
    for place, field in enumerate(table.schema):
        if is_list(field.type):
            table = table.set_column(place, field.name, _json(table[field.name]))
    return table


def times_as_text(table: pa.Table) -> pa.Table:
    """Times become ISO 8601 in UTC, with fractions of a second only in a column that has some."""
    for place, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            table = table.set_column(place, field.name, _iso(table[field.name]))
    return table


def _json(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type.value_type
    if not pa.types.is_floating(kind):
        texts = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()]
        return pa.array(texts, pa.string())
    parts = []
    for chunk in column.chunks:
        lists = chunk.cast(pa.list_(kind))
        texts = pa.ListArray.from_arrays(lists.offsets, pc.cast(lists.values, pa.string()), mask=lists.is_null())
        parts.append(pc.binary_join_element_wise("[", pc.binary_join(texts, ", "), "]", ""))
    return pa.chunked_array(parts, pa.string())


def _iso(column: pa.ChunkedArray) -> pa.ChunkedArray:
    micro = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
    fractions = pc.any(pc.not_equal(pc.subtract(micro, pc.multiply(pc.divide(micro, 10**6), 10**6)), 0)).as_py()
    plain = micro.cast(pa.timestamp("us"))
    if not fractions:
        plain = plain.cast(pa.timestamp("s"))
    return pc.strftime(plain, "%Y-%m-%dT%H:%M:%SZ")
