"""What time does to intercepts: fires the timers of `service.docket.keeping`.

In the caller's transaction, in any process: whoever fires a timer first acts on it, so a restart loses none and doubles
none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec
from sqlalchemy import Connection

from dispatch import intercepts as life_cycle
from dispatch.life import WAITING_STATES, State, by_system
from service import messages
from service.docket import joint, joint_keeping, keeping, offering, record, rows
from service.docket.deeds import passed_by
from service.docket.drafting import life_of, relive
from service.docket.terms import Terms
from service.store import feed, intercepts, timers
from service.store.timers import Timer
from wim.forms.json_form import instant_ns

#: Gives the intercept as it is after its time came; None where that does not concern it any more.
_Passes = Callable[[Connection, messages.Intercept, int, Terms], messages.Intercept | None]


def fire_due(conn: Connection, now_ns: int, terms: Terms, limit: int = 100) -> int:
    """Do what is due, at most `limit` timers at a time; gives how many intercepts changed."""
    due = timers.due(conn, now_ns, limit, _KINDS.keys())
    changed = [after for timer in due if timers.fire(conn, timer) and (after := _fired(conn, timer, now_ns, terms))]
    for timer in timers.due(conn, now_ns, limit):
        if timer.kind == joint_keeping.DEADLINE and timers.fire(conn, timer):
            joint.deadline_passed(conn, timer.subject, now_ns, terms)
    if changed:
        feed.append(conn, [rows.intercept_entry(rows.intercept_row(one)) for one in changed])
    return len(changed)


def _fired(conn: Connection, timer: Timer, now_ns: int, terms: Terms) -> messages.Intercept | None:
    row = intercepts.get(conn, timer.subject, corridors=None)
    told = messages.decode(messages.Intercept, row.document.encode()) if row is not None else None
    after = _KINDS[timer.kind](conn, told, now_ns, terms) if told is not None else None
    if told is None or after is None:
        return None
    keeping.keep(conn, [after], now_ns, terms)
    record.of_system(conn, told, after, _ACTIONS[timer.kind], now_ns)
    return after


def _expire(conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms) -> messages.Intercept | None:
    """A newer sighting moved the timer, so one that still fires has seen nothing since."""
    if told.state.value not in WAITING_STATES:
        return None
    after = relive(told, life_cycle.expire(life_of(told)), terms.horizon_ns)
    return msgspec.structs.replace(after, answer_by=None)


def _unverified(conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms) -> messages.Intercept | None:
    """Nobody looked: better a squad that is told 未核實 than a bridge."""
    if told.state.value != State.UNVERIFIED:
        return None
    return offering.offer(conn, moved(told, "open", terms), now_ns, terms)


def _unanswered(conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms) -> messages.Intercept | None:
    """The squad that was asked did not answer: the next one, or the desk where there is none."""
    if told.state.value != State.OFFERED or told.answer_by is None:
        return None
    if instant_ns("answer_by", told.answer_by) > now_ns:
        return None  # another offer than the one that the timer was set for
    silent = msgspec.structs.replace(told, **passed_by(told))
    return offering.offer(conn, moved(silent, "escalate", terms), now_ns, terms)


def _to_desk(conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms) -> messages.Intercept | None:
    """Nobody answered at all. What is offered stays offered: the desk looks on, and may claim for somebody."""
    if told.state.value not in WAITING_STATES or told.desk:
        return None
    life = replace(life_of(told), version=told.version + 1)
    return msgspec.structs.replace(relive(told, life, terms.horizon_ns), desk=True)


def _shift_over(conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms) -> messages.Intercept | None:
    """Who goes home hands over what is not begun; who is on the way or at the truck brings it to an end."""
    if told.state.value not in (State.OFFERED, State.CLAIMED) or told.squad is None:
        return None
    if offering.on_duty(conn, told.squad, now_ns, terms):
        return None  # signed in for longer, or another shift follows
    left = msgspec.structs.replace(told, **passed_by(told), note=f"shift of {told.squad} ended", desk=True)
    return offering.offer(conn, moved(left, "escalate", terms), now_ns, terms)


def moved(told: messages.Intercept, action: str, terms: Terms) -> messages.Intercept:
    """The intercept after a step of the system."""
    life = replace(life_of(told), state=by_system(life_of(told).state, action), version=told.version + 1)
    return relive(told, life, terms.horizon_ns)


_KINDS: Mapping[str, _Passes] = {
    keeping.EXPIRY: _expire,
    keeping.UNVERIFIED: _unverified,
    keeping.ANSWER: _unanswered,
    keeping.DESK: _to_desk,
    keeping.SHIFT: _shift_over,
}

#: What the ledger calls it.
_ACTIONS: Mapping[str, str] = {
    keeping.EXPIRY: "expire",
    keeping.UNVERIFIED: "open",
    keeping.ANSWER: "unanswered",
    keeping.DESK: "to_desk",
    keeping.SHIFT: "shift_over",
}
