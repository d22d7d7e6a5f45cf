"""When a truck comes to a stop point, if it comes there at all.

A truck seen at a place drives on and arrives after distance / speed, give or take a spread, on each way that leads to
the stop point (`dispatch.roads`):

    arrival ~ N(mean, σ²),    mean = distance / speed,    σ² = (spread · mean)² + junctions · (30 s)²

so the chance of being ready before it is

    P(comes and arrives after ready) = Σ over ways  P(way) · Φ((mean − ready) / σ)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dispatch.network import StopPoint
from dispatch.roads import Leg, Place, Roads
from wim.records import Direction

_HOUR_S: Final = 3_600

#: Standard deviation of a truck's travel time as a part of it (dispatch.md §2, policy).
ARRIVAL_SPREAD: Final = 0.15

#: Waiting at one junction: red for up to a good minute and a half, evenly spread, has a standard deviation of 30 s. The
#: mean stays without it: a squad misses a truck that is early, never one that waited.
JUNCTION_SIGMA_S: Final = 30.0

#: Below this speed a truck was in a queue, or crept over the strips so as not to be weighed well; it does not creep on.
CREEPING_KMH: Final = 30.0
#: What a loaded truck drives on a national road; taken where the strips' speed says nothing.
USUAL_TRUCK_KMH: Final = 60.0

#: Stop points further ahead than an hour are left to the next site: 15 % of an hour are 9 minutes either way.
LOOK_AHEAD_S: Final = _HOUR_S


@dataclass(frozen=True, slots=True)
class Truck:
    """A truck where it was seen last, and what stopping it is worth; `speed_kmh` NaN or None where nobody knows."""

    place: Place
    direction: Direction
    time_ns: int
    speed_kmh: float | None
    p_over: float
    priority: float = 1.0

    @property
    def cruising_kmh(self) -> float:
        """The speed at which it drives on."""
        speed = self.speed_kmh
        known = speed is not None and math.isfinite(speed) and speed >= CREEPING_KMH
        return speed if known and speed is not None else USUAL_TRUCK_KMH


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a truck may be at a stop point if it takes one way there, from the moment it was seen."""

    probability: float
    mean_s: float
    sigma_s: float

    def after(self, ready_s: float) -> float:
        """The probability that it takes this way and arrives after `ready_s`."""
        if self.sigma_s == 0:
            return self.probability if self.mean_s > ready_s else 0.0
        return self.probability * 0.5 * math.erfc((ready_s - self.mean_s) / (self.sigma_s * math.sqrt(2)))


@dataclass(frozen=True, slots=True)
class Ahead:
    """A stop point that a truck may come to, beside the road on which it was seen (`own_corridor`) or off it."""

    stop_point: StopPoint
    arrivals: tuple[Arrival, ...]
    own_corridor: bool

    @property
    def likeliest(self) -> Arrival:
        """The way that it most probably takes, of several the shortest."""
        return max(self.arrivals, key=lambda arrival: (arrival.probability, -arrival.mean_s))

    @property
    def probability(self) -> float:
        """That the truck comes at all."""
        return min(1.0, math.fsum(arrival.probability for arrival in self.arrivals))

    def after(self, ready_s: float) -> float:
        """The probability that the truck comes, and after `ready_s`."""
        return min(1.0, math.fsum(arrival.after(ready_s) for arrival in self.arrivals))


def stop_points_ahead(
    truck: Truck, roads: Roads, stop_points: Iterable[StopPoint], spread: float = ARRIVAL_SPREAD
) -> tuple[Ahead, ...]:
    """The stop points that the truck may come to, by id, each with every way there."""
    speed_kms = truck.cruising_kmh / _HOUR_S
    legs = tuple(roads.ways_ahead(truck.place, truck.direction, LOOK_AHEAD_S * speed_kms))
    found = []
    for point in sorted(stop_points, key=lambda point: point.id):
        ways = [(leg, km) for leg in legs if (km := _ahead_km(leg, point)) is not None]
        if ways:
            arrivals = tuple(_arrival(leg, km / speed_kms, spread) for leg, km in ways)
            found.append(Ahead(point, arrivals, point.corridor == truck.place.corridor))
    return tuple(found)


def _ahead_km(leg: Leg, point: StopPoint) -> float | None:
    on_it = (leg.corridor, leg.direction) == (point.corridor, point.direction)
    return leg.ahead_km(point.chainage_km) if on_it else None


def _arrival(leg: Leg, mean_s: float, spread: float) -> Arrival:
    waiting_s = math.sqrt(leg.junctions) * JUNCTION_SIGMA_S
    return Arrival(leg.probability, mean_s, math.hypot(spread * mean_s, waiting_s))
