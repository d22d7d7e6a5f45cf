"""What is to happen at a time: acknowledgement in 60 s, expiry, … They survive a restart and fire once.

Any process may look for due timers; whoever's `fire` answers True does what the timer is for, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from service.store import bulk
from service.store.tables import timers


@dataclass(frozen=True, slots=True)
class Timer:
    """What (`kind`) is to happen to whom (`subject`), and when."""

    kind: str
    subject: str
    due_at_ns: int


def arm(conn: Connection, kind: str, subject: str, due_at_ns: int) -> None:
    """Set a timer; one of the same kind and subject is moved."""
    bulk.upsert(conn, timers, {"kind": [kind], "subject": [subject], "due_at_ns": [due_at_ns]}, bulk.replace)


def arm_all(conn: Connection, kind: str, due_at_ns: Mapping[str, int]) -> None:
    """Set one timer for each subject; one of the same kind and subject is moved."""
    times = list(due_at_ns.values())
    columns: dict[str, list[Any]] = {"kind": [kind] * len(times), "subject": list(due_at_ns), "due_at_ns": times}
    bulk.upsert(conn, timers, columns, bulk.replace)


def disarm(conn: Connection, kind: str, subject: str) -> None:
    """Forget a timer, if there is one."""
    conn.execute(delete(timers).where(timers.c.kind == kind, timers.c.subject == subject))


def due(conn: Connection, now_ns: int, limit: int = 100, kinds: Collection[str] = ()) -> list[Timer]:
    """The timers whose time has come, the oldest first; of some kinds only, or of all."""
    rows = select(timers).where(timers.c.due_at_ns <= now_ns).order_by(timers.c.due_at_ns).limit(limit)
    if kinds:
        rows = rows.where(timers.c.kind.in_(sorted(kinds)))
    return [Timer(row.kind, row.subject, row.due_at_ns) for row in conn.execute(rows)]


def next_due_ns(conn: Connection) -> int | None:
    """When the next timer fires; None without one."""
    return conn.execute(select(timers.c.due_at_ns).order_by(timers.c.due_at_ns).limit(1)).scalar_one_or_none()


def fire(conn: Connection, timer: Timer) -> bool:
    """Whether the timer is ours to act on: it stood as it was seen, and is now gone."""
    stands = timers.c.kind == timer.kind, timers.c.subject == timer.subject, timers.c.due_at_ns == timer.due_at_ns
    return conn.execute(delete(timers).where(*stands)).rowcount == 1
