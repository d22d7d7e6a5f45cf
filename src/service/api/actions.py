"""`POST /v1/intercepts/{intercept}/actions`: claim a truck, and say what became of it.

The docket does it (`service.docket.actions`), in one durable transaction with the answer that its Idempotency-Key gets;
here a request becomes a deed, and what the docket refuses becomes a problem that says what is possible instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from dispatch.life import FACTS, IncompleteError
from service.access import Principal, Role
from service.api import audits, bodies, etags, repeats
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.fields import PRINTABLE, IdPath, SquadId
from service.api.intercepts import document_of, standing, unknown
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body
from service.api.speaking import not_spoken_for
from service.api.tags import Tag
from service.docket import rows
from service.docket.actions import RefusedError, StaleError, act
from service.docket.deeds import Actor, ContradictionError, Deed
from service.store import audit, idempotency, intercepts, weighings
from service.store.errors import FencedError
from service.store.idempotency import Answer
from service.store.intercepts import InterceptRow
from wim.forms import FormError
from wim.forms.json_form import instant_ns
from wim.records import DAY_NS

router = APIRouter(prefix="/v1/intercepts", tags=[Tag.INTERCEPTS])

_Actor = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY)]
_IfMatch = Annotated[
    str | None, Header(alias="If-Match", description='The ETag of the state that the action is based on: `"7"`.')
]

_HEAVIEST_KG = 1_000_000

#: Trucks of one lane found legal within 24 h that alert the technician (dispatch.md §3).
_TOO_OFTEN = 2

#: A phone's clock may be this far ahead of ours after it was corrected; what is further ahead has not happened.
_AHEAD_NS = 60 * 10**9


class ActionBody(BaseModel):
    """What is done, and what goes with it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: Literal[
        "verify",
        "dismiss",
        "claim",
        "pass",
        "depart",
        "stop",
        "weigh",
        "confirm",
        "legal",
        "unload",
        "lose",
        "hand_over",
        "cancel",
    ]
    squad: SquadId | None = Field(None, description="Whose deed it is, where duty acts on behalf of a squad.")
    static_gross_kg: int | None = Field(None, ge=0, le=_HEAVIEST_KG, description="What the static scale says.")
    scale_certificate: str | None = Field(None, min_length=1, max_length=64, pattern=PRINTABLE)
    unloaded_kg: int | None = Field(None, ge=0, le=_HEAVIEST_KG)
    document_number: str | None = Field(None, min_length=1, max_length=64, pattern=PRINTABLE)
    permit_number: str | None = Field(
        None, min_length=1, max_length=64, pattern=PRINTABLE, description="A permit that was shown at the roadside."
    )
    note: str | None = Field(None, min_length=1, max_length=2_000, pattern=PRINTABLE)
    done_at: str | None = Field(
        None, max_length=40, description="RFC 3339: when it was done, for an action that waited for a network."
    )
    after: str | None = Field(
        None,
        min_length=1,
        max_length=repeats.LONGEST_KEY,
        pattern=PRINTABLE,
        description="Instead of If-Match: the Idempotency-Key of the action that this one follows.",
    )


_CODES = (
    "idempotency_key_missing",
    "intercept_unknown",
    "action_not_allowed",
    "version_conflict",
    "after_unknown",
    "body_too_large",
    "media_type_unsupported",
    "body_invalid",
    "idempotency_key_reused",
    "precondition_missing",
)


