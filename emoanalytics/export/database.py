"""A table in a SQL database: in one transaction, over nothing that is there, and no password in any line."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from emoanalytics.errors import MissingExtraError, StoreError
from emoanalytics.export import flat
from emoanalytics.export.placing import refuse_inside
from emoanalytics.export.result import Progress, Written
from emoanalytics.export.rows import EMBEDDING, Rows
from emoanalytics.notes import Note

_EXAMPLE = "such as sqlite:///clips.db or postgresql://user@host/name"


def shown(url: str) -> str:
    """A database's URL without user, password and options.

    >>> shown("postgresql://anna:secret@db.example/speech?password=secret")
    'postgresql://db.example/speech'
    """
    parsed = _parsed(url)
    bare = _package().URL.create(parsed.drivername, host=parsed.host, port=parsed.port, database=parsed.database)
    return str(bare.render_as_string())


def write_table(rows: Rows, url: str, table: str, *, replace: bool, progress: Progress) -> Written:
    """One row a clip, scores as columns, lists as JSON text, an embedding as bytes (float32, little-endian).

    Raises:
        StoreError: the table is there already, or the database refuses; nothing was changed.
        MissingExtraError: SQLAlchemy or the database's driver is not installed.
    """
    alchemy = _package()
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        _check_sqlite(parsed, rows.store.path)
    if not table.strip():
        raise StoreError("a table needs a name: --table NAME")
    plain = flat.lists_as_text(rows.table)
    names = rows.columns  # the store keeps them apart also where large and small letters are the same
    try:
        engine = alchemy.create_engine(parsed)
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"{shown(url)} needs the package {error.name}: pip install {error.name}") from error
    except alchemy.exc.SQLAlchemyError as error:
        raise StoreError(f"{shown(url)} cannot be opened: {_reason(error, parsed)}") from None
    try:
        _as_one_transaction(alchemy, engine)
        with engine.begin() as connection:
            _fill(alchemy, connection, rows, plain, names, table, replace=replace, where=shown(url), progress=progress)
    except alchemy.exc.SQLAlchemyError as error:
        raise StoreError(f"{shown(url)} refused ({_reason(error, parsed)}): nothing was changed") from None
    finally:
        engine.dispose()
    notes: tuple[Note, ...] = ()
    if rows.embeddings:
        dim, how = rows.store.info.dim, "numpy.frombuffer(value, '<f4')"
        notes = (Note(f"{EMBEDDING} holds {dim} numbers as bytes: {how}", f"{EMBEDDING} 以字节存放 {dim} 个数：{how}"),)
    return Written(names, notes)


def _package() -> Any:
    try:
        alchemy = importlib.import_module("sqlalchemy")
    except ImportError as error:
        raise MissingExtraError("a database needs SQLAlchemy: pip install 'emoanalytics[sql]'") from error
    return alchemy


def _parsed(url: str) -> Any:
    alchemy = _package()
    try:
        return alchemy.make_url(url)
    except (alchemy.exc.ArgumentError, ValueError):  # the message would repeat the URL, with its password
        raise StoreError(f"the URL of the database is not understood: it is one {_EXAMPLE}") from None


def _check_sqlite(url: Any, store: Path) -> None:
    if not url.database or url.database == ":memory:":
        raise StoreError("a database in memory is gone when the command ends: name a file, sqlite:///clips.db")
    refuse_inside(Path(url.database), store)


def _as_one_transaction(alchemy: Any, engine: Any) -> None:
    """Python's driver of SQLite ends a transaction where a table is made, unless one begins it oneself."""
    if engine.dialect.name != "sqlite":
        return

    def leave_alone(connection: Any, _: Any) -> None:
        connection.isolation_level = None

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    alchemy.event.listen(engine, "connect", leave_alone)
    alchemy.event.listen(engine, "begin", begin)


def _fill(
    alchemy: Any,
    connection: Any,
    rows: Rows,
    plain: pa.Table,
    names: tuple[str, ...],
    name: str,
    *,
    replace: bool,
    where: str,
    progress: Progress,
) -> None:
    if alchemy.inspect(connection).has_table(name):
        if not replace:
            raise StoreError(f"{where} has a table {name} already: add --replace, or choose another --table")
        alchemy.Table(name, alchemy.MetaData()).drop(connection)
    kinds = [*(_kind(alchemy, field.type) for field in plain.schema), *([alchemy.LargeBinary()] * rows.embeddings)]
    made = alchemy.Table(name, alchemy.MetaData())
    for column, kind in zip(names, kinds, strict=True):
        key = column == "segment_id"
        made.append_column(alchemy.Column(column, alchemy.String(64) if key else kind, primary_key=key))
    made.create(connection)
    done = 0
    for part in rows.batches(plain):
        columns = [_values(column, connection.dialect.name) for column in part.columns]
        values = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        connection.execute(made.insert(), values)
        done += len(part)
        progress(done, len(rows), "rows")


def _kind(alchemy: Any, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return alchemy.Boolean()
    if pa.types.is_integer(kind):
        return alchemy.BigInteger()
    if pa.types.is_float32(kind):
        return alchemy.REAL()
    if pa.types.is_floating(kind):
        return alchemy.Double()
    if pa.types.is_timestamp(kind):
        return alchemy.DateTime(timezone=True)
    if pa.types.is_date(kind):
        return alchemy.Date()
    return alchemy.Text()


def _values(column: pa.ChunkedArray, dialect: str) -> list[Any]:
    if flat.is_list(column.type):
        return [chunk for part in column.chunks for chunk in _bytes(part)]
    if pa.types.is_timestamp(column.type) and dialect == "sqlite":  # it has no zones: what it holds is UTC
        column = column.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    elif not any(test(column.type) for test in (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating,
                                                pa.types.is_timestamp, pa.types.is_date)):  # fmt: skip
        column = column.cast(pa.string())
    return column.to_pylist()


def _bytes(embeddings: pa.FixedSizeListArray) -> list[bytes]:
    vectors = embeddings.flatten().to_numpy().reshape(len(embeddings), -1).astype("<f4")
    return [row.tobytes() for row in vectors]


def _reason(error: Any, url: Any) -> str:
    """The first line of what the driver says, without secrets."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
    secrets = [url.password, *(v for v in url.query.values() if isinstance(v, str))]
    line = said[0].rstrip(".")
    for secret in filter(None, secrets):
        line = line.replace(str(secret), "***")
    return line
