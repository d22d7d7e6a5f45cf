"""What is written down of every change: the ledger that both agencies read, and the audit log of persons.

The ledger is a chain that nobody can change quietly (`dispatch.ledger`), so nothing in it may name the plate, which is
to become a pseudonym after its time: where a person wrote it into a note the ledger has `[plate]` in its place. The
audit log has the note as it was written.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from dispatch.ledger import Entry
from dispatch.life import Role
from service import messages
from service.docket import rows
from service.docket.deeds import Actor, Deed
from service.docket.drafting import place_of
from service.docket.unnamed import without_plate
from service.store import audit, weighings

#: Who acts where this program does.
SYSTEM = Actor("wim", Role.SYSTEM.value)

#: What of a deed belongs to the ledger's document; the rest has fields of its own there.
_FACTS = (
    "static_gross_kg",
    "scale_certificate",
    "unloaded_kg",
    "document_number",
    "permit_number",
    "done_at",
)


def of_person(
    conn: Connection,
    before: messages.Intercept,
    after: messages.Intercept,
    deed: Deed,
    actor: Actor,
    now_ns: int,
    fits: bool,
) -> Entry:
    """A person did something: noted in the audit log with the note; gives what the ledger has of it, with the facts.

    `fits`: it was no conflict.
    """
    change = {"from": before.state.value, "to": after.state.value, "version": after.version}
    document = msgspec.json.encode(change | msgspec.to_builtins(deed)).decode()
    action = f"intercept.{deed.action}{'' if fits else '.conflict'}"
    audit.note(conn, audit.Entry(now_ns, actor.name, actor.role, actor.agency, action, after.id, deed.note, document))
    facts = {name: getattr(deed, name) for name in _FACTS if getattr(deed, name) is not None}
    facts["version"] = after.version
    if not fits:
        facts["conflict"] = True
    behalf = (deed.squad or before.squad) if actor.role == Role.DUTY else None
    return _entry(before, after, deed.action, actor, now_ns, facts, behalf, deed.note)


def of_desk(
    conn: Connection,
    before: messages.Intercept,
    after: messages.Intercept,
    action: str,
    actor: Actor,
    now_ns: int,
    facts: dict[str, object],
    reason: str,
) -> Entry:
    """The desk decided something that is no step of the life: noted in the audit log; gives the ledger's entry."""
    document = msgspec.json.encode({"version": after.version, **facts}).decode()
    noted = audit.Entry(now_ns, actor.name, actor.role, actor.agency, f"intercept.{action}", after.id, reason, document)
    audit.note(conn, noted)
    return _entry(before, after, action, actor, now_ns, {"version": after.version, **facts}, None, reason)


def of_system(before: messages.Intercept | None, after: messages.Intercept, action: str, now_ns: int) -> Entry:
    """This program did something by itself: offered it, let it expire, sent it to the desk."""
    return _entry(before, after, action, SYSTEM, now_ns, _told(after), None)


def _told(after: messages.Intercept) -> dict[str, object]:
    """What a reader of the ledger wants beside the states."""
    told: dict[str, object] = {"version": after.version}
    if after.squad is not None:
        told["squad"] = after.squad
    if after.stop_point is not None:
        told["stop_point"] = after.stop_point
    if after.merged_into is not None:
        told["merged_into"] = after.merged_into
    return told


def _entry(
    before: messages.Intercept | None,
    after: messages.Intercept,
    action: str,
    actor: Actor,
    now_ns: int,
    facts: dict[str, object],
    behalf: str | None,
    note: str | None = None,
) -> Entry:
    entry = Entry(
        at_ns=now_ns,
        intercept=after.id,
        corridor=place_of(after),
        actor=actor.name,
        role=actor.role,
        agency=actor.agency,
        action=action,
        to_state=after.state.value,
        from_state=before.state.value if before else None,
        on_behalf_of=behalf,
        note=note,
        document=facts,
    )
    return without_plate(entry, after.plate)


def weighing(conn: Connection, after: messages.Intercept, confirmed: bool) -> None:
    """What the scale said, for precision and for the bias of the site."""
    weighings.keep(conn, rows.weighing_row(after, confirmed))
