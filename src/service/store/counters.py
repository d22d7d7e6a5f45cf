"""Running numbers without gaps, drawn inside a transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from service.store import bulk
from service.store.tables import counters


def draw(conn: Connection, name: str, count: int = 1) -> int:
    """Draw `count` numbers; gives the last one. The counter stays locked until the transaction ends."""
    if count:
        bulk.upsert(conn, counters, {"name": [name], "value": [count]}, _sum)
    return last(conn, name)


def hold(conn: Connection, name: str) -> None:
    """Let nobody else draw until the transaction ends."""
    bulk.upsert(conn, counters, {"name": [name], "value": [0]}, _sum)


def last(conn: Connection, name: str) -> int:
    """The last number that was drawn; 0 before the first."""
    value = conn.execute(select(counters.c.value).where(counters.c.name == name)).scalar_one_or_none()
    return value or 0


def _sum(table: Any, new: Any) -> dict[str, Any]:
    return {"value": table.c.value + new.value}
