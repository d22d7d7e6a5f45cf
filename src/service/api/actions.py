"""`POST /v1/intercepts/{intercept}/actions`: claim a truck, and say what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from service.access import Role
from service.api import acting, bodies, etags, repeats
from service.api.acting import FACTS, Deed
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.fields import PRINTABLE, IdPath, SquadId
from service.api.intercepts import document_of, unknown
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.tags import Tag
from service.docket import rows
from service.store import idempotency, intercepts
from service.store.errors import FencedError
from service.store.idempotency import Answer
from service.store.intercepts import InterceptRow

router = APIRouter(prefix="/v1/intercepts", tags=[Tag.INTERCEPTS])

_Actor = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY)]
_IfMatch = Annotated[
    str | None, Header(alias="If-Match", description='The ETag of the state that the action is based on: `"7"`.')
]

_HEAVIEST_KG = 1_000_000

#: The action did not fit: what an officer did without a network has happened all the same (dispatch.md §3).
_CONFLICTS = (409, 412)


class ActionBody(BaseModel):
    """What is done, and what goes with it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: Literal["claim", "close"]
    outcome: Literal["confirmed", "legal", "lost", "handed_over", "cancelled"] | None = Field(
        None, description="How it was closed."
    )
    squad: SquadId | None = Field(None, description="Whose claim it is, where duty acts on behalf of a squad.")
    static_gross_kg: int | None = Field(None, ge=0, le=_HEAVIEST_KG, description="What the static scale says.")
    scale_certificate: str | None = Field(None, min_length=1, max_length=64, pattern=PRINTABLE)
    unloaded_kg: int | None = Field(None, ge=0, le=_HEAVIEST_KG)
    document_number: str | None = Field(None, min_length=1, max_length=64, pattern=PRINTABLE)
    note: str | None = Field(None, min_length=1, max_length=2_000, pattern=PRINTABLE)
    done_at: str | None = Field(
        None, max_length=40, pattern=PRINTABLE, description="When it was done, for an action that waited for a network."
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
    """One request to act."""

    intercept: str
    asker: Asker
    body: ActionBody
    version: int | None
    wanted: idempotency.Request

    @property
    def deed(self) -> Deed:
        facts = {name: value for name in FACTS if (value := getattr(self.body, name)) is not None}
        return Deed(self.body.action, self.body.outcome, self.body.squad, facts)


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
    key = repeats.key_of(idempotency_key, required=True)
    assert key is not None
    raw = await bodies.read_json(request)
    body = bodies.fitted(ActionBody, raw)
    version = etags.expected(if_match)
    if version is None and body.after is None:
        raise Problem("precondition_missing", "send If-Match with the ETag of the intercept, or `after` in the body")
    call = _Call(intercept, asker, body, version, repeats.asked(request, asker, key, raw))
    return await anyio.to_thread.run_sync(_act, parts, call)


def _act(parts: Parts, call: _Call) -> Response:
    action = call.body.action
    try:
        answer, replayed = _transaction(parts, call)
    except FencedError:
        problem = _overtaken(parts, call)
    except Problem as refused:
        problem = refused
    else:
        parts.meters.actions.labels(action, "replayed" if replayed else "done").inc()
        return repeats.told(answer, replayed, call.asker.plates)
    parts.meters.actions.labels(action, problem.code).inc()
    if problem.status in _CONFLICTS and call.body.after is not None:
        acting.keep_conflict(parts, call.asker.principal, call.intercept, call.deed, problem.code)
    raise problem


def _transaction(parts: Parts, call: _Call) -> tuple[Answer, bool]:
    with parts.store.writing(durable=True) as conn:
        return repeats.once(conn, call.wanted, parts.clock_ns(), lambda: _answer(conn, parts, call))


def _answer(conn: Connection, parts: Parts, call: _Call) -> Answer:
    row = _row(conn, call)
    _check_base(conn, call, row)
    after = acting.act(conn, parts, call.asker.principal, row, call.deed)
    return Answer(200, document_of(rows.intercept_row(after), call.asker, parts))


def _row(conn: Connection, call: _Call) -> InterceptRow:
    scope = call.asker.scope
    row = intercepts.get(conn, call.intercept, scope.corridors)
    if row is None or not scope.holds(row.corridor, row.site):
        raise unknown()
    return row


def _check_base(conn: Connection, call: _Call, row: InterceptRow) -> None:
    """Raise unless the action is based on the present state, or follows one of the same person that was received."""
    if call.version is not None:
        if call.version != row.version:
            raise FencedError(f"intercept {row.id}", f"version {call.version}")
        return
    before = idempotency.known(conn, call.wanted.actor, call.body.after or "")
    if before is None or msgspec.json.decode(before.body, type=_Acted).id != row.id:
        raise Problem("after_unknown", "send the action of that key first, then this one again")


def _overtaken(parts: Parts, call: _Call) -> Problem:
    """Who has it instead."""
    with parts.store.reading() as conn:
        row = _row(conn, call)
    holder = f"{row.squad} has it" if row.squad else f"it is {row.state}"
    detail = f"{holder}, version {row.version}: look again and decide anew"
    return Problem("version_conflict", detail, **acting.standing(call.asker.principal, row))
