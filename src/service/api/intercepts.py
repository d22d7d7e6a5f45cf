"""`GET /v1/intercepts`, one and many: their present state, the newest sighting first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from dispatch.life import State, allowed
from service.access import Role
from service.api import audits, cursors, etags, masking, times, told_media
from service.api.answers import answer, documented, page_of
from service.api.auth import Asker, allow, route_of
from service.api.fields import CorridorId, IdPath, Moment, Plate, SquadId
from service.api.lists import placed
from service.api.negotiation import GEOJSON, JSON, chosen
from service.api.parts import Parts, PartsOf
from service.api.places import known_corridor
from service.api.problems import Problem
from service.api.tags import Tag
from service.store import intercepts
from service.store.intercepts import InterceptRow, Wanted
from service.store.paging import Cursor

router = APIRouter(prefix="/v1/intercepts", tags=[Tag.INTERCEPTS])

_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.ADMIN)]


class InterceptQuery(BaseModel):
    """The filters of the list."""

    corridor: CorridorId | None = None
    state: State | None = None
    active: bool | None = Field(None, description="Whether somebody can still act on it.")
    squad: SquadId | None = Field(None, description="Claimed by this squad.")
    since: Moment | None = Field(None, description="Seen last then or later.")
    until: Moment | None = Field(None, description="Seen last before.")
    plate: Plate | None = Field(None, description="Needs a reason, which is written down.")
    limit: cursors.Limit = None
    cursor: cursors.CursorText = None
    reason: str | None = Field(None, max_length=audits.LONGEST_REASON, description="Why a plate is looked up.")


@router.get(
    "",
    responses=documented(page_of("Intercept", GEOJSON), "plates_refused", "corridor_unknown", "not_acceptable"),
)
def list_intercepts(
    query: Annotated[InterceptQuery, Query()],
    request: Request,
    asker: _Reader,
    parts: PartsOf,
    header: audits.ReasonHeader = None,
) -> Response:
    """Intercepts within your rights, seen last first."""
    form = chosen(request, JSON, GEOJSON)
    wanted = _wanted(query, known_corridor(parts, asker, query.corridor))
    after, limit = cursors.row(query.cursor), cursors.rows(query.limit, parts.policy)
    if query.plate is not None:
        reason = audits.given(query.reason, header)
        audits.look_up(parts, asker.principal, query.plate, reason, route_of(request))
    scope = asker.scope
    with parts.store.reading() as conn:
        read = intercepts.page(conn, scope.corridors, wanted, after, limit + 1, scope.sites, scope.squad)
        rows, following = cursors.split(read, lambda row: Cursor(row.newest_ns, row.id), limit)
        documents = _with_media(conn, [document_of(row, asker, parts) for row in rows], asker)
    return placed(request, form, parts.registry.network, rows, documents, following)


@router.get("/{intercept}", responses=documented(answer("Intercept"), "intercept_unknown"))
def read_intercept(intercept: IdPath, request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """One intercept; its ETag is the version that an action is based on."""
    scope = asker.scope
    with parts.store.reading() as conn:
        row = intercepts.get(conn, intercept, scope.corridors, scope.sites, scope.squad)
        if row is None:
            raise unknown()
        as_kept = document_of(row, asker, parts)
        [document] = _with_media(conn, [as_kept], asker)
    if document != as_kept:
        return etags.of_version_and_more(document, row.version)
    return etags.of_version(request, document, row.version, asker.plates)


def unknown() -> Problem:
    """There is no such intercept, or it is another's: the two look alike."""
    return Problem("intercept_unknown", "GET /v1/intercepts lists those within your rights")


def standing(asker: Asker, row: InterceptRow) -> dict[str, Any]:
    """How an intercept stands, for somebody whose action did not fit: who has it, and what is possible."""
    who = asker.principal
    holds = who.squad is not None and who.squad == row.squad
    return {
        "version": row.version,
        "state": row.state,
        "squad": row.squad,
        "lead_agency": row.lead_agency,
        "allowed": list(allowed(row.state, who.role.value, holds)),
    }


def document_of(row: InterceptRow, asker: Asker, parts: Parts) -> bytes:
    """The intercept as this reader may see it."""
    return row.document.encode() if asker.plates else masking.document("intercept", row.document, parts.pseudonyms)


def _with_media(conn: Connection, documents: Sequence[bytes], asker: Asker) -> Sequence[bytes]:
    """What was kept of the best violation since; nothing for whoever sees no plates, which pictures show."""
    return told_media.in_intercepts(conn, documents) if asker.plates else documents


def _wanted(query: InterceptQuery, zone: str) -> Wanted:
    return Wanted(
        from_ns=times.maybe_ns("since", query.since, zone),
        to_ns=times.maybe_ns("until", query.until, zone),
        states=(query.state.value,) if query.state else (),
        active=query.active,
        squad=query.squad,
        plate=query.plate,
        corridor=query.corridor,
    )
