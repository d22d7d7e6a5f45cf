"""`POST /v1/passages`: crossings from units that speak HTTP, on their way into the same topic as all others.

==========================  ===========================================================================================
body                        holds
==========================  ===========================================================================================
application/json            one passage, or an array of them (contracts.md §2, JSON form)
application/x-ndjson        one passage a line
==========================  ===========================================================================================

All or none is taken: a body with a wrong record gets 422 with every wrong one by its index, and a sender that leaves
those out can send the rest again. The ids follow from the content, so what is sent twice counts once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import anyio.to_thread
import msgspec
import numpy as np
from fastapi import APIRouter, Request, Response

from service.access import Role
from service.api import bodies, negotiation
from service.api.answers import answer, documented, ref
from service.api.auth import Asker, allow, refused
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body
from service.api.scopes import Scope
from service.api.tags import Tag
from wim import codec
from wim.forms import from_json_rows
from wim.forms.checks import FormError
from wim.records import Passages, passage_ids, text

router = APIRouter(prefix="/v1/passages", tags=[Tag.PASSAGES])

_Unit = Annotated[Asker, allow(Role.DEVICE, Role.ADMIN)]

#: Wrong records that an answer names; a sender that has more of them has one mistake.
MOST_ERRORS = 100

_CODES = (
    "place_refused",
    "body_too_large",
    "media_type_unsupported",
    "body_invalid",
    "passages_invalid",
    "broker_away",
)
_ONE_OR_MORE = {"oneOf": [ref("PassageIn"), {"type": "array", "minItems": 1, "items": ref("PassageIn")}]}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            negotiation.JSON: {"schema": _ONE_OR_MORE},
            bodies.NDJSON: {"schema": {"type": "string", "description": "One passage a line."}},
        },
    }
}


@router.post(
    "",
    status_code=202,
    responses=documented(answer("Accepted", description="Kafka has all of them."), *_CODES, status=202, etag=False),
    openapi_extra=_BODY,
)
async def post_passages(request: Request, asker: _Unit, parts: PartsOf) -> Response:
    """Send passages; the answer names them by their ids once Kafka has them."""
    kind = bodies.media_type(request, negotiation.JSON, bodies.NDJSON)
    raw = await bodies.read(request, parts.policy.body_bytes_most)
    async with parts.checks:
        try:
            passages = await anyio.to_thread.run_sync(_checked, raw, kind, parts.clock_ns())
        except Problem as problem:
            parts.meters.passages("refused", int(problem.more.get("wrong", 1)))
            raise
    await _check_places(parts, request, asker, passages)
    await _publish(parts, passages)
    body = msgspec.json.encode({"accepted": len(passages), "ids": passage_ids(passages)})
    return Response(body, 202, media_type=negotiation.JSON)


async def _publish(parts: Parts, passages: Passages) -> None:
    try:
        await parts.publisher.send(passages)
    except Problem:
        parts.meters.passages("not_acknowledged", len(passages))
        raise
    parts.meters.passages("accepted", len(passages))


def _checked(raw: bytes, kind: str, now_ns: int) -> Passages:
    """The passages of a body, shape (n,). Raises the problem of every wrong one."""
    objects = _objects(raw, kind)
    passages, wrong = from_json_rows(objects)
    if wrong.first:
        raise _wrong_records(wrong.first)
    # What the codec refuses in a message is refused here as well: its reasons are the contract's.
    refusals = codec.decode([codec.encode(passages[at : at + codec.MOST_RECORDS]) for at in _starts(passages)], now_ns)
    if refusals.refused:
        raise _wrong_records({_index(one): FormError(*_place(one)) for one in refusals.refused})
    return passages


def _objects(raw: bytes, kind: str) -> Sequence[Any]:
    found = list(bodies.lines(raw)) if kind == bodies.NDJSON else bodies.decoded(raw)
    objects = [found] if isinstance(found, Mapping) else found
    if not isinstance(objects, list) or not objects:
        raise wrong_body([FieldError("body", "holds no passage", "send an object, an array of them, or one a line")])
    return objects


def _starts(passages: Passages) -> range:
    return range(0, len(passages), codec.MOST_RECORDS)


def _index(refusal: codec.Refusal) -> int:
    return refusal.message * codec.MOST_RECORDS + (refusal.record or 0)


#: The field behind each reason of the codec that a JSON record can still have.
_FIELDS = {
    "future": "time",
    "time": "time",
    "axle_count": "axle_count",
    "negative": "speed_kmh",
    "not_finite": "speed_kmh",
}


def _place(refusal: codec.Refusal) -> tuple[str, str, str]:
    return _FIELDS.get(refusal.reason, "body"), refusal.detail, f"refused as {refusal.reason}; mend the unit"


def _wrong_records(wrong: Mapping[int, FormError]) -> Problem:
    errors = [
        FieldError(wrong[index].field, wrong[index].problem, wrong[index].remedy, index)
        for index in sorted(wrong)[:MOST_ERRORS]
    ]
    return wrong_body(errors, "passages_invalid", wrong=len(wrong))


async def _check_places(parts: Parts, request: Request, asker: Asker, passages: Passages) -> None:
    """Refuse what a unit says of sites that are not its own."""
    sites, first = np.unique(passages["site"], return_index=True)
    foreign = [
        int(at) for site, at in zip(sites.tolist(), first, strict=True) if not _may(parts, asker.scope, text(site))
    ]
    if foreign:
        detail = f"the site of record {min(foreign)} is on no corridor of yours; none was taken"
        raise await refused(parts, request, asker.principal, "place_refused", detail)


def _may(parts: Parts, scope: Scope, site: str) -> bool:
    known = parts.registry.network.sites.get(site)
    return scope.has(known.corridor if known else None)
