"""SQL on a store, run by DuckDB in a box: one SELECT over named tables, no file, no setting, no second statement."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from emoanalytics.errors import StoreError

# Table functions that read nothing but their arguments.
_SAFE_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})
# What a filter may call: each takes time and memory by the values it is given, none reads anything else.
# fmt: off
_FILTER_FUNCTIONS = frozenset({
    "abs", "ceil", "ceiling", "exp", "floor", "greatest", "isfinite", "isinf", "isnan", "least", "ln", "log",
    "log10", "log2", "mod", "pow", "power", "round", "sign", "sqrt", "trunc", "concat", "contains", "ends_with",
    "ilike_escape", "left", "length", "like_escape", "lower", "ltrim", "nfc_normalize", "not_ilike_escape",
    "not_like_escape", "prefix", "regexp_full_match", "regexp_matches", "replace", "right", "rtrim", "split_part",
    "starts_with", "strip_accents", "strlen", "substr", "substring", "suffix", "trim", "upper", "array_contains",
    "array_extract", "array_has", "array_has_all", "array_has_any", "array_length", "len", "list_contains",
    "list_extract", "list_has", "list_has_all", "list_has_any", "list_position", "list_value", "coalesce", "if",
    "ifnull", "nullif", "century", "current_date", "current_timestamp", "date_diff", "date_part", "date_sub",
    "date_trunc", "datediff", "datepart", "datetrunc", "day", "dayname", "dayofmonth", "dayofweek", "dayofyear",
    "epoch", "epoch_ms", "hour", "isodow", "isoyear", "last_day", "make_date", "make_timestamp", "minute", "month",
    "monthname", "now", "quarter", "second", "strftime", "strptime", "to_days", "to_hours", "to_minutes",
    "to_months", "to_seconds", "to_timestamp", "to_weeks", "to_years", "today", "week", "weekday", "weekofyear",
    "year", "yearweek",
})
# fmt: on
_FILTER_EXAMPLE = "Example: speaker = 'anna' AND score_angry > 0.6"
_QUERY_EXAMPLE = "Example: SELECT speaker, count(*) AS clips FROM segments GROUP BY speaker"
_ROW = "_row_number"
# Each is set once, before the lock; nothing a statement says can change them afterwards.
_BOX = (
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET python_enable_replacements = false",
    "SET TimeZone = 'UTC'",
    "SET lock_configuration = true",
)


class NotUnderstood(Exception):
    """What is wrong with a statement, in one line."""


def matching_rows(where: str, columns: Sequence[str], load: Callable[[Sequence[str]], pa.Table]) -> np.ndarray:
    """Which rows a filter keeps.

    Args:
        where: one SQL condition over the columns.
        columns: every column it may name.
        load: gives a ``pyarrow.Table`` with the columns it is asked for; only those the filter names are.

    Returns:
        Row numbers, ascending.

    Raises:
        StoreError: the filter is not one condition over these columns.
    """
    start = f"SELECT {_ROW} FROM segments WHERE "  # noqa: S608 (what follows is parsed, checked and run in the box)
    sql = f"{start}(\n{where}\n)"
    connection = _connect()
    try:
        _parsed(connection, f"{start}\n{where}\n")  # without the bracket, so that no condition can close it
        select = _parsed(connection, sql)
        _require_plain(select)
        needed = _named(select, columns)
        table = load(needed)
        table = table.append_column(_ROW, pa.array(np.arange(len(table))))
        connection.register("segments", table)
        kept = _run(connection, sql)
    except NotUnderstood as error:
        hint = _did_you_mean(str(error), columns)
        raise StoreError(
            f"the filter {_one_line(where)!r} is not understood: {error}{hint}. {_FILTER_EXAMPLE}"
        ) from None
    finally:
        connection.close()
    return np.sort(kept[_ROW].to_numpy())


def run_query(sql: str, tables: Mapping[str, Callable[[], Any]]) -> pa.Table:
    """Run one SELECT.

    Args:
        sql: the statement.
        tables: what it may read: by name, a call that gives a ``pyarrow`` table, or a dataset that is read as far
            as needed; made only for a table that the statement names.

    Raises:
        StoreError: it is not one SELECT over these tables.
    """
    connection = _connect()
    try:
        for name in _require_known(_parsed(connection, sql), tables):
            connection.register(name, tables[name]())
        return _run(connection, sql)
    except NotUnderstood as error:
        raise StoreError(f"the query is not understood: {error}. {_QUERY_EXAMPLE}") from None
    finally:
        connection.close()


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """A frame that keeps every value: whole numbers and truth values with gaps become pandas' nullable types."""
    nullable: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if column.null_count and (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
            nullable[name] = "boolean" if pa.types.is_boolean(column.type) else "Int64"
    plain = table.select([n for n in table.column_names if n not in nullable]).replace_schema_metadata(None).to_pandas()
    for name, dtype in nullable.items():
        plain[name] = pd.array(table[name].to_pylist(), dtype=dtype)
    return plain[table.column_names]


def _connect() -> Any:
    import duckdb  # here: a tenth of a second that a store without a filter does not need

    connection = duckdb.connect(":memory:")
    for setting in _BOX:
        connection.execute(setting)
    return connection


def _run(connection: Any, sql: str) -> pa.Table:
    import duckdb

    try:
        return connection.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise NotUnderstood(_first_line(error)) from None


def _parsed(connection: Any, sql: str) -> dict[str, Any]:
    """The syntax tree of the one SELECT that ``sql`` is."""
    import duckdb

    try:
        ((text,),) = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    except duckdb.Error as error:
        raise NotUnderstood(_first_line(error)) from None
    try:
        tree = json.loads(text)
    except RecursionError:
        raise NotUnderstood("it is nested too deeply") from None
    if tree["error"]:
        raise NotUnderstood(
            str(tree["error_message"]).splitlines()[0].replace(" can be serialized to json!", " are allowed")
        )
    if len(tree["statements"]) != 1:
        raise NotUnderstood(f"{len(tree['statements'])} statements where one is expected")
    node: dict[str, Any] = tree["statements"][0]["node"]
    return node


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _require_plain(select: dict[str, Any]) -> None:
    """A filter is one condition: nothing that closes its bracket and goes on, no SELECT inside."""
    empty = ("modifiers", "group_expressions", "having", "qualify", "sample")
    if select["type"] != "SELECT_NODE" or any(select.get(k) for k in empty) or select["cte_map"]["map"]:
        raise NotUnderstood("it is not one condition")
    for node in _nodes(select):
        if node.get("class") == "SUBQUERY":
            raise NotUnderstood("a filter is one condition over the columns, without a SELECT inside")
        if node.get("class") == "FUNCTION" and not node["is_operator"]:
            name = str(node["function_name"]).casefold()
            if name not in _FILTER_FUNCTIONS and name.isidentifier():  # the others are spelt as operators: ~~ is LIKE
                raise NotUnderstood(f"the function {node['function_name']} is not allowed in a filter")
        ours = node is select["select_list"][0]
        if not ours and any(str(part).casefold() == _ROW for part in node.get("column_names", ())):
            raise NotUnderstood(f"there is no column {_ROW}")


def _require_known(select: dict[str, Any], tables: Collection[str]) -> list[str]:
    """Which of our tables it reads; all others must be its own, and table functions may read nothing."""
    own: set[str] = set()
    for node in _nodes(select):
        if "cte_map" in node:
            own |= {str(entry["key"]).casefold() for entry in node["cte_map"]["map"]}
    named = set()
    for node in _nodes(select):
        kind = node.get("type")
        if kind == "TABLE_FUNCTION" and node["function"]["function_name"].casefold() not in _SAFE_TABLE_FUNCTIONS:
            raise NotUnderstood(f"the function {node['function']['function_name']} is not allowed here")
        if kind == "SHOW_REF":
            raise NotUnderstood("DESCRIBE and SHOW are not allowed here")
        if kind == "BASE_TABLE":
            name = str(node["table_name"]).casefold()
            if name not in own and name not in tables:
                raise NotUnderstood(f"there is no table {node['table_name']!r}; the tables are {', '.join(tables)}")
            named.add(name)
    return [name for name in tables if name in named]


def _named(select: dict[str, Any], columns: Sequence[str]) -> list[str]:
    """The columns a condition names, in the order of ``columns``; all of them where it says ``*``."""
    said: set[str] = set()
    for node in _nodes(select):
        if node.get("class") == "STAR":
            return list(columns)
        if node.get("class") == "COLUMN_REF":
            said |= {str(part).casefold() for part in node["column_names"]}
    return [c for c in columns if c.casefold() in said]


def _did_you_mean(message: str, columns: Collection[str]) -> str:
    if "Referenced column" not in message:
        return ""
    name = message.split('"')[1] if message.count('"') >= 2 else ""
    close = difflib.get_close_matches(name.casefold(), columns, n=3)
    return f" (did you mean {' or '.join(close)}?)" if close else f" (the columns are {', '.join(columns)})"


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0].rstrip(".!")


def _one_line(text: str) -> str:
    return " ".join(text.split())
