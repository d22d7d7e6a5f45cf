"""Tyres on the road: how long the contact is, how the pressure runs along it, how wide they stand.

A tyre carries its load with its inflation pressure and some stiffness of its walls, so the length of the contact is

    length = load ÷ (pressure · width · share),

where `share` is what of the rectangle under it the tread really presses with. Loads, pressures and widths vary from one
wheel to the next; so do the profiles, for a worn, a soft and a hard tyre do not press alike.

====================  ====================================================================================
profile               pressure along the contact, z from −1 (rear edge) to 1 (front edge)
====================  ====================================================================================
RAISED_COSINE         1 + cos πz: a round, soft tyre
PARABOLIC             1 − z²: the textbook's
FLAT_WITH_EDGES       level with rising shoulders and steep ends: a hard or underinflated truck tyre
====================  ====================================================================================

Each is tilted by `skew`, for a rolling tyre presses harder in front: pressure · (1 + skew · z).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from wim.sites import STANDARD_GRAVITY_MS2

Floats = npt.NDArray[np.float64]

#: Tread width in m, from and to, by the frame's tyre codes 1 single, 2 dual, 3 wide single; inflation pressure in Pa.
#: A dual wheel is two tyres of which each carries half: its width is that of both treads.
_TRUCK_WIDTH_M = {1: (0.24, 0.30), 2: (0.40, 0.50), 3: (0.34, 0.40)}
_TRUCK_PRESSURE_PA = (600e3, 1_050e3)
_CAR_WIDTH_M, _CAR_PRESSURE_PA = (0.14, 0.20), (190e3, 300e3)
#: A wheel below this carries a car.
_CAR_WHEEL_KG = 1_100
#: What the grooves of the tread leave of the rectangle.
_SHARE = (0.72, 0.92)
#: No tyre stands on a knife's edge, nor lies flat on the road.
_SHORTEST_M, _LONGEST_M = 0.07, 0.36
_SKEW = 0.12


class Profile(IntEnum):
    """How the pressure runs along a contact."""

    RAISED_COSINE = 0
    PARABOLIC = 1
    FLAT_WITH_EDGES = 2


@dataclass(frozen=True)
class Tyres:
    """The wheels of a vehicle, each array of shape (axles, 2), left and right; `width_m` is that of all treads."""

    contact_m: Floats
    width_m: Floats
    profile: npt.NDArray[np.intp]
    skew: Floats


def shod(wheel_kg: Floats, codes: npt.NDArray[np.intp], rng: np.random.Generator) -> Tyres:
    """Tyres for static wheel loads, shape (axles, 2); `codes` 1 … 3 by axle, shape (axles,)."""
    shape = wheel_kg.shape
    small = wheel_kg.max(axis=1, keepdims=True) < _CAR_WHEEL_KG
    low, high = np.array([_TRUCK_WIDTH_M[int(code)] for code in codes]).T[:, :, None]
    width_m = np.where(small, rng.uniform(*_CAR_WIDTH_M), low + (high - low) * rng.random())
    usual_pa = np.where(small, rng.uniform(*_CAR_PRESSURE_PA), rng.uniform(*_TRUCK_PRESSURE_PA))
    pressure_pa = usual_pa * rng.uniform(0.88, 1.12, shape)
    contact_m = wheel_kg * STANDARD_GRAVITY_MS2 / (pressure_pa * width_m * rng.uniform(*_SHARE))
    return Tyres(
        np.clip(contact_m, _SHORTEST_M, _LONGEST_M),
        np.broadcast_to(width_m, shape),
        # The tyres of one axle are mostly of one make, those of a vehicle need not be.
        np.broadcast_to(rng.integers(0, len(Profile), (len(wheel_kg), 1)), shape),
        rng.uniform(-_SKEW, _SKEW, shape),
    )


def pressure(tyres: Tyres, along_m: Floats) -> Floats:
    """Pressure of each wheel along the road, shape (axles, 2, n) for places (n,) ahead of its centre; not scaled."""
    z = along_m / (tyres.contact_m[:, :, None] / 2)
    inside = np.abs(z) <= 1
    z = np.where(inside, z, 0.0)
    profile = tyres.profile[:, :, None]
    shape = np.where(profile == Profile.PARABOLIC, 1 - z * z, (1 + np.cos(np.pi * z)) / 2)
    shape = np.where(profile == Profile.FLAT_WITH_EDGES, _flat_with_edges(z), shape)
    return np.where(inside, shape * (1 + tyres.skew[:, :, None] * z), 0.0)


def _flat_with_edges(z: Floats) -> Floats:
    """Level in the middle, a fifth more at the shoulders, and down within the last tenth."""
    return np.asarray((1 + 0.25 * z * z) * np.clip((1 - np.abs(z)) / 0.1, 0, 1))
