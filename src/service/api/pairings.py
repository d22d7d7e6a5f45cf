"""`/v1/pairings`: a wall screen shows a code, somebody at the duty desk confirms it, and the screen is let in.

What was confirmed is a session that changes nothing and shows the corridors of whoever confirmed it. The code alone
gives nobody anything: the screen that asked for it holds a cookie which goes with it.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import replace
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Request, Response

from service import messages
from service.access import Admission, Principal, Role
from service.api import audits, auth, etags, origins
from service.api.answers import answer, documented
from service.api.auth import Asker, allow, for_anyone
from service.api.credentials import digest
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.session_forms import CODE_LENGTH, CODE_LETTERS, CODE_PATTERN, Paired, Waiting
from service.api.tags import Tag
from service.store import audit, pairings
from service.store.pairings import Pairing

router = APIRouter(prefix="/v1/pairings", tags=[Tag.SESSIONS])

#: Goes back to the one address where a session begins.
COOKIE = "wim_pairing"
COOKIE_PATH = "/v1/session"

_Desk = Annotated[Asker, allow(Role.DUTY)]
_Code = Annotated[str, Path(pattern=CODE_PATTERN, description="What the screen shows.")]

_MINUTE_NS = 60 * 10**9
_DAY_NS = 24 * 60 * _MINUTE_NS

#: A screen asks again this soon; nobody stands before it for longer without a word.
_ASK_SECONDS = 2


@router.post(
    "",
    dependencies=[for_anyone()],
    responses=documented(answer("Waiting"), "csrf_refused", etag=False),
    openapi_extra={"security": []},
)
def ask_pairing(request: Request, parts: PartsOf) -> Response:
    """A code for a wall screen, which then signs in with it: `POST /v1/session {"pairing": CODE}`, again and again."""
    origins.check(parts, request)
    address = auth.address_of(request)
    if wait_s := parts.pairings.take(address, parts.steady_s()):
        raise auth.too_many(wait_s)
    secret, found = secrets.token_urlsafe(32), None
    while found is None:
        found = _asked(parts, digest(secret), address)
    told = Waiting(code=found.code, until=messages.rfc3339(found.until_ns))
    shown = Response(msgspec.json.encode(told), headers={"Cache-Control": "no-store"}, media_type="application/json")
    seconds, secure = parts.policy.pairing_minutes * 60, origins.is_secure(parts, request)
    shown.set_cookie(COOKIE, secret, max_age=seconds, path=COOKIE_PATH, secure=secure, httponly=True, samesite="strict")
    return shown


@router.get("/{code}", responses=documented(answer("Paired"), "pairing_unknown", etag=False))
def look_at_pairing(code: _Code, parts: PartsOf, asker: _Desk) -> Response:
    """Which screen shows this code, and what it would show once you let it in: look before you confirm."""
    with parts.store.reading() as conn:
        found = pairings.get(conn, code, parts.clock_ns())
    if found is None or found.principal is not None:
        raise unknown()
    return _told(found, asker.scope.corridors)


@router.post(
    "/{code}", responses=documented(answer("Paired"), "csrf_refused", "read_only", "pairing_unknown", etag=False)
)
def confirm_pairing(code: _Code, parts: PartsOf, asker: _Desk) -> Response:
    """Let the screen in that shows this code: it will show your corridors, and change nothing."""
    now_ns, who = parts.clock_ns(), asker.principal
    screen = replace(who, name=f"wall-{code.lower()}", corridors=asker.scope.corridors, read_only=True)
    with parts.store.writing(durable=True) as conn:
        found = pairings.get(conn, code, now_ns)
        if found is None or not pairings.confirm(conn, code, now_ns, _json(screen), who.name):
            raise unknown()
        facts = {"address": found.address}
        audit.note(conn, audits.entry(parts, who, "pairing.confirm", f"wall:{screen.name}", facts=facts))
    return _told(found, screen.corridors)


def _told(one: Pairing, corridors: frozenset[str] | None) -> Response:
    told = Paired(
        code=one.code,
        address=one.address,
        asked_at=messages.rfc3339(one.asked_ns),
        corridors=None if corridors is None else sorted(corridors),
    )
    return Response(msgspec.json.encode(told), headers=etags.VARY, media_type="application/json")


def collect(parts: Parts, code: str, secret: str) -> Admission:
    """What a screen was let in as, once. Raises the problem of a code that nobody confirmed, or that is not its own.

    Who guesses only reads: every screen in the world may ask, and none of them may hold up those who write.
    """
    now_ns = parts.clock_ns()
    with parts.store.reading() as conn:
        found = pairings.get(conn, code, now_ns)
    if found is None or not hmac.compare_digest(found.digest, digest(secret)):
        raise unknown()
    if found.principal is None:
        headers = {"Retry-After": str(_ASK_SECONDS)}
        raise Problem("pairing_waits", "confirm the code at the duty desk", headers=headers)
    with parts.store.writing(durable=True) as conn:
        if not pairings.take(conn, code, found.digest):
            raise unknown()
    screen = msgspec.json.decode(found.principal, type=Principal)
    return Admission(screen, now_ns + parts.policy.wall_session_days * _DAY_NS, None)


def unknown() -> Problem:
    """Nobody waits under this code, or not any more, or it is another browser: all look alike."""
    return Problem("pairing_unknown", "let the screen show a new code")


def _asked(parts: Parts, mark: bytes, address: str) -> Pairing | None:
    """A screen that waits; None where its code was another's by chance."""
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    now_ns = parts.clock_ns()
    asked = Pairing(code, mark, address, now_ns, now_ns + parts.policy.pairing_minutes * _MINUTE_NS)
    with parts.store.writing() as conn:
        pairings.forget(conn, now_ns)
        return asked if pairings.add(conn, asked) else None


def _json(principal: Principal) -> str:
    return msgspec.json.encode(principal).decode()
