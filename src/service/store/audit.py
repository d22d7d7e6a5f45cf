"""Who did or looked at what, and why. Entries are only added; the tables refuse to change one."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from service.store.tables import audit


class Entry(NamedTuple):
    """One act: `action` such as plate.look_up, `subject` what it was done to, `document` the rest (JSON)."""

    at_ns: int
    actor: str
    role: str
    agency: str | None
    action: str
    subject: str
    reason: str | None
    document: str = "{}"


class Numbered(NamedTuple):
    """An entry under its number."""

    number: int
    entry: Entry


def note(conn: Connection, entry: Entry) -> None:
    """Add an entry, in the transaction of what it tells of."""
    conn.execute(audit.insert().values(entry._asdict()))


def of_subject(conn: Connection, subject: str, limit: int = 100) -> list[Numbered]:
    """What was done to a subject, newest first."""
    rows = select(audit).where(audit.c.subject == subject).order_by(audit.c.at_ns.desc(), audit.c.number.desc())
    return [_numbered(row) for row in conn.execute(rows.limit(limit))]


def noted_since(conn: Connection, actor: str, action: str, subject: str, since_ns: int) -> bool:
    """Whether somebody's act on a subject was written down since a time."""
    same = audit.c.subject == subject, audit.c.actor == actor, audit.c.action == action, audit.c.at_ns >= since_ns
    return conn.execute(select(audit.c.number).where(*same).limit(1)).one_or_none() is not None


def page(conn: Connection, before: int | None, limit: int) -> list[Numbered]:
    """Entries with a number below `before` (None: from the newest), newest first."""
    rows = select(audit).order_by(audit.c.number.desc()).limit(limit)
    if before is not None:
        rows = rows.where(audit.c.number < before)
    return [_numbered(row) for row in conn.execute(rows)]


def _numbered(row: Row[Any]) -> Numbered:
    return Numbered(row.number, Entry(*(getattr(row, name) for name in Entry._fields)))
