"""One action of one person on one intercept: inside a transaction, all of it or nothing.

=====================  ================================================================================================
what is written        for whom
=====================  ================================================================================================
the next version       everybody; the relay finds it ahead of what was published and tells Kafka
outcome                the plate's history: a truck that the scale found over its limit, or legal
timer                  an intercept that somebody has does not run out
audit                  who, for which agency, when, from what to what, with which facts
feed                   the live readers
=====================  ================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from dispatch import intercepts as life_cycle
from dispatch.intercepts import IncompleteError, NotAllowedError, Outcome
from service import messages
from service.access import Principal, Role
from service.api import audits
from service.api.parts import Parts
from service.api.problems import FieldError, Problem, wrong_body
from service.docket import rows
from service.docket.drafting import life_of, relive
from service.docket.filing import EXPIRY
from service.store import audit, feed, intercepts, outcomes, timers
from service.store.intercepts import InterceptRow
from service.store.outcomes import OutcomeRow
from wim.forms.json_form import instant_ns
from wim.records import Flag

#: Fields of an action that are facts of the roadside, kept as they were given.
FACTS = ("static_gross_kg", "scale_certificate", "unloaded_kg", "document_number", "note", "done_at")

_CLAIM = "claim"
#: What a scale decides; the others say nothing about the truck's weight.
_WEIGHED = (Outcome.CONFIRMED, Outcome.LEGAL)
#: What has happened whoever has the intercept by now; a claim that was late has not.
_FACTUAL = (*_WEIGHED, Outcome.LOST)


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants to do; `facts` are the fields of `FACTS` that came with it."""

    action: str
    outcome: str | None
    squad: str | None
    facts: dict[str, Any]


def act(conn: Connection, parts: Parts, principal: Principal, row: InterceptRow, deed: Deed) -> messages.Intercept:
    """Do it. Raises the problems of 409 and 422, and the store's `FencedError` where somebody was quicker."""
    told = messages.decode(messages.Intercept, row.document.encode())
    squad = _squad(parts, principal, told, deed)
    after = _after(parts, principal, row, told, squad, deed)
    intercepts.save(conn, [rows.intercept_row(after)])
    timers.disarm(conn, EXPIRY, row.id)
    if deed.outcome in _WEIGHED and told.plate_certain:
        outcomes.keep(conn, [_outcome(after, deed)])
    facts = {"from": told.state.value, "to": after.state.value, "version": after.version, "squad": squad}
    action, subject = f"intercept.{deed.action}", f"intercept:{row.id}"
    audit.note(conn, audits.entry(parts, principal, action, subject, deed.facts.get("note"), **facts, **_told(deed)))
    # Last: its number is drawn from a row that everybody else then waits for.
    feed.append(conn, [rows.intercept_entry(after)])
    return after


def standing(principal: Principal, row: InterceptRow) -> dict[str, Any]:
    """How the intercept stands, for somebody whose action did not fit: who has it, and what is possible."""
    return {
        "version": row.version,
        "state": row.state,
        "squad": row.squad,
        "lead_agency": row.lead_agency,
        "allowed": list(life_cycle.allowed(row.state, principal.role.value, _holds(principal, row.squad))),
    }


def keep_conflict(parts: Parts, principal: Principal, intercept: str, deed: Deed, code: str) -> None:
    """Keep what was reported of a truck although its intercept has moved on: a fact of the roadside is never lost."""
    if deed.outcome not in _FACTUAL:
        return
    action, subject = f"intercept.{deed.action}.conflict", f"intercept:{intercept}"
    note = audits.entry(parts, principal, action, subject, deed.facts.get("note"), conflict=code, **_told(deed))
    with parts.store.writing(durable=True) as conn:
        audit.note(conn, note)


def _told(deed: Deed) -> dict[str, Any]:
    return {**({"outcome": deed.outcome} if deed.outcome else {}), **deed.facts}


def _holds(principal: Principal, squad: str | None) -> bool:
    return principal.squad is not None and principal.squad == squad


def _squad(parts: Parts, principal: Principal, told: messages.Intercept, deed: Deed) -> str | None:
    """Which squad has the intercept after the deed. Raises the problem of one that cannot be meant."""
    if deed.action != _CLAIM:
        if deed.squad is not None:
            raise _wrong("squad", "goes with a claim only", "leave it out")
        return told.squad
    if principal.role is Role.SQUAD:
        if deed.squad not in (None, principal.squad):
            raise _wrong("squad", "is not yours", "leave it out; duty claims on behalf of others")
        return principal.squad
    if deed.squad is None:
        raise _wrong("squad", "it is missing", "name the squad on whose behalf this is done")
    if deed.squad not in parts.registry.squads:
        raise _wrong("squad", "there is no such squad", "name one of the registry")
    return deed.squad


def _after(
    parts: Parts, principal: Principal, row: InterceptRow, told: messages.Intercept, squad: str | None, deed: Deed
) -> messages.Intercept:
    given = [name for name in FACTS if deed.facts.get(name) is not None]
    role, holds = principal.role.value, _holds(principal, told.squad)
    try:
        state = life_cycle.advance(told.state.value, deed.action, role, deed.outcome, given, holds)
    except IncompleteError as error:
        raise wrong_body(
            [FieldError(name, "it is missing", f"to {deed.action}, add it") for name in error.missing]
        ) from None
    except NotAllowedError as error:
        # Of a close with another outcome it names the outcomes that are possible.
        possible = {**standing(principal, row), "allowed": list(error.allowed)}
        raise Problem("action_not_allowed", str(error), **possible) from None
    life = replace(life_of(told), state=state, version=told.version + 1, ended=deed.outcome)
    changed = relive(told, life, parts.policy.reach_horizon_ns)
    holder = parts.registry.squads.get(squad or "")
    lead = holder.agency if holder else told.lead_agency
    note = deed.facts.get("note") or told.note
    return msgspec.structs.replace(changed, squad=squad, lead_agency=lead, note=note)


def _outcome(told: messages.Intercept, deed: Deed) -> OutcomeRow:
    """What the weighed crossing counts for from now on (decision.md §8): the scale's word replaces the proposal."""
    passage, confirmed = told.best.passage, deed.outcome == Outcome.CONFIRMED
    return OutcomeRow(
        id=passage.id,
        trip=told.case,
        plate=passage.plate,
        plate_colour=passage.plate_colour,
        time_ns=instant_ns("time", passage.time),
        decided=False,
        confirmed=confirmed,
        suspected=False,
        simulated=Flag.SIMULATED.name in passage.flags,
        source="scale",
        document=msgspec.json.encode(_told(deed)).decode(),
    )


def _wrong(field: str, problem: str, remedy: str) -> Problem:
    return wrong_body([FieldError(field, problem, remedy)])
