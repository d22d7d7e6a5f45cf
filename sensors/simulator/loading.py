"""What a vehicle carries on a trip: empty, partly or fully loaded, or far too much, down to each wheel."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sensors.simulator.classes import CLASSES, Kind
from sensors.simulator.fleet import Vehicles

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint8]


class Load(IntEnum):
    """How a vehicle is loaded, for the truth file."""

    EMPTY = 0
    PARTIAL = 1
    FULL = 2
    TOLERATED = 3  # above the limit, within the usual tolerance
    OVERLOAD = 4
    HUNDRED_TONNE = 5
    PERMITTED = 6
    PERMIT_EXCEEDED = 7
    EXEMPT = 8


#: Gross weight as a multiple of the full load, from and to. Full stays legal; an overload begins beyond the tolerance.
_RELATIVE = {Load.FULL: (0.88, 1.0), Load.TOLERATED: (1.005, 1.045)}
#: Gross weight as a multiple of what the permit allows.
_OF_PERMIT = {Load.PERMITTED: (0.85, 0.97), Load.PERMIT_EXCEEDED: (1.10, 1.25)}
#: Part of the payload that fits.
_OF_PAYLOAD = {Load.EMPTY: (0.0, 0.02), Load.PARTIAL: (0.1, 0.85), Load.EXEMPT: (0.0, 0.5)}

# Of the goods vehicles that are not overloaded.
_ORDINARY = {Load.EMPTY: 0.32, Load.PARTIAL: 0.35, Load.FULL: 0.30, Load.TOLERATED: 0.03}

# The tail of overloads: most a little, few a lot; the mean is an invented 0.17 of the limit beyond the first 7 %.
_OVERLOAD_FROM, _OVERLOAD_MEAN, _OVERLOAD_MOST = 1.07, 0.17, 1.95
#: Below this an overloaded truck stays, so that a 百噸王 is one by decision and not by a scale's error.
_NOT_A_HUNDRED_TONNE_KG = 92_000.0
_HUNDRED_TONNE_KG = (105_000.0, 128_000.0)

# Loads lie a little to one side, and roads have a crown.
_SIDE_SCATTER = 0.012
_AXLE_SIDE_SCATTER = 0.008


def choose(vehicles: Vehicles, overload_probability: Floats, rng: np.random.Generator) -> Codes:
    """How ordinary vehicles are loaded: goods vehicles by their probability of overloading, others in between."""
    draw = rng.random((2, len(vehicles)))
    kinds, shares = np.array(list(_ORDINARY), np.uint8), np.cumsum(list(_ORDINARY.values()))
    usual = kinds[np.searchsorted(shares, draw[0], side="right").clip(max=len(kinds) - 1)]
    load = np.where(draw[1] < overload_probability, np.uint8(Load.OVERLOAD), usual)
    return np.where(_carries_goods(vehicles), load, np.uint8(Load.PARTIAL)).astype(np.uint8)


def _carries_goods(vehicles: Vehicles) -> npt.NDArray[np.bool_]:
    goods = np.array([row.kind in (Kind.GOODS, Kind.SPECIAL) for row in CLASSES])
    return np.asarray(goods[vehicles["vehicle_class"]])


def gross_kg(vehicles: Vehicles, load: Codes, permit_kg: Floats, rng: np.random.Generator) -> Floats:
    """The gross weight of each vehicle so loaded; `permit_kg` is what the permit of a permitted one allows."""
    full = vehicles["full_kg"].astype(np.float64)
    tare = vehicles["tare_kg"].sum(axis=1, dtype=np.float64)
    draw = rng.random(len(vehicles))
    gross = _overloaded_kg(full, rng)
    for kind, (low, high) in _RELATIVE.items():
        gross = np.where(load == kind, full * _between(low, high, draw), gross)
    for kind, (low, high) in _OF_PERMIT.items():
        gross = np.where(load == kind, permit_kg * _between(low, high, draw), gross)
    for kind, (low, high) in _OF_PAYLOAD.items():
        gross = np.where(load == kind, tare + (full - tare) * _between(low, high, draw), gross)
    gross = np.where(load == Load.HUNDRED_TONNE, _between(*_HUNDRED_TONNE_KG, draw), gross)
    return np.asarray(np.maximum(gross, tare))


def _between(low: float, high: float, draw: Floats) -> Floats:
    return low + (high - low) * draw


def _overloaded_kg(full: Floats, rng: np.random.Generator) -> Floats:
    relative = _OVERLOAD_FROM + rng.exponential(_OVERLOAD_MEAN, len(full))
    return np.minimum(full * np.minimum(relative, _OVERLOAD_MOST), _NOT_A_HUNDRED_TONNE_KG)


def wheels_kg(
    vehicles: Vehicles, gross: Floats, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Static left and right wheel loads, shape (n, AXLES) each, in whole kg; their sum is `gross` but for rounding."""
    tare = vehicles["tare_kg"]
    payload = gross - tare.sum(axis=1)
    axles = tare + payload[:, None] * vehicles["payload_share"]
    side = 0.5 + _SIDE_SCATTER * rng.standard_normal((len(gross), 1))
    side = side + _AXLE_SIDE_SCATTER * rng.standard_normal(axles.shape)
    left = np.rint(axles * side)
    return left.astype(np.uint16), (np.rint(axles) - left).astype(np.uint16)
