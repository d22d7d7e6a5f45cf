"""`GET /v1/squads` and `POST /v1/squads/{squad}/status`: who is on duty, where, and with which truck."""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from dispatch.duty import Word
from dispatch.positions import nearest_place
from dispatch.roads import Place
from service.access import Role
from service.api import audits, bodies, etags
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.dispatch_answers import SquadOf, SquadPosition, SquadsOf
from service.api.fields import PRINTABLE, CorridorId, Moment
from service.api.negotiation import JSON
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body
from service.api.speaking import not_spoken_for
from service.api.tags import Tag
from service.docket import offering, timing
from service.docket.standing import Standing, standing, standings
from service.messages.envelope import rfc3339
from service.rating.periods import QuestionError, read_ns
from service.store import audit, intercepts, squads, turns
from service.store.intercepts import Wanted
from service.store.paging import LONGEST_PAGE
from service.store.squads import StatusRow
from wim.sites import ID_BYTES

router = APIRouter(prefix="/v1/squads", tags=[Tag.SQUADS])

_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN)]
_Teller = Annotated[Asker, allow(Role.SQUAD, Role.DUTY)]
SquadPath = Annotated[str, Path(pattern=PRINTABLE, max_length=ID_BYTES, description="A squad's id.")]

#: A phone's clock may be this far ahead of ours.
_AHEAD_NS = 60 * 10**9


class StatusBody(BaseModel):
    """What a squad says of itself; at least one of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    signed_in: bool | None = Field(None, description="On duty or not, above what its shifts say.")
    corridor: CorridorId | None = None
    chainage_km: float | None = Field(None, ge=0, le=100_000)
    longitude: float | None = Field(None, ge=-180, le=180, description="WGS-84; instead of corridor and chainage.")
    latitude: float | None = Field(None, ge=-90, le=90)
    at: Moment | None = Field(None, description="When it was there; without it now.")


@router.get("", responses=documented(answer("SquadsOf")))
def list_squads(request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """The squads of both agencies that serve your corridors; a squad sees itself and those that serve its roads."""
    with parts.store.reading() as conn:
        found = standings(squads.load(conn), parts.terms, parts.clock_ns())
        busy = intercepts.page(conn, asker.scope.corridors, Wanted(active=True), None, LONGEST_PAGE)
    at_work = {row.squad: row.id for row in busy if row.squad is not None}
    told = [_told(one, at_work.get(one.squad.id)) for one in found if _visible(asker, one)]
    return etags.of_content(request, msgspec.json.encode(SquadsOf(items=told)), JSON)


@router.post(
    "/{squad}/status",
    responses=documented(
        answer("SquadOf"),
        "squad_unknown",
        "place_refused",
        "body_too_large",
        "media_type_unsupported",
        "body_invalid",
        etag=False,
    ),
    openapi_extra=bodies.described(StatusBody.model_json_schema()),
)
async def tell_status(squad: SquadPath, request: Request, asker: _Teller, parts: PartsOf) -> Response:
    """Sign a squad in or out, or say where it is. A squad speaks for itself, duty for those of its agency that call.

    A position may be said as often as it changes; the newest counts, and one that arrives late changes nothing.
    """
    body = bodies.fitted(StatusBody, await bodies.read_json(request))
    return await anyio.to_thread.run_sync(_keep, parts, asker, squad, body)


def _visible(asker: Asker, one: Standing) -> bool:
    who = asker.principal
    mine = who.squad == one.squad.id
    return mine or any(asker.scope.has(section.corridor) for section in one.squad.sections)


def _told(one: Standing, intercept: str | None) -> SquadOf:
    place = None
    if one.corridor is not None and one.chainage_km is not None and one.position_ns is not None:
        place = SquadPosition(corridor=one.corridor, chainage_km=one.chainage_km, time=rfc3339(one.position_ns))
    return SquadOf(
        id=one.squad.id,
        name=one.squad.name,
        agency=one.squad.agency,
        on_duty=one.on_duty,
        until=None if one.until_ns is None else rfc3339(one.until_ns),
        base=one.squad.base,
        position=place,
        intercept=intercept,
    )


def _keep(parts: Parts, asker: Asker, squad: str, body: StatusBody) -> Response:
    known = parts.registry.squads.get(squad)
    who = asker.principal
    if known is None or not _reaches(asker, squad, [section.corridor for section in known.sections]):
        raise Problem("squad_unknown", "GET /v1/squads lists those within your rights")
    if refusal := not_spoken_for(asker, known):
        detail = f"{refusal}: a squad speaks for itself, a desk for those of its agency"
        raise Problem("place_refused", detail)
    _check_place(parts, asker, body)
    now_ns = parts.clock_ns()
    with parts.store.writing(durable=True) as conn:
        before = squads.get(conn, squad) or StatusRow(squad, None, 0, None, None, 0)
        after = _after(parts, asker, before, body, now_ns)
        squads.save(conn, after)
        if body.signed_in is not None:
            turns.note(conn, squad, Word(_at_ns(parts, body, now_ns), body.signed_in))
            timing.duty_changed(conn, squad, now_ns, parts.terms)
        if body.signed_in:
            offering.offer_waiting(conn, now_ns, parts.terms)
        facts = body.model_dump(exclude_none=True, include={"signed_in"})
        if facts:
            audit.note(conn, audits.entry(parts, who, "squad.status", f"squad:{squad}", None, facts))
    told = msgspec.json.encode(_told(standing(known, after, now_ns), None))
    return Response(told, media_type="application/json", headers=etags.VARY)


def _reaches(asker: Asker, squad: str, corridors: list[str]) -> bool:
    return asker.principal.squad == squad or any(asker.scope.has(corridor) for corridor in corridors)


def _check_place(parts: Parts, asker: Asker, body: StatusBody) -> None:
    """Raise the problem of a place by name that is no road of the asker's, or lies beyond its end."""
    if body.corridor is None:
        return
    road = parts.registry.network.corridors.get(body.corridor)
    if road is None or not asker.scope.has(road.id):
        raise _wrong("corridor", "there is no such corridor within your rights", "GET /v1/corridors lists them")
    if road.length_km is not None and body.chainage_km is not None and body.chainage_km > road.length_km:
        raise _wrong("chainage_km", f"lies beyond the road's end at {road.length_km:g} km", "give one of the road")


