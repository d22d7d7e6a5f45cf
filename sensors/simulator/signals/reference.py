"""The traffic by which accuracy is measured: named recipes, and frames made by them with their truth.

    for message, truth in reference_frames("4x1.5", 80, 3_000, seed=1):
        ...

The usual recipe is that of law and measurement §4.6: six-axle 1-2-3 trucks of 49 t whose bodies rock by 7 % and whose
axles hop by 3.5 % (RMS), strips that err by 1.5 % an axle and line and by 1 % a line, distances that are off by 0.4 %.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sensors.simulator.classes import CLASSES, Kind, VehicleClass, tyre_code
from sensors.simulator.plates import NUMBERS, invented
from sensors.simulator.signals.capture import Captured, capture
from sensors.simulator.signals.driving import behind_s, lateral, window
from sensors.simulator.signals.installation import Installation, install
from sensors.simulator.signals.layouts import LAYOUTS, reference_network
from sensors.simulator.signals.loops import metal
from sensors.simulator.signals.motion import Motion, cruise
from sensors.simulator.signals.scene import Scene
from sensors.simulator.signals.strips import Crossing
from sensors.simulator.signals.surroundings import Errors, bars, noise, pavement, response
from sensors.simulator.signals.suspension import Roughness, sprung
from sensors.simulator.signals.vehicle import Seen, Vehicle, assemble, sides, units_of
from wim.sites import Network

Floats = npt.NDArray[np.float64]

#: 2026-06-01T08:00:00+08:00, under the certificates and calibrations of `layouts`; then a frame every ten seconds.
START_NS: Final = 1_780_272_000 * 10**9
_EVERY_NS = 10 * 10**9

#: The reference truck: 49 t on 1-2-3, spacings of measured traffic (`vehicles.toml`).
_TRUCK_KG = np.array([7_000.0, 9_000.0, 9_000.0, 8_000.0, 8_000.0, 8_000.0])
_TRUCK_M = np.array([3.70, 1.30, 6.86, 1.28, 1.28])
_TRUCK_M_SCATTER = np.array([0.15, 0.035, 0.30, 0.035, 0.035])
#: What a goods vehicle's plate is coloured.
_YELLOW = np.array([1], np.uint8)
_PAVEMENT_C = (-10.0, 60.0)


@dataclass(frozen=True)
class Recipe:
    """What reference frames are made of.

    traffic: "1-2-3" (the reference truck) or "mixed" (2 to 9 axles, tandems, tridems, cars); speed_kmh: from and to;
    acceleration_ms2: from and to, of either sign; pairs, empty: shares of frames with two vehicles and with none;
    gap_s: from the last axle of the first to the first of the second; rates_hz: one is drawn for each frame;
    tau_s: the amplifiers' time constant, `told` whether the registry knows it.
    """

    layout: str = "2x4.0"
    speed_kmh: tuple[float, float] = (80.0, 80.0)
    traffic: str = "1-2-3"
    acceleration_ms2: tuple[float, float] = (0.0, 0.0)
    pairs: float = 0.0
    empty: float = 0.0
    gap_s: tuple[float, float] = (0.5, 1.5)
    rates_hz: tuple[int, ...] = (5_000, 6_400, 8_000, 10_000)
    roughness: Roughness = field(default_factory=Roughness)
    errors: Errors = field(default_factory=Errors)
    tau_s: float = 5.0
    told: bool = True


def reference_frames(
    layout: str, speed_kmh: float | tuple[float, float], count: int, seed: int, **changes: Any
) -> Iterator[Captured]:
    """`count` frames with their truth on the lane of a layout, at one speed or within a range of them.

    `changes` are fields of `Recipe`. The same arguments give the same bytes. The site is `reference_site(layout)`.

    Raises:
        KeyError: there is no such layout.
    """
    speed = speed_kmh if isinstance(speed_kmh, tuple) else (speed_kmh, speed_kmh)
    for index, scene in enumerate(scenes(Recipe(layout, speed, **changes), count, seed)):
        yield capture(scene, index)


def scenes(recipe: Recipe, count: int, seed: int) -> Iterator[Scene]:
    """The same before they are captured, for whoever wants to break one first."""
    installation = installed(recipe)
    for index in range(count):
        yield _scene(recipe, installation, index, (seed, index))


@cache
def _network_of(tau_s: float | None) -> Network:
    return reference_network(tau_s)


def installed(recipe: Recipe) -> Installation:
    """The lane that a recipe is measured on, as it lies in the road."""
    layout = LAYOUTS[recipe.layout]
    site = _network_of(recipe.tau_s if recipe.told else None).sites[layout.site]
    built = install(site, site.lanes[1], layout.loops, np.random.default_rng(7))
    return replace(built, tau_s=recipe.tau_s)


def _scene(recipe: Recipe, installation: Installation, index: int, seed: tuple[int, ...]) -> Scene:
    rng = np.random.default_rng([*seed, 0])
    time_ns = START_NS + index * _EVERY_NS + int(rng.integers(0, _EVERY_NS // 10))
    true_c = rng.uniform(*_PAVEMENT_C)
    strips, scale = bars(installation, recipe.errors, rng)
    vehicles, motions = _traffic(recipe, installation, index, rng)
    felt = installation.sensitivity(time_ns, true_c)
    ground = pavement(rng)
    return Scene(
        installation=installation,
        crossings=tuple(
            Crossing(
                vehicle=vehicle,
                motion=motion,
                suspension=sprung(vehicle.wheel_kg.sum(axis=1), vehicle.axle_m, vehicle.unit, recipe.roughness, rng),
                pavement=ground,
                lateral_m=lateral(len(installation.line), len(vehicle.unit), rng),
                response=felt[:, None] * response(installation, len(vehicle.unit), recipe.errors, rng),
            )
            for vehicle, motion in zip(vehicles, motions, strict=True)
        ),
        metals=tuple(metal(vehicle, rng) for vehicle in vehicles),
        time_ns=time_ns,
        rate_hz=int(rng.choice(recipe.rates_hz)),
        window=window(bool(vehicles), rng),
        bars=strips,
        loop_shift_m=np.array([loop.position_m * (scale - 1) for loop in installation.loops]),
        noise=noise(installation, rng),
        loop_noise=rng.uniform(2e-5, 2e-4),
        true_c=true_c,
        pavement_c=true_c,
        sequence=index + 1,
        run=1,
        seed=(*seed, 1),
    )


def _traffic(
    recipe: Recipe, installation: Installation, index: int, rng: np.random.Generator
) -> tuple[list[Vehicle], list[Motion]]:
    """The vehicles of one frame and how they move, with the first one's first axle on line 1 at time 0."""
    draw = rng.random()
    count = 0 if draw < recipe.empty else 2 if draw < recipe.empty + recipe.pairs else 1
    vehicles = [_vehicle(recipe.traffic, 2 * index + part, rng) for part in range(count)]
    motions: list[Motion] = []
    for place, vehicle in enumerate(vehicles):
        sign = 1 if rng.random() < 0.5 else -1
        speed_kmh = rng.uniform(*recipe.speed_kmh)
        if motions:
            speed_kmh = motions[0].phases[0].speed_ms * 3.6 * rng.uniform(0.97, 1.03)
        motion = cruise(speed_kmh, installation.middle_m, sign * rng.uniform(*recipe.acceleration_ms2))
        if motions:
            motion = motion.later(behind_s(motions[-1], vehicles[place - 1], vehicle, rng.uniform(*recipe.gap_s)))
        motions.append(motion)
    return vehicles, motions


