"""The simulation itself: step after step the records that units send, their health beats, and the truth beside them.

traffic = Traffic(demo_scenario(), demo_network(), demo_registered(start_ns))
for step in traffic.play(from_ns, until_ns):
    publish(step.passages, step.health)

With `frames_from_ns`, lanes that have strips send frames from then on: `step.frames`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sensors.simulator.delivery import Delivery, Sent
from sensors.simulator.fault_windows import FaultWindows
from sensors.simulator.headway import Following, Lanes
from sensors.simulator.health import BEAT_S, Beat, beats
from sensors.simulator.journeys import Journeys
from sensors.simulator.observation import Observers
from sensors.simulator.outages import POWERLESS, Outages
from sensors.simulator.planting import Planting
from sensors.simulator.presences import Met, Presence, Presences
from sensors.simulator.registered import Registered
from sensors.simulator.road import Road
from sensors.simulator.scenario import Scenario
from sensors.simulator.truth import Truth, truth_of
from sensors.simulator.units import Units, close_by_chance
from sensors.simulator.world import World, make_world
from wim.periods import NEVER_NS
from wim.records import Passages
from wim.sites import Network

_SECOND_NS = 10**9
_BEAT_NS = BEAT_S * _SECOND_NS

# Slower than nearly everybody: whoever started so long ago that he could still be under way at this speed is on the
# road when a simulation begins.
_WARM_UP_KMH = 40.0


@dataclass(frozen=True)
class Step:
    """What arrives from the roadside in [from_ns, until_ns), and what truly happened then.

    `passages` are ordered by time; late and repeated ones are older than `from_ns`. `health` holds the minute's beats,
    sent at `from_ns`, and late ones. `frames`, by the time of their arrival, come instead of the passages of lanes that
    send them. `truth` has a row for each crossing of the step, sent or not, by lane and time.
    """

    from_ns: int
    until_ns: int
    passages: Passages
    health: list[Beat]
    truth: Truth
    frames: list[Sent] = field(default_factory=list)


class Traffic:
    """Traffic of a scenario on a network. It keeps nothing between two plays.

    Raises:
        ScenarioError: the scenario plants something, or puts a fault, where network or registry have no place for it.
    """

    def __init__(self, scenario: Scenario, network: Network, names: Registered | None = None) -> None:
        self.scenario, self.names = scenario, names or Registered()
        self.world: World = make_world(scenario, network, self.names)
        self._planting = Planting(self.world)
        FaultWindows(scenario, self.world.roads)

    @property
    def lanes_with_strips(self) -> int:
        """How many lanes can send frames."""
        return sum(bool(lane.strips) for lane in self.world.roads.lanes)

    @property
    def passages_per_s(self) -> float:
        """How many passages a second to expect, over the whole network and the average of a day."""
        return self.world.demand.passages_per_s()

    def play(
        self, from_ns: int | None = None, until_ns: int | None = None, frames_from_ns: int | None = None
    ) -> Iterator[Step]:
        """Steps of `scenario.step_s` from a time (default: the scenario's start) to another (default: for ever).

        At `from_ns` the roads are as full as the hour has them. The same scenario, network and times give the same
        bytes. What units still hold when the time is over comes with the last step.

        From the first step that begins at `frames_from_ns` or later on, lanes with strips send frames; without it,
        none does.
        """
        begin_ns = self.scenario.start_ns if from_ns is None else from_ns
        step_ns = self.scenario.step_s * _SECOND_NS
        frames_from_ns = NEVER_NS if frames_from_ns is None else frames_from_ns
        simulation = _Simulation(self.world, self._planting, begin_ns, frames_from_ns)
        for start_ns in itertools.count(begin_ns, step_ns):
            end_ns = start_ns + step_ns
            if until_ns is not None and end_ns >= until_ns:
                yield simulation.step(start_ns, until_ns, last=True)
                return
            yield simulation.step(start_ns, end_ns)


class _Simulation:
    """One run through a scenario, from `begin_ns` on."""

    def __init__(self, world: World, planting: Planting, begin_ns: int, frames_from_ns: int) -> None:
        scenario, roads = world.scenario, world.roads
        self._world, self._begin_ns, self._frames_from_ns = world, begin_ns, frames_from_ns
        self._outages = Outages(scenario, roads)
        self._journeys = Journeys(world, planting)
        self._road = Road()
        self._lanes = Lanes(len(roads.lanes), world.demand.passages_per_s())
        self._observers = Observers(scenario, roads, self._outages)
        self._presences = Presences(scenario, roads)
        self._units = Units(roads, self._outages)
        self._delivery = Delivery(roads, self._outages, scenario.duplicate_share)
        self._warm_up()

    def step(self, from_ns: int, until_ns: int, *, last: bool = False) -> Step:
        """The step [from_ns, until_ns), which follows the one before."""
        rng = self._generator(from_ns)
        arrives_until_ns = NEVER_NS if last else until_ns
        health = self._delivery.send_beats(self._beats(from_ns), from_ns, arrives_until_ns)
        self._journeys.start(from_ns, until_ns, self._begin_ns, self._road, rng)
        following = self._take_place(until_ns)
        trips = self._road.trips[following.crossings["place"]]
        vehicles = self._world.fleet.vehicles[trips["row"]]
        observed = self._observers.observe(following, trips, vehicles, from_ns, rng)
        lane, records = following.crossings["lane"].astype(np.intp), observed.records
        sent = ~self._outages.holds(POWERLESS, lane, records["time_ns"])
        met = Met(
            records[sent],
            lane[sent],
            following.crossings["speed_kmh"][sent].astype(np.float64),
            trips[sent],
            vehicles[sent],
            close_by_chance(records[sent], rng),
        )
        framed = self._presences.sends(met.lane) & (from_ns >= self._frames_from_ns)
        presences = self._record(met, framed)
        records[sent] = met.records
        self._road.forget()
        return Step(
            from_ns,
            until_ns,
            self._delivery.send(met.records[~framed], met.lane[~framed], arrives_until_ns, rng),
            health,
            truth_of(records, sent, trips, vehicles, observed.sightings.reading),
            self._delivery.send_frames(presences, arrives_until_ns, rng),
        )

    def _record(self, met: Met, framed: npt.NDArray[np.bool_]) -> list[Presence]:
        """Number what the units record, in place, and give the presences of those that are `framed`."""
        presences = self._presences.meet(met, framed)
        close = met.close & ~framed
        close[[row for presence in presences for row in presence.rows[1:]]] = True
        self._units.number(met.records, met.lane, close)
        numbers = met.records[["sequence", "run"]]
        numbered = [presence.numbered(*numbers[presence.rows[0]].item()) for presence in presences]
        for presence in numbered:
            # A passage that is measured from a frame has its identity from the frame.
            met.records["origin_ns"][list(presence.rows)] = presence.start_ns
        return numbered

    def _warm_up(self) -> None:
        """Put those on the road who started before the beginning and are still under way."""
        minutes = math.ceil(self._world.roads.route_km.max() / _WARM_UP_KMH * 60)
        for start_ns in range(self._begin_ns - minutes * _BEAT_NS, self._begin_ns, _BEAT_NS):
            generator = self._generator(start_ns)
            self._journeys.start(start_ns, start_ns + _BEAT_NS, self._begin_ns, self._road, generator)

    def _take_place(self, until_ns: int) -> Following:
        """The crossings that happen before `until_ns`, each behind the vehicle before it."""
        due = self._road.due(until_ns)
        row = self._road.trips["row"][due["place"]]
        wheelbase_mm = self._world.fleet.vehicles["wheelbase_mm"][row]
        following, postponed = self._lanes.follow(due, wheelbase_mm, until_ns)
        self._road.put_back(postponed)
        return following

    def _beats(self, at_ns: int) -> list[Beat]:
        if (at_ns - self._begin_ns) % _BEAT_NS:
            return []
        framed = self._presences.lanes if at_ns >= self._frames_from_ns else ()
        return beats(self._world.roads, self._units, self._outages, at_ns, framed)

    def _generator(self, at_ns: int) -> np.random.Generator:
        """One generator a step: what happens in it does not hang on how much chance the steps before used up."""
        return np.random.default_rng([self._world.scenario.seed, 1, at_ns])
