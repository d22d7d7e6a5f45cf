"""`GET /v1/intercepts/{intercept}/why` and `GET /v1/violations/{violation}/why`: why this squad, why nobody.

What this program decided by itself, each time with what it knew then: which squads and stop points it weighed, with
their figures or the word why not, and of a grave violation that woke nobody the reason for that.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Request, Response

from service.access import Role
from service.api import etags
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.dispatch_answers import DecisionOf, WhyOf
from service.api.fields import IdPath
from service.api.intercepts import unknown
from service.api.negotiation import JSON
from service.api.parts import PartsOf
from service.api.tags import Tag
from service.api.violations import unknown as unknown_violation
from service.messages.envelope import rfc3339
from service.store import decisions, intercepts, violations

router = APIRouter(prefix="/v1", tags=[Tag.INTERCEPTS])

_Supervisor = Annotated[Asker, allow(Role.DUTY, Role.POLICE, Role.ADMIN)]


class _Told(msgspec.Struct):
    """What of an intercept's document is repeated here."""

    reasons: list[str]


@router.get("/intercepts/{intercept}/why", responses=documented(answer("WhyOf"), "intercept_unknown"))
def explain_intercept(intercept: IdPath, request: Request, asker: _Supervisor, parts: PartsOf) -> Response:
    """Why it was opened, whom it was offered to and why them, and why nobody else."""
    with parts.store.reading() as conn:
        row = intercepts.get(conn, intercept, asker.scope.corridors, asker.scope.sites)
        found = decisions.of_subject(conn, intercept)
    if row is None:
        raise unknown()
    reasons = msgspec.json.decode(row.document, type=_Told).reasons
    return _answer(request, WhyOf(subject=intercept, state=row.state, reasons=reasons, decisions=_told(found)))


@router.get("/violations/{violation}/why", responses=documented(answer("WhyOf"), "violation_unknown"))
def explain_violation(violation: IdPath, request: Request, asker: _Supervisor, parts: PartsOf) -> Response:
    """Why this violation was not put before anybody; no decisions where it belongs to an intercept."""
    with parts.store.reading() as conn:
        row = violations.get(conn, violation, asker.scope.corridors, asker.scope.sites)
        found = decisions.of_subject(conn, violation)
    if row is None:
        raise unknown_violation()
    return _answer(request, WhyOf(subject=violation, state=None, reasons=[], decisions=_told(found)))


def _told(found: list[decisions.Decision]) -> list[DecisionOf]:
    return [
        DecisionOf(kind=one.kind, time=rfc3339(one.at_ns), facts=msgspec.json.decode(one.document)) for one in found
    ]


def _answer(request: Request, told: WhyOf) -> Response:
    return etags.of_content(request, msgspec.json.encode(told), JSON)
