"""Many rows in one go, alike on both engines.

Rows go to the driver as they are, past SQLAlchemy's handling of parameters (3 µs a row). SQLite takes 2 µs a row,
PostgreSQL 25 µs in psycopg's pipeline; arrays to be unnested are no faster for numbers, and 5 to 20 times slower for
documents and bytes, which they carry as escaped text. On PostgreSQL rows go in the order of the key, so that two
transactions that write the same rows wait for each other instead of dead-locking.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import ARRAY, Connection, Select, Table, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.sql.elements import ColumnElement

from service.store.errors import FencedError

#: From the table and the row that was refused to the columns that an existing row takes; empty: it stays as it is.
Resolve = Callable[[Table, Any], dict[str, Any]]

#: The same, to the condition under which it takes them.
OnlyIf = Callable[[Table, Any], ColumnElement[bool]]


#: How each engine is inserted into, and the form of parameters that its driver takes.
_DRIVERS: dict[str, tuple[Any, Any]] = {
    "sqlite": (sqlite.insert, sqlite.dialect(paramstyle="qmark")),
    "postgresql": (postgresql.insert, psycopg.dialect(paramstyle="format")),  # type: ignore[no-untyped-call]
}


def keep(table: Table, new: Any) -> dict[str, Any]:
    """The row that is there stays."""
    return {}


def replace(table: Table, new: Any) -> dict[str, Any]:
    """The new row takes the place of the old one."""
    return {column.name: new[column.name] for column in table.columns if not column.primary_key}


def newer(table: Table, new: Any) -> ColumnElement[bool]:
    """The row that is there has an older version."""
    return _true(table.c.version < new.version)


def following(table: Table, new: Any) -> ColumnElement[bool]:
    """The row that is there has the version just before: nobody wrote it since it was read."""
    return _true(table.c.version + literal_column("1") == new.version)


def upsert(
    conn: Connection,
    table: Table,
    columns: Mapping[str, Sequence[Any]],
    resolve: Resolve,
    only_if: OnlyIf | None = None,
) -> int:
    """Insert the rows whose `columns` are given (plain Python values), resolving those whose key is taken.

    Gives the number of rows that were inserted or changed. A key may stand only once in `columns`.
    """
    names = tuple(columns)
    if not len(columns[names[0]]):
        return 0
    text, order = _statement(conn.dialect.name, table, names, resolve, only_if)
    rows = list(zip(*(columns[name] for name in order), strict=True))
    if conn.dialect.name == "postgresql":
        rows.sort(key=itemgetter(*(order.index(key.name) for key in table.primary_key)))
    return conn.execution_options(preserve_rowcount=True).exec_driver_sql(text, rows).rowcount


def upsert_rows(
    conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]], resolve: Resolve, only_if: OnlyIf | None = None
) -> int:
    """`upsert` for named tuples whose fields are columns of the table."""
    if not rows:
        return 0
    names: tuple[str, ...] = rows[0]._fields  # type: ignore[attr-defined]
    return upsert(conn, table, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), resolve, only_if)


def save_next(conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]], resolve: Resolve = replace) -> None:
    """Write each row whose version follows the one that is there, or is the first; `FencedError` if any does not."""
    _all_or_fenced(table, upsert_rows(conn, table, rows, resolve, following), len(rows))


def save_columns(conn: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """`save_next` for rows that are given by column."""
    _all_or_fenced(table, upsert(conn, table, columns, replace, following), len(columns["version"]))


def _all_or_fenced(table: Table, written: int, rows: int) -> None:
    if written != rows:
        raise FencedError(table.name, f"{rows} rows of the version before")


def having_keys(conn: Connection, table: Table, names: Sequence[str], keys: Sequence[Sequence[Any]]) -> Select[Any]:
    """The rows of `table` whose columns `names` equal one of `keys`; to be executed, or narrowed further."""
    wanted = _sqlite_keys(table, names, keys) if conn.dialect.name == "sqlite" else _postgres_keys(table, names, keys)
    on = [table.c[name] == value for name, value in zip(names, wanted.columns, strict=True)]
    return select(table).select_from(wanted.source.join(table, _all(on)))


class _Keys:
    """A list of keys as something to join with, and its columns."""

    def __init__(self, source: Any, columns: Sequence[Any]) -> None:
        self.source, self.columns = source, columns


def _sqlite_keys(table: Table, names: Sequence[str], keys: Sequence[Sequence[Any]]) -> _Keys:
    source = func.json_each(json.dumps([list(key) for key in keys])).table_valued("value", name="wanted")
    return _Keys(source, [func.json_extract(source.c.value, f"$[{index}]") for index in range(len(names))])


def _postgres_keys(table: Table, names: Sequence[str], keys: Sequence[Sequence[Any]]) -> _Keys:
    lists = [list(values) for values in zip(*keys, strict=True)] or [[] for _ in names]
    arrays = [cast(values, ARRAY(table.c[name].type)) for name, values in zip(names, lists, strict=True)]
    source = func.unnest(*arrays).table_valued(*names, name="wanted").render_derived()
    return _Keys(source, [source.c[name] for name in names])


@lru_cache(maxsize=256)
def _statement(
    dialect: str, table: Table, names: tuple[str, ...], resolve: Resolve, only_if: OnlyIf | None
) -> tuple[str, tuple[str, ...]]:
    """The text of an upsert for the driver, and the order in which it takes the values."""
    insert, driver = _DRIVERS[dialect]
    statement = _resolved(insert(table).values({name: bindparam(name) for name in names}), table, resolve, only_if)
    compiled = statement.compile(dialect=driver)
    order = tuple(compiled.positiontup)
    assert sorted(order) == sorted(names)  # a resolution with a value of its own would need a parameter of its own
    return str(compiled), order


def _resolved(statement: Any, table: Table, resolve: Resolve, only_if: OnlyIf | None) -> Any:
    taken = resolve(table, statement.excluded)
    key = [column.name for column in table.primary_key]
    if not taken:
        return statement.on_conflict_do_nothing(index_elements=key)
    where = only_if(table, statement.excluded) if only_if else None
    return statement.on_conflict_do_update(index_elements=key, set_=taken, where=where)


def _all(conditions: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    first, *rest = conditions
    for condition in rest:
        first = first & condition
    return first


def _true(condition: Any) -> ColumnElement[bool]:
    """Comparisons of columns are typed as `bool` where the table is not."""
    return condition  # type: ignore[no-any-return]
