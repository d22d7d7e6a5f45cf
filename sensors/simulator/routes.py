"""The ways through the network: from where a vehicle comes onto a corridor to where it leaves, with the sites between.

On each carriageway (a corridor in one direction) vehicles start at its upstream end or at a junction; at each junction
some leave, half of them onto another corridor. Those who come from elsewhere make up for those who leave for elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wim.records import Direction
from wim.sites import JunctionPoint, Network

#: Share of a carriageway's traffic that leaves at a junction, and of the leaving that turns into another corridor.
#: Invented: enough for trucks to be missed downstream, few enough for most to be seen by every site.
LEAVE_SHARE = 0.15
TURN_SHARE = 0.5


@dataclass(frozen=True)
class Stop:
    """A site on a route, `km` after its start."""

    site: str
    direction: Direction
    km: float


@dataclass(frozen=True)
class Route:
    """One way: `share` of the daily traffic of the carriageway on which it starts.

    `through` marks the way along the whole carriageway; `corridors` are those that it uses.
    """

    corridors: tuple[str, ...]
    direction: Direction
    stops: tuple[Stop, ...]
    share: float
    through: bool = False

    @property
    def corridor(self) -> str:
        """Where it starts: whose traffic it is."""
        return self.corridors[0]


@dataclass(frozen=True)
class _Leg:
    """A stretch of one carriageway from and to a chainage; None = from or to its very end."""

    corridor: str
    direction: Direction
    from_km: float | None
    to_km: float | None


def find_routes(network: Network) -> tuple[Route, ...]:
    """All ways through the network that pass a site, in an order that depends on the network alone."""
    found = [
        route
        for corridor in network.corridors
        for direction in Direction
        for route in _of_carriageway(network, corridor, direction)
    ]
    return tuple(route for route in found if route.stops)


def _of_carriageway(network: Network, corridor: str, direction: Direction) -> Iterator[Route]:
    junctions = _junctions(network, corridor, direction)
    yield from _from_start(network, corridor, direction, None, 1.0, junctions)
    for place, (start_km, _) in enumerate(junctions):
        entering = LEAVE_SHARE * (1 - TURN_SHARE)
        yield from _from_start(network, corridor, direction, start_km, entering, junctions[place + 1 :])


def _from_start(
    network: Network,
    corridor: str,
    direction: Direction,
    start_km: float | None,
    share: float,
    ahead: list[tuple[float, tuple[JunctionPoint, ...]]],
) -> Iterator[Route]:
    """The routes that start at `start_km`; `ahead` are the junctions after it, in travel order."""
    for km, others in ahead:
        leg = _Leg(corridor, direction, start_km, km)
        leaving, share = share * LEAVE_SHARE, share * (1 - LEAVE_SHARE)
        yield _route(network, (leg,), leaving * (1 - TURN_SHARE))
        turns = [_Leg(other.corridor, turn, other.km, None) for other in others for turn in Direction]
        for turned in turns:
            yield _route(network, (leg, turned), leaving * TURN_SHARE / len(turns))
    yield _route(network, (_Leg(corridor, direction, start_km, None),), share, through=start_km is None)


def _junctions(network: Network, corridor: str, direction: Direction) -> list[tuple[float, tuple[JunctionPoint, ...]]]:
    """Where the carriageway meets others, in travel order, and the points of the others."""
    found = [
        (point.km, tuple(other for other in junction.at if other.corridor != corridor))
        for junction in network.junctions.values()
        for point in junction.at
        if point.corridor == corridor
    ]
    return sorted(found, key=lambda item: item[0], reverse=direction is Direction.DOWN)


def _route(network: Network, legs: tuple[_Leg, ...], share: float, *, through: bool = False) -> Route:
    stops: list[Stop] = []
    travelled_km = 0.0
    for leg in legs:
        sites = _sites(network, leg)
        start_km = _start_km(leg, sites)
        stops += [Stop(site, leg.direction, travelled_km + abs(km - start_km)) for site, km in sites]
        travelled_km += abs((leg.to_km if leg.to_km is not None else start_km) - start_km)
    return Route(tuple(leg.corridor for leg in legs), legs[0].direction, tuple(stops), share, through)


def _start_km(leg: _Leg, sites: list[tuple[str, float]]) -> float:
    """An open start is the first site itself: nothing happens before it."""
    if leg.from_km is not None:
        return leg.from_km
    return sites[0][1] if sites else leg.to_km or 0.0


def _sites(network: Network, leg: _Leg) -> list[tuple[str, float]]:
    """The sites of a leg with lanes in its direction, in travel order."""
    sign = -1.0 if leg.direction is Direction.DOWN else 1.0
    low = float("-inf") if leg.from_km is None else leg.from_km * sign
    high = float("inf") if leg.to_km is None else leg.to_km * sign
    found = [
        (site.id, site.chainage_km)
        for site in network.sites.values()
        if site.corridor == leg.corridor
        and low < site.chainage_km * sign < high
        and any(lane.direction == leg.direction for lane in site.lanes.values())
    ]
    return sorted(found, key=lambda item: item[1] * sign)
