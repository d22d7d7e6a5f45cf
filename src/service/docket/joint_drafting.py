"""A joint action as it is told and kept (`service.messages.JointAction`), and as its life sees it (`dispatch.joint`).

The message is the record: what the life needs is read from it, and written back into it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dispatch.joint import Completion, Joint, Side, SideState, Status, Trigger, next_actions
from dispatch.ledger import Stamped
from service import messages
from service.messages import vocabulary
from service.store.feed import Entry
from service.store.joint_actions import JointRow
from service.store.outbox import Owed
from service.topics import JOINT_ACTION
from wim.forms.json_form import instant_ns

#: Ledger entries that a message carries, newest kept; `GET /v1/ledger` has all. A truck has a dozen.
MOST_ENTRIES = 100

_OPEN = (Status.OPEN, Status.DECLINED)


def identity(intercept: str, trigger: str) -> str:
    """The joint action of an intercept by a trigger: proposed twice it is the same one."""
    return hashlib.blake2b(f"{intercept}/{trigger}".encode(), digest_size=8, person=b"wim joint").hexdigest()


def joint_of(told: messages.JointAction) -> Joint:
    """What the life needs of a message."""
    first, second = map(_side_of, told.sides)
    return Joint(
        id=told.id,
        intercept=told.intercept,
        trigger=Trigger(told.trigger.value),
        completion=Completion(told.completion.value),
        status=Status(told.status.value),
        version=told.version,
        sides=(first, second),
        escalated_ns=_maybe_ns(told.escalated_at),
    )


def draft(joint: Joint, about: messages.Intercept, now_ns: int) -> messages.JointAction:
    """The message of a joint action that was just proposed about an intercept."""
    return messages.JointAction(
        id=joint.id,
        version=joint.version,
        time=messages.rfc3339(now_ns),
        intercept=joint.intercept,
        trigger=vocabulary.JointTrigger(joint.trigger),
        completion=vocabulary.Completion(joint.completion),
        status=vocabulary.JointStatus(joint.status),
        from_agency=joint.sides[0].agency,
        to_agency=joint.sides[1].agency,
        sides=[_told_side(joint, side, {}) for side in joint.sides],
        deadline=_maybe_told(joint.deadline_ns),
        escalated_at=_maybe_told(joint.escalated_ns),
        proposed_at=messages.rfc3339(now_ns),
        plate=about.plate,
        plate_colour=about.plate_colour,
        **_truck(about),
        ledger=[],
    )


def moved_on(told: messages.JointAction, about: messages.Intercept, now_ns: int) -> messages.JointAction:
    """The message after its truck was seen elsewhere, or weighed better; the same one where it was not."""
    after = msgspec.structs.replace(told, **_truck(about))
    if after == told:
        return told
    return msgspec.structs.replace(after, version=told.version + 1, time=messages.rfc3339(now_ns))


def _truck(about: messages.Intercept) -> dict[str, Any]:
    """Where the truck was seen last, and how heavy it is by the best evidence."""
    last, best = about.sightings[-1], about.best
    return {
        "corridor": last.corridor,
        "site": last.site,
        "chainage_km": last.chainage_km,
        "direction": last.direction,
        "seen_at": last.time,
        "gross_kg": best.passage.gross_kg,
        "limit_high_kg": best.limit_high_kg,
        "excess_kg": best.excess_kg,
    }


def redraft(
    told: messages.JointAction, joint: Joint, now_ns: int, agency: str | None, said: Mapping[str, Any]
) -> messages.JointAction:
    """The message after a move; `said` are the fields that the moving agency's side takes."""
    sides = [
        _told_side(joint, side, {**msgspec.structs.asdict(before), **(said if side.agency == agency else {})})
        for side, before in zip(joint.sides, told.sides, strict=True)
    ]
    return msgspec.structs.replace(
        told,
        version=joint.version,
        time=messages.rfc3339(now_ns),
        status=vocabulary.JointStatus(joint.status),
        sides=sides,
        deadline=_maybe_told(joint.deadline_ns),
        escalated_at=_maybe_told(joint.escalated_ns),
    )


def with_ledger(told: messages.JointAction, entries: Sequence[Stamped]) -> messages.JointAction:
    """The message with what was done so far."""
    return msgspec.structs.replace(told, ledger=[told_entry(one) for one in entries[-MOST_ENTRIES:]])


def told_entry(stamped: Stamped) -> messages.LedgerEntry:
    """A ledger entry as it is told: every field that is hashed, and the time for people."""
    entry = stamped.entry
    return messages.LedgerEntry(
        number=stamped.number,
        previous=stamped.previous,
        hash=stamped.hash,
        at=messages.rfc3339(entry.at_ns),
        at_ns=entry.at_ns,
        intercept=entry.intercept,
        corridor=entry.corridor,
        actor=entry.actor,
        role=entry.role,
        agency=entry.agency,
        on_behalf_of=entry.on_behalf_of,
        action=entry.action,
        from_state=entry.from_state,
        to_state=entry.to_state,
        note=entry.note,
        document=dict(entry.document),
    )


def row_of(told: messages.JointAction) -> JointRow:
    """The message with the columns by which it is found."""
    units = {side.agency: side.unit for side in told.sides}
    return JointRow(
        id=told.id,
        version=told.version,
        intercept=told.intercept,
        trigger=told.trigger.value,
        status=told.status.value,
        active=told.status.value in _OPEN,
        corridor=told.corridor or "",
        site=told.site,
        plate=told.plate,
        road_unit=units.get("road"),
        police_unit=units.get("police"),
        newest_ns=instant_ns("time", told.time),
        document=messages.encode(told).decode(),
    )


def entry_of(row: JointRow) -> Entry:
    """A joint action as the live feed tells it."""
    return Entry("joint-action", row.corridor or None, row.site, None, row.newest_ns, row.document)


def owed_of(row: JointRow) -> Owed:
    """A joint action as Kafka gets it."""
    return Owed(JOINT_ACTION, row.intercept, row.newest_ns, row.document)


def _side_of(told: messages.JointSide) -> Side:
    since_ns = instant_ns("since", told.since)
    return Side(
        told.agency, SideState(told.state.value), since_ns, _maybe_ns(told.deadline), told.unit, _maybe_ns(told.late_at)
    )


def _told_side(joint: Joint, side: Side, before: Mapping[str, Any]) -> messages.JointSide:
    life = {
        "agency": side.agency,
        "state": vocabulary.SideState(side.state),
        "since": messages.rfc3339(side.since_ns),
        "deadline": _maybe_told(side.deadline_ns),
        "unit": side.unit,
        "late_at": _maybe_told(side.late_ns),
        "actions": list(next_actions(joint, side.agency)),
    }
    return messages.JointSide(**{**before, **life})


def _maybe_told(at_ns: int | None) -> str | None:
    return None if at_ns is None else messages.rfc3339(at_ns)


def _maybe_ns(told: str | None) -> int | None:
    return None if told is None else instant_ns("time", told)
