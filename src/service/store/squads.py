"""What squads said of themselves: signed in or out, and where they are."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from service.store import bulk
from service.store.dispatch_tables import squad_status


class StatusRow(NamedTuple):
    """The newest word of a squad; `signed_in` None and `corridor` None: it never said."""

    squad: str
    signed_in: bool | None
    signed_ns: int
    corridor: str | None
    chainage_km: float | None
    position_ns: int


def load(conn: Connection) -> dict[str, StatusRow]:
    """Every squad that ever said something."""
    return {row.squad: _row(row) for row in conn.execute(select(squad_status))}


def get(conn: Connection, squad: str) -> StatusRow | None:
    """One squad."""
    row = conn.execute(select(squad_status).where(squad_status.c.squad == squad)).one_or_none()
    return None if row is None else _row(row)


def save(conn: Connection, row: StatusRow) -> None:
    """Keep what a squad says now."""
    columns: dict[str, list[Any]] = {name: [value] for name, value in row._asdict().items()}
    columns["signed_in"] = [None if row.signed_in is None else int(row.signed_in)]
    bulk.upsert(conn, squad_status, columns, bulk.replace)


def _row(row: Any) -> StatusRow:
    found = StatusRow(*(getattr(row, name) for name in StatusRow._fields))
    return found._replace(signed_in=None if found.signed_in is None else bool(found.signed_in))
