"""`POST /v1/violations/{violation}/not-the-same`: a crossing was not of the vehicle whose intercept it moved on."""

from __future__ import annotations

from typing import Annotated

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from service.access import Role
from service.api import audits, bodies, repeats
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.case_answers import ApartOf
from service.api.fields import SAYING, IdPath
from service.api.intercepts import unknown as unknown_intercept
from service.api.joint_actions import actor_of
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.tags import Tag
from service.api.violations import unknown
from service.docket.actions import UnknownInterceptError
from service.docket.splitting import NotProbableError, not_the_same
from service.store import violations
from service.store.errors import FencedError
from service.store.idempotency import Answer

router = APIRouter(prefix="/v1/violations", tags=[Tag.INTERCEPTS])

_Desk = Annotated[Asker, allow(Role.DUTY)]


class ApartBody(BaseModel):
    """How somebody knows that it is another vehicle."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field(
        min_length=2, max_length=audits.LONGEST_REASON, pattern=SAYING, description="Why; it stands in the ledger."
    )


@router.post(
    "/{violation}/not-the-same",
    responses=documented(
        answer("ApartOf"),
        "idempotency_key_missing",
        "violation_unknown",
        "intercept_unknown",
        "not_probable",
        "version_conflict",
        "body_too_large",
        "media_type_unsupported",
        "body_invalid",
        "idempotency_key_reused",
        etag=False,
    ),
    openapi_extra=bodies.described(ApartBody.model_json_schema()),
)
async def tell_apart(
    violation: IdPath, request: Request, asker: _Desk, parts: PartsOf, idempotency_key: repeats.KeyHeader = None
) -> Response:
    """Say that a crossing without a plate is not of the vehicle that it was taken for. Needs `Idempotency-Key`.

    The intercept that it moved on is again what it was by its other crossings; where its truck is still in reach, the
    crossing opens the intercept that it would have opened, with what was matched to it since. Both the crossing and the
    intercept must lie on your roads.
    """
    key = repeats.key_of(idempotency_key)
    raw = await bodies.read_json(request)
    body = bodies.fitted(ApartBody, raw)
    wanted = repeats.asked(request, asker, key, raw)

    def write() -> Response:
        with parts.store.writing(durable=True) as conn:
            now_ns = parts.clock_ns()
            told, replayed = repeats.once(
                conn, wanted, now_ns, lambda: _apart(conn, parts, asker, violation, body.reason)
            )
        return repeats.told(told, replayed)

    try:
        return await anyio.to_thread.run_sync(write)
    except FencedError:
        raise Problem("version_conflict", "somebody was quicker by a moment: look again") from None


def _apart(conn: Connection, parts: Parts, asker: Asker, violation: str, reason: str) -> Answer:
    scope = asker.scope
    if violations.get(conn, violation, scope.corridors, scope.sites) is None:
        raise unknown()
    try:
        apart = not_the_same(conn, violation, reason, actor_of(asker), parts.clock_ns(), parts.terms, scope.corridors)
    except UnknownInterceptError:
        raise unknown_intercept() from None
    except NotProbableError as error:
        raise Problem("not_probable", f"{error}: GET /v1/cases/{{case}} lists those that do") from None
    told = ApartOf(version=apart.version, passage=apart.passage, left=apart.left, case=apart.case, opened=apart.opened)
    return Answer(200, msgspec.json.encode(told))
