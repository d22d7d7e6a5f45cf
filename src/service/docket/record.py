"""Who did what to an intercept: the audit log of persons, and what a scale said.

The ledger that both agencies read, and that nobody can change, is written from here too.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from service import messages
from service.docket import rows
from service.docket.deeds import Actor, Deed
from service.store import audit, weighings


def of_person(
    conn: Connection,
    before: messages.Intercept,
    after: messages.Intercept,
    deed: Deed,
    actor: Actor,
    now_ns: int,
) -> None:
    """A person did something."""
    change = {"from": before.state.value, "to": after.state.value, "version": after.version}
    document = msgspec.json.encode(change | msgspec.to_builtins(deed)).decode()
    conflict = ".conflict" if after.conflict and not before.conflict else ""
    action = f"intercept.{deed.action}{conflict}"
    audit.note(conn, audit.Entry(now_ns, actor.name, actor.role, actor.agency, action, after.id, deed.note, document))


def of_system(conn: Connection, before: messages.Intercept, after: messages.Intercept, why: str, now_ns: int) -> None:
    """This program did something by itself: `why` names the timer, or what else it was."""


def weighing(conn: Connection, after: messages.Intercept, confirmed: bool) -> None:
    """What the scale said, for precision and for the bias of the site."""
    weighings.keep(conn, rows.weighing_row(after, confirmed))
