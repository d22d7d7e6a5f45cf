"""`POST /v1/joint-actions/{joint}/actions`: one agency moves its side.

The docket does it (`service.docket.joint`), in one durable transaction with the answer that its Idempotency-Key gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from dispatch.joint import IncompleteError
from service import messages
from service.access import Role
from service.api import audits, bodies, etags, repeats
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.fields import PRINTABLE, IdPath, SquadId
from service.api.joint_actions import actor_of, document_of, seen, standing
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body
from service.api.tags import Tag
from service.docket.joint import JointDeed, JointRefusedError, StaleJointError, UnitError, act
from service.store import audit, idempotency
from service.store.errors import FencedError
from service.store.idempotency import Answer
from wim.forms import FormError
from wim.forms.json_form import instant_ns

router = APIRouter(prefix="/v1/joint-actions", tags=[Tag.JOINT])

_Mover = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY)]
_IfMatch = Annotated[
    str | None, Header(alias="If-Match", description='The ETag of the state that the move is based on: `"7"`.')
]

_HEAVIEST_KG = 1_000_000
#: A clock may be this far ahead of ours; what is further ahead has not happened.
_AHEAD_NS = 60 * 10**9


class MoveBody(BaseModel):
    """What one side does, and what goes with it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: Literal["receive", "accept", "decline", "on_scene", "done", "cancel"]
    unit: SquadId | None = Field(None, description="Who takes part.")
    note: str | None = Field(None, min_length=1, max_length=2_000, pattern=PRINTABLE)
    outcome: str | None = Field(
        None, min_length=1, max_length=200, pattern=PRINTABLE, description="What came of it; of police the decision."
    )
    static_gross_kg: int | None = Field(None, ge=0, le=_HEAVIEST_KG, description="What the static scale says.")
    scale_certificate: str | None = Field(None, min_length=1, max_length=64, pattern=PRINTABLE)
    unloaded_kg: int | None = Field(None, ge=0, le=_HEAVIEST_KG)
    document_number: str | None = Field(None, min_length=1, max_length=64, pattern=PRINTABLE)
    done_at: str | None = Field(None, max_length=40, description="RFC 3339: when it was done.")


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to move."""

    joint: str
    asker: Asker
    deed: JointDeed
    version: int
    wanted: idempotency.Request


@router.post(
    "/{joint}/actions",
    responses=documented(
        answer("JointAction"),
        "idempotency_key_missing",
        "joint_unknown",
        "action_not_allowed",
        "version_conflict",
        "body_too_large",
        "media_type_unsupported",
        "body_invalid",
        "idempotency_key_reused",
        "precondition_missing",
        etag=False,
    ),
    openapi_extra=bodies.described(MoveBody.model_json_schema()),
)
async def move_joint_action(
    joint: IdPath,
    request: Request,
    asker: _Mover,
    parts: PartsOf,
    if_match: _IfMatch = None,
    idempotency_key: repeats.KeyHeader = None,
) -> Response:
    """Move your agency's side: confirm receipt, accept or decline, arrive, be done; the answer is the new state.

    Needs `Idempotency-Key`, and `If-Match` with the ETag of the state that you saw. A squad says *on scene* and *done*
    where it is its side's unit. What the side has no step for gets 409 with what it has.
    """
    key = repeats.key_of(idempotency_key)
    raw = await bodies.read_json(request)
    deed = _deed(parts, bodies.fitted(MoveBody, raw))
    version = etags.expected(if_match)
    if version is None:
        raise Problem("precondition_missing", "send If-Match with the ETag of the joint action")
    call = _Call(joint, asker, deed, version, repeats.asked(request, asker, key, raw))
    return await anyio.to_thread.run_sync(_move, parts, call)


def _deed(parts: Parts, body: MoveBody) -> JointDeed:
    if body.done_at is not None:
        try:
            done_ns = instant_ns("done_at", body.done_at)
        except FormError as error:
            raise wrong_body([FieldError(error.field, error.problem, error.remedy)]) from None
        if done_ns > parts.clock_ns() + _AHEAD_NS:
            raise wrong_body([FieldError("done_at", "is in the future", "correct it by the offset of the clock")])
    return JointDeed(**body.model_dump(exclude_none=True))


def _move(parts: Parts, call: _Call) -> Response:
    try:
        with parts.store.writing(durable=True) as conn:
            told, replayed = repeats.once(conn, call.wanted, parts.clock_ns(), lambda: _answer(conn, parts, call))
    except FencedError:
        with parts.store.reading() as conn:
            problem = _moved(call, _present(conn, call))
    except Problem as refused:
        problem = refused
    else:
        return repeats.told(told, replayed, call.asker.plates)
    _keep_refusal(parts, call, problem)
    raise problem


def _answer(conn: Connection, parts: Parts, call: _Call) -> Answer:
    seen(conn, call.joint, call.asker)
    try:
        act(conn, call.joint, call.deed, actor_of(call.asker), parts.clock_ns(), parts.terms, if_version=call.version)
    except StaleJointError as stale:
        raise _moved(call, stale.told) from None
    except JointRefusedError as refusal:
        raise Problem("action_not_allowed", str(refusal), **standing(call.asker, refusal.told)) from None
    except UnitError as error:
        raise wrong_body([FieldError("unit", error.problem, error.remedy)]) from None
    except IncompleteError as error:
        remedy = f"for {call.deed.action}, add it"
        raise wrong_body([FieldError(name, "it is missing", remedy) for name in error.missing]) from None
    return Answer(200, document_of(seen(conn, call.joint, call.asker), call.asker, parts))


def _present(conn: Connection, call: _Call) -> messages.JointAction:
    return messages.decode(messages.JointAction, seen(conn, call.joint, call.asker).document.encode())


def _moved(call: _Call, told: messages.JointAction) -> Problem:
    detail = f"it is {told.status.value}, version {told.version}: look again and decide anew"
    return Problem("version_conflict", detail, **standing(call.asker, told))


def _keep_refusal(parts: Parts, call: _Call, problem: Problem) -> None:
    """Write down what was refused and why: who asks later shall find that it was tried."""
    facts = {"refused": problem.code, **msgspec.to_builtins(call.deed)}
    action = f"joint.{call.deed.action}.refused"
    with parts.store.writing(durable=True) as conn:
        audit.note(conn, audits.entry(parts, call.asker.principal, action, call.joint, call.deed.note, facts))
    audits.noted(problem)
