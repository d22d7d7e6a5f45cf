"""What the people of an agency do to their side of a joint action, and what happens when they do nothing.

All in the caller's transaction, which must be durable.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection

from dispatch import joint as life
from dispatch.joint import CANCEL, Joint, Mover, NotAllowedError, SideState, Status
from dispatch.life import Role
from service import messages
from service.docket import keeping, offering, rows, verdicts
from service.docket.deeds import Actor, says
from service.docket.joint_drafting import joint_of, redraft
from service.docket.joint_keeping import SYSTEM, Change, keep
from service.docket.terms import Terms
from service.store import feed, intercepts, joint_actions, ledger
from service.store.intercepts import InterceptRow


class JointDeed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done. `unit`: who takes part; `done_at`: when, where there was no network; the other fields belong to
    what a side owes (`dispatch.joint.PROOF`)."""

    action: str
    unit: str | None = None
    note: str | None = None
    outcome: str | None = None
    static_gross_kg: int | None = None
    scale_certificate: str | None = None
    unloaded_kg: int | None = None
    document_number: str | None = None
    done_at: str | None = None

    def said(self) -> dict[str, Any]:
        """The fields that say something, beside the action and its time."""
        found = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("action", "done_at")}
        return {name: value for name, value in found.items() if says(value)}


class UnknownJointError(LookupError):
    """There is no such joint action, or none that this person may see."""

    def __init__(self, joint: str) -> None:
        super().__init__(f"no joint action {joint}")
        self.joint = joint


class StaleJointError(ValueError):
    """The joint action went on since the person looked at it."""

    def __init__(self, asked: int, told: messages.JointAction) -> None:
        super().__init__(f"version {asked} is no longer the present one, {told.version} is: look again")
        self.asked, self.told = asked, told


class JointRefusedError(ValueError):
    """The side has no such step from here; `allowed` has those that it has."""

    def __init__(self, told: messages.JointAction, refusal: NotAllowedError) -> None:
        super().__init__(str(refusal))
        self.told, self.state, self.allowed = told, refusal.state, refusal.allowed


class UnitError(ValueError):
    """The unit cannot take part: what is wrong with it, and what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"unit {problem}: {remedy}")
        self.problem, self.remedy = problem, remedy


def act(
    conn: Connection,
    joint: str,
    deed: JointDeed,
    actor: Actor,
    now_ns: int,
    terms: Terms,
    corridors: Collection[str] | None = None,
    if_version: int | None = None,
) -> messages.JointAction:
    """Do it; gives the joint action as it is then.

    Raises:
        UnknownJointError, StaleJointError, JointRefusedError, UnitError.
        IncompleteError: the step needs fields that were not given.
        FencedError: somebody else was quicker by a moment; the transaction must be given up.
    """
    ledger.hold(conn)
    told = present(conn, joint, corridors)
    if if_version is not None and if_version != told.version:
        raise StaleJointError(if_version, told)
    before, mover = joint_of(told), mover_of(actor)
    said = deed.said()
    try:
        after = life.move(before, deed.action, mover, said, now_ns, terms.agreement, deed.unit)
    except NotAllowedError as refusal:
        raise JointRefusedError(told, refusal) from refusal
    if deed.unit is not None:
        _check_unit(conn, deed.unit, mover.agency, before, terms)
    shown = _show_support(conn, after, mover.agency, now_ns, terms)
    (kept,) = keep(conn, [_change(told, before, after, deed, actor, now_ns)], now_ns)
    if deed.document_number is not None and (row := intercepts.get(conn, after.intercept, corridors=None)):
        verdicts.decide(conn, rows.told_in(row))
    if shown:
        feed.append(conn, [rows.intercept_entry(row) for row in shown])
    if _busy(before) - _busy(after):
        # A unit is free again: somebody may be waiting for one.
        offering.offer_waiting(conn, now_ns, terms)
    return kept


def _busy(joint: Joint) -> set[str]:
    """The units that may not drive on yet."""
    if joint.status in (Status.DONE, Status.CANCELLED):
        return set()
    ended = (SideState.DECLINED, SideState.DONE)
    return {side.unit for side in joint.sides if side.unit is not None and side.state not in ended}


def present(conn: Connection, joint: str, corridors: Collection[str] | None = None) -> messages.JointAction:
    """The joint action as it is. Raises `UnknownJointError`."""
    row = joint_actions.get(conn, joint, corridors)
    if row is None:
        raise UnknownJointError(joint)
    return messages.decode(messages.JointAction, row.document.encode())


def mover_of(actor: Actor) -> Mover:
    """The person as the life of a joint action knows it."""
    return Mover(Role(actor.role), actor.agency or "", actor.squad)


def deadline_passed(conn: Connection, joint: str, now_ns: int, terms: Terms) -> bool:
    """A side is late: both duty desks are told. Gives whether anything was to be told; the timer is the caller's."""
    row = joint_actions.get(conn, joint, corridors=None)
    if row is None:
        return False
    told = messages.decode(messages.JointAction, row.document.encode())
    before = joint_of(told)
    after = life.escalate(before, now_ns)
    if after is before:
        return False
    late = sorted(side.agency for side in before.sides if side.deadline_ns is not None and side.deadline_ns <= now_ns)
    told = redraft(told, after, now_ns, None, {})
    keep(conn, [Change(told, "escalate", before.status, after.status, SYSTEM, facts={"late": late})], now_ns)
    return True


