"""What drivers do on the strips to be weighed light, split, joined or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.installation import HALF_LANE_M
from sensors.simulator.signals.motion import Course, Motion
from sensors.simulator.signals.scene import Fault, Scene
from sensors.simulator.signals.strip_faults import SceneFault
from sensors.simulator.signals.strips import Crossing

Floats = npt.NDArray[np.float64]

#: How hard a truck driver brakes and how briskly he starts, m/s².
_BRAKE_MS2, _START_MS2 = (1.2, 3.0), (0.4, 1.0)
_STAND_S = (0.5, 4.0)
_REVERSE_MS, _REVERSE_M = (0.6, 1.5), (1.5, 6.0)
#: A lurch on the strips: what of the speed it takes away, and how hard.
_SURGE, _SURGE_MS2 = (0.25, 0.5), (1.6, 3.5)
#: How far past the lane's edge the middle of the outer tyres runs; and how much of them is past it for those who only
#: ride on the edge.
_STRADDLE_M, _EDGE = (0.05, 0.9), (0.3, 0.8)
_WEAVE_M, _WEAVE_EVERY_M = (0.6, 1.1), (9.0, 20.0)
#: From bumper to bumper of two who want to be one.
_BUMPERS_M = (0.4, 1.2)
#: Room ahead of the strips in which nothing has begun yet.
_AHEAD_M = 20.0


def _each(scene: Scene, change: Callable[[Crossing], Crossing]) -> Scene:
    """The scene with its first vehicle changed; the others keep theirs."""
    if not scene.crossings:
        return scene
    first, *others = scene.crossings
    return replace(scene, crossings=(change(first), *others))


def _driven(scene: Scene, motion: Callable[[Crossing, float], Motion]) -> Scene:
    """The scene with its first vehicle alone in another motion, made from its speed at the middle of the array."""
    if not scene.crossings:
        return scene
    first = scene.crossings[0]
    middle_s = np.array([first.motion.arrival_s(scene.installation.middle_m)])
    moved = replace(first, motion=motion(first, float(first.motion.speed_ms(middle_s)[0])))
    return replace(scene, crossings=(moved,), metals=scene.metals[:1])


def _stop_m(scene: Scene, crossing: Crossing, rng: np.random.Generator) -> float:
    """A place of the first axle at which some axle of the vehicle is on the array or between it and the next one."""
    wheelbase_m = float(crossing.vehicle.axle_m[-1])
    return float(rng.uniform(0.3, scene.installation.position_m.max() + wheelbase_m - 0.3))


def _stop_and_go(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """Brakes to a stand on the strips, stands, and goes on."""

    def motion(crossing: Crossing, speed_ms: float) -> Motion:
        brake = rng.uniform(*_BRAKE_MS2)
        course = Course(-_AHEAD_M - speed_ms**2 / (2 * brake), speed_ms).stop_at(_stop_m(scene, crossing, rng), brake)
        return course.hold(rng.uniform(*_STAND_S)).change(max(speed_ms, 2.0), rng.uniform(*_START_MS2)).motion()

    return _driven(scene, motion)


def _reversing(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """Stops with some axles past the strips, rolls back over them, and goes on: axles are there more than once."""

    def motion(crossing: Crossing, speed_ms: float) -> Motion:
        brake, back_ms = rng.uniform(*_BRAKE_MS2), rng.uniform(*_REVERSE_MS)
        # Far enough that an axle has passed line 1, and comes back over it.
        axle_m = float(rng.choice(crossing.vehicle.axle_m))
        stop_m = axle_m + rng.uniform(0.5, 1.5)
        back_s = max(rng.uniform(*_REVERSE_M), stop_m - axle_m + 0.8) / back_ms
        course = Course(-_AHEAD_M - speed_ms**2 / (2 * brake), speed_ms).stop_at(stop_m, brake)
        course.hold(rng.uniform(*_STAND_S)).change(-back_ms, 0.8).hold(back_s).change(0.0, 0.8)
        return course.hold(rng.uniform(*_STAND_S)).change(max(speed_ms, 2.0), rng.uniform(*_START_MS2)).motion()

    return _driven(scene, motion)


def _surge(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """Brakes hard into the strips and speeds up again on them, so that load swings from axle to axle."""

    def motion(crossing: Crossing, speed_ms: float) -> Motion:
        slower = speed_ms * (1 - rng.uniform(*_SURGE))
        # Half of the braking lies ahead of line 1, the rest and the speeding up on the strips.
        braking_m = (speed_ms**2 - slower**2) / (2 * (rate := rng.uniform(*_SURGE_MS2)))
        course = Course(-_AHEAD_M - braking_m, speed_ms).roll_to(-braking_m / 2).change(slower, rate)
        return course.hold(0.05).change(speed_ms, rng.uniform(*_SURGE_MS2)).motion()

    return _driven(scene, motion)


def _aside(scene: Scene, by_m: float, rng: np.random.Generator) -> Scene:
    """The scene with its first vehicle running to the left or right."""
    aside_m = by_m if rng.random() < 0.5 else -by_m
    return _each(scene, lambda crossing: replace(crossing, lateral_m=crossing.lateral_m + aside_m))


def _straddle(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """One side runs beside the strips; half of the units say that the next lane's strips fired."""
    if not scene.crossings:
        return scene
    beyond_m = fault.size if math.isfinite(fault.size) else rng.uniform(*_STRADDLE_M)
    vehicle = scene.crossings[0].vehicle
    by_m = HALF_LANE_M - vehicle.track_m / 2 + beyond_m
    return replace(_aside(scene, by_m, rng), neighbour=bool(rng.random() < 0.5))


