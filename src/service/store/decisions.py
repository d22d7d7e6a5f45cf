"""Why: what was decided about a truck by this program, and what it knew then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from service.store.dispatch_tables import decisions


class Decision(NamedTuple):
    """One decision about an intercept or a violation (`subject`); `document` is JSON."""

    subject: str
    kind: str
    at_ns: int
    document: str


def note(conn: Connection, found: Sequence[Decision]) -> None:
    """Add decisions."""
    if found:
        conn.execute(decisions.insert(), [one._asdict() for one in found])


def of_subject(conn: Connection, subject: str, limit: int = 200) -> list[Decision]:
    """What was decided about a subject, oldest first; the newest `limit` of it."""
    wanted = select(decisions).where(decisions.c.subject == subject).order_by(decisions.c.number.desc()).limit(limit)
    rows = [Decision(row.subject, row.kind, row.at_ns, row.document) for row in conn.execute(wanted)]
    return rows[::-1]


def since(conn: Connection, kind: str, from_ns: int) -> list[Decision]:
    """Decisions of one kind since a time, oldest first."""
    wanted = select(decisions).where(decisions.c.at_ns >= from_ns, decisions.c.kind == kind)
    rows = conn.execute(wanted.order_by(decisions.c.number))
    return [Decision(row.subject, row.kind, row.at_ns, row.document) for row in rows]