def _change(
    told: messages.JointAction, before: Joint, after: Joint, deed: JointDeed, actor: Actor, now_ns: int
) -> Change:
    agency = actor.agency or ""
    said = {name: value for name, value in deed.said().items() if name != "unit"}
    facts = {name: value for name, value in deed.said().items() if name != "note"}
    if deed.done_at is not None:
        facts["done_at"] = deed.done_at
    if deed.action == CANCEL:
        states: tuple[str, str] = before.status, Status.CANCELLED
    else:
        states = _state(before, agency), _state(after, agency)
    return Change(redraft(told, after, now_ns, agency, said), deed.action, *states, actor, deed.note, facts)


def _state(joint: Joint, agency: str) -> str:
    side = joint.side(agency)
    assert side is not None  # who is not part of it was refused
    return side.state


def _check_unit(conn: Connection, unit: str, agency: str, joint: Joint, terms: Terms) -> None:
    """Raise `UnitError` unless the unit is the agency's and free: nobody is sent to two trucks at once."""
    own = {squad.id for squad in terms.forces.squads.values() if squad.agency == agency}
    if own and unit not in own:
        raise UnitError(f"{unit!r} is no squad of {agency}", "name one of the registry")
    elsewhere = joint_actions.with_unit(conn, agency, unit)
    if elsewhere is not None and elsewhere.id != joint.id:
        raise UnitError(f"{unit!r} takes part in the joint action {elsewhere.id}", "name another, or end that first")
    held = intercepts.page(conn, None, intercepts.Wanted(active=True, squad=unit), None, 2)
    if other := next((row for row in held if row.id != joint.intercept), None):
        raise UnitError(f"{unit!r} has the intercept {other.id}", "name another, or end that first")


def _show_support(conn: Connection, joint: Joint, agency: str, now_ns: int, terms: Terms) -> list[InterceptRow]:
    """The unit of the agency that does not lead stands on the intercept, for the squad to know who comes."""
    row = intercepts.get(conn, joint.intercept, corridors=None)
    side = joint.side(agency)
    if row is None or side is None:
        return []
    told = rows.told_in(row)
    if agency == (told.lead_agency or joint.sides[0].agency) or told.support == side.unit:
        return []
    helped = msgspec.structs.replace(told, support=side.unit, version=told.version + 1)
    return keeping.write(conn, [helped], now_ns, terms)
