"""Who asks, and whether this route serves them: nobody, unless the route says so.

A route names its roles by a parameter, `Annotated[Asker, allow(Role.DUTY, …)]`, or that it is for everybody, with
`dependencies=[for_anyone()]`. A route that does neither keeps the process from starting (`check_routes`).
"""

from __future__ import annotations

import functools
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import anyio.to_thread
import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from service.access import Admission, Principal, Role
from service.api import audits, origins, parameters
from service.api.credentials import COOKIE, Bearer, Cookie, Shown, holder
from service.api.parts import Parts, PartsOf
from service.api.problems import RETRY_SECONDS, Problem
from service.api.scopes import Scope, scope_of
from service.oidc.claims import TokenRefusedError
from service.oidc.provider import IssuerAwayError

log = structlog.get_logger(__name__)

_BEARER = HTTPBearer(auto_error=False, description="A token of `wim tokens new`, or one that the demo printed.")
_COOKIE = APIKeyCookie(name=COOKIE, auto_error=False, description="Of a browser that signed in, see POST /v1/session.")
_Header = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
_Session = Annotated[str | None, Depends(_COOKIE)]

#: A page sends in it what `GET /v1/session` told it.
CSRF_HEADER = "X-CSRF-Token"

#: What changes nothing, whoever asks.
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class UndeclaredRouteError(RuntimeError):
    """A route that does not say whom it serves."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the route {path} does not say whom it serves: give it allow(…) or for_anyone()")
        self.path = path


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what of the road they may see; `shown` to ask again whether it still stands."""

    principal: Principal
    scope: Scope
    shown: Shown

    @property
    def plates(self) -> bool:
        """Whether plates are shown."""
        return self.principal.plates


@dataclass(frozen=True)
class Gate:
    """Lets some roles in; None lets everybody in."""

    roles: frozenset[Role] | None

    async def enter(self, request: Request, parts: PartsOf, header: _Header, session: _Session) -> Asker:
        """The dependency of a route for some roles. Raises the problem of 401, 403, 429 or of a wrong parameter."""
        assert self.roles is not None
        shown = _shown(header, session)
        if shown is None:
            parts.meters.refused("token_missing")
            raise _who(parts, "token_missing", "sign in, or send the header Authorization: Bearer TOKEN", "Bearer")
        principal = await _principal(parts, request, shown)
        request.state.principal = principal
        bounded(parts, principal)
        if principal.role not in self.roles:
            detail = f"{principal.role} is not one of {', '.join(sorted(self.roles))}"
            raise await refused(parts, request, principal, "role_refused", detail)
        if request.method not in _READS:
            await _check_write(parts, request, principal, shown)
        parameters.check(request)
        return Asker(principal, scope_of(principal, parts.registry), shown)

    async def pass_by(self) -> None:
        """The dependency of a route for everybody."""


def allow(*roles: Role) -> Any:
    """What a route for these roles depends on; gives the `Asker`."""
    return Depends(Gate(frozenset(roles)).enter)


def for_anyone() -> Any:
    """What a route for everybody depends on."""
    return Depends(Gate(None).pass_by)


async def refused(parts: Parts, request: Request, principal: Principal, code: str, detail: str) -> Problem:
    """The problem of a right that somebody lacks, counted and written down."""
    parts.meters.refused(code)
    entry = audits.refusal(parts, principal, code, request.method, route_of(request))
    await anyio.to_thread.run_sync(functools.partial(audits.keep, parts, entry))
    return audits.noted(Problem(code, detail))


def check_routes(app: FastAPI) -> None:
    """Raise `UndeclaredRouteError` unless every route says whom it serves."""
    for path, roles in declared(app):
        if roles is _UNDECLARED:
            raise UndeclaredRouteError(path)


def declared(app: FastAPI) -> Iterator[tuple[str, frozenset[Role] | None]]:
    """Each route (`GET /v1/sites`) with the roles that it serves, None for everybody."""
    for context in iter_route_contexts(app.routes):
        methods = ",".join(sorted(getattr(context, "methods", None) or ()))
        yield f"{methods} {context.path}", _roles(getattr(context, "dependant", None))


def route_of(request: Request) -> str:
    """The route's template: paths hold plates."""
    return str(getattr(request.scope.get("route"), "path", "unmatched"))


#: No set of roles that a route can declare.
_UNDECLARED: frozenset[Role] = frozenset()


def _roles(dependant: Dependant | None) -> frozenset[Role] | None:
    gates = list(_gates(dependant)) if dependant else []
    return gates[0].roles if len(gates) == 1 else _UNDECLARED


def _gates(dependant: Dependant) -> Iterator[Gate]:
    for inner in dependant.dependencies:
        owner = getattr(inner.call, "__self__", None)
        if isinstance(owner, Gate):
            yield owner
        else:
            yield from _gates(inner)


