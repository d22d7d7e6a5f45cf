"""Crossings become records: everything that a site sees of a vehicle, before its unit numbers and sends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sensors.simulator.camera import Sightings, look
from sensors.simulator.fleet import Vehicles
from sensors.simulator.headway import Following
from sensors.simulator.hours import daylight, pavement_c
from sensors.simulator.measurement import Scales, measure_shape
from sensors.simulator.outages import Outages
from sensors.simulator.road import Trips
from sensors.simulator.roads import Index, Roads
from sensors.simulator.scenario import Scenario
from wim.records import Flag, Passages, Source, blank

# One slab of pavement is not as warm as the next.
_PAVEMENT_SIGMA_C = 0.3


@dataclass(frozen=True)
class Observed:
    """Records without numbers, shape (n,), and what became of their plates."""

    records: Passages
    sightings: Sightings


class Observers:
    """The instruments of all sites."""

    def __init__(self, scenario: Scenario, roads: Roads, outages: Outages) -> None:
        self._scenario, self._roads, self._outages = scenario, roads, outages
        self._scales = Scales(scenario, roads)

    def observe(
        self, following: Following, trips: Trips, vehicles: Vehicles, at_ns: int, rng: np.random.Generator
    ) -> Observed:
        """The records of crossings by `trips` in `vehicles` during the step that begins at `at_ns`."""
        crossings = following.crossings
        lane, speed_kmh = crossings["lane"].astype(np.intp), crossings["speed_kmh"].astype(np.float64)
        records = blank(len(crossings))
        records["time_ns"], records["gap_ms"] = crossings["time_ns"], following.gap_ms
        self._place(records, lane, at_ns, rng)
        measure_shape(records, vehicles, speed_kmh, rng)
        wheels_kg = trips["left_kg"].astype(np.float64), trips["right_kg"].astype(np.float64)
        self._scales.weigh(records, wheels_kg, speed_kmh, lane, rng)
        if self._scenario.tyre_sensor:
            records["tyres"] = vehicles["tyres"]
        sightings = self._look(trips, vehicles, following, at_ns, rng)
        records["plate"], records["plate_colour"] = sightings.plate, sightings.colour
        records["plate_confidence"] = sightings.confidence
        return Observed(records, sightings)

    def _place(self, records: Passages, lane: Index, at_ns: int, rng: np.random.Generator) -> None:
        """Fill what follows from place and time alone."""
        roads = self._roads
        site = roads.lane_site[lane]
        warmth = np.array([pavement_c(at) for at in roads.local_times(at_ns)])
        records["site"] = roads.site_id[site]
        records["lane"], records["direction"] = roads.lane_number[lane], roads.lane_direction[lane]
        records["calibration"] = roads.calibration_versions(at_ns)[lane]
        records["pavement_c"] = warmth[site] + _PAVEMENT_SIGMA_C * rng.standard_normal(len(lane))
        records["source"] = Source.SIMULATED
        free = self._outages.holds(("clock_unlocked",), lane, records["time_ns"])
        records["flags"] = Flag.SIMULATED | np.where(free, Flag.CLOCK_UNLOCKED, 0)

    def _look(
        self, trips: Trips, vehicles: Vehicles, following: Following, at_ns: int, rng: np.random.Generator
    ) -> Sightings:
        lane, time_ns = following.crossings["lane"].astype(np.intp), following.crossings["time_ns"]
        light = np.array([daylight(at) for at in self._roads.local_times(at_ns)])
        return look(
            trips["plate"],
            vehicles["colour"],
            covered=trips["covered"],
            dark=self._outages.holds(("camera_dark",), lane, time_ns),
            daylight=light[self._roads.lane_site[lane]],
            shares=self._scenario.camera,
            rng=rng,
        )
