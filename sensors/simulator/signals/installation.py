"""A lane as it was really built: strips where they truly lie and as sensitive as they truly are, loops, electronics.

The registry's calibration corrects a strip; the simulated strip errs the other way, so that a calibrated site is right:

    felt = force ÷ gain · (1 + per_k (T − reference)) · factor(speed)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wim.frames import Side
from wim.lanes import Calibration
from wim.sites import Lane, Site

Floats = npt.NDArray[np.float64]

_SIDES = {"full": Side.FULL, "left": Side.LEFT, "right": Side.RIGHT}
#: Strips end before the edges of the lane; the two sides meet in its middle.
HALF_LANE_M = 1.75
#: An installation whose registry says nothing of it has an amplifier like this.
_USUAL_TAU_S = 5.0


@dataclass(frozen=True)
class Loop:
    """An inductive loop; its centre may lie ahead of line 1."""

    position_m: float
    length_m: float = 2.0


@dataclass(frozen=True)
class Installation:
    """One lane; arrays by strip in the order of its channels, shape (strips,).

    position_m is where the registry says that a strip is; left_m and right_m are its ends across the lane, from the
    lane's middle to the right; tau_s is the amplifiers' time constant; newton_per_count and rest_counts are the
    converter's.
    """

    site: Site
    lane: Lane
    line: npt.NDArray[np.intp]
    side: npt.NDArray[np.intp]
    position_m: Floats
    width_m: Floats
    left_m: Floats
    right_m: Floats
    tau_s: float
    newton_per_count: Floats
    rest_counts: Floats
    loops: tuple[Loop, ...]

    @property
    def middle_m(self) -> float:
        """The middle of the array of lines."""
        return float(self.position_m.min() + self.position_m.max()) / 2

    def sensitivity(self, time_ns: int, pavement_c: float) -> Floats:
        """Felt ÷ true force of each strip at rest in temperature and gain, by the calibration then in force."""
        calibration = self._calibration(time_ns)
        gain = np.array([calibration.gain.get(strip.key, 1.0) for strip in self.lane.strips])
        warmth = 1.0 if np.isnan(pavement_c) else 1 + calibration.per_k * (pavement_c - calibration.reference_c)
        return np.asarray(warmth / gain)

    def speed_factor(self, time_ns: int) -> Callable[[Floats], Floats]:
        """How much more the strips feel at speeds in km/h, shape (n,) both, by the calibration then in force."""
        table = self._calibration(time_ns).speed
        if not table:
            return np.ones_like
        speeds, factors = zip(*table, strict=True)
        return lambda speed_kmh: np.asarray(np.interp(speed_kmh, speeds, factors))

    def _calibration(self, time_ns: int) -> Calibration:
        return self.lane.calibration_at(time_ns) or Calibration(0, 0)


def install(site: Site, lane: Lane, loops: Sequence[Loop], rng: np.random.Generator) -> Installation:
    """The lane of a registry in the road, with a converter of its own."""
    strips = lane.strips
    side = np.array([_SIDES[strip.side] for strip in strips], np.intp)
    return Installation(
        site=site,
        lane=lane,
        line=np.array([strip.line for strip in strips], np.intp),
        side=side,
        position_m=np.array([strip.position_m for strip in strips]),
        width_m=np.array([strip.width_m for strip in strips]),
        left_m=np.where(side == Side.RIGHT, 0.0, -HALF_LANE_M),
        right_m=np.where(side == Side.LEFT, 0.0, HALF_LANE_M),
        tau_s=lane.tau_s or _USUAL_TAU_S,
        # A wheel of 10 t presses a strip with 50 kN at most, both with 100 kN: a converter for side strips has 1.8 N a
        # count, one for full strips twice that.
        newton_per_count=rng.uniform(1.8, 2.6) * rng.uniform(0.95, 1.05, len(strips)) * np.where(side, 1, 2),
        rest_counts=np.round(rng.uniform(-600, 600, len(strips))),
        loops=tuple(loops),
    )
