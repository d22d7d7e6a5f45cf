"""Trips: a vehicle with its load starts on a route and reaches the route's sites one after the other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sensors.simulator import loading
from sensors.simulator.classes import CLASSES
from sensors.simulator.departures import NOT_PLANTED, OPEN_LOAD, Departures, Role, drawn
from sensors.simulator.fleet import Vehicles
from sensors.simulator.garage import Garage
from sensors.simulator.hours import SPEED
from sensors.simulator.loading import Load
from sensors.simulator.planting import Planting
from sensors.simulator.road import CROSSING, TRIP, Crossings, Road, Trips
from sensors.simulator.world import World

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

_HOUR_NS = 3_600 * 10**9
#: Lights, queues and overtaking between two sites.
_DELAY_NS = 15e9
#: Nobody passes a site at exactly the speed of his journey.
_SITE_SPEED_SCATTER = 0.04
_SLOWEST_KMH, _FASTEST_KMH = 20.0, 125.0

# Share of the vehicles in the rightmost of a carriageway's lanes: trucks keep right, others mostly do not.
_RIGHTMOST_HEAVY = 0.85
_RIGHTMOST_LIGHT = 0.35


class Journeys:
    """Starts the trips of a simulation step by step. Not for more than one thread."""

    def __init__(self, world: World, planting: Planting) -> None:
        self._scenario, self._roads, self._demand = world.scenario, world.roads, world.demand
        self._fleet, self._names = world.fleet, world.names
        self._garage = Garage(world.fleet)
        self._planting = planting
        self._started = 0

    def start(self, from_ns: int, until_ns: int, seen_from_ns: int, road: Road, rng: np.random.Generator) -> None:
        """Put the trips that start in [from_ns, until_ns) on the road, without crossings before `seen_from_ns`."""
        hours = self._roads.route_hours(from_ns)
        starts = self._starts(hours, from_ns, until_ns, rng)
        vehicles = self._fleet.vehicles[starts["row"]]
        speed_kmh = _journey_speed(vehicles, hours[starts["route"]], rng)
        arrivals_ns = self._arrivals(starts, speed_kmh, rng)
        self._garage.send_out(starts["row"], arrivals_ns.max(axis=1))
        trips = self._trips(starts, speed_kmh)
        seen = (arrivals_ns >= seen_from_ns).any(axis=1)
        starts, vehicles, trips, arrivals_ns = starts[seen], vehicles[seen], trips[seen], arrivals_ns[seen]
        self._load(trips, starts, vehicles, self._demand.overload_probability(hours), rng)
        road.enter(trips, self._crossings(starts, trips, arrivals_ns, seen_from_ns, rng))

    def _starts(self, hours: npt.NDArray[np.intp], from_ns: int, until_ns: int, rng: np.random.Generator) -> Departures:
        """Planted and random departures, each with its vehicle and plate."""
        expected = self._demand.expected(hours, until_ns - from_ns)
        planted = self._planting.between(from_ns, until_ns, self._garage, rng)
        starts = np.concatenate([planted, drawn(expected, from_ns, until_ns, self._scenario, rng)])
        self._garage.assign(starts, rng)
        self._keep_to_permits(starts, rng)
        return starts

    def _keep_to_permits(self, starts: Departures, rng: np.random.Generator) -> None:
        """Move permitted vehicles that came by chance to a route on their permit's corridors."""
        first = self._fleet.permit[0] if len(self._fleet.permit) else 0
        for place in np.flatnonzero((starts["role"] == Role.PERMIT) & (starts["event"] == NOT_PLANTED)):
            allowed = set(self._names.permits[starts["row"][place] - first].corridors)
            routes = [index for index, route in enumerate(self._roads.routes) if allowed.issuperset(route.corridors)]
            if routes:
                starts["route"][place] = rng.choice(routes)

    def _trips(self, starts: Departures, speed_kmh: Floats) -> Trips:
        trips = np.zeros(len(starts), TRIP)
        for field in ("row", "plate", "load", "covered", "event"):
            trips[field] = starts[field]
        trips["trip"] = self._started + np.arange(len(starts))
        trips["speed_kmh"] = speed_kmh
        self._started += len(starts)
        return trips

    def _arrivals(self, starts: Departures, speed_kmh: Floats, rng: np.random.Generator) -> Times:
        """When each vehicle reaches each stop of its route, shape (n, stops); −1 where the route has no more."""
        km = self._roads.route_km[starts["route"]]
        moving = km > 0
        delay_ns = np.cumsum(rng.exponential(_DELAY_NS, km.shape) * moving, axis=1)
        travel_ns = km * (_HOUR_NS / speed_kmh[:, None]) + delay_ns
        return np.where(km >= 0, starts["entry_ns"][:, None] + travel_ns.astype(np.int64), -1)

    def _load(
        self, trips: Trips, starts: Departures, vehicles: Vehicles, overload: Floats, rng: np.random.Generator
    ) -> None:
        """Decide loads, wheels and covered plates."""
        load = self._choose_loads(starts["role"], vehicles, overload[starts["route"]], rng)
        trips["load"] = np.where(starts["load"] == OPEN_LOAD, load, starts["load"])
        gross_kg = loading.gross_kg(vehicles, trips["load"], self._permit_kg(starts), rng)
        gross_kg = np.where(starts["gross_kg"] > 0, starts["gross_kg"], gross_kg)
        trips["left_kg"], trips["right_kg"] = loading.wheels_kg(vehicles, gross_kg, rng)
        overloaded = (trips["load"] == Load.OVERLOAD) | (trips["load"] == Load.HUNDRED_TONNE)
        by_chance = overloaded & (trips["event"] == NOT_PLANTED)
        trips["covered"] |= by_chance & (rng.random(len(trips)) < self._scenario.covered_share)

    def _choose_loads(
        self, role: loading.Codes, vehicles: Vehicles, overload: Floats, rng: np.random.Generator
    ) -> loading.Codes:
        """How each vehicle is loaded, by chance within its role."""
        probability = np.where(role == Role.REPEAT, self._scenario.repeat_overload_share, overload)
        load = loading.choose(vehicles, probability, rng)
        exceeded = rng.random(len(role)) < self._scenario.permit_exceeded_share
        load[role == Role.HUNDRED_TONNE] = Load.HUNDRED_TONNE
        load[role == Role.EXEMPT] = Load.EXEMPT
        load[(role == Role.PERMIT) & ~exceeded] = Load.PERMITTED
        load[(role == Role.PERMIT) & exceeded] = Load.PERMIT_EXCEEDED
        return load

    def _permit_kg(self, starts: Departures) -> Floats:
        """What the permit of each vehicle allows, 0 without one."""
        allowed = np.zeros(len(self._fleet))
        allowed[self._fleet.permit] = [permit.gross_kg for permit in self._names.permits]
        return np.asarray(allowed[starts["row"]])

    def _crossings(
        self, starts: Departures, trips: Trips, arrivals_ns: Times, seen_from_ns: int, rng: np.random.Generator
    ) -> Crossings:
        place, stop = np.nonzero(arrivals_ns >= seen_from_ns)
        crossings = np.zeros(len(place), CROSSING)
        crossings["time_ns"], crossings["place"] = arrivals_ns[place, stop], place
        route = starts["route"][place]
        site, direction = self._roads.route_site[route, stop], self._roads.route_direction[route, stop]
        crossings["lane"] = self._lane(site, direction, starts["heavy"][place], rng)
        speed = trips["speed_kmh"][place] * (1 + _SITE_SPEED_SCATTER * rng.standard_normal(len(place)))
        crossings["speed_kmh"] = np.clip(speed, _SLOWEST_KMH, _FASTEST_KMH)
        return crossings

    def _lane(
        self,
        site: npt.NDArray[np.intp],
        direction: npt.NDArray[np.intp],
        heavy: npt.NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> npt.NDArray[np.intp]:
        """The index of a lane of each carriageway: the rightmost, or any of the others."""
        draw = rng.random((2, len(site)))
        last = self._roads.lane_count[site, direction] - 1
        rightmost = draw[0] < np.where(heavy, _RIGHTMOST_HEAVY, _RIGHTMOST_LIGHT)
        position = np.where(rightmost, last, (draw[1] * last).astype(np.intp))
        return np.asarray(self._roads.lane_at[site, direction, position])


def _journey_speed(vehicles: Vehicles, hours: npt.NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """The speed that each vehicle keeps up between sites, by its class and the hour."""
    mean, scatter = np.array([row.speed_kmh for row in CLASSES]).T
    of = vehicles["vehicle_class"]
    free = rng.normal(mean[of], scatter[of])
    return np.asarray(np.clip(free, 35.0, _FASTEST_KMH) * SPEED[hours])
