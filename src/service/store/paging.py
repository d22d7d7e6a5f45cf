"""Lists that are read page by page, newest first, without missing a row while rows arrive.

A cursor is the last row of the page before, by time and id; a page number would shift with every new row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, literal, tuple_

#: Nobody reads more in one answer (habits of list APIs; streaming.md §6.3 caps a page at 1 000).
LONGEST_PAGE = 1_000


class Cursor(NamedTuple):
    """The last row that was shown."""

    time_ns: int
    id: str


def newest_first(rows: Select[Any], time: Any, key: Any, after: Cursor | None, limit: int) -> Select[Any]:
    """The page of `rows` that follows `after`, at most `limit` rows."""
    if after is not None:
        rows = rows.where(tuple_(time, key) < tuple_(literal(after.time_ns), literal(after.id)))
    return rows.order_by(time.desc(), key.desc()).limit(min(limit, LONGEST_PAGE))


def matching(*terms: tuple[Any, Callable[[Any, Any], Any], Any]) -> list[ColumnElement[bool]]:
    """Conditions from (column, comparison, value), without those whose value is None."""
    return [compare(column, value) for column, compare, value in terms if value is not None]


def within(corridor: Any, corridors: Collection[str] | None) -> list[ColumnElement[bool]]:
    """The condition that a row lies in one of the corridors that the reader may see; None: all of them."""
    return [] if corridors is None else [corridor.in_(sorted(corridors))]
