"""Errors as people and programs read them: `application/problem+json` (RFC 9457) with a stable code.

Every answer that is no success has this form:

===========  ==================================================================================================
member       meaning
===========  ==================================================================================================
type         `urn:wim:problem:CODE`
title        what the code means, the same sentence each time
status       the HTTP status
code         one of `CODES`, for programs; a code never changes its meaning
detail       what was wrong this time, and what to do
request_id   stands in our log beside what happened
errors       where single fields are wrong: [{"field", "problem", "remedy", "index"?}]
…            what else helps with this code, such as `allowed` actions and the present `version`
===========  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from service.rating.periods import QuestionError
from service.store.errors import StoreError
from wim.document import nearest, shown

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

#: After a fault that may pass by itself (broker, database): soon enough for a phone, rare enough for a server in need.
RETRY_SECONDS = 5

#: code -> (status, title).
CODES: Mapping[str, tuple[int, str]] = {
    "idempotency_key_missing": (400, "This action needs an Idempotency-Key."),
    "request_malformed": (400, "The request is not one that this server can read."),
    "token_missing": (401, "Who asks is not known."),
    "token_refused": (401, "The token is nobody's, or has ended."),
    "sign_in_failed": (401, "The sign-in was not completed."),
    "session_ended": (401, "The session is over."),
    "csrf_refused": (403, "A write of a page must say that it is the page's."),
    "read_only": (403, "A wall screen shows and changes nothing."),
    "role_refused": (403, "This role may not do that."),
    "plates_refused": (403, "Plates are not shown to this account."),
    "place_refused": (403, "That place is not one of this account's."),
    "push_service_refused": (403, "That push service is not one that is allowed."),
    "not_found": (404, "There is nothing at this address."),
    "corridor_unknown": (404, "There is no such corridor."),
    "site_unknown": (404, "There is no such site."),
    "downgrade_unknown": (404, "There is no such downgrade of that site."),
    "violation_unknown": (404, "There is no such violation."),
    "signal_missing": (404, "There is no signal of that violation."),
    "intercept_unknown": (404, "There is no such intercept."),
    "case_unknown": (404, "There is no such case."),
    "squad_unknown": (404, "There is no such squad."),
    "picture_unknown": (404, "There is no such picture."),
    "subscription_unknown": (404, "There is no such subscription."),
    "joint_unknown": (404, "There is no such joint action."),
    "entry_unknown": (404, "There is no such entry."),
    "session_unknown": (404, "There is no such session."),
    "pairing_unknown": (404, "No screen waits under this code."),
    "method_not_allowed": (405, "This address does not take that method."),
    "not_acceptable": (406, "The answer has none of the media types asked for."),
    "already_excluded": (409, "That violation is excluded already."),
    "not_probable": (409, "That crossing was not taken for the vehicle of another one."),
    "not_excluded": (409, "That violation is not excluded."),
    "action_not_allowed": (409, "That action is not possible now."),
    "pairing_waits": (409, "Nobody has confirmed this screen yet."),
    "downgrade_ended": (409, "That downgrade is over."),
    "push_not_set_up": (409, "Browsers are not told anything here."),
    "pictures_not_kept": (409, "Pictures are not kept here."),
    "version_conflict": (412, "It was changed meanwhile."),
    "after_unknown": (412, "The action that this one follows was not received."),
    "body_too_large": (413, "The body is too large."),
    "media_type_unsupported": (415, "The body's media type is not one that is taken here."),
    "parameters_invalid": (422, "A parameter is wrong."),
    "body_invalid": (422, "The body is wrong."),
    "passages_invalid": (422, "A passage is wrong; none was taken."),
    "idempotency_key_reused": (422, "The Idempotency-Key stands for another request."),
    "precondition_missing": (428, "Say which version is to be changed."),
    "too_many_requests": (429, "Too many requests."),
    "picture_invalid": (422, "The body is no such picture."),
    "internal": (500, "The server failed."),
    "broker_away": (503, "The message broker does not answer."),
    "database_away": (503, "The database does not answer."),
    "issuer_away": (503, "The identity provider does not answer."),
    "live_full": (503, "Too many readers of the live feed."),
}

#: Which code stands for a status that the framework raises by itself.
_OF_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "media_type_unsupported"}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field; `index` counts from 0 where a body holds several records."""

    field: str
    problem: str
    remedy: str
    index: int | None = None

    def told(self) -> dict[str, Any]:
        """As it stands in `errors`."""
        place = {} if self.index is None else {"index": self.index}
        return {**place, "field": self.field, "problem": self.problem, "remedy": self.remedy}


