"""A record moved to where and when it is to be replayed: onto a registered site's lanes, and into the present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wim.records import Passages
from wim.sites import Network


class PlacementError(ValueError):
    """A record cannot be put where it was asked to."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}; {remedy}")
        self.problem, self.remedy = problem, remedy


@dataclass(frozen=True)
class Placement:
    """The site that a record is published as (None: its own), and its lanes with their directions, by the file's."""

    site: str | None = None
    lanes: Mapping[int, tuple[int, int]] | None = None

    def put(self, passages: Passages) -> Passages:
        """The same passages at that place. Raises PlacementError for a lane that has none."""
        if self.site is None or self.lanes is None:
            return passages
        moved = passages.copy()
        moved["site"] = self.site.encode()
        for lane in np.unique(passages["lane"]).tolist():
            if lane not in self.lanes:
                raise PlacementError(f"the record has a lane {lane}", f"say which lane of {self.site} it is: --lanes")
            own = passages["lane"] == lane
            moved["lane"][own], moved["direction"][own] = self.lanes[lane]
        return moved


@dataclass(frozen=True, slots=True)
class Shift:
    """Moves a record in time: what happened at `from_ns` happens at `to_ns`, the rest `speed` times as fast."""

    from_ns: int
    to_ns: int
    speed: float = 1.0

    def move(self, passages: Passages) -> Passages:
        """The same passages at their new times: other crossings than those of the record, with ids of their own."""
        moved = passages.copy()
        for name in ("time_ns", "origin_ns"):
            passed = passages[name] - self.from_ns
            moved[name] = self.to_ns + (passed if self.speed == 1.0 else (passed / self.speed).astype(np.int64))
        return moved


def shift_to(now_ns: int, speed: float | None, first_ns: int, last_ns: int) -> Shift:
    """The shift that brings a record to the present.

    In step with a clock its first passage is now, and it goes on as fast as it is published. At full speed its last
    passage is now: a record is longer than the day ahead that a message may claim, and what lies ahead is no history.
    """
    return Shift(last_ns, now_ns) if speed is None else Shift(first_ns, now_ns, speed)


def placement(network: Network | None, site: str | None, lanes: str | None) -> Placement:
    """Where to put a record: `lanes` as a person writes them, "1=2,2=1"; without, each lane stays as it is."""
    if site is None:
        if lanes is not None:
            raise PlacementError("--lanes needs a site", "add --to SITE")
        return Placement()
    if network is None:
        raise PlacementError("there is no registry", "add --sites, or set WIM_REGISTRY")
    if site not in network.sites:
        raise PlacementError(f"the registry has no site {site!r}", f"choose from {', '.join(network.sites)}")
    known = {number: (number, int(lane.direction)) for number, lane in network.sites[site].lanes.items()}
    if lanes is None:
        return Placement(site, known)
    return Placement(site, {given: _lane(known, to, site) for given, to in _pairs(lanes)})


def _pairs(lanes: str) -> list[tuple[int, int]]:
    try:
        return [(int(given), int(to)) for given, to in (pair.split("=") for pair in lanes.split(","))]
    except ValueError:
        raise PlacementError(f"--lanes {lanes!r} is no list of lanes", "write it as 1=2,2=1") from None


def _lane(known: Mapping[int, tuple[int, int]], number: int, site: str) -> tuple[int, int]:
    if number not in known:
        raise PlacementError(f"{site} has no lane {number}", f"choose from {', '.join(map(str, known))}")
    return known[number]
