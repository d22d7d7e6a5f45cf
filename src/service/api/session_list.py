"""`/v1/sessions`: who is signed in with which browser, and how to end that.

An admin sees the sessions of the own agency on the own corridors; the duty desk of those its own, squads' and wall
screens', so that a lost phone can be shut out at night. What is not shown cannot be ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response

from service import messages
from service.access import Principal, Role
from service.api import audits, cursors, etags
from service.api.answers import documented, page_of
from service.api.auth import Asker, allow
from service.api.credentials import Cookie, principal_of
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.scopes import scope_of
from service.api.session_forms import SessionOf
from service.api.tags import Tag
from service.store import audit, sessions
from service.store.sessions import Session

router = APIRouter(prefix="/v1/sessions", tags=[Tag.SESSIONS])

_Desk = Annotated[Asker, allow(Role.DUTY, Role.ADMIN)]
_Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="16 hex digits.")]


@router.get("", responses=documented(page_of("SessionOf")))
def list_sessions(request: Request, parts: PartsOf, asker: _Desk) -> Response:
    """Browsers that are signed in and within your rights, used last first; one page."""
    return cursors.page(request, [msgspec.json.encode(one) for one in _told(parts, asker)], None)


@router.delete(
    "/{session}",
    status_code=204,
    responses=documented(
        {"description": "It is over; its live feed ends within seconds."},
        "csrf_refused",
        "read_only",
        "session_unknown",
        status=204,
        etag=False,
    ),
)
def end_session(session: _Id, parts: PartsOf, asker: _Desk) -> Response:
    """Shut a browser out: a lost phone, a screen that hangs elsewhere, somebody who left."""
    if all(one.id != session for one, _ in _within(parts, asker)):
        raise Problem("session_unknown", "GET /v1/sessions lists those within your rights")
    with parts.store.writing(durable=True) as conn:
        if sessions.end(conn, session, parts.clock_ns(), asker.principal.name):
            audit.note(conn, audits.entry(parts, asker.principal, "session.end", f"session:{session}"))
    return Response(status_code=204, headers=etags.VARY)


def _told(parts: Parts, asker: Asker) -> Iterator[SessionOf]:
    mine = asker.shown.session if isinstance(asker.shown, Cookie) else None
    for one, who in _within(parts, asker):
        yield SessionOf(
            id=one.id,
            kind=one.kind,
            name=who.name,
            role=who.role.value,
            squad=who.squad,
            address=one.address,
            opened_at=messages.rfc3339(one.opened_ns),
            used_at=messages.rfc3339(one.used_ns),
            until=messages.rfc3339(one.until_ns),
            mine=one.id == mine,
        )


def _within(parts: Parts, asker: Asker) -> Iterator[tuple[Session, Principal]]:
    """The agency's sessions that this desk may see, without those whose token was taken back."""
    with parts.store.reading() as conn:
        found = sessions.alive(conn, parts.clock_ns(), asker.principal.agency)
    for one in found:
        who = principal_of(parts, one)
        if who is not None and _may_end(parts, asker, who):
            yield one, who


def _may_end(parts: Parts, asker: Asker, who: Principal) -> bool:
    me, mine = asker.principal, asker.scope.corridors
    theirs = scope_of(who, parts.registry).corridors
    if who.name == me.name:
        return True
    near = mine is None or (theirs is not None and theirs <= mine)
    return near and (me.role is Role.ADMIN or who.role is Role.SQUAD or who.read_only)