def _edge(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """The tyres of one side run half beside the ends of the strips."""
    if not scene.crossings:
        return scene
    past = fault.size if math.isfinite(fault.size) else rng.uniform(*_EDGE)
    vehicle = scene.crossings[0].vehicle
    by_m = HALF_LANE_M - vehicle.track_m / 2 + (past - 0.5) * float(vehicle.tyres.width_m.max())
    return _aside(scene, by_m, rng)


def _s_path(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """Weaves over the strips: on each line the wheels are elsewhere."""
    high_m = fault.size if math.isfinite(fault.size) else rng.uniform(*_WEAVE_M)
    turn = 2 * np.pi * scene.bars.position_m / rng.uniform(*_WEAVE_EVERY_M) + rng.uniform(0, 2 * np.pi)
    path_m = (high_m * np.sin(turn))[:, None]
    return _each(scene, lambda crossing: replace(crossing, lateral_m=crossing.lateral_m + path_m))


def _tailgating(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """A second vehicle of the same kind comes along at the first one's bumper."""
    if not scene.crossings:
        return scene
    ahead = scene.crossings[0]
    gap_m = fault.size if math.isfinite(fault.size) else rng.uniform(*_BUMPERS_M)
    vehicle = replace(ahead.vehicle, number=ahead.vehicle.number + 1, plate=b"")
    behind_m = float(ahead.vehicle.axle_m[-1]) + ahead.vehicle.rear_m + vehicle.front_m + gap_m
    springs = ahead.suspension
    follower = replace(
        ahead,
        vehicle=vehicle,
        motion=ahead.motion.later(ahead.motion.arrival_s(behind_m)),
        # The same road under the same springs, met at another moment of their swing.
        response=ahead.response[:, ::-1],
        suspension=replace(springs, body_phase=springs.body_phase + 2.0, hop_phase=springs.hop_phase[::-1]),
    )
    return replace(scene, crossings=(ahead, follower), metals=(scene.metals[0], scene.metals[0]))


MANOEUVRES: Final[Mapping[str, SceneFault]] = {
    "stop_and_go": _stop_and_go,
    "reversing": _reversing,
    "surge": _surge,
    "straddle": _straddle,
    "edge": _edge,
    "s_path": _s_path,
    "tailgating": _tailgating,
}
