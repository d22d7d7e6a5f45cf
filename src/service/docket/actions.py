"""What a person does to an intercept: claim it, close it with what was found.

The life cycle decides (`dispatch.intercepts`); this writes the new state, what it counts for in the vehicle's history,
who did it in the audit log, and the feed, all in the caller's transaction, which must be durable.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Connection

from dispatch import intercepts as life_cycle
from dispatch.intercepts import NotAllowedError, Outcome, State
from service import messages
from service.docket import rows
from service.docket.drafting import life_of, relive
from service.docket.keeping import keep
from service.docket.terms import Terms
from service.store import audit, feed, intercepts, outcomes


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person by name, in a role; `squad` only for members of one."""

    name: str
    role: str
    agency: str | None = None
    squad: str | None = None


class Deed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done. `squad`: on whose behalf duty claims; `done_at`: when, where the phone had no network; the other
    fields belong to the outcome of a `close`."""

    action: str
    outcome: str | None = None
    note: str | None = None
    squad: str | None = None
    static_gross_kg: int | None = None
    scale_certificate: str | None = None
    unloaded_kg: int | None = None
    document_number: str | None = None
    done_at: str | None = None

    def given(self) -> set[str]:
        """The names of the fields that say something."""
        return {name for name in self.__struct_fields__ if getattr(self, name) not in (None, "")}


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

    def __init__(self, told: messages.Intercept, refusal: NotAllowedError) -> None:
        holder = f" ({told.squad} has it)" if told.squad else ""
        super().__init__(f"{refusal}{holder}")
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
) -> messages.Intercept:
    """Do it; gives the intercept as it is then.

    `corridors` are those that the person may see, `if_version` the version that the person saw.

    Raises:
        UnknownInterceptError, StaleError, RefusedError.
        IncompleteError: the step needs fields that were not given.
        FencedError: somebody else was quicker by a moment; the transaction must be given up.
    """
    row = intercepts.get(conn, intercept, corridors)
    if row is None:
        raise UnknownInterceptError(intercept)
    told = messages.decode(messages.Intercept, row.document.encode())
    if if_version is not None and if_version != told.version:
        raise StaleError(if_version, told)
    after = _after(told, deed, actor, terms)
    kept = keep(conn, [after], now_ns, terms)
    if after.state.value == State.CLOSED:
        _remember(conn, after, deed)
    audit.note(conn, _entry(told, after, deed, actor, now_ns))
    feed.append(conn, [rows.intercept_entry(row) for row in kept])
    return after


def _after(told: messages.Intercept, deed: Deed, actor: Actor, terms: Terms) -> messages.Intercept:
    holds = actor.squad is not None and actor.squad == told.squad
    try:
        state = life_cycle.advance(told.state.value, deed.action, actor.role, deed.outcome, deed.given(), holds)
    except NotAllowedError as refusal:
        raise RefusedError(told, refusal) from refusal
    life = replace(life_of(told), state=state, ended=deed.outcome, version=told.version + 1)
    after = msgspec.structs.replace(relive(told, life, terms.horizon_ns), note=deed.note or told.note)
    if deed.action != "claim":
        return after
    return msgspec.structs.replace(after, squad=deed.squad or actor.squad, lead_agency=actor.agency)


def _remember(conn: Connection, after: messages.Intercept, deed: Deed) -> None:
    """What the trip counts for from now on: the scale's verdict stands above the strips' suspicion."""
    if deed.outcome not in (Outcome.CONFIRMED, Outcome.LEGAL) or not after.plate_certain:
        return
    confirmed = deed.outcome == Outcome.CONFIRMED
    decided = confirmed and deed.document_number is not None
    outcomes.keep(conn, [rows.verdict_row(after, confirmed, decided)])
    if not confirmed:
        outcomes.clear_suspicion(conn, after.case)


def _entry(before: messages.Intercept, after: messages.Intercept, deed: Deed, actor: Actor, now_ns: int) -> audit.Entry:
    change = {"from": before.state.value, "to": after.state.value, "version": after.version}
    return audit.Entry(
        at_ns=now_ns,
        actor=actor.name,
        role=actor.role,
        agency=actor.agency,
        action=f"intercept.{deed.action}",
        subject=after.id,
        reason=deed.note,
        document=msgspec.json.encode(change | msgspec.to_builtins(deed)).decode(),
    )
