"""`GET /v1/offenders/{plate}`: what a plate did before. Every look is written down with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from dispatch.offenders import Identity, Offence, count_trips, one_year_before
from service import messages
from service.access import Role
from service.api import audits, etags, offender_answers
from service.api.answers import answer, documented
from service.api.auth import Asker, allow, route_of
from service.api.fields import PlatePath
from service.api.parts import Parts, PartsOf
from service.api.scopes import Scope
from service.api.tags import Tag
from service.store import outcomes, violations
from service.store.violations import Wanted
from wim.records import UNKNOWN_COLOUR

router = APIRouter(prefix="/v1/offenders", tags=[Tag.OFFENDERS])

#: Analysts only where their entry shows plates; `audits.look_up` refuses the others.
_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.ADMIN)]

#: What fits on a phone; GET /v1/violations?plate= has the rest.
NEWEST_VIOLATIONS = 20
NEWEST_TRIPS = 100


@router.get("/{plate}", responses=documented(answer("Offender"), "plates_refused"))
def read_offender(
    plate: PlatePath,
    request: Request,
    asker: _Reader,
    parts: PartsOf,
    colour: Annotated[int | None, Query(ge=0, le=255, description="Of the plate, as in a passage.")] = None,
    reason: Annotated[
        str | None, Query(max_length=audits.LONGEST_REASON, description="Why; it is written down.")
    ] = None,
    header: audits.ReasonHeader = None,
) -> Response:
    """The history of a plate: trips that count as decided, confirmed or suspected, and its newest violations.

    What counts is the same on every corridor, as in dispatch: trips are told without their place, and violations only
    within your rights. A plate of which nothing is known has a history of zeros.
    """
    audits.look_up(parts, asker.principal, plate, audits.given(reason, header), route_of(request))
    now_ns = parts.clock_ns()
    zone = ZoneInfo(parts.registry.timezone)
    with parts.store.reading() as conn:
        from_ns = min(now_ns - parts.policy.repeat_window_ns, one_year_before(now_ns, zone))
        offences = outcomes.history(conn, [plate], from_ns, now_ns)[plate]
        newest = _newest(conn, asker.scope, plate)
    told = _told(parts, Identity(plate, UNKNOWN_COLOUR if colour is None else colour), offences, newest, now_ns, zone)
    return etags.of_content(request, msgspec.json.encode(told), "application/json")


def _newest(conn: Connection, scope: Scope, plate: str) -> list[msgspec.Raw]:
    rows = violations.page(conn, scope.corridors, Wanted(plate=plate), None, NEWEST_VIOLATIONS, scope.sites)
    return [msgspec.Raw(row.document.encode()) for row in rows]


def _told(
    parts: Parts,
    identity: Identity,
    offences: Iterable[Offence],
    newest: list[msgspec.Raw],
    now_ns: int,
    zone: ZoneInfo,
) -> offender_answers.Offender:
    policy = parts.policy
    mine = [offence for offence in offences if offence.identity.matches(identity)]
    history = count_trips(mine, identity, "", now_ns, zone, policy.simulated_counts, policy.repeat_window_ns)
    return offender_answers.Offender(
        plate=identity.plate,
        plate_colour=None if identity.colour == UNKNOWN_COLOUR else identity.colour,
        as_of=messages.rfc3339(now_ns),
        decided_1y=history.decided_1y,
        confirmed_365d=history.confirmed_365d,
        suspected_365d=history.suspected_365d,
        last=None if history.last_ns is None else messages.rfc3339(history.last_ns),
        repeat=history.dispatch_repeat(policy.confirmed_repeat_from, policy.suspected_repeat_from),
        trips=_trips(mine),
        violations=newest,
    )


def _trips(offences: Iterable[Offence]) -> list[offender_answers.Trip]:
    newest = sorted(offences, key=lambda offence: offence.time_ns, reverse=True)[:NEWEST_TRIPS]
    return [
        offender_answers.Trip(
            trip=offence.trip,
            time=messages.rfc3339(offence.time_ns),
            plate_colour=offence.identity.colour,
            decided=offence.decided,
            confirmed=offence.confirmed,
            suspected=offence.suspected,
            excluded=offence.excluded,
        )
        for offence in newest
    ]
