"""`GET /v1/live`: what happens now, as server-sent events.

==============  =======================================================================================================
event           data
==============  =======================================================================================================
intercept       the message of contracts.md §5, its full state each time
violation       the message of contracts.md §5
joint-action    the message of contracts.md §5; for squads, police, duty and admins
stats           `Stats`: today's figures of each corridor, every few seconds; without `id`, for nobody need catch up
                with them, and not where one site is asked for, for they are of corridors
gap             {"oldest", "newest"}: what lay before `oldest` is no longer kept, so some events were missed; the active
                intercepts follow as they are now
==============  =======================================================================================================

`id` is the feed's running number: whoever comes back with `Last-Event-ID` gets everything after it. A comment every
15 s keeps proxies from closing the line. Rights are looked at again every few seconds; the stream ends without them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from service.access import Role
from service.api import credentials, masking
from service.api.answers import documented
from service.api.auth import Asker, allow
from service.api.fields import CorridorId, SiteId
from service.api.live_stats import Snapshot
from service.api.parts import Parts, PartsOf
from service.api.places import known_corridor
from service.api.problems import RETRY_SECONDS, Problem
from service.api.tags import Tag
from service.oidc.claims import TokenRefusedError
from service.oidc.provider import IssuerAwayError
from service.store import feed, intercepts
from service.store.feed import Event
from service.store.intercepts import InterceptRow, Wanted
from service.store.paging import LONGEST_PAGE

router = APIRouter(prefix="/v1/live", tags=[Tag.LIVE])

_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.ADMIN)]

Kind = Literal["intercept", "violation", "joint-action", "stats"]
_KINDS: frozenset[str] = frozenset({"intercept", "violation", "joint-action", "stats"})

#: Who works with whom; figures need no joint actions.
_JOINT = frozenset({Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN})

#: How long a browser waits before it comes back.
RETRY_MS = 2_000

#: A revoked phone must lose the feed within 10 s (dispatch.md §5); twice as often, in case one look is slow.
RECHECK_SECONDS = 4.0

_NUMBER = r"^\d{1,18}$"


@dataclass(frozen=True, slots=True)
class View:
    """What a reader wants to see of the feed, within the rights."""

    asker: Asker
    kinds: frozenset[str]
    corridor: str | None
    site: str | None

    def shows(self, event: Event) -> bool:
        """Whether an event is for this reader."""
        entry = event.entry
        wanted = (
            entry.kind in self.kinds and self.corridor in (None, entry.corridor) and self.site in (None, entry.site)
        )
        welcome = entry.kind != "joint-action" or self.asker.principal.role in _JOINT
        scope = self.asker.scope
        return wanted and welcome and (scope.holds(entry.corridor, entry.site) or scope.squad in event.squads)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reader begins: behind `number`, after what is active now (`snapshot`) and, if it missed some, `gap`."""

    view: View
    number: int
    gap: feed.Bounds | None = None
    snapshot: Sequence[InterceptRow] = field(default=())


def _start(
    asker: _Reader,
    parts: PartsOf,
    kinds: Annotated[list[Kind] | None, Query(description="Only these events; may be repeated.")] = None,
    corridor: Annotated[CorridorId | None, Query()] = None,
    site: Annotated[SiteId | None, Query()] = None,
    snapshot: Annotated[bool, Query(description="Begin with the active intercepts as they are.")] = False,
    last_event_id: Annotated[
        str | None,
        Header(alias="Last-Event-ID", pattern=_NUMBER, description="Go on behind this event; else from now on."),
    ] = None,
) -> Start:
    """Everything that can be refused, before the stream begins."""
    known_corridor(parts, asker, corridor)
    if parts.live.full_for(asker.principal.name) or parts.live.closing:
        raise Problem("live_full", "come back in a moment", headers={"Retry-After": str(RETRY_SECONDS)})
    view = View(asker, frozenset(kinds) if kinds else _KINDS, corridor, site)
    return _at(parts, view, None if last_event_id is None else int(last_event_id), snapshot)


