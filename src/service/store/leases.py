"""What only one process may do at a time, such as relaying intercepts.

A lease is held until its time is up; a new owner raises the epoch, so the former one, back from a long pause, finds
its lease gone at the next check. Time is the caller's clock: holders must check well before `until_ns`, and what a
lease protects must bear being done twice (readers keep the highest version).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from service.store import bulk
from service.store.tables import leases


@dataclass(frozen=True, slots=True)
class Lease:
    """A right to act until `until_ns`."""

    name: str
    owner: str
    epoch: int
    until_ns: int


def acquire(conn: Connection, name: str, owner: str, now_ns: int, hold_ns: int) -> Lease | None:
    """Take a lease that is free or over; None while somebody holds it, even the same owner."""
    free: dict[str, list[Any]] = {"name": [name], "owner": [""], "epoch": [0], "until_ns": [0]}
    bulk.upsert(conn, leases, free, bulk.keep)
    over = update(leases).where(leases.c.name == name, leases.c.until_ns <= now_ns)
    taken = over.values(owner=owner, epoch=leases.c.epoch + 1, until_ns=now_ns + hold_ns)
    return current(conn, name) if conn.execute(taken).rowcount else None


def renew(conn: Connection, lease: Lease, now_ns: int, hold_ns: int) -> Lease | None:
    """The same lease for longer; None where it is over or somebody else's by now."""
    held = update(leases).where(*_is(lease), leases.c.until_ns > now_ns).values(until_ns=now_ns + hold_ns)
    if conn.execute(held).rowcount != 1:
        return None
    return Lease(lease.name, lease.owner, lease.epoch, now_ns + hold_ns)


def holds(conn: Connection, lease: Lease, now_ns: int) -> bool:
    """Whether the lease is still the owner's: to be asked before each act."""
    held = select(leases.c.epoch).where(*_is(lease), leases.c.until_ns > now_ns)
    return conn.execute(held).one_or_none() is not None


def release(conn: Connection, lease: Lease) -> None:
    """Give the lease back before its time; the epoch stays, so the next owner's is higher."""
    conn.execute(update(leases).where(*_is(lease)).values(until_ns=0))


def current(conn: Connection, name: str) -> Lease | None:
    """The lease as it was last taken, over or not."""
    row = conn.execute(select(leases).where(leases.c.name == name)).one_or_none()
    return Lease(row.name, row.owner, row.epoch, row.until_ns) if row else None


def _is(lease: Lease) -> tuple[Any, ...]:
    return leases.c.name == lease.name, leases.c.owner == lease.owner, leases.c.epoch == lease.epoch
