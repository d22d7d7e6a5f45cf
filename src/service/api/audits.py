"""What the audit log hears of the API: looks at a plate's history, changes, and what rights refused.

`subject` is what an act was done to: `plate:…`, `intercept:…`, `watch:…`, or the route that refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
import structlog
from fastapi import Header
from sqlalchemy.exc import SQLAlchemyError

from service.access import Principal
from service.api.parts import Parts
from service.api.problems import FieldError, Problem, wrong_parameters
from service.store import audit
from service.store.audit import Entry
from service.store.errors import StoreError

log = structlog.get_logger(__name__)

#: A sentence, not a file.
LONGEST_REASON = 500
#: Shorter ones say nothing.
_SHORTEST_REASON = 2


def entry(
    parts: Parts,
    principal: Principal,
    action: str,
    subject: str,
    reason: str | None = None,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Entry:
    """An act of a person; `facts` is the rest that a reader of the log wants."""
    document = msgspec.json.encode(dict(facts)).decode()
    role, agency = principal.role.value, principal.agency
    return Entry(parts.clock_ns(), principal.name, role, agency, action, subject, reason, document)


def refusal(
    parts: Parts,
    principal: Principal,
    code: str,
    method: str,
    route: str,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> Entry:
    """Somebody asked for what they have no right to, or what cannot be done."""
    return entry(parts, principal, "refused", f"{method} {route}", code, facts)


def stranger(parts: Parts, address: str, code: str, method: str, route: str) -> Entry:
    """Somebody came with a token or a cookie that is nobody's."""
    return Entry(parts.clock_ns(), address, "nobody", None, "refused", f"{method} {route}", code)


def keep(parts: Parts, noted: Entry) -> None:
    """Write an entry of its own. A refusal stands whether it can be written or not, so a failure is only logged."""
    try:
        with parts.store.writing() as conn:
            audit.note(conn, noted)
    except (SQLAlchemyError, StoreError) as error:
        log.error("audit_failed", action=noted.action, subject=noted.subject, problem=type(error).__name__)


def look_up(parts: Parts, principal: Principal, plate: str, reason: str | None, route: str) -> None:
    """Write down a look at a plate's history before it is shown. Raises the problem of a missing reason or right."""
    if principal.read_only:
        raise _no_look(parts, principal, "read_only", route, "a look at a plate's history needs a person: sign in")
    if not principal.plates:
        remedy = "ask by time and place; a plate's history is for accounts that see plates"
        raise _no_look(parts, principal, "plates_refused", route, remedy)
    given = (reason or "").strip()
    if not _SHORTEST_REASON <= len(given) <= LONGEST_REASON or not given.isprintable():
        remedy = "say in a few words why: the parameter `reason`, or the header Wim-Reason (percent-encoded)"
        raise wrong_parameters(FieldError("reason", "a look at a plate's history needs one", remedy))
    with parts.store.writing(durable=True) as conn:
        audit.note(conn, entry(parts, principal, "plate.look_up", f"plate:{plate}", given, {"route": route}))


def _no_look(parts: Parts, principal: Principal, code: str, route: str, remedy: str) -> Problem:
    parts.meters.refused(code)
    keep(parts, refusal(parts, principal, code, "GET", route))
    return noted(Problem(code, remedy))


def noted(problem: Problem) -> Problem:
    """The same, marked as written down."""
    problem.noted = True
    return problem


#: The parameter of routes where a plate may be looked up; for clients that keep reasons out of addresses.
ReasonHeader = Annotated[
    str | None,
    Header(alias="Wim-Reason", max_length=9 * LONGEST_REASON, description="The reason, percent-encoded UTF-8."),
]


def given(parameter: str | None, header: str | None) -> str | None:
    """The reason that came with a request, either way."""
    return parameter if parameter is not None or header is None else unquote(header)
