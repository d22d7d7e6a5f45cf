"""What time does to intercepts and joint actions: fires the timers of `service.docket.keeping` and `joint_keeping`.

Each in a transaction of its own, in any process: whoever fires a timer first acts on it, so a restart loses none and
doubles none; and one that cannot be fired holds up no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dispatch import intercepts as life_cycle
from dispatch.life import WAITING_STATES, State, by_system
from service import messages
from service.docket import joint, joint_keeping, keeping, offering, rows
from service.docket.deeds import passed_by
from service.docket.drafting import life_of, relive
from service.docket.standing import duty_until_ns
from service.docket.terms import Terms
from service.store import intercepts, ledger, timers
from service.store.engine import Store
from service.store.errors import FencedError, StoreError
from service.store.intercepts import Wanted
from service.store.paging import LONGEST_PAGE
from service.store.timers import Timer
from wim.forms.json_form import instant_ns

#: Timers of one look, each a commit of some milliseconds: the relay has messages to send besides, and SQLite lets those
#: who wait for its lock in only when whoever has it pauses.
AT_ONCE = 10

log = structlog.get_logger(__name__)

#: Gives the intercept as it is after its time came; None where that does not concern it any more.
_Passes = Callable[[Connection, messages.Intercept, int, Terms], messages.Intercept | None]


def fire_due(store: Store, now_ns: int, terms: Terms, limit: int = AT_ONCE) -> int:
    """Do what is due, at most `limit` timers at a time; gives how many intercepts and joint actions changed.

    Raises what a database that went away raises.
    """
    with store.reading() as conn:
        due = timers.due(conn, now_ns, limit, (*_KINDS, joint_keeping.DEADLINE))
    return sum(_fired(store, timer, now_ns, terms) for timer in due)


def _fired(store: Store, timer: Timer, now_ns: int, terms: Terms) -> bool:
    try:
        with store.writing(durable=True) as conn:
            ledger.hold(conn)
            return timers.fire(conn, timer) and _done(conn, timer, now_ns, terms)
    except FencedError:
        return False  # the next look finds whether the time still matters
    except (SQLAlchemyError, StoreError):
        raise
    except Exception as error:
        log.error("timer_failed", timer=timer.kind, subject=timer.subject, exc_info=error)
        return False


def _done(conn: Connection, timer: Timer, now_ns: int, terms: Terms) -> bool:
    if timer.kind == joint_keeping.DEADLINE:
        return joint.deadline_passed(conn, timer.subject, now_ns, terms)
    row = intercepts.get(conn, timer.subject, corridors=None)
    if row is None:
        return False
    told = rows.told_in(row)
    after = _KINDS[timer.kind](conn, told, now_ns, terms)
    if after is None:
        return False
    keeping.step(conn, told, after, _ACTIONS[timer.kind], now_ns, terms)
    if offering.frees(told, after):
        offering.offer_waiting(conn, now_ns, terms)
    return True


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
    if told.state.value not in keeping.NOT_BEGUN or told.squad is None:
        return None
    until_ns = duty_until_ns(conn, told.squad, now_ns, terms)
    if until_ns is not None:
        # Signed in for longer, or another shift follows: that one ends, too.
        timers.arm(conn, keeping.SHIFT, told.id, until_ns)
        return None
    left = msgspec.structs.replace(told, **passed_by(told), note=f"{told.squad} 交班 (shift ended)", desk=True)
    return offering.offer(conn, moved(left, "escalate", terms), now_ns, terms)


def duty_changed(conn: Connection, squad: str, now_ns: int, terms: Terms) -> None:
    """A squad signed in or out: who went home hands over what is not begun, at once and not when a shift ends."""
    ledger.hold(conn)
    held = Wanted(active=True, states=keeping.NOT_BEGUN, squad=squad)
    for row in intercepts.page(conn, None, held, None, LONGEST_PAGE):
        told = rows.told_in(row)
        after = _shift_over(conn, told, now_ns, terms)
        if after is not None:
            keeping.step(conn, told, after, _ACTIONS[keeping.SHIFT], now_ns, terms)


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
