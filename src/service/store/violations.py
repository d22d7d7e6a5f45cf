"""Violations as they were published, found by place, time, plate and kind."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select, update

from service.store import bulk
from service.store.paging import Cursor, matching, newest_first, within
from service.store.tables import violations
from service.store.watch_tables import recalls


class ViolationRow(NamedTuple):
    """A violation with its message (`document`, JSON); `id` is the passage's."""

    id: str
    version: int
    corridor: str
    site: str
    lane: int
    direction: int
    time_ns: int
    plate: str
    plate_colour: int
    plate_certain: bool
    grade: str
    zone: str
    severity: int
    band: int
    hundred_tonne: bool
    evidence: bool
    gross_kg: int
    excess_kg: int
    p_over: float
    document: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which violations a list shows; None and empty: no matter. Times include `from_ns`, exclude `to_ns`."""

    from_ns: int | None = None
    to_ns: int | None = None
    site: str | None = None
    direction: int | None = None
    plate: str | None = None
    zone: str | None = None
    grade: str | None = None
    severity_from: int | None = None
    hundred_tonne: bool | None = None
    excluded: bool | None = None
    #: Only what this downgrade took back.
    downgrade: str | None = None


def keep(conn: Connection, rows: Sequence[ViolationRow]) -> int:
    """Keep violations; of one id the highest version stays. Gives how many were new or newer."""
    return bulk.upsert_rows(conn, violations, list(_newest(rows)), _replace, bulk.newer)


def versions(conn: Connection, ids: Collection[str]) -> dict[str, int]:
    """The versions of those of the violations that are kept."""
    wanted = bulk.having_keys(conn, violations, ("id",), [(one,) for one in ids])
    columns = wanted.with_only_columns(violations.c.id, violations.c.version)
    return {row.id: row.version for row in conn.execute(columns)}


def documents(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """The messages of those of the violations that are kept."""
    wanted = bulk.having_keys(conn, violations, ("id",), [(one,) for one in ids])
    columns = wanted.with_only_columns(violations.c.id, violations.c.document)
    return {row.id: row.document for row in conn.execute(columns)}


def load(conn: Connection, ids: Collection[str]) -> list[ViolationRow]:
    """Those of the violations that are kept, in the order of time."""
    wanted = bulk.having_keys(conn, violations, ("id",), [(one,) for one in ids])
    rows = conn.execute(wanted.order_by(violations.c.time_ns, violations.c.id))
    return [ViolationRow(*(getattr(row, name) for name in ViolationRow._fields)) for row in rows]


def excluded(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """Which of the violations are out of all counts, and by which exclusion."""
    wanted = bulk.having_keys(conn, violations, ("id",), [(one,) for one in ids])
    columns = wanted.with_only_columns(violations.c.id, violations.c.excluded_by)
    return {row.id: row.excluded_by for row in conn.execute(columns.where(violations.c.excluded_by.is_not(None)))}


def get(
    conn: Connection, violation_id: str, corridors: Collection[str] | None, sites: Collection[str] | None = None
) -> ViolationRow | None:
    """One violation, if it lies in one of the corridors, and at one of the sites."""
    scope = within(violations.c.corridor, corridors) + within(violations.c.site, sites)
    row = conn.execute(_rows().where(violations.c.id == violation_id, *scope)).one_or_none()
    return ViolationRow(*row) if row else None


def page(
    conn: Connection,
    corridors: Collection[str] | None,
    wanted: Wanted,
    after: Cursor | None,
    limit: int,
    sites: Collection[str] | None = None,
) -> list[ViolationRow]:
    """A page of violations in the corridors and at the sites (None: all of them), newest first."""
    scope = within(violations.c.corridor, corridors) + within(violations.c.site, sites)
    rows = _rows().where(*scope, *_conditions(wanted))
    rows = newest_first(rows, violations.c.time_ns, violations.c.id, after, limit)
    return [ViolationRow(*row) for row in conn.execute(rows)]


def unnamed(conn: Connection, from_ns: int, to_ns: int, limit: int) -> list[ViolationRow]:
    """Violations without a certain plate between two times, both inclusive; the newest of them."""
    table = violations.c
    rows = _rows().where(~table.plate_certain, table.time_ns >= from_ns, table.time_ns <= to_ns)
    return [ViolationRow(*row) for row in conn.execute(rows.order_by(table.time_ns.desc(), table.id).limit(limit))]


class Count(NamedTuple):
    """Violations of a corridor, and how many of them are of a severity and more."""

    corridor: str
    violations: int
    grave: int


def counts(conn: Connection, from_ns: int, to_ns: int, grave_from: int) -> list[Count]:
    """How many violations each corridor had in a span, excluded ones too."""
    table = violations.c
    grave = func.sum(case((table.severity >= grave_from, 1), else_=0))
    wanted = select(table.corridor, func.count(), grave).where(table.time_ns >= from_ns, table.time_ns < to_ns)
    return [Count(*row) for row in conn.execute(wanted.group_by(table.corridor).order_by(table.corridor))]


def exclude(conn: Connection, ids: Iterable[str], by: str | None) -> int:
    """Take violations out of counts (`by` names the decision), or back in (None); gives how many."""
    here = violations.c.id.in_(list(ids))
    return conn.execute(update(violations).where(here).values(excluded_by=by)).rowcount


def _rows() -> Any:
    return select(*(violations.c[name] for name in ViolationRow._fields))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = violations.c
    listed = select(recalls.c.violation).where(recalls.c.downgrade == wanted.downgrade, recalls.c.sent)
    only = [] if wanted.downgrade is None else [table.id.in_(listed)]
    if wanted.excluded is not None:
        only.append(table.excluded_by.is_not(None) if wanted.excluded else table.excluded_by.is_(None))
    return only + matching(
        (table.time_ns, operator.ge, wanted.from_ns),
        (table.time_ns, operator.lt, wanted.to_ns),
        (table.site, operator.eq, wanted.site),
        (table.direction, operator.eq, wanted.direction),
        (table.plate, operator.eq, wanted.plate),
        (table.zone, operator.eq, wanted.zone),
        (table.grade, operator.eq, wanted.grade),
        (table.severity, operator.ge, wanted.severity_from),
        (table.hundred_tonne, operator.eq, wanted.hundred_tonne),
    )


def _newest(rows: Iterable[ViolationRow]) -> Iterable[ViolationRow]:
    """One row an id: a batch may hold two versions of one violation."""
    return {row.id: row for row in sorted(rows, key=lambda row: row.version)}.values()


def _replace(table: Any, new: Any) -> dict[str, Any]:
    """All but `excluded_by`: a re-judged violation stays excluded."""
    return {name: new[name] for name in ViolationRow._fields if name != "id"}
