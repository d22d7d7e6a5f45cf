"""Ends intercepts whose truck got out of reach before anybody claimed them."""

from __future__ import annotations

from sqlalchemy import Connection

from dispatch import intercepts as life_cycle
from dispatch.intercepts import State
from service import messages
from service.docket import rows
from service.docket.drafting import life_of, relive
from service.docket.keeping import EXPIRY, keep
from service.docket.terms import Terms
from service.store import feed, intercepts, timers


def expire_due(conn: Connection, now_ns: int, terms: Terms, limit: int = 100) -> int:
    """Expire what is due, at most `limit` timers at a time; gives how many intercepts ended.

    In the caller's transaction, in any process: whoever fires a timer first acts on it. A newer sighting moved the
    timer of its intercept, so one that still fires has seen nothing since.
    """
    due = [timer for timer in timers.due(conn, now_ns, limit) if timer.kind == EXPIRY]
    fired = [timer.subject for timer in due if timers.fire(conn, timer)]
    ended = [told for intercept in fired if (told := _expired(conn, intercept, terms)) is not None]
    if ended:
        feed.append(conn, [rows.intercept_entry(row) for row in keep(conn, ended, now_ns, terms)])
    return len(ended)


def _expired(conn: Connection, intercept: str, terms: Terms) -> messages.Intercept | None:
    row = intercepts.get(conn, intercept, corridors=None)
    if row is None or row.state != State.OPEN:
        return None  # claimed, closed or merged since
    told = messages.decode(messages.Intercept, row.document.encode())
    return relive(told, life_cycle.expire(life_of(told)), terms.horizon_ns)
