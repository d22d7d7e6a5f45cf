"""Who asks, and whether this route serves them: nobody, unless the route says so.

A route names its roles by a parameter, `Annotated[Asker, allow(Role.DUTY, …)]`, or that it is for everybody, with
`dependencies=[for_anyone()]`. A route that does neither keeps the process from starting (`check_routes`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import anyio.to_thread
import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.access import Principal, Role
from service.api import audits, parameters
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.scopes import Scope, scope_of

log = structlog.get_logger(__name__)

_BEARER = HTTPBearer(auto_error=False, description="A token of `wim tokens new`, or one that the demo printed.")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


class UndeclaredRouteError(RuntimeError):
    """A route that does not say whom it serves."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the route {path} does not say whom it serves: give it allow(…) or for_anyone()")
        self.path = path


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what of the road they may see; `token` to ask again whether it still stands."""

    principal: Principal
    scope: Scope
    token: str = field(repr=False)

    @property
    def plates(self) -> bool:
        """Whether plates are shown."""
        return self.principal.plates


@dataclass(frozen=True)
class Gate:
    """Lets some roles in; None lets everybody in."""

    roles: frozenset[Role] | None

    async def enter(self, request: Request, parts: PartsOf, credentials: _Credentials) -> Asker:
        """The dependency of a route for some roles. Raises the problem of 401, 403, 429 or of a wrong parameter."""
        assert self.roles is not None
        if credentials is None:
            parts.meters.refused("token_missing")
            raise _who("token_missing", "send the header Authorization: Bearer TOKEN", "Bearer")
        principal = await _principal(parts, request, credentials.credentials)
        if wait_s := parts.requests.take(principal.name, parts.steady_s()):
            raise _too_many(wait_s)
        if principal.role not in self.roles:
            detail = f"{principal.role} is not one of {', '.join(sorted(self.roles))}"
            raise await refused(parts, request, principal, "role_refused", detail)
        parameters.check(request)
        return Asker(principal, scope_of(principal, parts.registry), credentials.credentials)

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
    return Problem(code, detail)


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


async def _principal(parts: Parts, request: Request, token: str) -> Principal:
    address = request.client.host if request.client else "unknown"
    if wait_s := parts.strangers.admit(token, address, parts.steady_s()):
        raise _too_many(wait_s)
    # A check costs tens of milliseconds on purpose, and the file of tokens may have to be read.
    principal = await anyio.to_thread.run_sync(parts.door.verify, token, parts.clock_ns())
    if principal is None:
        await _turn_away(parts, request, address)
        raise _who("token_refused", "make a new one with `wim tokens new`", 'Bearer error="invalid_token"')
    parts.strangers.was_right(token)
    return principal


async def _turn_away(parts: Parts, request: Request, address: str) -> None:
    """Count a token that is nobody's; write it down, but not so often that a guesser fills the disk."""
    parts.meters.refused("token_refused")
    if not parts.noted_strangers.take(address, parts.steady_s()):
        entry = audits.stranger(parts, address, request.method, route_of(request))
        await anyio.to_thread.run_sync(functools.partial(audits.keep, parts, entry))


def _who(code: str, detail: str, challenge: str) -> Problem:
    return Problem(code, detail, headers={"WWW-Authenticate": challenge})


def _too_many(wait_s: float) -> Problem:
    seconds = max(1, round(wait_s + 0.5))
    return Problem("too_many_requests", f"ask again in {seconds} s", headers={"Retry-After": str(seconds)})
