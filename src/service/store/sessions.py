"""Who is signed in with which browser. The cookie itself is kept nowhere: a copy of the database opens no session."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, select, update

from service.store.session_tables import sessions


class Session(NamedTuple):
    """One browser that is signed in; `principal` is JSON, the columns are those of the table."""

    id: str
    kind: str
    digest: bytes
    reference: str | None
    name: str
    agency: str | None
    principal: str
    address: str
    opened_ns: int
    used_ns: int
    until_ns: int


def add(conn: Connection, session: Session) -> None:
    """Keep a session that begins."""
    conn.execute(sessions.insert().values(session._asdict()))


def get(conn: Connection, session_id: str, now_ns: int) -> Session | None:
    """A session that is neither over nor ended."""
    row = conn.execute(_alive(now_ns).where(sessions.c.id == session_id)).one_or_none()
    return Session(*row) if row else None


def alive(conn: Connection, now_ns: int, agency: str | None) -> list[Session]:
    """Every session of an agency (None: of none) that is neither over nor ended, the one used last first."""
    rows = _alive(now_ns).where(sessions.c.agency.is_not_distinct_from(agency))
    return [Session(*row) for row in conn.execute(rows.order_by(sessions.c.used_ns.desc(), sessions.c.id))]


def used(conn: Connection, session_id: str, now_ns: int) -> None:
    """Keep when it was used last."""
    conn.execute(update(sessions).where(sessions.c.id == session_id).values(used_ns=now_ns))


def end(conn: Connection, session_id: str, now_ns: int, by: str) -> bool:
    """End a session; False where there was none to end."""
    here = update(sessions).where(sessions.c.id == session_id, sessions.c.ended_ns.is_(None))
    return conn.execute(here.values(ended_ns=now_ns, ended_by=by)).rowcount == 1


def _alive(now_ns: int) -> Select[Any]:
    columns = (sessions.c[name] for name in Session._fields)
    return select(*columns).where(sessions.c.until_ns > now_ns, sessions.c.ended_ns.is_(None))