class _Acted(msgspec.Struct):
    """What the answer to an earlier write says of an intercept; "" where it was about something else."""

    id: str = ""


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to act; `after` names the action that it follows where it is not based on a version."""

    intercept: str
    asker: Asker
    deed: Deed
    version: int | None
    after: str | None
    wanted: idempotency.Request

    @property
    def offline(self) -> bool:
        """It waited for a network: the version that it is based on may long be past, so the life cycle decides."""
        return self.version is None or (self.deed.done_at is not None and self.asker.principal.role is Role.SQUAD)

    @property
    def actor(self) -> Actor:
        who = self.asker.principal
        return Actor(who.name, who.role.value, who.agency, who.squad)


@router.post(
    "/{intercept}/actions",
    responses=documented(answer("Intercept"), *_CODES, etag=False),
    openapi_extra=bodies.described(ActionBody.model_json_schema()),
)
async def act_on_intercept(
    intercept: IdPath,
    request: Request,
    asker: _Actor,
    parts: PartsOf,
    if_match: _IfMatch = None,
    idempotency_key: repeats.KeyHeader = None,
) -> Response:
    """Act on an intercept; the answer is its new state.

    Needs `Idempotency-Key`, and `If-Match` with the ETag of the state that you saw (or `after`). Of two squads that
    claim at once exactly one wins; the other gets 412 with who has it, the present version and what is possible now.
    """
    key = repeats.key_of(idempotency_key)
    raw = await bodies.read_json(request)
    body = bodies.fitted(ActionBody, raw)
    version = etags.expected(if_match)
    if version is None and body.after is None:
        raise Problem("precondition_missing", "send If-Match with the ETag of the intercept, or `after` in the body")
    deed = _deed(parts, asker.principal, body)
    call = _Call(intercept, asker, deed, version, body.after, repeats.asked(request, asker, key, raw))
    return await anyio.to_thread.run_sync(_act, parts, call)


def _deed(parts: Parts, principal: Principal, body: ActionBody) -> Deed:
    """What is to be done. Raises the problem of fields that cannot be meant."""
    if body.done_at is not None:
        try:
            done_ns = instant_ns("done_at", body.done_at)
        except FormError as error:
            raise _wrong(error.field, error.problem, error.remedy) from None
        if done_ns > parts.clock_ns() + _AHEAD_NS:
            raise _wrong("done_at", "is in the future", "correct it by the offset of the phone's clock")
    _check_squad(parts, principal, body)
    given = body.model_dump(exclude={"after"}, exclude_none=True)
    return Deed(**given)


def _check_squad(parts: Parts, principal: Principal, body: ActionBody) -> None:
    if principal.role is Role.SQUAD:
        if body.squad not in (None, principal.squad):
            raise _wrong("squad", "is not yours", "leave it out; duty acts on behalf of others")
    elif body.action == "claim" and body.squad is None:
        raise _wrong("squad", "it is missing", "name the squad on whose behalf this is done")
    elif body.squad is not None and body.squad not in parts.registry.squads:
        raise _wrong("squad", "there is no such squad", "name one of the registry")


def _wrong(field: str, problem: str, remedy: str) -> Problem:
    return wrong_body([FieldError(field, problem, remedy)])


def _act(parts: Parts, call: _Call) -> Response:
    try:
        answer, replayed = _transaction(parts, call)
    except FencedError:
        problem = _overtaken(parts, call)
    except Problem as refused:
        problem = refused
    else:
        parts.meters.actions.labels(call.deed.action, "replayed" if replayed else "done").inc()
        if call.deed.action == "legal":
            _tell_technician(parts, answer)
        return repeats.told(answer, replayed, call.asker.plates)
    parts.meters.actions.labels(call.deed.action, problem.code).inc()
    _keep_refusal(parts, call, problem)
    raise problem


def _tell_technician(parts: Parts, answer: Answer) -> None:
    """Two trucks of one lane that a scale finds legal within a day are no chance: somebody looks at the strips."""
    passage = msgspec.json.decode(answer.body, type=_Weighed).best.passage
    now_ns = parts.clock_ns()
    with parts.store.reading() as conn:
        found = weighings.legal_at(conn, passage.site, passage.lane, now_ns - DAY_NS)
    if found >= _TOO_OFTEN:
        parts.meters.found_legal.labels(passage.site, str(passage.lane)).set(now_ns / 1e9)


class _Weighed(msgspec.Struct):
    """What of an intercept says whose strips weighed it."""

    best: _Best


class _Best(msgspec.Struct):
    passage: _Passage


class _Passage(msgspec.Struct):
    site: str
    lane: int


def _transaction(parts: Parts, call: _Call) -> tuple[Answer, bool]:
    with parts.store.writing(durable=True) as conn:
        return repeats.once(conn, call.wanted, parts.clock_ns(), lambda: _answer(conn, parts, call))


def _answer(conn: Connection, parts: Parts, call: _Call) -> Answer:
    row = _row(conn, call)
    _check_behalf(parts, call)
    if call.after is not None and call.deed.action not in FACTS:
        _check_order(conn, call, row)
    now_ns, terms = parts.clock_ns(), parts.terms
    try:
        told = act(
            conn,
            row.id,
            call.deed,
            call.actor,
            now_ns,
            terms,
            if_version=None if call.offline else call.version,
            offline=call.offline,
        )
    except StaleError as stale:
        raise _moved(call, rows.intercept_row(stale.told)) from None
    except RefusedError as refusal:
        now = {**standing(call.asker, rows.intercept_row(refusal.told)), "allowed": list(refusal.allowed)}
        raise Problem("action_not_allowed", str(refusal), **now) from None
    except IncompleteError as error:
        remedy = f"to {call.deed.action}, add it"
        raise wrong_body([FieldError(name, "it is missing", remedy) for name in error.missing]) from None
    except ContradictionError as error:
        raise _wrong(error.field, error.problem, error.remedy) from None
    return Answer(200, document_of(rows.intercept_row(told), call.asker, parts))


def _row(conn: Connection, call: _Call) -> InterceptRow:
    scope = call.asker.scope
    row = intercepts.get(conn, call.intercept, scope.corridors, scope.sites, scope.squad)
    if row is None:
        raise unknown()
    return row


def _check_behalf(parts: Parts, call: _Call) -> None:
    """Raise unless the squad that this is done for is one that the desk speaks for."""
    squad = parts.registry.squads.get(call.deed.squad or "")
    if squad is None or call.asker.principal.role is Role.SQUAD:
        return
    if refusal := not_spoken_for(call.asker, squad):
        raise _wrong("squad", refusal, "name one of your agency and your roads")


def _check_order(conn: Connection, call: _Call, row: InterceptRow) -> None:
    """Raise unless the action that this one follows was received, from the same person and about the same intercept."""
    before = idempotency.known(conn, call.wanted.actor, call.after or "")
    if before is None or msgspec.json.decode(before.body or b"{}", type=_Acted).id != row.id:
        raise Problem("after_unknown", "send the action of that key first, then this one again")


def _overtaken(parts: Parts, call: _Call) -> Problem:
    """Somebody else was quicker by a moment."""
    with parts.store.reading() as conn:
        return _moved(call, _row(conn, call))


def _moved(call: _Call, row: InterceptRow) -> Problem:
    holder = f"{row.squad} has it" if row.squad else f"it is {row.state}"
    detail = f"{holder}, version {row.version}: look again and decide anew"
    return Problem("version_conflict", detail, **standing(call.asker, row))


def _keep_refusal(parts: Parts, call: _Call, problem: Problem) -> None:
    """Write down what was refused and why: who asks later shall find that it was tried."""
    facts = {"refused": problem.code, **msgspec.to_builtins(call.deed)}
    action, principal = f"intercept.{call.deed.action}.refused", call.asker.principal
    with parts.store.writing(durable=True) as conn:
        audit.note(conn, audits.entry(parts, principal, action, call.intercept, call.deed.note, facts))
    audits.noted(problem)
