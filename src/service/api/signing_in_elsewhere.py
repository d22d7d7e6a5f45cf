"""`/v1/session/oidc`: a browser goes to the provider, and comes back signed in.

The way back is a page that sends the browser on by itself: a redirect would still count as coming from the provider,
and the browser would keep our SameSite=Strict cookie from its next request.
"""

from __future__ import annotations

import html
from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.access import Admission
from service.api import auth, origins
from service.api.answers import PERSONS
from service.api.auth import for_anyone
from service.api.credentials import COOKIE
from service.api.parts import Parts, PartsOf
from service.api.problems import CODES, Problem
from service.api.signing_in import enter, session_end_ns
from service.oidc.claims import TokenRefusedError
from service.oidc.flow import Flow, attempt, attempt_of
from service.oidc.provider import CodeRefusedError, IssuerAwayError

router = APIRouter(prefix="/v1/session/oidc", dependencies=[for_anyone()], include_in_schema=False)

#: Lax, for it must come along when the provider sends the browser back.
_ATTEMPT = "wim_oidc"
_PATH = "/v1/session/oidc"
#: A person types a password and looks for a second factor.
_ATTEMPT_SECONDS = 600

#: Where a page goes on; it shows who is signed in.
_HOME = "/login"

_Attempt = Annotated[str, Cookie(alias=_ATTEMPT)]
_Before = Annotated[str | None, Cookie(alias=COOKIE)]
_Word = Annotated[str, Query(max_length=4_096)]


@router.get("")
def go_to_provider(request: Request, parts: PartsOf) -> Response:
    """Send the browser to the provider."""
    flow = _flow(parts)
    if wait_s := parts.sign_ins.take(auth.address_of(request), parts.steady_s()):
        raise auth.too_many(wait_s)
    begun = attempt()
    try:
        answer = RedirectResponse(flow.address(begun, _back(parts, request)), 302, {"Cache-Control": "no-store"})
    except IssuerAwayError as error:
        raise auth.issuer_away(error) from None
    secure = origins.is_secure(parts, request)
    answer.set_cookie(_ATTEMPT, begun.cookie(), _ATTEMPT_SECONDS, None, _PATH, None, secure, True, "lax")
    return answer


@router.get("/callback")
def come_back(
    request: Request,
    parts: PartsOf,
    cookie: _Attempt = "",
    before: _Before = None,
    state: _Word = "",
    code: _Word = "",
    error: _Word = "",
) -> Response:
    """Sign the browser in that the provider sends back."""
    flow, begun = _flow(parts), attempt_of(cookie, state)
    if begun is None or not code:
        return _told(Problem("sign_in_failed", f"the provider says {error}" if error else "it was begun elsewhere"))
    try:
        who = flow.principal(begun, code, _back(parts, request), parts.clock_ns())
        if who.role not in PERSONS:
            return _told(Problem("role_refused", "a machine sends its token with each request"))
        entered = enter(parts, request, "oidc", Admission(who, session_end_ns(parts), None), before)
    except (TokenRefusedError, CodeRefusedError) as refused:
        return _told(Problem("sign_in_failed", str(refused)))
    except IssuerAwayError as away:
        return _told(auth.issuer_away(away))
    answer = _page(200, "已登入 · Signed in", f'<meta http-equiv="refresh" content="0;url={_HOME}">')
    answer.headers.append("Set-Cookie", entered.headers["set-cookie"])
    answer.delete_cookie(_ATTEMPT, _PATH)
    return answer


def _flow(parts: Parts) -> Flow:
    if parts.flow is None:
        raise Problem("not_found", "this installation signs in with tokens: POST /v1/session")
    return parts.flow


def _back(parts: Parts, request: Request) -> str:
    return f"{parts.public_url or str(request.base_url).rstrip('/')}{_PATH}/callback"


def _told(problem: Problem) -> Response:
    """A person looks at it, so it is a page; the log has its code."""
    title = CODES[problem.code][1]
    again = f'<p><a href="{_HOME}">重試 · Try again</a></p>'
    return _page(problem.status, f"登入失敗 · {title}", f"<p>{html.escape(problem.detail)}</p>{again}")


def _page(status: int, title: str, rest: str) -> Response:
    text = f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>{rest}</html>'
    return Response(text, status, {"Cache-Control": "no-store"}, "text/html; charset=utf-8")
