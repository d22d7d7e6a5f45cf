"""Writes intercepts down, with the timers that their states ask for."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from dispatch.intercepts import State
from service import messages
from service.docket import rows
from service.docket.terms import Terms
from service.store import intercepts, timers
from service.store.intercepts import InterceptRow
from wim.records import DAY_NS

#: The timer that ends an open intercept whose truck got out of reach.
EXPIRY = "intercept_expires"

#: The timer that takes an intercept which is over off its topic.
FORGET = "intercept_forgotten"

#: How long after its end (contracts.md §5).
FORGET_AFTER_NS = 30 * DAY_NS

_OVER = (State.CLOSED, State.EXPIRED, State.MERGED)


def keep(conn: Connection, told: Sequence[messages.Intercept], now_ns: int, terms: Terms) -> list[InterceptRow]:
    """Write each as the version after the one that was read, and give the rows. Raises `FencedError`.

    A timer of a state that an intercept has left may still fire: whoever fires it looks at the state first.
    """
    kept = [rows.intercept_row(one) for one in told]
    intercepts.save(conn, kept)
    running = [row for row in kept if row.state == State.OPEN]
    timers.arm_all(conn, EXPIRY, {row.id: row.newest_ns + terms.horizon_ns for row in running})
    over = [one.id for one in told if one.state.value in _OVER and one.alerts]
    timers.arm_all(conn, FORGET, dict.fromkeys(over, now_ns + FORGET_AFTER_NS))
    return kept
