"""Writes joint actions down: ledger, row, timer, what is owed to Kafka, live feed; in the caller's transaction.

Whoever calls holds the ledger (`service.store.ledger.hold`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dispatch.ledger import Entry
from dispatch.life import Role
from service import messages
from service.docket.deeds import Actor
from service.docket.joint_drafting import entry_of, owed_of, row_of, with_ledger
from service.docket.unnamed import without_plate
from service.store import feed, joint_actions, ledger, outbox, timers
from wim.forms.json_form import instant_ns

#: The timer by which a side that is late is told to both duty desks.
DEADLINE = "joint_deadline"

#: This program itself, where nobody acted.
SYSTEM = Actor("system", Role.SYSTEM)


@dataclass(frozen=True, slots=True)
class Change:
    """A joint action as it is to be written, and how the ledger tells of it."""

    after: messages.JointAction
    action: str
    from_state: str | None
    to_state: str
    actor: Actor = SYSTEM
    note: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def keep(conn: Connection, changes: Sequence[Change], now_ns: int) -> list[messages.JointAction]:
    """Write each as the version after the one that was read; gives them as they are told. Raises `FencedError`."""
    if not changes:
        return []
    ledger.append(conn, [_entry(change, now_ns) for change in changes])
    return write(conn, [change.after for change in changes])


def write(conn: Connection, after: Sequence[messages.JointAction]) -> list[messages.JointAction]:
    """`keep` for what nobody did, such as that the truck was seen elsewhere: the ledger has no entry of it."""
    told = [with_ledger(one, ledger.of_intercept(conn, one.intercept)) for one in after]
    kept = [row_of(one) for one in told]
    joint_actions.save(conn, kept)
    for one in told:
        if one.deadline is None:
            timers.disarm(conn, DEADLINE, one.id)
        else:
            timers.arm(conn, DEADLINE, one.id, instant_ns("deadline", one.deadline))
    outbox.owe(conn, [owed_of(row) for row in kept])
    feed.append(conn, [entry_of(row) for row in kept])
    return told


def _entry(change: Change, now_ns: int) -> Entry:
    after, actor = change.after, change.actor
    entry = Entry(
        at_ns=now_ns,
        intercept=after.intercept,
        corridor=after.corridor or "",
        actor=actor.name,
        role=actor.role,
        agency=actor.agency,
        action=f"joint.{change.action}",
        from_state=change.from_state,
        to_state=change.to_state,
        note=change.note,
        document={"joint": after.id, "trigger": after.trigger.value, "version": after.version, **change.facts},
    )
    return without_plate(entry, after.plate)
