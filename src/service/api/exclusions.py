"""`POST /v1/violations/{violation}/exclusions` and `…/restorations`: out of all figures with a reason, and back in.

Nobody edits a figure. Who excluded what, when and why stands with the violation, in the ledger and in the audit log;
every figure shows what was left out, and a restore brings the very same figures back (`service.excluding`). Where the
exclusions of a month lean to the heaviest, to one road or to the month's end, an alarm says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from dispatch.ledger import Entry
from service import excluding
from service.access import Role
from service.api import audits, bodies, etags, leaning, repeats
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.exclusion_answers import ExclusionOf, ExclusionsOf
from service.api.fields import SAYING, IdPath
from service.api.negotiation import JSON
from service.api.parts import Parts, PartsOf
from service.api.problems import Problem
from service.api.tags import Tag
from service.api.violations import unknown
from service.docket.unnamed import without_plate
from service.messages.envelope import rfc3339
from service.store import audit, exclusions, idempotency, ledger, sightings, violations
from service.store.errors import FencedError
from service.store.exclusions import Exclusion
from service.store.idempotency import Answer
from service.store.violations import ViolationRow

router = APIRouter(prefix="/v1/violations", tags=[Tag.VIOLATIONS])

_Desk = Annotated[Asker, allow(Role.DUTY, Role.ADMIN)]
_Reader = Annotated[Asker, allow(Role.DUTY, Role.POLICE, Role.ADMIN)]

_CODES = (
    "idempotency_key_missing",
    "violation_unknown",
    "body_too_large",
    "media_type_unsupported",
    "body_invalid",
    "idempotency_key_reused",
    "version_conflict",
)

#: The watch may write the very hour that an exclusion moves; it needs it for milliseconds.
_TRIES = 3


class RestorationBody(BaseModel):
    """Why a violation counts again."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field(
        min_length=2, max_length=audits.LONGEST_REASON, pattern=SAYING, description="Why; it is written down."
    )


