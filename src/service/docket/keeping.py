"""Writes intercepts down, with what the ledger hears of it and the timers that their states ask for.

=====================  =====================================  ==================================================
timer                  set while                              what it does (`service.docket.timing`)
=====================  =====================================  ==================================================
intercept_expires      nobody has taken it                    the truck is out of reach: it expires
intercept_unverified   it is unverified                       the desk did not look in time: it goes to a squad
intercept_answer       it is offered                          the squad did not answer: it goes to the next
intercept_desk         nobody has taken it                    nobody answered at all: it goes to the desk
intercept_shift        it is offered or claimed               the squad's duty ends: it goes to the desk
intercept_forgotten    it is over                             it is taken off its topic
=====================  =====================================  ==================================================

A timer of a state that an intercept has left may still fire: whoever fires it looks at the state first.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from dispatch.ledger import Entry
from dispatch.life import WAITING_STATES, State
from service import messages
from service.docket import joint_proposals, record, rows
from service.docket.standing import duty_until_ns
from service.docket.terms import Terms
from service.store import feed, intercepts, ledger, timers
from service.store.intercepts import InterceptRow
from wim.forms.json_form import instant_ns
from wim.records import DAY_NS

EXPIRY = "intercept_expires"
UNVERIFIED = "intercept_unverified"
ANSWER = "intercept_answer"
DESK = "intercept_desk"
SHIFT = "intercept_shift"
FORGET = "intercept_forgotten"

#: A squad that goes home hands this over; what it has begun it brings to an end.
NOT_BEGUN = frozenset({State.OFFERED, State.CLAIMED})

#: How long after its end (contracts.md §5).
FORGET_AFTER_NS = 30 * DAY_NS


def keep(
    conn: Connection, told: Sequence[messages.Intercept], entries: Sequence[Entry], now_ns: int, terms: Terms
) -> list[InterceptRow]:
    """Write each as the version after the one that was read, and give the rows; `entries` are the ledger's of it.

    Their joint actions follow, and stand in the ledger behind what caused them. Raises `FencedError`.
    """
    kept = write(conn, told, now_ns, terms)
    ledger.append(conn, entries)
    joint_proposals.follow(conn, told, now_ns, terms)
    return kept


def step(
    conn: Connection, before: messages.Intercept, after: messages.Intercept, action: str, now_ns: int, terms: Terms
) -> None:
    """Keep one step that this program took by itself, and tell it."""
    kept = keep(conn, [after], [record.of_system(before, after, action, now_ns)], now_ns, terms)
    feed.append(conn, [rows.intercept_entry(row) for row in kept])


def write(conn: Connection, told: Sequence[messages.Intercept], now_ns: int, terms: Terms) -> list[InterceptRow]:
    """`keep` for a change that no joint action follows, such as one that came from there."""
    kept = [rows.intercept_row(one) for one in told]
    intercepts.save(conn, kept)
    for kind, due_at_ns in (
        _timers(told, kept, now_ns, terms) | {SHIFT: _shift_ends(conn, told, now_ns, terms)}
    ).items():
        if due_at_ns:
            timers.arm_all(conn, kind, due_at_ns)
    return kept


def _timers(
    told: Sequence[messages.Intercept], kept: Sequence[InterceptRow], now_ns: int, terms: Terms
) -> dict[str, dict[str, int]]:
    """The timers to set, by kind and intercept."""
    waiting = [(one, row) for one, row in zip(told, kept, strict=True) if row.state in WAITING_STATES]
    offered = [one for one, row in waiting if row.state == State.OFFERED]
    unverified = [one for one, row in waiting if row.state == State.UNVERIFIED]
    return {
        EXPIRY: {row.id: row.newest_ns + terms.horizon_ns for _, row in waiting},
        UNVERIFIED: {one.id: _since(one, now_ns) + terms.unverified_wait_ns for one in unverified},
        ANSWER: {one.id: instant_ns("answer_by", one.answer_by) for one in offered if one.answer_by},
        DESK: {row.id: _since(one, now_ns) + terms.desk_wait_ns for one, row in waiting if not one.desk},
        FORGET: {one.id: now_ns + FORGET_AFTER_NS for one, row in zip(told, kept, strict=True) if _over(one, row)},
    }


def _since(one: messages.Intercept, now_ns: int) -> int:
    """When it went out as new."""
    return instant_ns("opened_at", one.opened_at) if one.opened_at else now_ns


def _over(one: messages.Intercept, row: InterceptRow) -> bool:
    return not row.active and one.alerts > 0


def _shift_ends(conn: Connection, told: Sequence[messages.Intercept], now_ns: int, terms: Terms) -> dict[str, int]:
    """When the squads go home that have not begun yet. Of one that is on no duty somebody else said that it takes the
    truck, so that is not undone by the clock."""
    held = {one.id: one.squad for one in told if one.state.value in NOT_BEGUN and one.squad}
    ends = {intercept: duty_until_ns(conn, squad, now_ns, terms) for intercept, squad in held.items()}
    return {intercept: end_ns for intercept, end_ns in ends.items() if end_ns is not None}
