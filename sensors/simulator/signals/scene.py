"""Everything that a frame depends on. The same scene gives the same bytes; a fault is a change of a scene."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.electronics import Noise
from sensors.simulator.signals.installation import Installation
from sensors.simulator.signals.loops import REACH_M, Metal
from sensors.simulator.signals.strips import Bars, Crossing

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """What of the time is captured: `lead_s` before the first tyre meets a strip or the first metal a loop, `trail_s`
    after the last tyre has left the last strip. A frame without a vehicle lasts both.
    """

    lead_s: float
    trail_s: float


@dataclass(frozen=True)
class Fault:
    """Something wrong with a frame or its driver, by the names of `faults`.

    strip: the registry's key of a strip ("1L"), empty where the fault chooses one or has none; size: how bad, in the
    unit of the fault, NaN for its usual one; since_ns: when it began, for those that grow; seed: what it draws from
    instead of the scene's seed, where it must be the same in one frame as in the next.
    """

    kind: str
    strip: str = ""
    size: float = math.nan
    since_ns: int = 0
    seed: tuple[int, ...] = ()

    def generator(self, scene_seed: tuple[int, ...]) -> np.random.Generator:
        """Where its chance comes from."""
        return np.random.default_rng([*(self.seed or scene_seed), zlib.crc32(self.kind.encode())])


@dataclass(frozen=True)
class Scene:
    """One frame before it is captured. Time 0 is when the first vehicle's first axle is on line 1, at `time_ns`.

    metals: each vehicle's effect on a loop; bars: the strips where they truly lie; loop_shift_m: how far the loops are
    off; loop_noise: RMS relative change; pavement_c: NaN where nobody measures it, `true_c` is what it is; seed: what
    noise and faults are drawn from; clock_off_ns: how far the unit's clock is ahead; neighbour: whether strips of
    another lane fired too; cut: whether the window is a part of what it should be.
    """

    installation: Installation
    crossings: tuple[Crossing, ...]
    metals: tuple[Metal, ...]
    time_ns: int
    rate_hz: int
    window: Window
    bars: Bars
    loop_shift_m: Floats
    noise: Noise
    loop_noise: float
    true_c: float
    pavement_c: float
    sequence: int
    run: int
    seed: tuple[int, ...]
    clock_locked: bool = True
    clock_off_ns: int = 0
    neighbour: bool = False
    cut: bool = False
    faults: tuple[Fault, ...] = ()

    @cached_property
    def window_s(self) -> tuple[float, float]:
        """From when to when the frame lasts; a loop begins it earlier than the first tyre would."""
        begin_s, end_s = self.on_strips_s
        metal_s = min(map(self._metal_s, self.crossings), default=begin_s)
        begin_s = begin_s if self.window.lead_s < 0 else min(begin_s, metal_s)
        return begin_s - self.window.lead_s, end_s + self.window.trail_s

    @cached_property
    def on_strips_s(self) -> tuple[float, float]:
        """From when to when any tyre touches a strip; 0 and 0 where there is none."""
        spans = [(crossing.motion, self._touched_m(crossing)) for crossing in self.crossings]
        begin_s = min((motion.arrival_s(first_m) for motion, (first_m, _) in spans), default=0.0)
        return begin_s, max((motion.departure_s(last_m) for motion, (_, last_m) in spans), default=0.0)

    def _touched_m(self, crossing: Crossing) -> tuple[float, float]:
        """Where the first axle is when the first tyre meets a strip and when the last has left the last one."""
        reach_m = crossing.vehicle.tyres.contact_m.max() / 2 + crossing.pavement.reach_m
        first_m = np.min(self.bars.position_m - self.bars.width_m / 2) - reach_m
        last_m = np.max(self.bars.position_m + self.bars.width_m / 2) + reach_m
        return float(first_m), float(last_m + crossing.vehicle.axle_m[-1])

    def _metal_s(self, crossing: Crossing) -> float:
        """When the front bumper first changes a loop."""
        edges_m = [loop.position_m - loop.length_m / 2 - REACH_M for loop in self.installation.loops]
        return min(
            (crossing.motion.arrival_s(edge_m - crossing.vehicle.front_m) for edge_m in edges_m), default=math.inf
        )