def _vehicle(traffic: str, number: int, rng: np.random.Generator) -> Vehicle:
    if traffic == "1-2-3":
        axle_kg = _TRUCK_KG * rng.normal(1, 0.03, len(_TRUCK_KG))
        spacing_m = _TRUCK_M + _TRUCK_M_SCATTER * np.clip(rng.standard_normal(len(_TRUCK_M)), -2, 2)
        return _assembled(
            "reference truck", axle_kg * (49_000 / axle_kg.sum()), spacing_m, traffic, tyre_code("122222"), number, rng
        )
    row = CLASSES[rng.choice(len(CLASSES), p=_MIX)]
    return _of_class(row, number, rng)


def _of_class(row: VehicleClass, number: int, rng: np.random.Generator) -> Vehicle:
    """A vehicle of a class between empty and a third too heavy."""
    tare_kg, share = np.array(row.tare_kg, np.float64), np.array(row.payload_share)
    payload_kg = (row.full_kg - tare_kg.sum()) * rng.uniform(0, 1.33 if row.kind is Kind.GOODS else 1.0)
    mean_mm, scatter_mm = np.array(row.spacing_mm).T
    spacing_m = (mean_mm + scatter_mm * np.clip(rng.standard_normal(len(mean_mm)), -2, 2)) / 1_000
    axle_kg = (tare_kg + payload_kg * share) * rng.normal(1, 0.03, len(tare_kg))
    return _assembled(row.name, axle_kg, spacing_m, row.pattern, tyre_code(row.tyres), number, rng)


def _assembled(
    name: str, axle_kg: Floats, spacing_m: Floats, pattern: str, tyres: int, number: int, rng: np.random.Generator
) -> Vehicle:
    """A vehicle with its plate; the camera reads it and the laser measures a length that is right to 3 cm."""
    plate = invented(np.array([number % NUMBERS]), _YELLOW)[0]
    rear_m = rng.uniform(0.8, 2.5)
    length_mm = 1_000 * (spacing_m.sum() + rear_m + 1.2) + 30 * rng.standard_normal()
    seen = Seen(plate, int(_YELLOW[0]), int(rng.integers(85, 100)), round(length_mm), 2_500, 3_600, tyres)
    return assemble(
        name,
        sides(axle_kg, rng),
        spacing_m,
        units_of(pattern),
        rng,
        number=number,
        plate=plate,
        rear_m=rear_m,
        seen=seen,
    )


#: The mixed traffic: every class of the road equally often, so that rare axle patterns are met too.
_MIX = np.full(len(CLASSES), 1 / len(CLASSES))
