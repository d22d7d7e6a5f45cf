"""How well a lane's camera reads plates: what a missing plate is judged by.

The window ends with the minute of the crossing. An answer is kept for a while, because a night of unread plates asks
again and again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from sqlalchemy import Connection

from dispatch.cases import PLATE_READ_WINDOW_NS, PlateReads
from service.docket.arrivals import Arrival
from service.store import lane_reads

#: Answers are at most this old: a camera that fails is found out within seconds, by its own health beat sooner.
KEEP_S = 10.0

#: Sites and minutes that are remembered: the sites of a province in the minutes that a batch of the cases lane spans.
MOST_KEPT = 512


class LaneReads:
    """Answers by (site, minute); for one thread."""

    def __init__(
        self, window_ns: int = PLATE_READ_WINDOW_NS, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._window_ns = window_ns
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[tuple[str, int], tuple[float, dict[int, PlateReads]]] = OrderedDict()

    def __call__(self, conn: Connection, arrival: Arrival) -> PlateReads:
        """The reads of the arrival's lane up to its crossing."""
        lanes = self._lanes(conn, arrival.passage.site, arrival.sighting.time_ns)
        return lanes.get(arrival.passage.lane, PlateReads(0, 0))

    def _lanes(self, conn: Connection, site: str, at_ns: int) -> dict[int, PlateReads]:
        key, now_s = (site, at_ns // lane_reads.MINUTE_NS), self._monotonic_s()
        asked_s, lanes = self._kept.pop(key, (float("-inf"), {}))
        if now_s - asked_s > KEEP_S:
            asked_s, lanes = now_s, lane_reads.until(conn, site, at_ns, self._window_ns)
        self._kept[key] = (asked_s, lanes)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return lanes
