"""What a unit captures: one presence after the other in each lane, of one vehicle or of two that are close.

Two share a frame where the second is on a loop before the unit has closed the frame of the first. A third never comes
in: it, and whoever finds the strips taken by somebody who stands on them, is held up until the frame before is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sensors.simulator.classes import CLASSES
from sensors.simulator.equipment import Equipment, equip
from sensors.simulator.fault_windows import FaultWindow, FaultWindows, chosen, one_at_a_time
from sensors.simulator.fleet import Vehicles
from sensors.simulator.road import Trips
from sensors.simulator.roads import Index, Roads
from sensors.simulator.scenario import Scenario
from sensors.simulator.signals.capture import Captured, capture, fitted, start_ns
from sensors.simulator.signals.driving import behind_s, lateral, window
from sensors.simulator.signals.faults import with_fault
from sensors.simulator.signals.loops import REACH_M, metal
from sensors.simulator.signals.motion import Motion, cruise
from sensors.simulator.signals.scene import Scene
from sensors.simulator.signals.strips import Crossing
from sensors.simulator.signals.surroundings import Errors, noise, response
from sensors.simulator.signals.suspension import Roughness, sprung
from sensors.simulator.signals.vehicle import Seen, Vehicle, assemble, units_of
from wim.records import Flag, Passages

Mask = npt.NDArray[np.bool_]

#: Number of a vehicle that is on no trip.
NO_TRIP = -1

_SECOND_NS = 10**9
#: A free road: a driver keeps his speed, but not like a machine.
_ACCELERATION_MS2 = 0.18
#: Whoever was held up for so long drives on without stopping himself, so that no queue grows for ever.
_PATIENCE_NS = 10 * _SECOND_NS
#: From the last axle of one vehicle to the first of the next in one frame, at least.
_LEAST_GAP_S = 0.3
_FRONT_M, _FRONT_SHARE = (0.8, 1.5), 0.6


@dataclass(frozen=True)
class Presence:
    """One frame to be: `rows` are those of its vehicles among the crossings that were met, `end_ns` its last sample."""

    scene: Scene
    rows: tuple[int, ...]
    end_ns: int

    @property
    def site(self) -> str:
        """The site whose unit sends it."""
        return self.scene.installation.site.id

    @property
    def start_ns(self) -> int:
        """What its head says of its first sample."""
        return start_ns(self.scene)

    def numbered(self, sequence: int, run: int) -> Presence:
        """The same with its numbers."""
        return replace(self, scene=replace(self.scene, sequence=sequence, run=run))

    def capture(self, frame: int = 0) -> Captured:
        """The frame and its truth; `frame` is its index in its file."""
        return capture(self.scene, frame)


@dataclass(frozen=True)
class Met:
    """Crossings of vehicles with their records, shape (n,), by lane and time, as the unit's camera and laser see them.

    speed_kmh is true; close: whether each comes before the trigger of the one ahead has fallen.
    """

    records: Passages
    lane: Index
    speed_kmh: npt.NDArray[np.float64]
    trips: Trips
    vehicles: Vehicles
    close: Mask


class Presences:
    """The units that send frames. What they remember of a lane is until when its last frame goes."""

    def __init__(self, scenario: Scenario, roads: Roads) -> None:
        self._scenario = scenario
        self._equipment = equip(scenario, roads)
        self._faults = FaultWindows(scenario, roads)
        self._clear_ns = dict.fromkeys(self._equipment, 0)

    @property
    def lanes(self) -> Collection[int]:
        """The indices of the lanes that send frames."""
        return self._equipment.keys()

    def sends(self, lane: Index) -> Mask:
        """Whether each lane, by its index, sends frames; shape (n,)."""
        return np.isin(lane, list(self._equipment))

    def meet(self, met: Met, framed: Mask) -> list[Presence]:
        """The presences of the crossings that are `framed`, shape (n,).

        Their records' `time_ns` moves to when they come to be.
        """
        row = np.flatnonzero(framed)
        edges = np.flatnonzero(np.diff(met.lane[row])) + 1
        lanes = [rows.tolist() for rows in np.split(row, edges) if len(rows)]
        return [presence for rows in lanes for presence in self._in_lane(met, rows)]

    def _in_lane(self, met: Met, rows: list[int]) -> Iterator[Presence]:
        place = 0
        while place < len(rows):
            after = rows[place + 1] if place + 1 < len(rows) else None
            presence = self._next(met, rows[place], after)
            yield presence
            place += len(presence.rows)

    def _next(self, met: Met, row: int, after: int | None) -> Presence:
        """The presence of one vehicle, and of the one after it where that is close."""
        lane, time_ns = int(met.lane[row]), int(met.records["time_ns"][row])
        faults = self._faults.at(lane, time_ns)
        seed = (self._scenario.seed, 3, lane, time_ns)
        rng = np.random.default_rng(seed)
        scene = self._scene(met, row, self._equipment[lane], seed, rng)
        late_ns = max(0, self._clear_ns[lane] - time_ns - _ns(scene.window_s[0]))
        scene = self._afflicted(scene, faults, late_ns, rng)
        rows: tuple[int, ...] = (row,)
        if after is not None and not one_at_a_time(faults) and _joins(scene, met, row, after, late_ns):
            scene, rows = self._with_second(scene, met, row, after, late_ns, rng), (row, after)
        return self._placed(scene, met, rows, lane)

    def _placed(self, scene: Scene, met: Met, rows: tuple[int, ...], lane: int) -> Presence:
        """The presence after the one before it; the records get the times at which it happens."""
        begin_s, end_s = scene.window_s
        late_ns = max(0, self._clear_ns[lane] - scene.time_ns - _ns(begin_s))
        scene = fitted(replace(scene, time_ns=scene.time_ns + late_ns))
        for row, crossing in zip(rows, scene.crossings, strict=False):
            met.records["time_ns"][row] = scene.time_ns + _ns(crossing.motion.arrival_s(0.0))
        end_ns = scene.time_ns + _ns(end_s)
        self._clear_ns[lane] = end_ns
        return Presence(scene, rows, end_ns)

    def _scene(self, met: Met, row: int, lane: Equipment, seed: tuple[int, ...], rng: np.random.Generator) -> Scene:
        record = met.records[row]
        crossing = _crossing(met, row, lane, int(record["time_ns"]), rng)
        return Scene(
            installation=lane.installation,
            crossings=(crossing,),
            metals=(metal(crossing.vehicle, rng),),
            time_ns=int(record["time_ns"]),
            rate_hz=self._scenario.rate_hz,
            window=window(True, rng),
            bars=lane.bars,
            loop_shift_m=lane.loop_shift_m,
            noise=noise(lane.installation, rng),
            loop_noise=rng.uniform(2e-5, 2e-4),
            true_c=float(record["pavement_c"]),
            pavement_c=float(record["pavement_c"]),
            sequence=0,
            run=0,
            seed=(*seed, 1),
            clock_locked=not int(record["flags"]) & Flag.CLOCK_UNLOCKED,
        )

    def _afflicted(self, scene: Scene, faults: list[FaultWindow], late_ns: int, rng: np.random.Generator) -> Scene:
        """The scene with what is wrong in its lane, and with what its driver does."""
        if rng.random() < self._scenario.straddling_share:
            scene = with_fault(scene, "straddle")
        for fault in chosen(faults, held_up=late_ns > _PATIENCE_NS, rng=rng):
            scene = fault.put_on(scene)
        first, tailgaters = scene.crossings[:1], scene.crossings[1:]
        return replace(scene, crossings=(*first, *map(_uncounted, tailgaters)))

    def _with_second(
        self, scene: Scene, met: Met, row: int, after: int, late_ns: int, rng: np.random.Generator
    ) -> Scene:
        [first] = scene.crossings
        lane = self._equipment[int(met.lane[row])]
        second = _crossing(met, after, lane, scene.time_ns, rng)
        wanted_s = (int(met.records["time_ns"][after]) - scene.time_ns - late_ns) / _SECOND_NS
        at_s = max(wanted_s, behind_s(first.motion, first.vehicle, second.vehicle, _LEAST_GAP_S))
        second = replace(second, motion=second.motion.later(at_s))
        return replace(scene, crossings=(first, second), metals=(*scene.metals, metal(second.vehicle, rng)))


def _uncounted(crossing: Crossing) -> Crossing:
    """A vehicle that a fault brought along: it makes no trip, and no other file knows it."""
    return replace(crossing, vehicle=replace(crossing.vehicle, number=NO_TRIP))


def _joins(scene: Scene, met: Met, row: int, after: int, late_ns: int) -> bool:
    """Whether the next vehicle is there before the frame of the one in the scene is over."""
    if met.close[after]:
        return True
    ahead_m = -scene.installation.loops[0].position_m + scene.installation.loops[0].length_m / 2 + REACH_M + _FRONT_M[1]
    speed_ms = met.speed_kmh[after] / 3.6
    time_ns = met.records["time_ns"]
    comes_s = (int(time_ns[after]) - int(time_ns[row]) - late_ns) / _SECOND_NS - ahead_m / speed_ms
    return bool(comes_s < scene.window_s[1])


def _crossing(met: Met, row: int, lane: Equipment, time_ns: int, rng: np.random.Generator) -> Crossing:
    """A vehicle over the strips of a lane, its first axle on line 1 at time 0."""
    installation = lane.installation
    record = met.records[row]
    vehicle = _vehicle(met, row, rng)
    axles = len(vehicle.unit)
    felt = installation.sensitivity(time_ns, float(record["pavement_c"]))
    return Crossing(
        vehicle=vehicle,
        motion=_motion(float(met.speed_kmh[row]), installation.middle_m, rng),
        suspension=sprung(vehicle.wheel_kg.sum(axis=1), vehicle.axle_m, vehicle.unit, Roughness(), rng),
        pavement=lane.pavement,
        lateral_m=lateral(len(installation.line), axles, rng),
        response=felt[:, None] * response(installation, axles, Errors(), rng),
    )


def _motion(speed_kmh: float, middle_m: float, rng: np.random.Generator) -> Motion:
    return cruise(speed_kmh, middle_m, float(_ACCELERATION_MS2 * rng.standard_normal()))


def _vehicle(met: Met, row: int, rng: np.random.Generator) -> Vehicle:
    """The vehicle of the fleet with the load of its trip."""
    trip, built = met.trips[row], met.vehicles[row]
    axles = int(built["axle_count"])
    kind = CLASSES[int(built["vehicle_class"])]
    overhang_m = float(built["length_mm"] - built["wheelbase_mm"]) / 1_000
    front_m = min(rng.uniform(*_FRONT_M), _FRONT_SHARE * overhang_m)
    return assemble(
        kind.name,
        np.stack([trip["left_kg"][:axles], trip["right_kg"][:axles]], axis=1).astype(np.float64),
        built["spacing_mm"][: axles - 1].astype(np.float64) / 1_000,
        units_of(kind.pattern),
        rng,
        number=int(trip["trip"]),
        plate=bytes(trip["plate"]),
        front_m=front_m,
        rear_m=overhang_m - front_m,
        tyres=int(built["tyres"]),
        seen=_seen(met.records[row]),
    )


def _seen(record: np.void) -> Seen:
    """What camera and laser made of it."""
    return Seen(
        plate=bytes(record["plate"]),
        colour=int(record["plate_colour"]),
        confidence=int(record["plate_confidence"]),
        length_mm=int(record["length_mm"]),
        width_mm=int(record["width_mm"]),
        height_mm=int(record["height_mm"]),
        tyres=int(record["tyres"]),
    )


def _ns(seconds: float) -> int:
    return round(seconds * _SECOND_NS)