class Problem(Exception):  # noqa: N818 -- the RFC's word
    """An answer that is no success; `more` are further members of its body."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.errors = code, detail, tuple(errors)
        #: Whether the audit log has it already.
        self.noted = False
        self.headers, self.more = dict(headers or {}), more

    @property
    def status(self) -> int:
        """The HTTP status of its code."""
        return CODES[self.code][0]

    def body(self, request_id: str) -> dict[str, Any]:
        """The problem document."""
        status, title = CODES[self.code]
        told = {"errors": [error.told() for error in self.errors]} if self.errors else {}
        return {
            "type": f"urn:wim:problem:{self.code}",
            "title": title,
            "status": status,
            "code": self.code,
            "detail": self.detail,
            "request_id": request_id,
            **told,
            **self.more,
        }


def wrong_parameters(*errors: FieldError) -> Problem:
    """The problem of parameters that are wrong; at least one error."""
    return Problem("parameters_invalid", _sentence(errors), errors)


def wrong_question(error: QuestionError) -> Problem:
    """The problem of a question about rates, or of a time in one."""
    return wrong_parameters(FieldError(error.field, error.problem, error.remedy))


def wrong_body(errors: Sequence[FieldError], code: str = "body_invalid", **more: Any) -> Problem:
    """The problem of a body that is wrong; at least one error."""
    return Problem(code, _sentence(errors), errors, **more)


def database_away() -> Problem:
    """The database does not answer; asking again later is right."""
    return Problem("database_away", "ask again in a moment", headers={"Retry-After": str(RETRY_SECONDS)})


def field_errors(found: Iterable[Any], known: Sequence[str] = ()) -> list[FieldError]:
    """What pydantic found, in our words; `known` are the names that an unknown one may have been meant to be."""
    return [_field_error(error, known) for error in found]


def response(problem: Problem, request_id: str) -> Response:
    """The answer that a problem is."""
    body = msgspec.json.encode(problem.body(request_id))
    return Response(body, problem.status, {**problem.headers}, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the app as a problem. What nobody expected is met by `envelope.Envelope`."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    for kind in (DBAPIError, PoolTimeoutError, StoreError):
        app.add_exception_handler(kind, _on_database)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return response(error, request.state.request_id)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return response(wrong_parameters(*field_errors(error.errors())), request.state.request_id)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _OF_STATUS.get(error.status_code, "request_malformed" if error.status_code < 500 else "internal")
    detail = f"{request.method} is not known here" if code in ("not_found", "method_not_allowed") else error.detail
    return response(Problem(code, detail, headers=error.headers), request.state.request_id)


async def _on_database(request: Request, error: Exception) -> Response:
    log.error("database_failed", error=type(error).__name__, problem=str(getattr(error, "orig", error)).strip())
    return response(database_away(), request.state.request_id)


def _sentence(errors: Sequence[FieldError]) -> str:
    first = errors[0]
    rest = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    place = "" if first.index is None else f"[{first.index}] "
    return f"{place}{first.field}: {first.problem}; {first.remedy}{rest}"


#: Where FastAPI found a parameter; not part of its name.
_PLACES = ("query", "path", "header", "body")


def _field_error(error: Mapping[str, Any], known: Sequence[str]) -> FieldError:
    location = [str(part) for part in error["loc"]]
    field = ".".join(location[1:] if location[:1] and location[0] in _PLACES else location) or "body"
    kind = error["type"]
    if kind == "missing":
        return FieldError(field, "it is missing", "add it")
    if kind == "extra_forbidden":
        return FieldError(field, "there is no such field here", nearest(field, known, "field") if known else "drop it")
    given = "it" if isinstance(error.get("input"), Mapping | list) else shown(error.get("input"))
    return FieldError(field, f"{given} cannot be taken", _lower(error["msg"]))


def _lower(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
