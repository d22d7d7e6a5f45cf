"""Joint actions: their present state, and who may see it."""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from service.store import bulk
from service.store.intercepts import seen_by
from service.store.joint_tables import joint_actions
from service.store.paging import Cursor, matching, newest_first

#: The column that holds the unit of an agency.
_UNITS = {"road": joint_actions.c.road_unit, "police": joint_actions.c.police_unit}


class JointRow(NamedTuple):
    """A joint action with its message (`document`, JSON), at the place where its truck was seen last; `newest_ns` is
    when it last changed."""

    id: str
    version: int
    intercept: str
    trigger: str
    status: str
    active: bool
    corridor: str
    site: str
    plate: str
    road_unit: str | None
    police_unit: str | None
    newest_ns: int
    document: str


class _Side(msgspec.Struct):
    agency: str
    state: str
    unit: str | None = None


class _Told(msgspec.Struct):
    """What of the message says who helps."""

    to_agency: str
    sides: list[_Side]


#: States of a side whose unit may drive on.
_FREE = frozenset({"declined", "done"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which joint actions a list shows; None: no matter."""

    intercept: str | None = None
    active: bool | None = None


def save(conn: Connection, rows: Sequence[JointRow]) -> None:
    """Write each as the version after the one that it was read with (1 is new); `FencedError` if that moved."""
    bulk.save_next(conn, joint_actions, rows)


def get(
    conn: Connection,
    joint: str,
    corridors: Collection[str] | None,
    sites: Collection[str] | None = None,
    squad: str | None = None,
) -> JointRow | None:
    """One joint action, if it lies in one of the corridors, and at one of the sites, or is the squad's matter."""
    scope = seen_by(joint_actions, joint_actions.c.intercept, corridors, sites, squad)
    row = conn.execute(_rows().where(joint_actions.c.id == joint, *scope)).one_or_none()
    return JointRow(*row) if row else None


def of_intercepts(conn: Connection, intercepts: Iterable[str]) -> list[JointRow]:
    """The joint actions of these intercepts."""
    keys = [(one,) for one in dict.fromkeys(intercepts)]
    rows = conn.execute(bulk.having_keys(conn, joint_actions, ("intercept",), keys))
    return [JointRow(*(getattr(row, name) for name in JointRow._fields)) for row in rows]


def with_unit(conn: Connection, agency: str, unit: str) -> JointRow | None:
    """The active joint action in which a unit takes part."""
    row = conn.execute(_rows().where(joint_actions.c.active, _UNITS[agency] == unit).limit(1)).one_or_none()
    return JointRow(*row) if row else None


def helping(conn: Connection) -> dict[str, JointRow]:
    """The units that help the agency which leads, and have not done their part yet, with where they do."""
    found: dict[str, JointRow] = {}
    for values in conn.execute(_rows().where(joint_actions.c.active).order_by(joint_actions.c.id)):
        row = JointRow(*values)
        told = msgspec.json.decode(row.document, type=_Told)
        busy = (side.unit for side in told.sides if side.agency == told.to_agency and side.state not in _FREE)
        found |= {unit: row for unit in busy if unit is not None}
    return found


def page(
    conn: Connection,
    corridors: Collection[str] | None,
    wanted: Wanted,
    after: Cursor | None,
    limit: int,
    sites: Collection[str] | None = None,
    squad: str | None = None,
) -> list[JointRow]:
    """A page of joint actions in the corridors and at the sites (None: all of them), and of those that are the squad's
    matter; changed last first."""
    table = joint_actions.c
    conditions = matching((table.intercept, operator.eq, wanted.intercept), (table.active, operator.eq, wanted.active))
    scope = seen_by(joint_actions, table.intercept, corridors, sites, squad)
    rows = _rows().where(*scope, *conditions)
    return [JointRow(*row) for row in conn.execute(newest_first(rows, table.newest_ns, table.id, after, limit))]


def _rows() -> Any:
    return select(*(joint_actions.c[name] for name in JointRow._fields))
