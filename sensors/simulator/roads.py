"""The network as arrays: sites, lanes and routes by their index, as a step of the simulation wants them.

A step asks for the time of day once and for all sites; sites of one zone share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from sensors.simulator.hours import LocalTime, local_time
from sensors.simulator.routes import Route, Stop, find_routes
from wim.records import Direction
from wim.sites import Lane, Network, Site

Index = npt.NDArray[np.intp]


class NoRoadsError(ValueError):
    """A registry on which no vehicle could meet a site."""

    def __init__(self) -> None:
        super().__init__("the registry has no site with lanes: declare [[site]] and [[site.lane]] to simulate traffic")


@dataclass(frozen=True)
class Roads:
    """Sites (S), lanes (L) and routes (R, at most K stops each); unused places of `lane_at` and of routes hold −1.

    `lane_at[site, direction]` lists that carriageway's lanes from the left (from the middle of the road to the kerb).
    """

    sites: tuple[Site, ...]
    site_id: npt.NDArray[np.bytes_]
    lanes: tuple[Lane, ...]
    lane_site: Index
    lane_number: npt.NDArray[np.uint8]
    lane_direction: npt.NDArray[np.uint8]
    lane_lines: Index
    lane_weighs_axles: npt.NDArray[np.bool_]
    lane_at: Index
    lane_count: Index
    routes: tuple[Route, ...]
    route_site: Index
    route_direction: Index
    route_km: npt.NDArray[np.float64]

    def local_times(self, time_ns: int) -> list[LocalTime]:
        """The local time at each site."""
        by_zone = {name: local_time(time_ns, ZoneInfo(name)) for name in {site.timezone for site in self.sites}}
        return [by_zone[site.timezone] for site in self.sites]

    def route_hours(self, time_ns: int) -> Index:
        """The whole local hour where each route meets its first site, shape (R,)."""
        hours = np.array([at.whole_hour for at in self.local_times(time_ns)])
        return np.asarray(hours[self.route_site[:, 0]])

    def site_index(self, site: str) -> int:
        """The index of a site id; −1 where there is none."""
        return next((index for index, row in enumerate(self.sites) if row.id == site), -1)

    def calibration_versions(self, time_ns: int) -> npt.NDArray[np.uint16]:
        """The version of each lane's calibration in force, 0 where there is none."""
        found = [lane.calibration_at(time_ns) for lane in self.lanes]
        return np.array([row.version if row else 0 for row in found], np.uint16)


def survey(network: Network) -> Roads:
    """The arrays of a network.

    Raises:
        NoRoadsError: no vehicle could meet a site.
    """
    sites = tuple(network.sites.values())
    pairs = [(index, lane) for index, site in enumerate(sites) for _, lane in sorted(site.lanes.items())]
    routes = find_routes(network)
    if not routes:
        raise NoRoadsError
    lane_at = _lane_at(len(sites), pairs)
    stops = [route.stops for route in routes]
    names = {site.id: index for index, site in enumerate(sites)}
    return Roads(
        sites=sites,
        site_id=np.array([site.id.encode() for site in sites], "S16"),
        lanes=tuple(lane for _, lane in pairs),
        lane_site=np.array([index for index, _ in pairs], np.intp),
        lane_number=np.array([lane.number for _, lane in pairs], np.uint8),
        lane_direction=np.array([lane.direction for _, lane in pairs], np.uint8),
        lane_lines=np.array([_lines(lane) for _, lane in pairs], np.intp),
        lane_weighs_axles=np.array([_weighs_axles(lane) for _, lane in pairs], np.bool_),
        lane_at=lane_at,
        lane_count=(lane_at >= 0).sum(axis=2),
        routes=routes,
        route_site=_by_stop(stops, lambda stop: names[stop.site]).astype(np.intp),
        route_direction=_by_stop(stops, lambda stop: stop.direction).astype(np.intp),
        route_km=_by_stop(stops, lambda stop: stop.km),
    )


def _lane_at(site_count: int, pairs: Sequence[tuple[int, Lane]]) -> Index:
    carriageways: dict[tuple[int, Direction], list[int]] = {}
    for index, (site, lane) in enumerate(pairs):
        carriageways.setdefault((site, lane.direction), []).append(index)
    table = np.full((site_count, len(Direction), max(map(len, carriageways.values()))), -1, np.intp)
    for (site, direction), lanes in carriageways.items():
        table[site, direction, : len(lanes)] = lanes
    return table


def _lines(lane: Lane) -> int:
    """Lines of strips; a lane that declares none is taken for the usual two."""
    return len({strip.line for strip in lane.strips}) or 2


def _weighs_axles(lane: Lane) -> bool:
    """Whether no strip can tell the left wheels from the right."""
    return bool(lane.strips) and all(strip.side == "full" for strip in lane.strips)


def _by_stop(stops: Sequence[tuple[Stop, ...]], value: Callable[[Stop], float]) -> npt.NDArray[np.float64]:
    table = np.full((len(stops), max(map(len, stops))), -1.0)
    for row, passed in enumerate(stops):
        table[row, : len(passed)] = [value(stop) for stop in passed]
    return table
