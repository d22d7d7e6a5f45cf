"""The live feed: what happened, under numbers that a reader can resume from.

Numbers are drawn from one row that stays locked until the transaction ends, so they appear in the order of commits and
without gaps: whoever has seen 7 has seen everything up to 7. Therefore append last in a transaction, and keep it short.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, delete, func, literal, or_, select

from service.store import bulk
from service.store.counters import draw, last
from service.store.tables import feed

#: The channel on which PostgreSQL wakes readers (`news`).
CHANNEL = "wim_feed"


class Entry(NamedTuple):
    """One event: `kind` intercept, violation, joint-action or stats; places and agency None where they do not apply."""

    kind: str
    corridor: str | None
    site: str | None
    agency: str | None
    at_ns: int
    document: str


class _Side(msgspec.Struct):
    unit: str | None = None


class _Named(msgspec.Struct):
    """What of an intercept or a joint action says which squads it is about."""

    squad: str | None = None
    support: str | None = None
    passed: list[str] = []
    sides: list[_Side] = []


@dataclass(frozen=True)
class Event:
    """An entry under its number."""

    number: int
    entry: Entry

    @cached_property
    def squads(self) -> frozenset[str]:
        """The squads that it is about, wherever it is: who has the truck, is asked about it, passed it, or helps."""
        if self.entry.kind not in ("intercept", "joint-action"):
            return frozenset()
        told = msgspec.json.decode(self.entry.document, type=_Named)
        units = [told.squad, told.support, *(side.unit for side in told.sides)]
        return frozenset(told.passed).union(unit for unit in units if unit is not None)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the feed still holds; `oldest` is `newest` + 1 where it holds nothing."""

    oldest: int
    newest: int


def append(conn: Connection, entries: Sequence[Entry]) -> int:
    """Add events and wake the readers; gives the number of the last one."""
    newest = draw(conn, "feed", len(entries))
    columns: dict[str, list[Any]] = {"number": list(range(newest - len(entries) + 1, newest + 1))}
    columns |= {name: [getattr(entry, name) for entry in entries] for name in Entry._fields}
    bulk.upsert(conn, feed, columns, bulk.keep)
    if entries and conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_notify(literal(CHANNEL), literal(str(newest)))))
    return newest


def read(
    conn: Connection,
    after: int,
    limit: int,
    corridors: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
) -> list[Event]:
    """Events after a number, in order, at most `limit`; of the corridors that the reader may see (None: all).

    An event without a corridor is for everybody.
    """
    rows = select(feed).where(feed.c.number > after).order_by(feed.c.number).limit(limit)
    if corridors is not None:
        rows = rows.where(or_(feed.c.corridor.is_(None), feed.c.corridor.in_(sorted(corridors))))
    if kinds is not None:
        rows = rows.where(feed.c.kind.in_(sorted(kinds)))
    return [Event(row.number, Entry(*(getattr(row, name) for name in Entry._fields))) for row in conn.execute(rows)]


def bounds(conn: Connection) -> Bounds:
    """The numbers between which a reader can resume: one that is behind `oldest` - 1 has missed something."""
    newest = last(conn, "feed")
    oldest = conn.execute(select(func.min(feed.c.number))).scalar_one()
    return Bounds(newest + 1 if oldest is None else oldest, newest)


def trim(conn: Connection, before_ns: int, limit: int = 5_000) -> int:
    """Drop up to `limit` of the oldest events that happened before a time; gives how many."""
    old = select(feed.c.number).where(feed.c.at_ns < before_ns).order_by(feed.c.at_ns).limit(limit)
    return conn.execute(delete(feed).where(feed.c.number.in_(old))).rowcount
