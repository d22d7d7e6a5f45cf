"""Wall screens that show a code until somebody at the duty desk says that it is theirs."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from service.store import bulk
from service.store.session_tables import pairings


class Pairing(NamedTuple):
    """A screen that waits; `principal` (JSON) and `confirmed_by` once it need not any more."""

    code: str
    digest: bytes
    address: str
    asked_ns: int
    until_ns: int
    principal: str | None = None
    confirmed_by: str | None = None


def add(conn: Connection, pairing: Pairing) -> bool:
    """Keep a screen that waits; False where its code is another's."""
    return bulk.upsert_rows(conn, pairings, [pairing], bulk.keep) == 1


def get(conn: Connection, code: str, now_ns: int) -> Pairing | None:
    """The screen that shows a code, as long as it does."""
    columns = (pairings.c[name] for name in Pairing._fields)
    row = conn.execute(select(*columns).where(pairings.c.code == code, pairings.c.until_ns > now_ns)).one_or_none()
    return Pairing(*row) if row else None


def confirm(conn: Connection, code: str, now_ns: int, principal: str, by: str) -> bool:
    """Let the screen in; False where none waits under that code."""
    waiting = pairings.c.code == code, pairings.c.until_ns > now_ns, pairings.c.principal.is_(None)
    return conn.execute(update(pairings).where(*waiting).values(principal=principal, confirmed_by=by)).rowcount == 1


def take(conn: Connection, code: str, mark: bytes) -> bool:
    """Take the code of the screen with this digest out of use; False where somebody did so before."""
    mine = pairings.c.code == code, pairings.c.digest == mark
    return conn.execute(delete(pairings).where(*mine)).rowcount == 1


def forget(conn: Connection, now_ns: int) -> None:
    """Forget every screen whose time is over."""
    conn.execute(delete(pairings).where(pairings.c.until_ns <= now_ns))
