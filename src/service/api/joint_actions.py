"""`GET /v1/joint-actions`, one and many, and `POST /v1/joint-actions`: what two agencies owe each other.

What one does to its side is in `joint_moves`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from dispatch.joint import Trigger, allowed
from dispatch.life import ACTIVE_STATES, State
from service import messages
from service.access import Role
from service.api import bodies, cursors, etags, intercepts, masking, repeats
from service.api.answers import answer, documented, page_of
from service.api.auth import Asker, allow
from service.api.fields import SAYING, IdPath
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.tags import Tag
from service.docket.deeds import Actor
from service.docket.joint import mover_of
from service.docket.joint_drafting import joint_of
from service.docket.joint_proposals import follow, propose
from service.store import intercepts as intercept_rows
from service.store import joint_actions
from service.store.errors import FencedError
from service.store.idempotency import Answer
from service.store.joint_actions import JointRow, Wanted
from service.store.paging import Cursor

router = APIRouter(prefix="/v1/joint-actions", tags=[Tag.JOINT])

_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN)]
_Proposer = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY)]

#: What can be proposed about a truck that got away, too.
_LATE = frozenset({Trigger.DROVE_OFF, Trigger.REFUSED})


class JointQuery(BaseModel):
    """The filters of the list."""

    intercept: str | None = Field(None, pattern="^[0-9a-f]{16}$")
    active: bool | None = Field(None, description="Whether anything is still owed.")
    limit: cursors.Limit = None
    cursor: cursors.CursorText = None


class ProposalBody(BaseModel):
    """What is a matter of both agencies, and why."""

    model_config = ConfigDict(extra="forbid", strict=True)

    intercept: str = Field(pattern="^[0-9a-f]{16}$")
    trigger: Literal["hundred_tonne", "legal_repeat", "cloned_plate", "covered_plate", "drove_off", "refused"]
    note: str = Field(min_length=2, max_length=2_000, pattern=SAYING, description="What was seen.")


@router.get("", responses=documented(page_of("JointAction")))
def list_joint_actions(
    query: Annotated[JointQuery, Query()], request: Request, asker: _Reader, parts: PartsOf
) -> Response:
    """Joint actions within your rights, changed last first."""
    wanted = Wanted(intercept=query.intercept, active=query.active)
    after, limit = cursors.row(query.cursor), cursors.rows(query.limit, parts.policy)
    scope = asker.scope
    with parts.store.reading() as conn:
        read = joint_actions.page(conn, scope.corridors, wanted, after, limit + 1, scope.sites, scope.squad)
        rows, following = cursors.split(read, lambda row: Cursor(row.newest_ns, row.id), limit)
    return cursors.page(request, [document_of(row, asker, parts) for row in rows], following)


@router.get("/{joint}", responses=documented(answer("JointAction"), "joint_unknown"))
def read_joint_action(joint: IdPath, request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """One joint action; its ETag is the version that a move is based on."""
    with parts.store.reading() as conn:
        row = seen(conn, joint, asker)
    return etags.of_version(request, document_of(row, asker, parts), row.version, asker.plates)


@router.post(
    "",
    responses=documented(
        answer("JointAction"),
        "idempotency_key_missing",
        "intercept_unknown",
        "action_not_allowed",
        "version_conflict",
        "body_too_large",
        "media_type_unsupported",
        "body_invalid",
        "idempotency_key_reused",
        etag=False,
    ),
    openapi_extra=bodies.described(ProposalBody.model_json_schema()),
)
async def propose_joint_action(
    request: Request, asker: _Proposer, parts: PartsOf, idempotency_key: repeats.KeyHeader = None
) -> Response:
    """Make a truck a matter of both agencies by hand, such as one that drove off or whose driver refuses the scale.

    What was proposed before by the same trigger is answered as it is. Needs `Idempotency-Key`.
    """
    key = repeats.key_of(idempotency_key)
    raw = await bodies.read_json(request)
    body = bodies.fitted(ProposalBody, raw)
    wanted = repeats.asked(request, asker, key, raw)

    def write() -> Response:
        with parts.store.writing(durable=True) as conn:
            told, replayed = repeats.once(conn, wanted, parts.clock_ns(), lambda: _propose(conn, parts, asker, body))
        return repeats.told(told, replayed, asker.plates)

    try:
        return await anyio.to_thread.run_sync(write)
    except FencedError:
        raise Problem("version_conflict", "somebody was quicker by a moment: look again") from None


def actor_of(asker: Asker) -> Actor:
    """Who asks, as the docket knows people."""
    who = asker.principal
    return Actor(who.name, who.role.value, who.agency, who.squad)


def seen(conn: Connection, joint: str, asker: Asker) -> JointRow:
    """A joint action within the asker's rights. Raises the problem of one that there is not."""
    scope = asker.scope
    row = joint_actions.get(conn, joint, scope.corridors, scope.sites, scope.squad)
    if row is None:
        raise Problem("joint_unknown", "GET /v1/joint-actions lists those within your rights")
    return row


def standing(asker: Asker, told: messages.JointAction) -> dict[str, Any]:
    """How a joint action stands, for somebody whose move did not fit."""
    mover = mover_of(actor_of(asker))
    joint = joint_of(told)
    side = joint.side(mover.agency)
    state = side.state if side else None
    return {"version": told.version, "status": joint.status, "state": state, "allowed": list(allowed(joint, mover))}


def document_of(row: JointRow, asker: Asker, parts: Parts) -> bytes:
    """The joint action as this reader may see it."""
    return row.document.encode() if asker.plates else masking.document("joint-action", row.document, parts.pseudonyms)


def _propose(conn: Connection, parts: Parts, asker: Asker, body: ProposalBody) -> Answer:
    scope = asker.scope
    row = intercept_rows.get(conn, body.intercept, scope.corridors, scope.sites, scope.squad)
    if row is None:
        raise intercepts.unknown()
    about = messages.decode(messages.Intercept, row.document.encode())
    trigger, now_ns = Trigger(body.trigger), parts.clock_ns()
    if row.state not in ACTIVE_STATES and not (row.state == State.LOST and trigger in _LATE):
        raise Problem("action_not_allowed", f"the intercept is {row.state}", **intercepts.standing(asker, row))
    told = propose(conn, about, trigger, now_ns, parts.terms, actor_of(asker), body.note)
    follow(conn, [about], now_ns, parts.terms)
    kept = joint_actions.get(conn, told.id, corridors=None)
    assert kept is not None  # it was just proposed
    return Answer(200, document_of(kept, asker, parts))
