"""`GET /v1/violations`, one and many: the messages as they were published, newest first.

`media` holds what was archived since: a violation is published before its frame is fetched and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from service.access import Role
from service.api import audits, cursors, etags, masking, times, told_media
from service.api.answers import answer, documented, page_of
from service.api.auth import Asker, allow, route_of
from service.api.fields import CorridorId, DowngradeId, IdPath, Moment, Plate, SiteId
from service.api.lists import placed
from service.api.negotiation import GEOJSON, JSON, chosen
from service.api.parts import Parts, PartsOf
from service.api.places import known_corridor
from service.api.problems import Problem
from service.api.tags import Tag
from service.store import media, violations
from service.store.paging import Cursor
from service.store.violations import ViolationRow, Wanted

router = APIRouter(prefix="/v1/violations", tags=[Tag.VIOLATIONS])

_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.TECHNICIAN, Role.ADMIN)]

_DIRECTIONS = {"up": 0, "down": 1}


class ViolationQuery(BaseModel):
    """The filters of the list."""

    corridor: CorridorId | None = None
    site: SiteId | None = None
    direction: Literal["up", "down"] | None = None
    since: Moment | None = Field(None, description="Crossed then or later.")
    until: Moment | None = Field(None, description="Crossed before.")
    zone: Literal["intercept", "watch"] | None = None
    grade: Literal["evidence", "intercept", "count", "reject"] | None = None
    severity_min: int | None = Field(None, ge=0, le=6)
    hundred_tonne: bool | None = None
    excluded: bool | None = Field(None, description="Whether a person took it out of all figures.")
    downgrade: DowngradeId | None = Field(None, description="Only what this downgrade of a lane took back.")
    plate: Plate | None = Field(None, description="Needs a reason, which is written down.")
    limit: cursors.Limit = None
    cursor: cursors.CursorText = None
    reason: str | None = Field(None, max_length=audits.LONGEST_REASON, description="Why a plate is looked up.")


@router.get(
    "",
    responses=documented(page_of("Violation", GEOJSON), "plates_refused", "corridor_unknown", "not_acceptable"),
)
def list_violations(
    query: Annotated[ViolationQuery, Query()],
    request: Request,
    asker: _Reader,
    parts: PartsOf,
    header: audits.ReasonHeader = None,
) -> Response:
    """Violations within your rights, newest first."""
    form = chosen(request, JSON, GEOJSON)
    zone = known_corridor(parts, asker, query.corridor)
    after, limit = cursors.row(query.cursor), cursors.rows(query.limit, parts.policy)
    wanted = _wanted(query, zone)
    if query.plate is not None:
        reason = audits.given(query.reason, header)
        audits.look_up(parts, asker.principal, query.plate, reason, route_of(request))
    corridors = asker.scope.on(query.corridor)
    with parts.store.reading() as conn:
        read = violations.page(conn, corridors, wanted, after, limit + 1, asker.scope.sites)
        rows, following = cursors.split(read, lambda row: Cursor(row.time_ns, row.id), limit)
        documents = documents_of(conn, rows, asker, parts)
    return placed(request, form, parts.registry.network, rows, documents, following)


@router.get("/{violation}", responses=documented(answer("Violation"), "violation_unknown"))
def read_violation(violation: IdPath, request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """One violation, in its newest version."""
    with parts.store.reading() as conn:
        row = violations.get(conn, violation, asker.scope.corridors, asker.scope.sites)
        if row is None:
            raise unknown()
        [document] = documents_of(conn, [row], asker, parts)
    if document != _published(row, asker, parts).encode():
        # What is archived, and whether it is excluded, comes later than the version.
        return etags.of_content(request, document, JSON)
    return etags.of_version(request, document, row.version, asker.plates)


def unknown() -> Problem:
    """There is no such violation, or it is another's: the two look alike."""
    return Problem("violation_unknown", "GET /v1/violations lists those within your rights")


def _wanted(query: ViolationQuery, zone: str) -> Wanted:
    return Wanted(
        from_ns=times.maybe_ns("since", query.since, zone),
        to_ns=times.maybe_ns("until", query.until, zone),
        site=query.site,
        direction=_DIRECTIONS[query.direction] if query.direction else None,
        plate=query.plate,
        zone=query.zone,
        grade=query.grade,
        severity_from=query.severity_min,
        hundred_tonne=query.hundred_tonne,
        excluded=query.excluded,
        downgrade=query.downgrade,
    )


def documents_of(conn: Connection, rows: Sequence[ViolationRow], asker: Asker, parts: Parts) -> list[bytes]:
    """The violations as this reader may see them, with what was archived of them and what excludes them."""
    ids = [row.id for row in rows]
    archived = media.of_passages(conn, ids) if asker.plates else {}
    excluded = violations.excluded(conn, ids)
    told = (told_media.in_violation(_published(row, asker, parts), archived.get(row.id, ())) for row in rows)
    return [_marked(document, excluded.get(row.id)) for document, row in zip(told, rows, strict=True)]


def _published(row: ViolationRow, asker: Asker, parts: Parts) -> str:
    return row.document if asker.plates else masking.document("violation", row.document, parts.pseudonyms).decode()


def _marked(document: bytes, excluded_by: str | None) -> bytes:
    if excluded_by is None:
        return document
    return msgspec.json.encode(msgspec.json.decode(document) | {"excluded_by": excluded_by})
