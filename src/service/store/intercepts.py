"""Intercepts: their present state, who may see it, and what of it is still to be published.

The transaction that changes an intercept writes its next version; that alone makes it due for publishing, because
`published_version` is then behind. The relay sends the state as it is by then, so of three quick changes one is sent.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, case, func, or_, select, update

from service.store import bulk
from service.store.dispatch_tables import asked_squads
from service.store.joint_tables import joint_actions
from service.store.paging import Cursor, matching, newest_first, within
from service.store.tables import intercepts


class InterceptRow(NamedTuple):
    """An intercept with its message (`document`, JSON); `active` while somebody can still act on it."""

    id: str
    version: int
    case_id: str
    state: str
    active: bool
    corridor: str
    site: str
    plate: str
    plate_colour: int
    squad: str | None
    lead_agency: str | None
    priority: float
    opened_ns: int
    newest_ns: int
    document: str


class ActiveCount(NamedTuple):
    """How many intercepts of a site somebody can still act on, in one state."""

    corridor: str
    site: str
    state: str
    number: int


class Engaged(NamedTuple):
    """An active intercept that a squad has, or is asked about."""

    id: str
    state: str
    squad: str
    document: str


class Unpublished(NamedTuple):
    """An intercept whose newest version no reader of the topic has yet; `noted` is what was noted of it by then."""

    id: str
    version: int
    document: str
    noted: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which intercepts a list shows; None and empty: no matter. Times are of the newest sighting."""

    from_ns: int | None = None
    to_ns: int | None = None
    states: Collection[str] = ()
    active: bool | None = None
    squad: str | None = None
    plate: str | None = None
    corridor: str | None = None


def save(conn: Connection, rows: Sequence[InterceptRow]) -> None:
    """Write each intercept as the version after the one that it was read with (1 is new); `FencedError` if that moved.

    Of two squads that claim at once, one gets here second and is fenced.
    """
    bulk.save_next(conn, intercepts, rows, _replace)
    named = sorted({(row.squad, row.id) for row in rows if row.squad is not None})
    columns = {"squad": [squad for squad, _ in named], "intercept": [intercept for _, intercept in named]}
    bulk.upsert(conn, asked_squads, columns, bulk.keep)


def get(
    conn: Connection,
    intercept_id: str,
    corridors: Collection[str] | None,
    sites: Collection[str] | None = None,
    squad: str | None = None,
) -> InterceptRow | None:
    """One intercept, if it lies in one of the corridors, and at one of the sites, or was put before the squad."""
    scope = seen_by(intercepts, intercepts.c.id, corridors, sites, squad)
    row = conn.execute(_rows().where(intercepts.c.id == intercept_id, *scope)).one_or_none()
    return InterceptRow(*row) if row else None


def of_cases(conn: Connection, case_ids: Iterable[str]) -> list[InterceptRow]:
    """The intercepts of these cases."""
    wanted = bulk.having_keys(conn, intercepts, ("case_id",), [(case_id,) for case_id in dict.fromkeys(case_ids)])
    return [InterceptRow(*(getattr(row, name) for name in InterceptRow._fields)) for row in conn.execute(wanted)]


def page(
    conn: Connection,
    corridors: Collection[str] | None,
    wanted: Wanted,
    after: Cursor | None,
    limit: int,
    sites: Collection[str] | None = None,
    squad: str | None = None,
) -> list[InterceptRow]:
    """A page of intercepts in the corridors and at the sites (None: all of them), and of those that were ever put
    before the squad; newest sighting first."""
    scope = seen_by(intercepts, intercepts.c.id, corridors, sites, squad)
    rows = _rows().where(*scope, *_conditions(wanted))
    rows = newest_first(rows, intercepts.c.newest_ns, intercepts.c.id, after, limit)
    return [InterceptRow(*row) for row in conn.execute(rows)]


def opened_between(conn: Connection, corridors: Collection[str] | None, from_ns: int, to_ns: int) -> list[InterceptRow]:
    """The intercepts whose trip was first seen in a span, by the time of that."""
    table = intercepts.c
    # The newest sighting is no older than the first, and has an index.
    within_span = table.newest_ns >= from_ns, table.opened_ns >= from_ns, table.opened_ns < to_ns
    rows = _rows().where(*within(table.corridor, corridors), *within_span).order_by(table.opened_ns, table.id)
    return [InterceptRow(*row) for row in conn.execute(rows)]


