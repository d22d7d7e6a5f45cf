"""How well a lane's camera reads plates: what a missing plate is judged by.

The counts are those of the corridor rates, so they are whole hours: the hour of the crossing and as many before it as
the policy's window reaches into. An answer is kept for a while, because a night of unread plates asks again and again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from sqlalchemy import Connection

from dispatch.cases import PLATE_READ_WINDOW_NS, PlateReads
from service.docket.arrivals import Arrival
from service.store.rate_counts import Counts
from service.store.spans import HOUR_S, Span
from service.store.tally import COUNTS, Grain

#: Answers are at most this old: a camera that fails is found out within seconds, by its own health beat sooner.
KEEP_S = 10.0

#: Corridor-hours that are remembered; a province has some fifty corridors.
MOST_KEPT = 512

_PASSAGES, _READ = COUNTS.index("passages"), COUNTS.index("plates_read")


class LaneReads:
    """Answers by (corridor, hour); for one thread."""

    def __init__(
        self, window_ns: int = PLATE_READ_WINDOW_NS, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._window_ns = window_ns
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[tuple[str, int], tuple[float, dict[tuple[str, int], PlateReads]]] = OrderedDict()

    def __call__(self, conn: Connection, arrival: Arrival) -> PlateReads:
        """The reads of the arrival's lane; none at a lane without corridor, which nobody counts."""
        corridor = arrival.message.corridor
        if corridor is None:
            return PlateReads(0, 0)
        hour_s = arrival.sighting.time_ns // 10**9 // HOUR_S * HOUR_S
        lanes = self._lanes(conn, corridor, hour_s)
        return lanes.get((arrival.passage.site, arrival.passage.lane), PlateReads(0, 0))

    def _lanes(self, conn: Connection, corridor: str, hour_s: int) -> dict[tuple[str, int], PlateReads]:
        now_s = self._monotonic_s()
        asked_s, lanes = self._kept.pop((corridor, hour_s), (float("-inf"), {}))
        if now_s - asked_s > KEEP_S:
            asked_s, lanes = now_s, reads_of(conn, corridor, window(hour_s * 10**9, self._window_ns))
        self._kept[corridor, hour_s] = (asked_s, lanes)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return lanes


def window(at_ns: int, window_ns: int = PLATE_READ_WINDOW_NS) -> Span:
    """The whole hours that a crossing at this time is judged by."""
    hour_s = at_ns // 10**9 // HOUR_S * HOUR_S
    return Span(hour_s - -(-window_ns // (HOUR_S * 10**9)) * HOUR_S, hour_s + HOUR_S)


def reads_of(conn: Connection, corridor: str, span: Span) -> dict[tuple[str, int], PlateReads]:
    """How many plates each (site, lane) of a corridor read in a span; a lane without passages is left out."""
    lanes: dict[tuple[str, int], PlateReads] = {}
    for key, counts in Counts(conn, [corridor]).rows(Grain.HOUR, span, {"site", "lane"}):
        lane = (key.site or "", key.lane or 0)
        before = lanes.get(lane, PlateReads(0, 0))
        lanes[lane] = PlateReads(before.read + counts[_READ], before.passages + counts[_PASSAGES])
    return lanes
