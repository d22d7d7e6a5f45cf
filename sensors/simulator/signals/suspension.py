"""What the springs do to a wheel's load: it rocks with the body, hops with the axle, rolls, and shifts in braking.

load(t) = static · (1 + √2 · body · sin(2π f t + φ) + √2 · hop · sin(…) ± √2 · roll · sin(…)) + shift · acceleration

Body and roll belong to a unit (a tractor or a trailer) and are the same for all its axles at one time; hop belongs to
an axle. The shift moves load from the rear axles to the front ones in braking and back in accelerating: it lets axles
read wrong and leaves the gross weight alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wim.sites import STANDARD_GRAVITY_MS2

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_BODY_HZ, _HOP_HZ, _ROLL_HZ = (1.5, 4.0), (8.0, 15.0), (0.5, 1.2)
#: Height of the centre of gravity above the road.
_GRAVITY_CENTRE_M = 1.4
#: Axles closer than this share their load by equalisers or air, so braking does not shift load between them.
_GROUP_M = 2.0


@dataclass(frozen=True)
class Roughness:
    """How much the road makes a vehicle move: RMS as a part of the static load."""

    body: float = 0.07
    hop: float = 0.035
    roll: float = 0.0


@dataclass(frozen=True)
class Suspension:
    """The motion of one vehicle on one stretch; all by axle, shape (axles,), and shared where the unit is.

    shift: kg of load gained by an axle for each m/s² of acceleration.
    """

    body: Floats
    body_hz: Floats
    body_phase: Floats
    hop: Floats
    hop_hz: Floats
    hop_phase: Floats
    roll: Floats
    roll_hz: Floats
    roll_phase: Floats
    shift: Floats

    def relative(self, axle: Index, side: Index, time_s: Floats) -> Floats:
        """Load ÷ static load of wheels at times, without the shift; all shape (n,); `side` 0 left, 1 right."""
        turn = 2 * np.pi * time_s
        load = 1 + self.body[axle] * _sine(turn * self.body_hz[axle] + self.body_phase[axle])
        load += self.hop[axle] * _sine(turn * self.hop_hz[axle] + self.hop_phase[axle])
        if self.roll.any():
            load += (1 - 2 * side) * self.roll[axle] * _sine(turn * self.roll_hz[axle] + self.roll_phase[axle])
        return np.asarray(np.maximum(load, 0.0))


def _sine(turn: Floats) -> npt.NDArray[np.float32]:
    """In single precision, which is right to a ten-thousandth after minutes and takes a tenth of the time."""
    return np.sin(turn.astype(np.float32))


def sprung(axle_kg: Floats, axle_m: Floats, unit: Index, roughness: Roughness, rng: np.random.Generator) -> Suspension:
    """A suspension in motion; `axle_m` places the axles behind the first, `unit` numbers each one's unit from 0."""
    units, axles = int(unit.max()) + 1, len(unit)
    body_hz, roll_hz = rng.uniform(*_BODY_HZ, units), rng.uniform(*_ROLL_HZ, units)
    body_phase, roll_phase = rng.uniform(0, 2 * np.pi, (2, units))
    root2 = np.sqrt(2.0)
    return Suspension(
        body=np.full(axles, roughness.body * root2),
        body_hz=body_hz[unit],
        body_phase=body_phase[unit],
        hop=np.full(axles, roughness.hop * root2),
        hop_hz=rng.uniform(*_HOP_HZ, axles),
        hop_phase=rng.uniform(0, 2 * np.pi, axles),
        roll=np.full(axles, roughness.roll * root2),
        roll_hz=roll_hz[unit],
        roll_phase=roll_phase[unit],
        shift=_shift(axle_kg, axle_m),
    )


def _shift(axle_kg: Floats, axle_m: Floats) -> Floats:
    """The moment of inertia's force about the road, taken up by the axle groups in proportion to load and lever."""
    group = np.cumsum(np.diff(axle_m, prepend=axle_m[:1]) > _GROUP_M)
    group_kg = np.bincount(group, axle_kg)
    place_m = (np.bincount(group, axle_kg * axle_m) / group_kg)[group]
    lever_m = place_m - np.average(place_m, weights=axle_kg)
    inertia = float(np.sum(axle_kg * lever_m**2))
    if inertia == 0:
        return np.zeros(len(axle_kg))
    return np.asarray(axle_kg.sum() * _GRAVITY_CENTRE_M / STANDARD_GRAVITY_MS2 * axle_kg * lever_m / inertia)