def _after(parts: Parts, asker: Asker, before: StatusRow, body: StatusBody, now_ns: int) -> StatusRow:
    at_ns = _at_ns(parts, body, now_ns)
    place = _place(parts, asker, body)
    if body.signed_in is None and place is None and body.longitude is None:
        raise _wrong("signed_in", "nothing is said", "give signed_in, or a place")
    after = before
    if body.signed_in is not None and at_ns >= before.signed_ns:
        after = after._replace(signed_in=body.signed_in, signed_ns=at_ns)
    if place is not None and at_ns >= before.position_ns:
        after = after._replace(corridor=place.corridor, chainage_km=place.chainage_km, position_ns=at_ns)
    return after


def _at_ns(parts: Parts, body: StatusBody, now_ns: int) -> int:
    if body.at is None:
        return now_ns
    try:
        at_ns = read_ns("at", body.at, parts.registry.timezone)
    except QuestionError as error:
        raise _wrong(error.field, error.problem, error.remedy) from None
    if at_ns > now_ns + _AHEAD_NS:
        raise _wrong("at", "is in the future", "correct it by the offset of the phone's clock")
    return at_ns


def _place(parts: Parts, asker: Asker, body: StatusBody) -> Place | None:
    """The place on a corridor of the asker's, None where none is near. Raises the problem of half a place."""
    if (body.corridor is None) != (body.chainage_km is None):
        raise _wrong("chainage_km", "stands without the other half of the place", "give corridor and chainage_km")
    if (body.longitude is None) != (body.latitude is None):
        raise _wrong("longitude", "stands without the other half of the place", "give longitude and latitude")
    if body.corridor is not None and body.chainage_km is not None:
        return Place(body.corridor, body.chainage_km)
    if body.longitude is None or body.latitude is None:
        return None
    # Off every road that has a path nobody knows where along one it is: its base stands for it, as without a phone.
    roads = [road for road in parts.registry.network.corridors.values() if asker.scope.has(road.id)]
    return nearest_place(roads, body.longitude, body.latitude)


def _wrong(field: str, problem: str, remedy: str) -> Problem:
    return wrong_body([FieldError(field, problem, remedy)])