def active_counts(conn: Connection) -> list[ActiveCount]:
    """The active intercepts by place and state."""
    place = intercepts.c.corridor, intercepts.c.site, intercepts.c.state
    rows = select(*place, func.count()).where(intercepts.c.active).group_by(*place).order_by(*place)
    return [ActiveCount(*row) for row in conn.execute(rows)]


def engaged(conn: Connection) -> list[Engaged]:
    """What keeps squads busy."""
    table = intercepts.c
    rows = select(table.id, table.state, table.squad, table.document).where(table.active, table.squad.is_not(None))
    return [Engaged(*row) for row in conn.execute(rows.order_by(table.id))]


def unpublished(conn: Connection, limit: int) -> list[Unpublished]:
    """What the relay has to send next: what somebody can act on first, the newest of it first."""
    behind = intercepts.c.version > intercepts.c.published_version
    first = intercepts.c.active.desc(), intercepts.c.newest_ns.desc()
    table = intercepts.c
    rows = select(table.id, table.version, table.document, table.published_version).where(behind).order_by(*first)
    return [Unpublished(*row) for row in conn.execute(rows.limit(limit))]


def mark_published(conn: Connection, sent: Sequence[Unpublished]) -> None:
    """Note that these were acknowledged; not where something else was noted since they were read, such as that they are
    to be published again."""
    if not sent:
        return
    as_read = intercepts.c.id == bindparam("sent"), intercepts.c.published_version == bindparam("noted")
    note = update(intercepts).where(*as_read).values(published_version=bindparam("acknowledged"))
    rows = [{"sent": one.id, "noted": one.noted, "acknowledged": one.version} for one in sorted(sent)]
    conn.execute(note, rows)


def never_publish(conn: Connection, ids: Collection[str]) -> None:
    """Let the relay pass these intercepts over as they are now: nobody was ever told of them."""
    here = intercepts.c.id.in_(sorted(ids))
    conn.execute(update(intercepts).where(here).values(published_version=intercepts.c.version))


def publish_again(conn: Connection, ids: Collection[str]) -> None:
    """Make these intercepts due again, whatever was acknowledged and whatever is about to be: every call notes a
    number that was not there before."""
    table = intercepts.c
    below = case((table.published_version > 0, -1), else_=table.published_version - 1)
    conn.execute(update(intercepts).where(table.id.in_(sorted(ids))).values(published_version=below))


def republish_active(conn: Connection) -> int:
    """Make every active intercept due again, as a new relay must: the old one may have died in the middle of a send."""
    active = intercepts.c.active & (intercepts.c.published_version > 0)
    # Below 0, not 0: that is what nobody was ever told of.
    return conn.execute(update(intercepts).where(active).values(published_version=-1)).rowcount


def seen_by(
    table: Table, intercept: Any, corridors: Collection[str] | None, sites: Collection[str] | None, squad: str | None
) -> list[ColumnElement[bool]]:
    """The condition that a row is for a reader: it lies within, or the squad was asked about its intercept or helps.

    A squad is asked by where it can stop a truck, which need not be where the truck was seen: what it is asked about
    it must see, and what it stopped it must be able to say, wherever the next site sees the truck.
    """
    place = within(table.c.corridor, corridors) + within(table.c.site, sites)
    if squad is None or not place:
        return place
    asked = select(asked_squads.c.intercept).where(asked_squads.c.squad == squad)
    units = joint_actions.c.road_unit, joint_actions.c.police_unit
    helps = select(joint_actions.c.intercept).where(or_(*(unit == squad for unit in units)))
    return [or_(and_(*place), intercept.in_(asked), intercept.in_(helps))]


def _rows() -> Any:
    return select(*(intercepts.c[name] for name in InterceptRow._fields))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = intercepts.c
    given = matching(
        (table.newest_ns, operator.ge, wanted.from_ns),
        (table.newest_ns, operator.lt, wanted.to_ns),
        (table.active, operator.eq, wanted.active),
        (table.squad, operator.eq, wanted.squad),
        (table.corridor, operator.eq, wanted.corridor),
        (table.plate, operator.eq, wanted.plate),
    )
    return given + ([table.state.in_(sorted(wanted.states))] if wanted.states else [])


def _replace(table: Any, new: Any) -> dict[str, Any]:
    """All but `published_version`, which only the relay moves."""
    return {name: new[name] for name in InterceptRow._fields if name != "id"}
