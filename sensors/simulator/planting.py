"""The vehicles and failures that a scenario plants at known times."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sensors.simulator.classes import SIX_AXLE
from sensors.simulator.departures import Departures, Role, blank
from sensors.simulator.fleet import Fleet, Rows
from sensors.simulator.garage import Garage
from sensors.simulator.loading import Load
from sensors.simulator.roads import Roads
from sensors.simulator.scenario import Planted, ScenarioError
from sensors.simulator.world import World

# What each kind of planted vehicle is and carries.
_PLANTS = {
    "hundred_tonne": (Role.HUNDRED_TONNE, Load.HUNDRED_TONNE),
    "overload": (Role.ORDINARY, Load.OVERLOAD),
    "repeat": (Role.REPEAT, Load.OVERLOAD),
    "no_plate": (Role.ORDINARY, Load.OVERLOAD),
    "cloned_plate": (Role.ORDINARY, Load.OVERLOAD),
    "permit": (Role.PERMIT, Load.PERMITTED),
    "permit_exceeded": (Role.PERMIT, Load.PERMIT_EXCEEDED),
    "exempt": (Role.EXEMPT, Load.EXEMPT),
    "watch": (Role.WATCH, Load.PARTIAL),
}


class Planting:
    """The planted vehicles of a scenario, checked against network and fleet when it is made."""

    def __init__(self, world: World) -> None:
        self._scenario, self._roads, self._fleet, self._names = world.scenario, world.roads, world.fleet, world.names
        self._times_ns = [world.scenario.start_ns + round(event.after_s * 1e9) for event in world.scenario.planted]
        for index, event in enumerate(world.scenario.planted):
            self._check(index, event)

    def between(self, from_ns: int, until_ns: int, garage: Garage, rng: np.random.Generator) -> Departures:
        """The planted departures of [from_ns, until_ns)."""
        due = [
            start
            for index, event in enumerate(self._scenario.planted)
            if event.is_vehicle and from_ns <= self._times_ns[index] < until_ns
            for start in self._starts(index, event, garage, rng)
        ]
        return np.concatenate([blank(0), *due])

    def _starts(self, index: int, event: Planted, garage: Garage, rng: np.random.Generator) -> Iterator[Departures]:
        start = blank(1)
        start["entry_ns"], start["event"], start["heavy"] = self._times_ns[index], index, True
        start["role"], start["load"] = _PLANTS[event.kind]
        start["route"] = self._route(event)
        start["row"] = row = rng.choice(garage.at_home(self._candidates(event), self._times_ns[index]))
        start["gross_kg"], start["covered"] = event.gross_kg, event.kind == "no_plate"
        start["plate"] = event.plate.encode() or self._fleet.vehicles["plate"][row]
        yield start
        if event.kind == "cloned_plate":
            yield self._clone(start, rng)

    def _clone(self, original: Departures, rng: np.random.Generator) -> Departures:
        """Another vehicle with the same plate at the same time, on another carriageway."""
        clone = original.copy()
        others = [index for index, route in enumerate(self._roads.routes) if route.through]
        elsewhere = [index for index in others if index != original["route"][0]]
        corridor = self._roads.routes[original["route"][0]].corridor
        # Another corridor where there is one, else the other direction.
        clone["route"] = max(elsewhere, key=lambda index: self._roads.routes[index].corridor != corridor)
        clone["row"] = rng.choice(_of_another_class(self._fleet))
        clone["load"], clone["gross_kg"] = Load.PARTIAL, 0
        return clone

    def _route(self, event: Planted) -> int:
        return next(
            (
                index
                for index, route in enumerate(self._roads.routes)
                if route.through and (route.corridor, route.direction) == (event.corridor, event.direction)
            ),
            -1,
        )

    def _candidates(self, event: Planted) -> Rows:
        """The fleet's vehicles that can play the part; the one of the given plate where there is one."""
        plated = np.flatnonzero(self._fleet.vehicles["plate"] == event.plate.encode())
        if len(plated):
            return plated
        role, _ = _PLANTS[event.kind]
        allowed = [event.corridor in permit.corridors for permit in self._names.permits]
        return {
            Role.REPEAT: self._fleet.repeat,
            Role.PERMIT: self._fleet.permit[np.array(allowed, np.bool_)],
            Role.EXEMPT: self._fleet.exempt,
            Role.WATCH: self._fleet.watch,
        }.get(role, self._fleet.six_axle)

    def _check(self, index: int, event: Planted) -> None:
        key = f"planted[{index}]"
        if not event.is_vehicle:
            _check_place(key, event, self._roads)
        elif self._route(event) < 0:
            known = sorted({route.corridor for route in self._roads.routes})
            problem = f"is {event.corridor!r}, which has no site in direction {event.direction.name.lower()}"
            raise ScenarioError(f"{key}.corridor", problem, f"write one of {', '.join(known)}")
        elif not len(self._candidates(event)):
            raise ScenarioError(f"{key}.kind", f"is {event.kind!r}, for which the registry names no vehicle", "add one")
        elif event.kind == "cloned_plate" and sum(route.through for route in self._roads.routes) < 2:
            raise ScenarioError(f"{key}.kind", "needs a second carriageway", "declare lanes of the other direction")


def _check_place(key: str, event: Planted, roads: Roads) -> None:
    site = roads.site_index(event.site)
    if site < 0:
        known = ", ".join(row.id for row in roads.sites)
        problem = f"is {event.site!r}, which the registry does not have"
        raise ScenarioError(f"{key}.site", problem, f"write one of {known}")
    if event.lane and event.lane not in roads.sites[site].lanes:
        known = ", ".join(str(number) for number in roads.sites[site].lanes)
        raise ScenarioError(
            f"{key}.lane", f"is {event.lane}, which {event.site} does not have", f"write one of {known}"
        )


def _of_another_class(fleet: Fleet) -> Rows:
    six_axle = fleet.vehicles["vehicle_class"][fleet.heavy] == SIX_AXLE
    return np.asarray(fleet.heavy[~six_axle])
