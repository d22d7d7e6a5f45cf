"""What fails, and when: planted failures as windows of time by site and lane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensors.simulator.roads import Index, Roads
from sensors.simulator.scenario import Planted, Scenario

Times = npt.NDArray[np.int64]

#: Kinds in which the unit is without power: no passage, no health beat, and it counts a new start when it is back.
POWERLESS = ("site_dark", "reboot")


@dataclass(frozen=True)
class Window:
    """[from_ns, until_ns) at a site, by index, and at one lane's index or (−1) all of its lanes."""

    kind: str
    site: int
    lane: int
    from_ns: int
    until_ns: int
    event: int


class Outages:
    """The windows of a scenario."""

    def __init__(self, scenario: Scenario, roads: Roads) -> None:
        self._roads = roads
        self._windows = [
            _window(index, event, scenario.start_ns, roads)
            for index, event in enumerate(scenario.planted)
            if not event.is_vehicle
        ]

    def holds(self, kinds: tuple[str, ...], lane: Index, time_ns: Times) -> npt.NDArray[np.bool_]:
        """Whether a failure of one of `kinds` holds for each lane index and time, shape (n,)."""
        held = np.zeros(len(lane), np.bool_)
        for window in self.of(kinds):
            here = (self._roads.lane_site[lane] == window.site) & ((window.lane < 0) | (lane == window.lane))
            held |= here & (time_ns >= window.from_ns) & (time_ns < window.until_ns)
        return held

    def at_site(self, kinds: tuple[str, ...], site: int, time_ns: int) -> list[Window]:
        """The failures of one of `kinds` that hold anywhere at a site."""
        return [row for row in self.of(kinds) if row.site == site and row.from_ns <= time_ns < row.until_ns]

    def of(self, kinds: tuple[str, ...]) -> list[Window]:
        """All windows of some kinds."""
        return [window for window in self._windows if window.kind in kinds]

    def restarts_ns(self, site: int) -> Times:
        """When the site's unit came back from being powerless, rising."""
        return np.array(sorted(window.until_ns for window in self.of(POWERLESS) if window.site == site), np.int64)


def _window(index: int, event: Planted, start_ns: int, roads: Roads) -> Window:
    site = roads.site_index(event.site)
    lanes = np.flatnonzero((roads.lane_site == site) & (roads.lane_number == event.lane))
    from_ns = start_ns + round(event.after_s * 1e9)
    return Window(
        kind=event.kind,
        site=site,
        lane=int(lanes[0]) if event.lane else -1,
        from_ns=from_ns,
        until_ns=from_ns + round(event.lasts_s * 1e9),
        event=index,
    )
