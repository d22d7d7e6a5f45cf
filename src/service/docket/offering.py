"""Offering: which squad is asked to stop a truck, and why nobody else was.

`dispatch.reach` chooses; here its questions are answered from the store, and what it weighed is kept.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection

from dispatch.life import State
from service import messages
from service.docket.standing import standing
from service.docket.terms import Terms
from service.store import squads


def offer(conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms) -> messages.Intercept:
    """An open intercept, offered to the squad that can catch it best; open and at the desk where there is none."""
    return msgspec.structs.replace(told, desk=True)


def offer_or_follow(conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms) -> messages.Intercept:
    """The same of one that was just filed; what somebody was asked about already gets its newest times."""
    return offer(conn, told, now_ns, terms) if told.state.value == State.OPEN and told.squad is None else told


def on_duty(conn: Connection, squad: str, now_ns: int, terms: Terms) -> bool:
    """Whether a squad is on duty now, by its shifts and its own word."""
    known = terms.forces.squads.get(squad)
    return known is not None and standing(known, squads.get(conn, squad), now_ns).on_duty
