"""What static scales said of intercepted trucks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from service.store import bulk
from service.store.dispatch_tables import weighings
from service.store.paging import within


class WeighingRow(NamedTuple):
    """One intercept's verdict, at the crossing with the best evidence."""

    intercept: str
    corridor: str
    site: str
    lane: int
    at_ns: int
    gross_kg: int
    static_gross_kg: int
    gross_sigma: float | None
    p_over: float
    confirmed: bool
    simulated: bool


def keep(conn: Connection, row: WeighingRow) -> None:
    """Keep a verdict; one that comes again takes the place of its former self."""
    bulk.upsert_rows(conn, weighings, [row], _replace)


def between(conn: Connection, from_ns: int, to_ns: int) -> list[WeighingRow]:
    """The verdicts on crossings of a time, those that were excluded left out; oldest first."""
    table = weighings.c
    wanted = select(weighings).where(table.at_ns >= from_ns, table.at_ns < to_ns, table.excluded_by.is_(None))
    return [_row(row) for row in conn.execute(wanted.order_by(table.at_ns, table.intercept))]


class Judged(NamedTuple):
    """A verdict, and whether a person took it out of all figures."""

    verdict: WeighingRow
    excluded: bool


def all_between(conn: Connection, corridors: Collection[str] | None, from_ns: int, to_ns: int) -> list[Judged]:
    """Every verdict on crossings of a time in the corridors, excluded ones marked; oldest first."""
    table = weighings.c
    wanted = select(weighings).where(table.at_ns >= from_ns, table.at_ns < to_ns, *within(table.corridor, corridors))
    rows = conn.execute(wanted.order_by(table.at_ns, table.intercept))
    return [Judged(_row(row), row.excluded_by is not None) for row in rows]


def legal_at(conn: Connection, site: str, lane: int, from_ns: int) -> int:
    """How many trucks of a lane a scale has found legal since."""
    table = weighings.c
    here = (table.site == site, table.lane == lane, table.at_ns >= from_ns, ~table.confirmed)
    return len(conn.execute(select(table.intercept).where(*here)).all())


def exclude(conn: Connection, intercept: str, by: str | None) -> None:
    """Take a verdict out of all figures (`by` names the decision), or back in (None)."""
    conn.execute(update(weighings).where(weighings.c.intercept == intercept).values(excluded_by=by))


def _replace(table: Any, new: Any) -> dict[str, Any]:
    """All but `excluded_by`: a verdict that comes again stays excluded."""
    return {name: new[name] for name in WeighingRow._fields if name != "intercept"}


def _row(row: object) -> WeighingRow:
    return WeighingRow(*(getattr(row, name) for name in WeighingRow._fields))
