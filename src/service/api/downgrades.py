"""`POST /v1/sites/{site}/downgrades` and `…/restores`: a technician doubts a lane, or answers for it again.

A downgrade by the watch stands until a person has looked. A restore names the downgrades that it ends, so that one that
was opened meanwhile is not ended unseen; the charts of their lanes begin anew with what crosses from then on.
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

from service.access import Role
from service.api import audits, bodies, repeats, times
from service.api.answers import answer, documented
from service.api.auth import Asker, allow
from service.api.fields import SAYING, DowngradeId, Moment, SitePath
from service.api.health_answers import DowngradeOf, Recall, Restored
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body
from service.api.tags import Tag
from service.rating.periods import QuestionError, read_ns
from service.store import audit, downgrades, idempotency, watches
from service.store.downgrades import EVERY_LANE, Downgrade, Ended
from service.store.errors import FencedError
from service.store.idempotency import Answer
from service.store.observed import LaneKey
from wim.records import DAY_NS, HOUR_NS, Grade
from wim.sites import Site

router = APIRouter(prefix="/v1/sites", tags=[Tag.SITES])

_Technician = Annotated[Asker, allow(Role.TECHNICIAN, Role.ADMIN)]

_CODES = (
    "idempotency_key_missing",
    "site_unknown",
    "body_too_large",
    "media_type_unsupported",
    "body_invalid",
    "idempotency_key_reused",
)
_GRADES = {"count": Grade.COUNT, "intercept": Grade.INTERCEPT}


class _Body(BaseModel):
    """What both have in common."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

    reason: str = Field(
        min_length=2, max_length=audits.LONGEST_REASON, pattern=SAYING, description="Why; it is written down."
    )


class DowngradeBody(_Body):
    """What is doubted, and since when."""

    lane: int | None = Field(None, ge=0, le=255, description="A lane of the site; without one every lane.")
    from_: Moment | None = Field(None, alias="from", description="The last good time; without one now.")
    grade: Literal["count", "intercept"] = Field("count", description="The best grade that is left.")


class RestoreBody(_Body):
    """Which downgrades end."""

    downgrades: list[DowngradeId] = Field(min_length=1, max_length=100, description="The ids of those that you saw.")


@dataclass(frozen=True, slots=True)
class _Call:
    """One request to write."""

    asker: Asker
    site: Site
    wanted: idempotency.Request


def known_site(parts: Parts, asker: Asker, site: str) -> Site:
    """A site of the registry. Raises the problem of one that there is not, or that is another's: they look alike."""
    known = parts.registry.network.sites.get(site)
    if known is None or not asker.scope.holds(known.corridor, known.id):
        raise Problem("site_unknown", "GET /v1/sites lists those within your rights")
    return known


@router.post(
    "/{site}/downgrades",
    responses=documented(answer("DowngradeOf"), *_CODES, etag=False),
    openapi_extra=bodies.described(DowngradeBody.model_json_schema(by_alias=True)),
)
async def downgrade_site(
    site: SitePath, request: Request, asker: _Technician, parts: PartsOf, idempotency_key: repeats.KeyHeader = None
) -> Response:
    """Doubt a lane, or a whole site, from its last good time on.

    Passages of that time on get the flag SITE_DOUBTED and no better grade than `grade`, those that were judged already
    too: their violations are told anew, and net figures leave them out. Needs `Idempotency-Key`.
    """
    key = repeats.key_of(idempotency_key)
    known = known_site(parts, asker, site)
    raw = await bodies.read_json(request)
    opened = _opened(parts, asker, known, bodies.fitted(DowngradeBody, raw))
    call = _Call(asker, known, repeats.asked(request, asker, key, raw))
    return await anyio.to_thread.run_sync(_write, parts, call, lambda conn: _begin(conn, parts, call, opened))


@router.post(
    "/{site}/restores",
    responses=documented(answer("Restored"), *_CODES, "downgrade_unknown", "downgrade_ended", etag=False),
    openapi_extra=bodies.described(RestoreBody.model_json_schema()),
)
async def restore_site(
    site: SitePath, request: Request, asker: _Technician, parts: PartsOf, idempotency_key: repeats.KeyHeader = None
) -> Response:
    """End downgrades now. Needs `Idempotency-Key`.

    What crossed before stays as it was judged; the charts of their lanes begin anew.
    """
    key = repeats.key_of(idempotency_key)
    known = known_site(parts, asker, site)
    raw = await bodies.read_json(request)
    body = bodies.fitted(RestoreBody, raw)
    call = _Call(asker, known, repeats.asked(request, asker, key, raw))
    return await anyio.to_thread.run_sync(_write, parts, call, lambda conn: _end(conn, parts, call, body))


