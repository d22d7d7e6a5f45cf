"""How drivers come over the strips: beside the lane's middle, behind each other, and how much of it a unit keeps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.motion import Motion
from sensors.simulator.signals.scene import Window
from sensors.simulator.signals.vehicle import Vehicle

Floats = npt.NDArray[np.float64]

#: How far from the lane's middle a driver keeps.
_LATERAL_M, _MOST_LATERAL_M = 0.12, 0.3
#: Bumper to bumper at least; what one catches up with the other on the strips is less.
_CLEAR_M = 2.5


def window(occupied: bool, rng: np.random.Generator) -> Window:
    """A unit keeps a little more than the 50 ms that it must; without a vehicle it gives up after a while."""
    lead_s, trail_s = rng.uniform(0.06, 0.25, 2)
    return Window(lead_s, trail_s if occupied else rng.uniform(0.3, 2.0))


def lateral(strips: int, axles: int, rng: np.random.Generator) -> Floats:
    """How far right of the middle each axle meets each strip, shape (strips, axles).

    A driver keeps to his line; trailers run a little beside it.
    """
    middle = np.clip(_LATERAL_M * rng.standard_normal(), -_MOST_LATERAL_M, _MOST_LATERAL_M)
    return np.tile(middle + rng.normal(0, 0.02, axles), (strips, 1))


def behind_s(ahead: Motion, leader: Vehicle, follower: Vehicle, gap_s: float) -> float:
    """When a follower's first axle is on line 1: `gap_s` behind the last one ahead, and not under that bumper."""
    last_m = float(leader.axle_m[-1])
    clear_m = last_m + leader.rear_m + follower.front_m + _CLEAR_M
    return max(ahead.arrival_s(last_m) + gap_s, ahead.arrival_s(clear_m))
