"""What a loop sees: the part of it that is under metal, rising while the bumper comes over it, and falling at the end.

A loop's field reaches beyond its wires, so the change begins before the bumper is there and is whole only once the
bumper is past. Chassis of trucks lie high and unevenly: they change the loop less, and not steadily.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.installation import Loop
from sensors.simulator.signals.motion import Motion
from sensors.simulator.signals.vehicle import Vehicle

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

#: Relative change of inductance in one count of a loop channel: 65 % over the converter's range.
CHANGE_PER_COUNT = 1e-5
#: How far the field reaches beyond the wires, before and behind.
REACH_M = 0.5
_CAR_KG = 4_000


@dataclass(frozen=True)
class Metal:
    """How a vehicle changes a loop: relative change when it covers it, and how unevenly along its length."""

    change: float
    uneven: float
    wave_m: float
    phase: float


def metal(vehicle: Vehicle, rng: np.random.Generator) -> Metal:
    """A car lies low and changes a loop by several per cent, a truck by one."""
    light = vehicle.wheel_kg.sum() < _CAR_KG
    change = rng.uniform(0.03, 0.08) if light else rng.uniform(0.006, 0.025)
    uneven = rng.uniform(0.0, 0.15) if light else rng.uniform(0.1, 0.45)
    return Metal(change, uneven, rng.uniform(1.5, 5.0), rng.uniform(0, 2 * np.pi))


def changes(
    loops: Sequence[Loop], shift_m: Floats, vehicle: Vehicle, motion: Motion, body: Metal, time_s: Floats
) -> Singles:
    """The change of each loop by one vehicle, shape (loops, samples); `shift_m` is how far off each loop truly lies."""
    # A tenth of a millimetre is enough here, and single precision twice as fast.
    place_m = motion.place_m(time_s).astype(np.float32)
    behind_m = vehicle.spacing_m.sum() + vehicle.rear_m
    change = np.empty((len(loops), len(time_s)), np.float32)
    for row, loop in enumerate(loops):
        centre_m, reach_m = loop.position_m + shift_m[row], loop.length_m / 2 + REACH_M
        under = _risen(place_m, centre_m - reach_m - vehicle.front_m, 2 * reach_m)
        under -= _risen(place_m, centre_m - reach_m + behind_m, 2 * reach_m)
        above = np.float32(2 * np.pi / body.wave_m) * place_m
        above += np.float32(body.phase - 2 * np.pi * centre_m / body.wave_m)
        uneven = np.sin(above, out=above)
        uneven *= np.float32(body.change * body.uneven)
        uneven += np.float32(body.change)
        np.multiply(under, uneven, out=change[row])
    return change


def _risen(place_m: Singles, from_m: float, over_m: float) -> Singles:
    """A smooth rise from 0 to 1 on the way from a place on."""
    part = (place_m - np.float32(from_m)) * np.float32(1 / over_m)
    np.clip(part, 0.0, 1.0, out=part)
    # part² (3 − 2 part)
    rise = np.float32(-2) * part
    rise += np.float32(3)
    rise *= part
    rise *= part
    return np.asarray(rise)