def _opened(parts: Parts, asker: Asker, site: Site, body: DowngradeBody) -> Downgrade:
    """The downgrade that a body asks for. Raises the problem of fields that cannot be meant."""
    now_ns = parts.clock_ns()
    if body.lane is not None and body.lane not in site.lanes:
        lanes = ", ".join(map(str, sorted(site.lanes)))
        raise _wrong("lane", f"{site.id} has no lane {body.lane}", f"name one of {lanes}, or none for all of them")
    from_ns, lane = _from_ns(parts, site, body.from_, now_ns), EVERY_LANE if body.lane is None else body.lane
    who = asker.principal.name
    return Downgrade(
        id=downgrades.identity(site.id, lane, "person", who, from_ns, now_ns),
        version=1,
        site=site.id,
        lane=lane,
        source="person",
        cause="",
        grade=_GRADES[body.grade],
        from_ns=from_ns,
        until_ns=None,
        opened_ns=now_ns,
        opened_by=who,
        reason=body.reason,
        recalled_s=from_ns // HOUR_NS * 3_600,
    )


def _from_ns(parts: Parts, site: Site, given: str | None, now_ns: int) -> int:
    if given is None:
        return now_ns
    try:
        from_ns = read_ns("from", given, site.timezone)
    except QuestionError as wrong:
        raise _wrong(wrong.field, wrong.problem, wrong.remedy) from None
    if from_ns > now_ns:
        raise _wrong("from", "is in the future", "leave it out for now")
    days = parts.policy.keep_days.watch
    if from_ns < now_ns - days * DAY_NS:
        raise _wrong("from", f"is more than {days} days ago", "figures are taken back so far (keep_days.watch)")
    return from_ns


def _wrong(field: str, problem: str, remedy: str) -> Problem:
    return wrong_body([FieldError(field, problem, remedy)])


def _write(parts: Parts, call: _Call, act: Callable[[Connection], Answer]) -> Response:
    try:
        with parts.store.writing(durable=True) as conn:
            done, replayed = repeats.once(conn, call.wanted, parts.clock_ns(), lambda: act(conn))
    except FencedError:
        raise _ended() from None
    return repeats.told(done, replayed)


def _begin(conn: Connection, parts: Parts, call: _Call, opened: Downgrade) -> Answer:
    downgrades.begin(conn, opened)
    _note(conn, parts, call, "site.downgrade", opened, opened.reason)
    return Answer(200, msgspec.json.encode(told(opened, call.site.timezone, 0)))


def _end(conn: Connection, parts: Parts, call: _Call, body: RestoreBody) -> Answer:
    ids = sorted(set(body.downgrades))
    found = downgrades.get(conn, ids)
    if any(one not in found or found[one].site != call.site.id for one in ids):
        raise Problem("downgrade_unknown", "GET /v1/sites/{site}/health lists those of the site")
    if any(found[one].until_ns is not None for one in ids):
        raise _ended()
    now_ns = parts.clock_ns()
    # The charts first and the counter of changes last, as the watch does: two transactions that meet must not wait for
    # each other.
    watches.reset(conn, _lanes(call.site, list(found.values())), now_ns)
    downgrades.end(conn, ids, Ended(now_ns, call.asker.principal.name, body.reason))
    after = downgrades.get(conn, ids)
    for one in after.values():
        _note(conn, parts, call, "site.restore", one, body.reason)
    counts = downgrades.recalled_counts(conn, ids)
    zone = call.site.timezone
    answered = Restored(downgrades.revision(conn), [told(after[one], zone, counts[one]) for one in ids])
    return Answer(200, msgspec.json.encode(answered))


def _lanes(site: Site, ended: Sequence[Downgrade]) -> list[LaneKey]:
    """The lanes whose charts begin anew."""
    whole = any(one.lane == EVERY_LANE for one in ended)
    lanes = site.lanes if whole else {one.lane for one in ended}
    return [LaneKey(site.id, lane) for lane in sorted(lanes)]


def _ended() -> Problem:
    return Problem("downgrade_ended", "GET /v1/sites/{site}/health shows which still stand")


def _note(conn: Connection, parts: Parts, call: _Call, action: str, one: Downgrade, reason: str) -> None:
    subject = f"site:{one.site}" if one.lane == EVERY_LANE else f"site:{one.site}/{one.lane}"
    facts = {"downgrade": one.id, "from_ns": one.from_ns, "until_ns": one.until_ns, "source": one.source}
    audit.note(conn, audits.entry(parts, call.asker.principal, action, subject, reason, facts))


def told(one: Downgrade, zone: str, recalled: int) -> DowngradeOf:
    """A downgrade as it is answered."""
    return DowngradeOf(
        id=one.id,
        version=one.version,
        site=one.site,
        lane=None if one.lane == EVERY_LANE else one.lane,
        source=one.source,
        cause=one.cause,
        grade=Grade(one.grade).name.lower(),
        from_=times.local_ns(one.from_ns, zone),
        until=_maybe(one.until_ns, zone),
        opened_at=times.local_ns(one.opened_ns, zone),
        opened_by=one.opened_by,
        reason=one.reason,
        closed_at=_maybe(one.closed_ns, zone),
        closed_by=one.closed_by,
        closed_reason=one.closed_reason,
        recall=Recall(one.recalled, recalled),
        figures=msgspec.json.decode(one.document),
    )


def _maybe(at_ns: int | None, zone: str) -> str | None:
    return None if at_ns is None else times.local_ns(at_ns, zone)
