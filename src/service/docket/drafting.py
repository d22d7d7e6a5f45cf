"""An intercept as it is told and kept (`service.messages.Intercept`), and as its life cycle sees it.

The message is the record: what the life cycle needs is read from it, and written back into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from dispatch import intercepts
from dispatch.life import WAITING_STATES, State, next_actions
from dispatch.offenders import History
from service import messages
from service.docket.arrivals import Arrival, charge_of, evidence_of, is_violation
from service.messages.vocabulary import Action, InterceptEnded, InterceptReason, InterceptState
from wim.forms.json_form import instant_ns
from wim.records import Flag

#: Sightings that a message carries, newest kept. A trip has a handful; this bounds one whose plate two trucks share.
MOST_SIGHTINGS = 100


@dataclass(frozen=True, slots=True)
class Known:
    """What is told of an intercept beside its life.

    `violations` hold the best one; the newest judgement of a crossing comes first. `seen` are all of the trip's
    sightings, `history` is that of the crossing that gave the newest reasons.
    """

    violations: Sequence[messages.Violation]
    seen: Sequence[messages.Seen]
    history: messages.History
    certain: bool


def life_of(told: messages.Intercept) -> intercepts.Intercept:
    """What the life cycle needs of a message."""
    return intercepts.Intercept(
        id=told.id,
        case=told.case,
        state=_state(told),
        version=told.version,
        best=evidence_of(told.best),
        reasons=tuple(reason.value for reason in told.reasons),
        as_of_ns=instant_ns("as_of", told.as_of),
        newest_ns=instant_ns("time", told.time),
        priority=told.priority,
        alerts=told.alerts,
        ended=told.ended and told.ended.value,
        merged_into=told.merged_into,
        acted_ns=instant_ns("acted_at", told.acted_at) if told.acted_at else 0,
        escaped=told.escaped,
    )


def _state(told: messages.Intercept) -> str:
    """Before 0.2 an intercept was `closed`, and `ended` said how: the confirmed ones were let go, as if unloaded."""
    if told.state != InterceptState.CLOSED:
        return told.state.value
    return State.UNLOADED if told.ended in (None, InterceptEnded.CONFIRMED) else told.ended.value


def place_of(told: messages.Intercept) -> str:
    """The corridor where its truck was seen last, which decides whose it is to see; '' where nobody registered it."""
    return told.sightings[-1].corridor or ""


def draft(life: intercepts.Intercept, known: Known, horizon_ns: int) -> messages.Intercept:
    """The message of an intercept that was just opened."""
    best = _best(life, known.violations)
    first = messages.Intercept(
        id=life.id,
        version=life.version,
        time=messages.rfc3339(life.newest_ns),
        state=InterceptState(life.state),
        case=life.case,
        plate=best.passage.plate,
        plate_colour=best.passage.plate_colour,
        plate_certain=known.certain,
        unverified=charge_of(best).unverified,
        best=best,
        sightings=[],
        reasons=[],
        as_of=messages.rfc3339(life.as_of_ns),
        history=known.history,
        stop_point=None,
        truck_eta=None,
        squad=None,
        squad_eta=None,
        p_catch=None,
        priority=life.priority,
        expires_at=None,
        lead_agency=None,
        actions=[],
    )
    return redraft(first, life, known, horizon_ns)


def redraft(told: messages.Intercept, life: intercepts.Intercept, known: Known, horizon_ns: int) -> messages.Intercept:
    """The message after its trip was seen again."""
    best = _best(life, known.violations)
    # What a person saw of one crossing says nothing of another.
    verified_at = told.verified_at if best.id == told.best.id else None
    return msgspec.structs.replace(
        relive(told, life, horizon_ns),
        best=best,
        unverified=charge_of(best).unverified and verified_at is None,
        verified_at=verified_at,
        sightings=_newest(known.seen),
        as_of=messages.rfc3339(life.as_of_ns),
        history=known.history,
    )


def relive(told: messages.Intercept, life: intercepts.Intercept, horizon_ns: int) -> messages.Intercept:
    """The message after a step that brought no new sighting: an expiry, a claim, a merge."""
    waits = life.state in WAITING_STATES
    return msgspec.structs.replace(
        told,
        version=life.version,
        time=messages.rfc3339(life.newest_ns),
        state=InterceptState(life.state),
        case=life.case,
        reasons=[InterceptReason(reason) for reason in life.reasons],
        priority=life.priority,
        expires_at=messages.rfc3339(life.expires_ns(horizon_ns)) if waits else None,
        actions=[Action(action) for action in next_actions(life.state)],
        alerts=life.alerts,
        ended=InterceptEnded(life.ended) if life.ended else None,
        merged_into=life.merged_into,
        escaped=life.escaped,
    )


def seen_of(arrival: Arrival) -> messages.Seen:
    """The place on the truck's way that an arrival tells of."""
    passage = arrival.passage
    return messages.Seen(
        passage=passage.id,
        time=passage.time,
        site=passage.site,
        lane=passage.lane,
        direction=passage.direction,
        corridor=arrival.message.corridor,
        chainage_km=arrival.message.chainage_km,
        speed_kmh=passage.speed_kmh,
        violation=is_violation(arrival.message),
        spacings_mm=_spacings_mm(passage),
    )


#: Where the axles were not told apart from one another, or from those of another vehicle.
_DOUBTFUL_AXLES = {flag.name for flag in (Flag.AXLE_UNCERTAIN, Flag.TAILGATING, Flag.SPACING_IMPLAUSIBLE, Flag.STOPPED)}


def axles_doubtful(passage: messages.Passage) -> bool:
    """Whether its axles tell nothing of the vehicle."""
    return bool(_DOUBTFUL_AXLES & set(passage.flags))


def _spacings_mm(passage: messages.Passage) -> list[int]:
    """The spacings, by which a vehicle is known again; none where they are doubtful."""
    if axles_doubtful(passage):
        return []
    return [axle.spacing_mm for axle in passage.axles if axle.spacing_mm is not None]


def _best(life: intercepts.Intercept, violations: Iterable[messages.Violation]) -> messages.Violation:
    return next(violation for violation in violations if violation.id == life.best.passage)


def _newest(sightings: Iterable[messages.Seen]) -> list[messages.Seen]:
    """Each crossing once, by event time. RFC 3339 in UTC with nine digits sorts as time does."""
    by_passage = {seen.passage: seen for seen in sightings}
    return sorted(by_passage.values(), key=lambda seen: (seen.time, seen.passage))[-MOST_SIGHTINGS:]


def told_history(history: History) -> messages.History:
    """Counts as a message tells them."""
    last = None if history.last_ns is None else messages.rfc3339(history.last_ns)
    return messages.History(
        decided_1y=history.decided_1y,
        confirmed_365d=history.confirmed_365d,
        suspected_365d=history.suspected_365d,
        last=last,
    )