def _at(parts: Parts, view: View, seen: int | None, snapshot: bool) -> Start:
    with parts.store.reading() as conn:
        bounds = feed.bounds(conn)
        missed = seen is not None and not bounds.oldest - 1 <= seen <= bounds.newest
        # Who resumes has the state already, and would miss what lies between.
        whole = missed or (snapshot and seen is None)
        rows: list[InterceptRow] = []
        if whole and "intercept" in view.kinds:
            scope, wanted = view.asker.scope, Wanted(active=True, corridor=view.corridor)
            rows = intercepts.page(conn, scope.corridors, wanted, None, LONGEST_PAGE, scope.sites, scope.squad)
    number = bounds.newest if missed or seen is None else seen
    return Start(view, number, bounds if missed else None, [row for row in rows if view.site in (None, row.site)])


_STREAM = {
    "description": (
        "Events until either side closes: `intercept`, `violation` and `joint-action` with those "
        "schemas, `stats` with `Stats`, `gap`."
    ),
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}


@router.get(
    "",
    response_class=EventSourceResponse,
    responses=documented(_STREAM, "corridor_unknown", "live_full", etag=False),
)
async def follow_live(parts: PartsOf, start: Annotated[Start, Depends(_start)]) -> AsyncIterator[ServerSentEvent]:
    """Intercepts and violations within your rights as they happen, from `Last-Event-ID` or from now on.

    Every few seconds `stats`: the day so far of each corridor within your rights, and its open and claimed intercepts.
    """
    parts.meters.live_readers.inc()
    try:
        with parts.live.reader(start.view.asker.principal.name):
            for first in _opening(parts, start):
                yield first
            async for event in _following(parts, start):
                yield event
    finally:
        parts.meters.live_readers.dec()


def _opening(parts: Parts, start: Start) -> list[ServerSentEvent]:
    found = [ServerSentEvent(retry=RETRY_MS, comment="wim")]
    if start.gap is not None:
        found.append(ServerSentEvent(event="gap", data={"oldest": start.gap.oldest, "newest": start.gap.newest}))
    found += [
        ServerSentEvent(event="intercept", raw_data=_shown(parts, start.view, "intercept", row.document))
        for row in start.snapshot
    ]
    # The number alone is no event; it is what a reader comes back with that saw nothing else.
    return [*found, ServerSentEvent(id=str(start.number))]


async def _following(parts: Parts, start: Start) -> AsyncIterator[ServerSentEvent]:
    view, number = start.view, start.number
    checked_s = parts.steady_s()
    told: Snapshot | None = None
    while not parts.live.closing:
        while parts.live.stats is not told:
            told = parts.live.stats
            for figures in _figures(view, told):
                yield figures
        found = await parts.live.after(number, RECHECK_SECONDS)
        if parts.steady_s() - checked_s >= RECHECK_SECONDS:
            if not await _still_welcome(parts, view.asker):
                return
            checked_s = parts.steady_s()
        for event in found:
            number = event.number
            if view.shows(event):
                yield _told(parts, view, event)


def _figures(view: View, found: Snapshot | None) -> list[ServerSentEvent]:
    wanted = found is not None and "stats" in view.kinds and view.site is None
    stats = found.within(view.asker.scope, view.corridor) if found is not None and wanted else None
    return [ServerSentEvent(event="stats", raw_data=msgspec.json.encode(stats).decode())] if stats else []


async def _still_welcome(parts: Parts, asker: Asker) -> bool:
    """Whether token or session still gives what the stream began with."""
    try:
        return await anyio.to_thread.run_sync(credentials.holder, parts, asker.shown) == asker.principal
    except (TokenRefusedError, IssuerAwayError):
        return False


def _told(parts: Parts, view: View, event: Event) -> ServerSentEvent:
    entry = event.entry
    return ServerSentEvent(
        event=entry.kind, id=str(event.number), raw_data=_shown(parts, view, entry.kind, entry.document)
    )


def _shown(parts: Parts, view: View, kind: str, document: str) -> str:
    return document if view.asker.plates else masking.document(kind, document, parts.pseudonyms).decode()
