"""Browsers that asked to be told, and of whom."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from service.store import bulk
from service.store.notice_tables import push_subscriptions


class Subscription(NamedTuple):
    """One browser of one person; `corridors` a JSON array, None: all. `endpoint` is a secret of that browser."""

    id: str
    person: str
    role: str
    agency: str | None
    squad: str | None
    corridors: str | None
    endpoint: str
    p256dh: str
    auth: str
    renewed_ns: int


def keep(conn: Connection, subscription: Subscription) -> None:
    """Write or renew one."""
    bulk.upsert_rows(conn, push_subscriptions, [subscription], bulk.replace)


def of_person(conn: Connection, person: str | None) -> list[Subscription]:
    """Those of a person, or of everybody (None), the one that was renewed last first."""
    rows = select(push_subscriptions)
    if person is not None:
        rows = rows.where(push_subscriptions.c.person == person)
    newest = push_subscriptions.c.renewed_ns.desc(), push_subscriptions.c.id
    return [Subscription(*row) for row in conn.execute(rows.order_by(*newest))]


def of_roles(conn: Connection, roles: Collection[str], renewed_from_ns: int) -> list[Subscription]:
    """Those of people in some roles that were renewed since a time, by id."""
    table = push_subscriptions
    wanted = select(table).where(table.c.role.in_(sorted(roles)), table.c.renewed_ns >= renewed_from_ns)
    return [Subscription(*row) for row in conn.execute(wanted.order_by(table.c.id))]


def get(conn: Connection, subscription: str) -> Subscription | None:
    """One, by its id."""
    table = push_subscriptions
    row = conn.execute(select(table).where(table.c.id == subscription)).one_or_none()
    return Subscription(*row) if row else None


def remove(conn: Connection, subscription: str) -> bool:
    """Forget one; False where it was gone already."""
    return conn.execute(delete(push_subscriptions).where(push_subscriptions.c.id == subscription)).rowcount == 1


def trim(conn: Connection, before_ns: int, limit: int) -> int:
    """Forget up to `limit` that were last renewed before a time; gives how many."""
    table = push_subscriptions
    old = select(table.c.id).where(table.c.renewed_ns < before_ns).order_by(table.c.renewed_ns).limit(limit)
    return conn.execute(delete(table).where(table.c.id.in_(old))).rowcount