class ExclusionBody(RestorationBody):
    """Why a violation counts no more."""

    rule: Literal["lost_appeal", "wrong_vehicle", "test", "other"] = Field(
        "other", description="Which rule of the authority asks for it."
    )


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to write."""

    asker: Asker
    violation: str
    wanted: idempotency.Request


@router.post(
    "/{violation}/exclusions",
    responses=documented(answer("ExclusionOf"), *_CODES, "already_excluded", etag=False),
    openapi_extra=bodies.described(ExclusionBody.model_json_schema()),
)
async def exclude_violation(
    violation: IdPath, request: Request, asker: _Desk, parts: PartsOf, idempotency_key: repeats.KeyHeader = None
) -> Response:
    """Take a violation out of all counts and of every figure derived from them. Needs `Idempotency-Key`.

    Raw rates keep the truck and drop its overload, net rates leave it out under BY_PERSON; history, precision and the
    other figures of effectiveness leave it out.
    """
    key = repeats.key_of(idempotency_key)
    raw = await bodies.read_json(request)
    body = bodies.fitted(ExclusionBody, raw)
    call = _Call(asker, violation, repeats.asked(request, asker, key, raw))
    return await anyio.to_thread.run_sync(_write, parts, call, lambda conn: _exclude(conn, parts, call, body))


@router.post(
    "/{violation}/restorations",
    responses=documented(answer("ExclusionOf"), *_CODES, "not_excluded", etag=False),
    openapi_extra=bodies.described(RestorationBody.model_json_schema()),
)
async def restore_violation(
    violation: IdPath, request: Request, asker: _Desk, parts: PartsOf, idempotency_key: repeats.KeyHeader = None
) -> Response:
    """Count an excluded violation again, in the very same figures. Needs `Idempotency-Key`."""
    key = repeats.key_of(idempotency_key)
    raw = await bodies.read_json(request)
    body = bodies.fitted(RestorationBody, raw)
    call = _Call(asker, violation, repeats.asked(request, asker, key, raw))
    return await anyio.to_thread.run_sync(_write, parts, call, lambda conn: _restore(conn, parts, call, body))


@router.get("/{violation}/exclusions", responses=documented(answer("ExclusionsOf"), "violation_unknown"))
def list_exclusions(violation: IdPath, request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """Every exclusion of a violation, newest first, those that were restored too."""
    with parts.store.reading() as conn:
        _row(conn, asker, violation)
        found = exclusions.of_violation(conn, violation)
    return etags.of_content(request, msgspec.json.encode(ExclusionsOf(items=[told(one) for one in found])), JSON)


def told(one: Exclusion) -> ExclusionOf:
    """An exclusion as it is answered."""
    return ExclusionOf(
        id=one.id,
        version=one.version,
        violation=one.violation,
        rule=one.rule,
        reason=one.reason,
        at=rfc3339(one.at_ns),
        by=one.actor,
        agency=one.agency,
        restored_at=None if one.restored_ns is None else rfc3339(one.restored_ns),
        restored_by=one.restored_by,
        restored_reason=one.restored_reason,
    )


def _write(parts: Parts, call: _Call, act: Callable[[Connection], Answer]) -> Response:
    for _ in range(_TRIES):
        try:
            with parts.store.writing(durable=True) as conn:
                done, replayed = repeats.once(conn, call.wanted, parts.clock_ns(), lambda: act(conn))
        except FencedError:
            continue
        if not replayed:
            leaning.look(parts)
        return repeats.told(done, replayed)
    raise Problem("version_conflict", "the figures of that hour are being written: send it again")


def _row(conn: Connection, asker: Asker, violation: str) -> ViolationRow:
    row = violations.get(conn, violation, asker.scope.corridors, asker.scope.sites)
    if row is None:
        raise unknown()
    return row


def _exclude(conn: Connection, parts: Parts, call: _Call, body: ExclusionBody) -> Answer:
    row, who, now_ns = _row(conn, call.asker, call.violation), call.asker.principal, parts.clock_ns()
    ledger.hold(conn)
    exclusions.lock(conn)
    earlier = exclusions.of_violation(conn, row.id)
    if _standing(earlier):
        raise Problem("already_excluded", "GET /v1/violations/{violation}/exclusions says by whom and why")
    asked = Exclusion(
        id=exclusions.identity(row.id, len(earlier)),
        version=1,
        violation=row.id,
        corridor=row.corridor,
        site=row.site,
        lane=row.lane,
        time_ns=row.time_ns,
        severity=row.severity,
        rule=body.rule,
        reason=body.reason,
        at_ns=now_ns,
        actor=who.name,
        agency=who.agency,
    )
    kept = excluding.exclude(conn, asked, row, parts.registry.network, now_ns)
    _keep(conn, parts, call, row, kept, "exclude", body.reason)
    return Answer(200, msgspec.json.encode(told(kept)))


def _restore(conn: Connection, parts: Parts, call: _Call, body: RestorationBody) -> Answer:
    row, now_ns = _row(conn, call.asker, call.violation), parts.clock_ns()
    ledger.hold(conn)
    exclusions.lock(conn)
    standing = _standing(exclusions.of_violation(conn, row.id))
    if standing is None:
        raise Problem("not_excluded", "it counts already")
    after = standing._replace(
        version=standing.version + 1,
        restored_ns=now_ns,
        restored_by=call.asker.principal.name,
        restored_reason=body.reason,
    )
    excluding.restore(conn, after, now_ns)
    _keep(conn, parts, call, row, after, "restore", body.reason)
    return Answer(200, msgspec.json.encode(told(after)))


def _standing(found: Sequence[Exclusion]) -> Exclusion | None:
    return next((one for one in found if one.restored_ns is None), None)


def _keep(
    conn: Connection, parts: Parts, call: _Call, row: ViolationRow, one: Exclusion, action: str, reason: str
) -> None:
    """The ledger that both agencies read, under the case, and the audit log."""
    who, facts = call.asker.principal, {"exclusion": one.id, "violation": one.violation, "rule": one.rule}
    states = ("counted", "excluded") if action == "exclude" else ("excluded", "counted")
    entry = Entry(
        at_ns=parts.clock_ns(),
        intercept=sightings.case_of(conn, one.violation) or one.violation,
        corridor=one.corridor,
        actor=who.name,
        role=who.role.value,
        agency=who.agency,
        action=f"violation.{action}",
        from_state=states[0],
        to_state=states[1],
        note=reason,
        document=facts,
    )
    audit.note(conn, audits.entry(parts, who, f"violation.{action}", f"violation:{one.violation}", reason, facts))
    ledger.append(conn, [without_plate(entry, row.plate)])
    parts.meters.exclusions.labels(action, one.rule).inc()
