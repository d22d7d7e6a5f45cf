"""What a transaction owes to Kafka: written with what it tells of, dropped once the brokers have it.

The relay sends in the order of numbers and drops what was acknowledged, so after a crash a message may go out twice.
Whoever reads keeps the highest version of an id.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from service.store.joint_tables import outbox


class Owed(NamedTuple):
    """A message that is to be sent: the JSON of one of `service.messages`."""

    topic: str
    key: str
    at_ns: int
    document: str


class Waiting(NamedTuple):
    """A message under its number."""

    number: int
    owed: Owed


def owe(conn: Connection, messages: Sequence[Owed]) -> None:
    """Add messages, in the transaction of what they tell of."""
    if messages:
        conn.execute(insert(outbox), [one._asdict() for one in messages])


def waiting(conn: Connection, limit: int) -> list[Waiting]:
    """What is to be sent next, the oldest first."""
    rows = conn.execute(select(outbox).order_by(outbox.c.number).limit(limit))
    return [Waiting(row.number, Owed(row.topic, row.key, row.at_ns, row.document)) for row in rows]


def drop(conn: Connection, numbers: Collection[int]) -> None:
    """Forget what was acknowledged."""
    if numbers:
        conn.execute(delete(outbox).where(outbox.c.number.in_(sorted(numbers))))