async def admitted(parts: Parts, request: Request, token: str) -> Admission:
    """What somebody who signs in with a token is admitted as. Raises the problem of 401 or 429."""
    _slow_down(parts, request, token)
    try:
        admission = await anyio.to_thread.run_sync(parts.door.admit, token, parts.clock_ns())
    except (TokenRefusedError, IssuerAwayError) as error:
        raise await _not_let_in(parts, request, error) from None
    if admission is None:
        raise await _turn_away(parts, request, *_NOBODY[Bearer])
    parts.strangers.was_right(token)
    bounded(parts, admission.principal)
    return admission


def bounded(parts: Parts, principal: Principal) -> None:
    """Raise the problem of an account that asks too often."""
    if wait_s := parts.requests.take(principal.name, parts.steady_s()):
        raise too_many(wait_s)


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


async def _principal(parts: Parts, request: Request, shown: Shown) -> Principal:
    if isinstance(shown, Bearer):
        # A cookie is looked up at no cost, and after a restart those of all phones behind one address come at once.
        _slow_down(parts, request, shown.token)
    # A check costs tens of milliseconds on purpose, and the file of tokens may have to be read.
    try:
        principal = await anyio.to_thread.run_sync(holder, parts, shown)
    except (TokenRefusedError, IssuerAwayError) as error:
        raise await _not_let_in(parts, request, error) from None
    if principal is None:
        raise await _turn_away(parts, request, *_NOBODY[type(shown)])
    if isinstance(shown, Bearer):
        parts.strangers.was_right(shown.token)
    return principal


#: What is said of a token and of a cookie that are nobody's.
_NOBODY = {
    Bearer: ("token_refused", "make a new one with `wim tokens new`"),
    Cookie: ("session_ended", "sign in again"),
}


async def _not_let_in(parts: Parts, request: Request, error: TokenRefusedError | IssuerAwayError) -> Problem:
    if isinstance(error, IssuerAwayError):
        return issuer_away(error)
    return await _turn_away(parts, request, "token_refused", str(error))


def issuer_away(error: IssuerAwayError) -> Problem:
    """The problem of a provider that does not answer; its address stands in our log only."""
    log.warning("issuer_away", problem=str(error))
    remedy = "ask again in a moment; whoever runs it looks at WIM_AUTH__OIDC__ISSUER and the log"
    return Problem("issuer_away", remedy, headers={"Retry-After": str(RETRY_SECONDS)})


def _shown(header: HTTPAuthorizationCredentials | None, session: str | None) -> Shown | None:
    if header is not None:
        return Bearer(header.credentials)
    return None if session is None else Cookie(session)


async def _check_write(parts: Parts, request: Request, principal: Principal, shown: Shown) -> None:
    if isinstance(shown, Cookie) and not is_of_page(parts, request, shown):
        detail = f"send the header {CSRF_HEADER} with what GET /v1/session says, from the page itself"
        raise await refused(parts, request, principal, "csrf_refused", detail)
    if principal.read_only:
        raise await refused(parts, request, principal, "read_only", "sign in on a device of your own to act")


def is_of_page(parts: Parts, request: Request, cookie: Cookie) -> bool:
    """Whether a write with a cookie comes from a page of ours."""
    given = request.headers.get(CSRF_HEADER, "").encode()
    return hmac.compare_digest(given, cookie.csrf.encode()) and not origins.is_elsewhere(parts, request)


def _slow_down(parts: Parts, request: Request, secret: str) -> None:
    if wait_s := parts.strangers.admit(secret, address_of(request), parts.steady_s()):
        raise too_many(wait_s)


async def _turn_away(parts: Parts, request: Request, code: str, remedy: str) -> Problem:
    """Count who is nobody; write it down, but not so often that a guesser fills the disk."""
    parts.meters.refused(code)
    address = address_of(request)
    if not parts.noted_strangers.take(address, parts.steady_s()):
        entry = audits.stranger(parts, address, code, request.method, route_of(request))
        await anyio.to_thread.run_sync(functools.partial(audits.keep, parts, entry))
    return _who(parts, code, remedy, 'Bearer error="invalid_token"')


def _who(parts: Parts, code: str, detail: str, challenge: str) -> Problem:
    """With `ways`: how a browser can sign in here."""
    ways = ["token", *(["oidc"] if parts.flow else [])]
    return Problem(code, detail, headers={"WWW-Authenticate": challenge}, ways=ways)


def too_many(wait_s: float) -> Problem:
    """The problem of asking too often."""
    seconds = max(1, round(wait_s + 0.5))
    return Problem("too_many_requests", f"ask again in {seconds} s", headers={"Retry-After": str(seconds)})
