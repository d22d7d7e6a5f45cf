"""How well a lane's camera reads plates: what a missing plate is judged by.

The window ends with the minute of the crossing. Of what is late when it is judged, no minutes are kept: nobody is told
of it, and the whole hours of the rates say well enough whether the camera worked then. An answer is kept for a while,
because a night of unread plates asks again and again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from sqlalchemy import Connection

from dispatch.cases import PLATE_READ_WINDOW_NS, REACH_HORIZON_NS, PlateReads, is_late
from service.docket.arrivals import Arrival
from service.store import lane_reads
from service.store.rate_counts import Counts
from service.store.spans import HOUR_S, Span
from service.store.tally import COUNTS, Grain
from wim.records import HOUR_NS

#: Answers are at most this old: a camera that fails is found out within seconds, by its own health beat sooner.
KEEP_S = 10.0

#: Sites and minutes that are remembered: the sites of a province in the minutes that a batch of the cases lane spans.
MOST_KEPT = 512

_PASSAGES, _READ = COUNTS.index("passages"), COUNTS.index("plates_read")


class LaneReads:
    """Answers by (site, minute), or (site, hour) of what is late; for one thread."""

    def __init__(
        self,
        window_ns: int = PLATE_READ_WINDOW_NS,
        horizon_ns: int = REACH_HORIZON_NS,
        monotonic_s: Callable[[], float] = time.monotonic,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._window_ns, self._horizon_ns = window_ns, horizon_ns
        self._monotonic_s, self._clock_ns = monotonic_s, clock_ns
        self._kept: OrderedDict[tuple[str, int, int], tuple[float, dict[int, PlateReads]]] = OrderedDict()

    def __call__(self, conn: Connection, arrival: Arrival) -> PlateReads:
        """The reads of the arrival's lane up to its crossing."""
        site, at_ns = arrival.passage.site, arrival.sighting.time_ns
        if not is_late(at_ns, self._clock_ns(), self._horizon_ns):
            ask = partial(lane_reads.until, conn, site, at_ns, self._window_ns)
            lanes = self._lanes((site, at_ns // lane_reads.MINUTE_NS, lane_reads.MINUTE_NS), ask)
        elif (corridor := arrival.message.corridor) is not None:
            ask = partial(_by_hours, conn, corridor, site, at_ns, self._window_ns)
            lanes = self._lanes((site, at_ns // HOUR_NS, HOUR_NS), ask)
        else:
            return PlateReads(0, 0)
        return lanes.get(arrival.passage.lane, PlateReads(0, 0))

    def _lanes(self, key: tuple[str, int, int], ask: Callable[[], dict[int, PlateReads]]) -> dict[int, PlateReads]:
        now_s = self._monotonic_s()
        asked_s, lanes = self._kept.pop(key, (float("-inf"), {}))
        if now_s - asked_s > KEEP_S:
            asked_s, lanes = now_s, ask()
        self._kept[key] = (asked_s, lanes)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return lanes


def _by_hours(conn: Connection, corridor: str, site: str, at_ns: int, window_ns: int) -> dict[int, PlateReads]:
    """The reads of a site's lanes in the crossing's hour, and in as many before it as the window reaches into."""
    hour_s = at_ns // HOUR_NS * HOUR_S
    span = Span(hour_s - -(-window_ns // HOUR_NS) * HOUR_S, hour_s + HOUR_S)
    lanes: dict[int, PlateReads] = {}
    for key, counts in Counts(conn, [corridor]).rows(Grain.HOUR, span, {"site", "lane"}):
        if key.site == site and key.lane is not None:
            before = lanes.get(key.lane, PlateReads(0, 0))
            lanes[key.lane] = PlateReads(before.read + counts[_READ], before.passages + counts[_PASSAGES])
    return lanes
