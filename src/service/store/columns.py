"""What every table is made of: one collection of tables, and the kinds of columns.

All columns are NOT NULL unless a table says otherwise with a plain `Column`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, SmallInteger, Text

metadata = MetaData()

#: SQLite numbers rows by itself only where the type is INTEGER, to the letter.
NUMBER = BigInteger().with_variant(Integer, "sqlite")


def text(name: str, **more: Any) -> Column[str]:
    """Text of any length."""
    return Column(name, Text, nullable=False, **more)


def big(name: str, **more: Any) -> Column[int]:
    """An integer of 8 bytes."""
    return Column(name, BigInteger, nullable=False, **more)


def integer(name: str, **more: Any) -> Column[int]:
    """An integer of 4 bytes."""
    return Column(name, Integer, nullable=False, **more)


def small(name: str, **more: Any) -> Column[int]:
    """An integer of 2 bytes."""
    return Column(name, SmallInteger, nullable=False, **more)


def flag(name: str) -> Column[bool]:
    """True or false."""
    return Column(name, Boolean, nullable=False)


def partial(name: str, where: Any, *columns: Any) -> None:
    """An index of the rows where something holds."""
    Index(name, *columns, postgresql_where=where, sqlite_where=where)
