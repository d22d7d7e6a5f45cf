"""The roads as dispatch sees them: lines of chainage that meet at junctions.

Two questions are asked of them. A patrol drives the shortest way in either direction (`Roads.distances_km`). A truck
goes on in its direction, and at every junction it may go on in another (`Roads.ways_ahead`): each way that leads from a
junction is as likely as any other, back the way it came excepted. Nobody counts turning trucks, and most roads of the
main network are equals where they cross; where a later site sees the truck the guess is over anyway.

A corridor without a known length goes on at both ends. Where two junctions of one road stand at the same chainage a
truck passes them one after the other, and a patrol needs no time between them.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from wim.records import Direction
from wim.sites import Junction, JunctionPoint, Network

#: A way less likely than this is not followed: the third turn after two junctions of four ways each is below it.
LEAST_WAY: Final = 0.02


class Place(NamedTuple):
    """A place on a corridor."""

    corridor: str
    chainage_km: float


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of road that a truck drives if it takes this way: to the next junction, or as far as anybody looks.

    `driven_km` is what lies between the truck and the beginning of the leg, `probability` that it comes here at all,
    `junctions` how many it then has passed, the last of them by a turn (`turned`).
    """

    corridor: str
    direction: Direction
    from_km: float
    to_km: float
    driven_km: float
    probability: float
    junctions: int
    turned: bool

    def ahead_km(self, chainage_km: float) -> float | None:
        """How far the truck has to drive to a place on the leg; None where it does not lie on it.

        Its end belongs to a leg. Its beginning is the end of the leg before, or where the truck was seen, and belongs
        to it only after a turn.
        """
        sign = _sign(self.direction)
        driven, whole = sign * (chainage_km - self.from_km), sign * (self.to_km - self.from_km)
        begins = self.turned and driven == 0
        return self.driven_km + driven if begins or 0 < driven <= whole else None


class _Way(NamedTuple):
    """What a truck drove on one way; trucks do not circle, so it enters no road a second time in one direction."""

    roads: tuple[tuple[str, Direction], ...]
    junctions: tuple[str, ...]

    def enters(self, junction: Junction) -> bool:
        """Whether a junction where this leg begins is still to come: two of them may stand at one chainage."""
        return bool(self.junctions) and junction.id not in self.junctions


