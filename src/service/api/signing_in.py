"""`/v1/session`: a browser signs in with a token, once, and has a cookie from then on.

The cookie is HttpOnly and SameSite=Strict, so no script reads it and no other site sends it; each write needs the
header X-CSRF-Token besides. Nothing secret ever stands in an address. A wall screen signs in with the code that was
confirmed for it (`pairings`), which works in that browser alone.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Cookie, Request, Response
from fastapi.concurrency import run_in_threadpool

from service import messages
from service.access import Admission, Principal, Role
from service.api import audits, auth, bodies, etags, origins, pairings
from service.api.answers import PERSONS, answer, documented
from service.api.auth import Asker, allow, for_anyone
from service.api.credentials import COOKIE, begin, principal_of, session_of
from service.api.credentials import Cookie as Shown
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body
from service.api.session_forms import SignedIn, SignIn
from service.api.tags import Tag
from service.store import audit, sessions

router = APIRouter(prefix="/v1/session", tags=[Tag.SESSIONS])

_Anyone = Annotated[Asker, allow(*Role)]
_Mine = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]
_Pairing = Annotated[str | None, Cookie(alias=pairings.COOKIE, include_in_schema=False)]

_HOUR_NS = 3_600 * 10**9

_SIGN_IN = (
    "csrf_refused",
    "pairing_unknown",
    "pairing_waits",
    "body_too_large",
    "media_type_unsupported",
    "body_invalid",
)


@router.post(
    "",
    dependencies=[for_anyone()],
    responses=documented(answer("SignedIn"), *_SIGN_IN, etag=False),
    openapi_extra=bodies.described(SignIn.model_json_schema()) | {"security": []},
)
async def sign_in(request: Request, parts: PartsOf, before: _Mine = None, pairing: _Pairing = None) -> Response:
    """Sign this browser in: sets the cookie `wim_session`, and says who you are and what you may do.

    A session that the browser had before ends. A wall screen asks again every few seconds until its code is confirmed
    (409 `pairing_waits` until then).
    """
    origins.check(parts, request)
    body = bodies.fitted(SignIn, await bodies.read_json(request))
    if (body.token is None) == (body.pairing is None):
        raise wrong_body([FieldError("token", "it, or pairing, must be given", "send one of the two")])
    if body.token is not None:
        admission = await _admitted(parts, request, body.token)
        return await run_in_threadpool(enter, parts, request, "token", admission, before)
    admission = await run_in_threadpool(pairings.collect, parts, body.pairing or "", pairing or "")
    return await run_in_threadpool(enter, parts, request, "wall", admission, before)


@router.get("", responses=documented(answer("SignedIn"), etag=False))
def who_am_i(parts: PartsOf, asker: _Anyone) -> Response:
    """Who you are, what you may do, and what to send with writes."""
    if not isinstance(asker.shown, Shown):
        return _answer(told(asker.principal, None, None))
    found = session_of(parts, asker.shown)
    return _answer(told(asker.principal, asker.shown, found.until_ns if found else None))


@router.delete(
    "",
    status_code=204,
    dependencies=[for_anyone()],
    responses=documented({"description": "Nobody is signed in here."}, "csrf_refused", status=204, etag=False),
    openapi_extra={"security": [{"APIKeyCookie": []}]},
)
def sign_out(request: Request, parts: PartsOf, mine: _Mine = None) -> Response:
    """End the session of this browser; where there is none, that is right too. Needs X-CSRF-Token."""
    found = session_of(parts, Shown(mine)) if mine else None
    if mine and found:
        if not auth.is_of_page(parts, request, Shown(mine)):
            raise Problem("csrf_refused", f"send the header {auth.CSRF_HEADER} with what GET /v1/session says")
        who = principal_of(parts, found)
        _end(parts, found.id, found.name, who)
    answer = Response(status_code=204, headers=etags.VARY)
    answer.delete_cookie(COOKIE, path="/", secure=origins.is_secure(parts, request), httponly=True, samesite="strict")
    return answer


def enter(parts: Parts, request: Request, kind: str, admission: Admission, before: str | None = None) -> Response:
    """Begin a session and answer with its cookie; the one before it in this browser ends."""
    now_ns, who = parts.clock_ns(), admission.principal
    old = session_of(parts, Shown(before)) if before else None
    with parts.store.writing(durable=True) as conn:
        cookie = begin(conn, kind, admission, auth.address_of(request), now_ns)
        facts = {"kind": kind, "address": auth.address_of(request)}
        audit.note(conn, audits.entry(parts, who, "session.begin", f"session:{cookie.session}", facts=facts))
        if old is not None:
            sessions.end(conn, old.id, now_ns, who.name)
    answer = _answer(told(who, cookie, admission.until_ns))
    _set(answer, parts, request, COOKIE, cookie.value, "/", admission.until_ns)
    return answer


def _set(answer: Response, parts: Parts, request: Request, name: str, value: str, path: str, until_ns: int) -> None:
    seconds = (until_ns - parts.clock_ns()) // 10**9
    secure = origins.is_secure(parts, request)
    answer.set_cookie(name, value, max_age=seconds, path=path, secure=secure, httponly=True, samesite="strict")


async def _admitted(parts: Parts, request: Request, token: str) -> Admission:
    admission = await auth.admitted(parts, request, token)
    who = admission.principal
    if who.role not in PERSONS:
        raise await auth.refused(parts, request, who, "role_refused", "a machine sends its token with each request")
    return Admission(who, min(admission.until_ns, session_end_ns(parts)), admission.reference)


def session_end_ns(parts: Parts) -> int:
    """When a session that begins now ends at the latest."""
    return parts.clock_ns() + parts.policy.session_hours * _HOUR_NS


def _end(parts: Parts, session: str, name: str, who: Principal | None) -> None:
    with parts.store.writing(durable=True) as conn:
        if sessions.end(conn, session, parts.clock_ns(), name) and who is not None:
            audit.note(conn, audits.entry(parts, who, "session.end", f"session:{session}"))


def told(who: Principal, cookie: Shown | None, until_ns: int | None) -> SignedIn:
    """What a page learns of the one who is signed in."""
    return SignedIn(
        name=who.name,
        role=who.role.value,
        agency=who.agency,
        squad=who.squad,
        corridors=None if who.corridors is None else sorted(who.corridors),
        plates=who.plates,
        read_only=who.read_only,
        until=None if until_ns is None else messages.rfc3339(until_ns),
        csrf=cookie.csrf if cookie else None,
    )


def _answer(signed_in: SignedIn) -> Response:
    headers = {**etags.VARY, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(signed_in), headers=headers, media_type="application/json")
