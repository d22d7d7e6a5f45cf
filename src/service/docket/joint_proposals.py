"""Proposes joint actions, and lets them follow the truck's intercept.

=====================================  ===========================================================================
the intercept                          its joint actions
=====================================  ===========================================================================
is to be stopped, and has a trigger    one is proposed, by the agency that leads, once for each trigger
was stopped, and is lost               `drove_off` is proposed
is claimed                             the leading side has accepted, with that squad
is stopped or weighed                  the leading side is on scene
is confirmed or unloaded               the leading side is done, with the weigh slip
is legal, cancelled or merged          they are cancelled
moves on, or is weighed better         they show its newest place and best evidence
=====================================  ===========================================================================

So nobody at the roadside says a thing twice. What the other agency does, it says itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from dispatch import joint as life
from dispatch.joint import ROAD, Joint, Mover, SideState, Trigger
from dispatch.life import ACTIVE_STATES, Role, State
from dispatch.offenders import LEGAL_REPEATS_BEFORE
from service import messages
from service.docket.deeds import Actor
from service.docket.joint_drafting import draft, identity, joint_of, moved_on, redraft
from service.docket.joint_keeping import SYSTEM, Change, keep, write
from service.docket.terms import Terms
from service.store import joint_actions

_Told = messages.JointAction

#: What the leading side has done where the intercept stands so.
_REACHED: Mapping[str, tuple[str, ...]] = {
    State.CLAIMED: ("accept",),
    State.EN_ROUTE: ("accept",),
    State.STOPPED: ("accept", "on_scene"),
    State.WEIGHED: ("accept", "on_scene"),
    State.CONFIRMED: ("accept", "on_scene", "done"),
    State.UNLOADED: ("accept", "on_scene", "done"),
}

_POINTLESS = (State.LEGAL, State.CANCELLED, State.MERGED)


def propose(
    conn: Connection,
    about: messages.Intercept,
    trigger: Trigger,
    now_ns: int,
    terms: Terms,
    actor: Actor = SYSTEM,
    note: str | None = None,
) -> _Told:
    """The joint action of this intercept by this trigger, proposed now unless it was before."""
    known = joint_actions.get(conn, identity(about.id, trigger), corridors=None)
    if known is not None:
        return messages.decode(_Told, known.document.encode())
    (told,) = keep(conn, [_proposal(about, trigger, now_ns, terms, actor, note)], now_ns)
    return told


def follow(conn: Connection, changed: Sequence[messages.Intercept], now_ns: int, terms: Terms) -> None:
    """Let the joint actions of intercepts that were just written follow them."""
    concerned = [told for told in changed if told.state.value in ACTIVE_STATES or _concerns(told, terms)]
    if not concerned:
        return
    known: dict[str, dict[str, _Told]] = {told.id: {} for told in concerned}
    for row in joint_actions.of_intercepts(conn, known):
        known[row.intercept][row.trigger] = messages.decode(_Told, row.document.encode())
    for told in concerned:
        trigger = _trigger(told, terms)
        if trigger is not None and trigger not in known[told.id]:
            known[told.id][trigger] = propose(conn, told, trigger, now_ns, terms)
        for joint in known[told.id].values():
            _mirror(conn, told, _moved(conn, told, joint, now_ns), now_ns, terms)


def _concerns(told: messages.Intercept, terms: Terms) -> bool:
    return told.state.value in _REACHED or told.state.value in _POINTLESS or _trigger(told, terms) is not None


def _trigger(told: messages.Intercept, terms: Terms) -> Trigger | None:
    """What makes it a joint matter now; nothing while nobody has looked at it, nor once nobody is after it."""
    triggers = terms.agreement.triggers
    if told.state.value == State.LOST and told.stopped_at is not None and Trigger.DROVE_OFF in triggers:
        return Trigger.DROVE_OFF
    if told.state.value not in ACTIVE_STATES or told.state.value == State.UNVERIFIED:
        return None
    repeat = told.plate_certain and told.history.decided_1y >= LEGAL_REPEATS_BEFORE
    return life.trigger_of([reason.value for reason in told.reasons], repeat, triggers)


def _proposal(
    about: messages.Intercept, trigger: Trigger, now_ns: int, terms: Terms, actor: Actor, note: str | None
) -> Change:
    lead = about.lead_agency or actor.agency or ROAD
    joint = life.propose(identity(about.id, trigger), about.id, trigger, lead, now_ns, terms.agreement)
    return Change(draft(joint, about, now_ns), "propose", None, SideState.PROPOSED, actor, note)


def _moved(conn: Connection, about: messages.Intercept, told: _Told, now_ns: int) -> _Told:
    """Whoever drives out to it must know where it is by now; what is over stays as it ended."""
    over = joint_of(told).status not in (life.Status.OPEN, life.Status.DECLINED)
    after = told if over else moved_on(told, about, now_ns)
    return told if after is told else write(conn, [after])[0]


def _mirror(conn: Connection, about: messages.Intercept, told: _Told, now_ns: int, terms: Terms) -> None:
    """Bring the leading side to where the intercept stands."""
    if about.state.value in _POINTLESS:
        joint = joint_of(told)
        if joint.status in (life.Status.OPEN, life.Status.DECLINED):
            after = redraft(told, life.cancel(joint), now_ns, None, {})
            keep(
                conn, [Change(after, life.CANCEL, joint.status, life.Status.CANCELLED, note=about.state.value)], now_ns
            )
        return
    for change in _steps(about, told, now_ns, terms):
        keep(conn, [change], now_ns)


def _steps(about: messages.Intercept, told: _Told, now_ns: int, terms: Terms) -> Iterator[Change]:
    mover = Mover(Role.DUTY, about.lead_agency or ROAD)
    slip = _weigh_slip(about)
    for action in _REACHED.get(about.state.value, ()):
        joint = joint_of(told)
        side = joint.side(mover.agency)
        if side is None or action not in life.allowed(joint, mover) or side.state == SideState.DECLINED:
            continue
        said: dict[str, Any] = slip if action == "done" else {}
        try:
            moved = life.move(joint, action, mover, said, now_ns, terms.agreement, about.squad)
        except life.IncompleteError:
            return  # police lead: their decision has a number that only they know
        told = redraft(told, moved, now_ns, mover.agency, said)
        yield Change(told, action, side.state, _state(moved, mover.agency), facts=said)


def _weigh_slip(about: messages.Intercept) -> dict[str, Any]:
    slip = {
        "outcome": about.state.value,
        "static_gross_kg": about.static_gross_kg,
        "scale_certificate": about.scale_certificate,
        "unloaded_kg": about.unloaded_kg,
        "document_number": about.document_number,
    }
    return {name: value for name, value in slip.items() if value is not None}


def _state(joint: Joint, agency: str) -> str:
    side = joint.side(agency)
    assert side is not None  # it has just moved
    return side.state