@dataclass(frozen=True)
class Roads:
    """Corridors and junctions, by which a road leads on; made once for a registry."""

    #: Known lengths in km.
    lengths_km: Mapping[str, float | None] = field(default_factory=dict)
    junctions: tuple[Junction, ...] = ()

    @cached_property
    def _meetings(self) -> Mapping[str, tuple[tuple[float, Junction], ...]]:
        """The junctions of each corridor by rising chainage."""
        found = defaultdict(list)
        for junction in self.junctions:
            for point in junction.at:
                found[point.corridor].append((point.km, junction))
        return {corridor: tuple(sorted(rows, key=lambda row: (row[0], row[1].id))) for corridor, rows in found.items()}

    @cached_property
    def _links(self) -> Mapping[str, tuple[tuple[str, float], ...]]:
        """From each junction, those next to it along any road, with the kilometres between."""
        found: dict[str, list[tuple[str, float]]] = {junction.id: [] for junction in self.junctions}
        for rows in self._meetings.values():
            for (from_km, one), (to_km, other) in pairwise(rows):
                found[one.id].append((other.id, to_km - from_km))
                found[other.id].append((one.id, to_km - from_km))
        return {junction: tuple(links) for junction, links in found.items()}

    def distances_km(self, start: Place) -> Distances:
        """The shortest ways from a place, in either direction, to wherever roads lead."""
        nearest: dict[str, float] = {}
        queue = [(abs(km - start.chainage_km), item.id) for km, item in self._meetings.get(start.corridor, ())]
        heapq.heapify(queue)
        while queue:
            driven_km, junction = heapq.heappop(queue)
            if junction not in nearest:
                nearest[junction] = driven_km
                for other, further_km in self._links[junction]:
                    heapq.heappush(queue, (driven_km + further_km, other))
        return Distances(start, nearest, self._meetings)

    def ways_ahead(self, start: Place, direction: Direction, farthest_km: float) -> Iterator[Leg]:
        """Every leg that a truck may still drive within `farthest_km`, each with the probability that it does.

        The legs exclude each other but for those that follow one another, and no way holds a place twice: so over all
        legs that hold a place the probabilities add up to that of coming there.
        """
        if start.corridor in self.lengths_km:
            leg = Leg(start.corridor, direction, start.chainage_km, start.chainage_km, 0.0, 1.0, 0, False)
            yield from self._follow(leg, farthest_km, _Way(((start.corridor, direction),), ()))

    def _follow(self, leg: Leg, farthest_km: float, way: _Way) -> Iterator[Leg]:
        """The leg to the next junction, and everything behind that."""
        sign = _sign(leg.direction)
        far_km = sign * min(sign * leg.from_km + farthest_km - leg.driven_km, sign * self._road_end(leg))
        meeting = self._next(leg, way)
        if meeting is None or sign * meeting[0] > sign * far_km:
            yield replace(leg, to_km=far_km)
            return
        km, junction = meeting
        yield replace(leg, to_km=km)
        exits = tuple(self._exits(junction, leg))
        share = leg.probability / len(exits) if exits else 0.0
        if share >= LEAST_WAY:
            driven_km = leg.driven_km + sign * (km - leg.from_km)
            for point, direction in exits:
                turned = point.corridor != leg.corridor
                road = (point.corridor, direction)
                if not turned or road not in way.roads:
                    on = Leg(*road, point.km, point.km, driven_km, share, leg.junctions + 1, turned)
                    further = _Way((*way.roads, road), (*way.junctions, junction.id))
                    yield from self._follow(on, farthest_km, further)

    def _next(self, leg: Leg, way: _Way) -> tuple[float, Junction] | None:
        """The first junction that lies ahead; one at the very place where the truck was seen is behind it."""
        sign = _sign(leg.direction)
        rows = self._meetings.get(leg.corridor, ())
        ahead = (row for row in (rows if sign > 0 else reversed(rows)) if sign * row[0] >= sign * leg.from_km)
        return next((row for row in ahead if row[0] != leg.from_km or way.enters(row[1])), None)

    def _exits(self, junction: Junction, leg: Leg) -> Iterator[tuple[JunctionPoint, Direction]]:
        """Where a truck can go on: every direction in which there is road, but back."""
        for point in junction.at:
            for direction in Direction:
                back = point.corridor == leg.corridor and direction is not leg.direction
                if not back and self._goes_on(point, direction):
                    yield point, direction

    def _goes_on(self, point: JunctionPoint, direction: Direction) -> bool:
        length_km = self.lengths_km.get(point.corridor)
        return point.km > 0 if direction is Direction.DOWN else length_km is None or point.km < length_km

    def _road_end(self, leg: Leg) -> float:
        if leg.direction is Direction.DOWN:
            return 0.0
        length_km = self.lengths_km.get(leg.corridor)
        return float("inf") if length_km is None else length_km


@dataclass(frozen=True, slots=True)
class Distances:
    """How far it is from one place to others."""

    start: Place
    _junctions_km: Mapping[str, float]
    _meetings: Mapping[str, tuple[tuple[float, Junction], ...]]

    def to(self, end: Place) -> float | None:
        """Kilometres to a place, None where no road leads there."""
        over = (
            self._junctions_km[item.id] + abs(km - end.chainage_km)
            for km, item in self._meetings.get(end.corridor, ())
            if item.id in self._junctions_km
        )
        straight = (abs(end.chainage_km - self.start.chainage_km),) if end.corridor == self.start.corridor else ()
        return min((*straight, *over), default=None)


def roads_of(network: Network) -> Roads:
    """The roads of a registry."""
    lengths_km = {corridor.id: corridor.length_km for corridor in network.corridors.values()}
    return Roads(lengths_km, tuple(network.junctions[name] for name in sorted(network.junctions)))


def _sign(direction: Direction) -> int:
    return 1 if direction is Direction.UP else -1
