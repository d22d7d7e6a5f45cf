"""What a person does to an intercept: take it, stop the truck, say what the scale said, let it go.

The life cycle decides (`dispatch.life`); `deeds` says what each action writes. Here it is done: the new state, what it
counts for in the vehicle's history, who did it, and the feed, all in the caller's transaction, which must be durable.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import msgspec
from sqlalchemy import Connection

from dispatch.life import FACTS, NotAllowedError, Role, State, advance
from service import messages
from service.docket import offering, record, rows, verdicts
from service.docket.deeds import Actor, ContradictionError, Deed, check, written
from service.docket.drafting import life_of, relive
from service.docket.keeping import keep
from service.docket.terms import Terms
from service.store import feed, intercepts, joint_actions, ledger
from wim.forms.json_form import instant_ns
from wim.records import HOUR_NS

#: Clocks of strips, phones and other systems that are kept at all are less far apart. One that fell back to the day of
#: its making is years off, and what was done by it was done to no truck.
_APART_NS = HOUR_NS


class UnknownInterceptError(LookupError):
    """There is no such intercept, or none that this person may see."""

    def __init__(self, intercept: str) -> None:
        super().__init__(f"no intercept {intercept}")
        self.intercept = intercept


class StaleError(ValueError):
    """The intercept went on since the person looked at it."""

    def __init__(self, asked: int, told: messages.Intercept) -> None:
        super().__init__(f"version {asked} is no longer the present one, {told.version} is: look again")
        self.asked, self.told = asked, told


class RefusedError(ValueError):
    """The life cycle has no such step from here; `allowed` has those that it has, `told` who has the intercept."""

    def __init__(self, told: messages.Intercept, refusal: NotAllowedError, reason: str | None = None) -> None:
        holder = f" ({told.squad} has it)" if told.squad else ""
        super().__init__(reason or f"{refusal}{holder}")
        self.told, self.action, self.allowed = told, refusal.action, refusal.allowed


def act(
    conn: Connection,
    intercept: str,
    deed: Deed,
    actor: Actor,
    now_ns: int,
    terms: Terms,
    corridors: Collection[str] | None = None,
    if_version: int | None = None,
    offline: bool = False,
) -> messages.Intercept:
    """Do it; gives the intercept as it is then.

    `corridors` are those that the person may see, `if_version` the version that the person saw. `offline` marks what a
    phone without network kept: a fact of it that does not fit is recorded all the same, as a conflict for duty.

    Raises:
        UnknownInterceptError, StaleError, RefusedError.
        IncompleteError: the step needs fields that were not given.
        ContradictionError: what is given cannot be meant, and who gave it can still be asked.
        FencedError: somebody else was quicker by a moment; the transaction must be given up.
    """
    ledger.hold(conn)
    told = present(conn, intercept, corridors)
    if if_version is not None and if_version != told.version:
        raise StaleError(if_version, told)
    _check_time(told, deed)
    if deed.action == "claim":
        _check_free(conn, told, deed.squad or actor.squad)
    after, fits = _after(told, deed, actor, now_ns, terms, offline)
    if fits and after.state.value == State.OPEN:
        # Passed, or verified: the next squad is asked at once.
        after = offering.offer(conn, after, now_ns, terms)
    elif fits and deed.action == "claim":
        after = offering.follow(after, now_ns, terms, offering.force_of(conn, now_ns, terms))
    entry = record.of_person(conn, told, after, deed, actor, now_ns, fits)
    kept = keep(conn, [after], [entry], now_ns, terms)
    if fits:
        verdicts.remember(conn, after, deed.action)
    feed.append(conn, [rows.intercept_entry(row) for row in kept])
    if offering.frees(told, after):
        # A squad is free again: somebody may be waiting for one.
        offering.offer_waiting(conn, now_ns, terms)
    return after


def present(conn: Connection, intercept: str, corridors: Collection[str] | None = None) -> messages.Intercept:
    """The intercept as it is. Raises `UnknownInterceptError`."""
    row = intercepts.get(conn, intercept, corridors)
    if row is None:
        raise UnknownInterceptError(intercept)
    return rows.told_in(row)


def _check_time(told: messages.Intercept, deed: Deed) -> None:
    """Raise `ContradictionError` where it was done before the truck was there: a phone's clock stood still or fell."""
    if deed.done_at is None or not told.sightings:
        return
    first = told.sightings[0].time
    if instant_ns("done_at", deed.done_at) < instant_ns("time", first) - _APART_NS:
        problem = f"lies before the truck was first seen, {first}"
        raise ContradictionError("done_at", problem, "correct it by the offset of the phone's clock")


def _check_free(conn: Connection, told: messages.Intercept, squad: str | None) -> None:
    """Raise `RefusedError` where the squad helps the other agency with another truck: nobody is sent to two at once."""
    helped = joint_actions.helping(conn).get(squad or "")
    if helped is None or helped.intercept == told.id:
        return
    refusal = NotAllowedError("claim", told.state.value, ())
    raise RefusedError(told, refusal, f"{squad} takes part in the joint action {helped.id}: end that first")


def _after(
    told: messages.Intercept, deed: Deed, actor: Actor, now_ns: int, terms: Terms, offline: bool
) -> tuple[messages.Intercept, bool]:
    """The intercept after the deed, and whether that fitted; what did not is a conflict."""
    holds = actor.squad is not None and actor.squad == told.squad
    happened = offline and actor.role == Role.SQUAD and deed.action in FACTS
    life = life_of(told)
    try:
        state = advance(life.state, deed.action, actor.role, deed.given(), holds)
        check(told, deed)
    except NotAllowedError as refusal:
        if not happened:
            raise RefusedError(told, refusal) from refusal
        return _in_conflict(told, actor, now_ns, terms), False
    except ContradictionError:
        # Nobody stands before the button any more who could say it better: the desk asks.
        if not happened:
            raise
        return _in_conflict(told, actor, now_ns, terms), False
    done_ns = instant_ns("done_at", deed.done_at) if deed.done_at else now_ns
    life = replace(life, state=state, version=told.version + 1, acted_ns=done_ns)
    wrote = written(told, deed, actor, messages.rfc3339(done_ns), terms)
    return msgspec.structs.replace(relive(told, life, terms.horizon_ns), **wrote), True


def _in_conflict(told: messages.Intercept, actor: Actor, now_ns: int, terms: Terms) -> messages.Intercept:
    """The state stays, for not both words can be right; both desks hear that they disagree (`service.notices`)."""
    life = replace(life_of(told), version=told.version + 1)
    return msgspec.structs.replace(
        relive(told, life, terms.horizon_ns),
        conflict=True,
        conflict_at=messages.rfc3339(now_ns),
        conflict_squad=actor.squad,
        conflict_agency=actor.agency or terms.agency_of(actor.squad),
    )
