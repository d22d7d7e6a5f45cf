"""`GET /v1/notices`: who was told of what, and what did not arrive. Neither plates nor numbers of phones are in it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.access import Role
from service.api import cursors, times
from service.api.answers import documented, page_of
from service.api.auth import Asker, allow
from service.api.notice_answers import NoticeOf
from service.api.parts import Parts, PartsOf
from service.api.tags import Tag
from service.store import notices
from service.store.notices import DUE, NoticeRow
from service.store.paging import Cursor
from wim.periods import DEFAULT_TIMEZONE

router = APIRouter(prefix="/v1/notices", tags=[Tag.NOTICES])

_Reader = Annotated[Asker, allow(Role.DUTY, Role.TECHNICIAN, Role.ADMIN)]


class NoticeQuery(BaseModel):
    """The filters of the list."""

    state: Literal["due", "sent", "given_up", "dropped"] | None = None
    intercept: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = Field(None, description="Only of this one.")
    limit: cursors.Limit = None
    cursor: cursors.CursorText = None


@router.get("", responses=documented(page_of("NoticeOf")))
def list_notices(query: Annotated[NoticeQuery, Query()], request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """Notices on your corridors, newest first."""
    after, limit = cursors.row(query.cursor), cursors.rows(query.limit, parts.policy)
    states = (query.state,) if query.state else ()
    with parts.store.reading() as conn:
        found = notices.page(conn, asker.scope.corridors, states, query.intercept, after, limit + 1)
    rows = found[:limit]
    following = Cursor(rows[-1].at_ns, rows[-1].id) if len(found) > limit else None
    return cursors.page(request, [msgspec.json.encode(_told(row, parts)) for row in rows], following)


def _told(row: NoticeRow, parts: Parts) -> NoticeOf:
    known = parts.registry.network.corridors.get(row.corridor)
    zone = known.timezone if known else DEFAULT_TIMEZONE
    return NoticeOf(
        id=row.id,
        intercept=row.intercept,
        alert=row.alert,
        code=row.code,
        adapter=row.adapter,
        target=row.target,
        corridor=row.corridor,
        site=row.site,
        state=row.state,
        tries=row.tries,
        at=times.local_ns(row.at_ns, zone),
        next_try_at=times.local_ns(row.next_try_ns, zone) if row.state == DUE else None,
        done_at=None if row.done_ns is None else times.local_ns(row.done_ns, zone),
        last_error=row.last_error,
    )
