"""What the audit log hears of refusals: every write that was not done, and every look at what is somebody else's.

What lies off one's road looks like nothing to the one who asks (404); only the log tells the two apart. What a role
may not do at all is written down where it is refused (`auth`); here is the rest, as the answers go out.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.access import Principal
from service.api import audits, problems
from service.api.auth import route_of
from service.api.parts import Parts
from service.api.problems import Problem
from service.store import cases, intercepts, joint_actions, violations
from service.store.errors import StoreError

#: In the log instead of the code where the object is there, and somebody else's.
FOREIGN = "foreign"

_READS = frozenset({"GET", "HEAD"})

#: No refusals: too often, or a fault of ours.
_NONE = frozenset({429})
_FAULTS_FROM = 500

#: By the code of an unknown object: the parameter of its path, and how to look without asking whose it is.
_OBJECTS: Mapping[str, tuple[str, Callable[[Connection, str, None], Any]]] = {
    "violation_unknown": ("violation", violations.get),
    "intercept_unknown": ("intercept", intercepts.get),
    "joint_unknown": ("joint", joint_actions.get),
    "case_unknown": ("case", lambda conn, case, _: cases.load(conn, [case]).get(case)),
}

#: Of places that the registry knows.
_PLACES = {"corridor_unknown": "corridor", "site_unknown": "site", "squad_unknown": "squad"}


def install(app: FastAPI) -> None:
    """Write refusals down on their way out."""
    app.add_exception_handler(Problem, _on_problem)


async def _on_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    principal = getattr(request.state, "principal", None)
    if principal is not None and _may_matter(request, problem):
        await anyio.to_thread.run_sync(functools.partial(_note, request, principal, problem))
    return problems.response(problem, request.state.request_id)


def _may_matter(request: Request, problem: Problem) -> bool:
    if problem.status in _NONE or problem.status >= _FAULTS_FROM:
        return False
    written = request.method not in _READS and not problem.noted
    return written or problem.code in _OBJECTS or problem.code in _PLACES


def _note(request: Request, principal: Principal, problem: Problem) -> None:
    parts: Parts = request.app.state.parts
    foreign = _is_foreign(parts, request, problem)
    if not foreign and (problem.noted or request.method in _READS):
        return
    if parts.noted_refusals.take(principal.name, parts.steady_s()):
        return
    if foreign:
        parts.meters.refused(FOREIGN)
    code = FOREIGN if foreign else problem.code
    facts = dict(request.path_params)
    audits.keep(parts, audits.refusal(parts, principal, code, request.method, route_of(request), facts))


def _is_foreign(parts: Parts, request: Request, problem: Problem) -> bool:
    """Whether there is such an object, so that it must be somebody else's."""
    if problem.code in _PLACES:
        return _is_place(parts, request, _PLACES[problem.code])
    name, get = _OBJECTS.get(problem.code, ("", None))
    wanted = request.path_params.get(name)
    if get is None or wanted is None:
        return False
    try:
        with parts.store.reading() as conn:
            return get(conn, wanted, None) is not None
    except (SQLAlchemyError, StoreError):
        return False


def _is_place(parts: Parts, request: Request, kind: str) -> bool:
    network = parts.registry.network
    known = {"corridor": network.corridors, "site": network.sites, "squad": parts.registry.squads}[kind]
    return request.path_params.get(kind, request.query_params.get(kind)) in known
