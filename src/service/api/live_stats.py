"""The figures of today for wall displays: looked up once for all live readers, cut to each one's rights.

Per corridor the counts and the rate of the local day so far, as `GET /v1/rates` gives them, and how many intercepts are
waiting for somebody and in somebody's hands. A look is one question for all corridors; without readers there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio.to_thread
import structlog

from dispatch.life import ACTIVE_STATES, WAITING_STATES
from service.api.answers import Stats, StatsOfCorridor
from service.api.live_feed import FAILURES, LiveFeed
from service.api.scopes import Scope
from service.messages.envelope import rfc3339
from service.rating.questions import RateQuestion, Source, answers
from service.store import intercepts
from service.store.intercepts import ActiveCount

log = structlog.get_logger(__name__)

#: A rate is to be in an answer 2 s after the passage (effectiveness.md §1), and nobody reads a wall more often than
#: that; one look at a province of 50 corridors takes tens of milliseconds, so every 5 s cost a hundredth of a core.
STATS_SECONDS = 5.0


#: Somebody has the truck, or is after it.
_HELD_STATES = frozenset(ACTIVE_STATES) - frozenset(WAITING_STATES)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look: the rate rows of today by corridor, and the active intercepts by place and state."""

    at_ns: int
    rows: Mapping[str, Mapping[str, Any]]
    active: Sequence[ActiveCount]

    def within(self, scope: Scope, corridor: str | None) -> Stats | None:
        """What a scope may see of it, of one corridor or all; None where that is nothing.

        Rates are those of whole corridors, as on their own route; intercepts only those that the lists would show.
        """
        seen = [name for name in self.rows if corridor in (None, name) and scope.has(name)]
        if not seen:
            return None
        # Later looks have higher versions, whichever process makes them.
        version = self.at_ns // 10**6
        return Stats(version=version, time=rfc3339(self.at_ns), corridors=[self._told(name, scope) for name in seen])

    def _told(self, corridor: str, scope: Scope) -> StatsOfCorridor:
        row = self.rows[corridor]
        figures = {name: row[name] for name in StatsOfCorridor.__struct_fields__ if name in row}
        return StatsOfCorridor(
            corridor=corridor,
            from_=row["from"],
            intercepts_open=self._active(corridor, WAITING_STATES, scope),
            intercepts_claimed=self._active(corridor, _HELD_STATES, scope),
            **figures,
        )

    def _active(self, corridor: str, states: Collection[str], scope: Scope) -> int:
        here = (one for one in self.active if one.corridor == corridor and one.state in states)
        return sum(one.number for one in here if scope.holds(corridor, one.site))


def look(source: Source) -> Snapshot:
    """The figures as they are now."""
    at_ns = source.clock_ns()
    found = answers(source, source.registry.network.corridors.values(), RateQuestion(direction="both"))
    with source.store.reading() as conn:
        active = intercepts.active_counts(conn)
    # A road on which nothing is weighed yet has no row.
    return Snapshot(at_ns, {one["corridor"]: one["rows"][0] for one in found if one["rows"]}, active)


async def tell(source: Source, feed: LiveFeed) -> None:
    """Look again and again while there are readers, until the feed closes."""
    while await feed.somebody():
        try:
            feed.tell_stats(await anyio.to_thread.run_sync(look, source))
        except FAILURES as error:
            log.warning("live_stats_stand", problem=type(error).__name__, next_try_s=STATS_SECONDS)
        await feed.closed_within(STATS_SECONDS)
