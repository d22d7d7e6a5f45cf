"""The vehicles that exist, drawn once from the seed: a truck that comes again has its plate, axles and tare again.

Rows are ordered in sections: light vehicles, trucks and coaches of no note, repeat offenders, and the vehicles that a
registry names. A vehicle's row is also the number of its plate; one-off visitors take the numbers behind the fleet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensors.simulator import plates
from sensors.simulator.classes import (
    AXLES,
    CLASSES,
    CRANE,
    LOW_LOADER,
    SIX_AXLE,
    Kind,
    VehicleClass,
    of_pattern,
    tyre_code,
)
from sensors.simulator.registered import Listed, Registered
from sensors.simulator.scenario import Scenario

#: What a vehicle is, whoever weighs it and whatever it carries; arrays by axle are padded with 0.
VEHICLE = np.dtype(
    [
        ("vehicle_class", "u1"),
        ("plate", "S16"),
        ("colour", "u1"),
        ("axle_count", "u1"),
        ("tyres", "<u4"),
        ("full_kg", "<f4"),
        ("tare_kg", "<f4", AXLES),
        ("payload_share", "<f4", AXLES),
        ("spacing_mm", "<f4", AXLES - 1),
        ("wheelbase_mm", "<f4"),
        ("length_mm", "<f4"),
        ("width_mm", "<f4"),
        ("height_mm", "<f4"),
    ]
)

#: Structured arrays of `VEHICLE`, shape (n,).
Vehicles = npt.NDArray[np.void]
Rows = npt.NDArray[np.intp]

# Bounds of a spacing in mm, inside a group and between groups, for the first pair of axles and for the others. They
# keep clear, by more than a scale's error, of the distances at which anyone could group the axles otherwise.
_FIRST = {True: (1_600, 2_300), False: (2_500, 9_000)}
_OTHERS = {True: (1_150, 1_600), False: (2_450, 9_000)}

# Bodies, fuel and crew: two trucks of one model do not weigh the same empty, nor carry the same load in the same place.
_TARE_SCATTER = 0.06
_SHARE_SCATTER = 0.05


@dataclass(frozen=True)
class Fleet:
    """All vehicles, and the rows of each section; `six_axle` are those of `heavy` that can become a 百噸王."""

    vehicles: Vehicles
    light: Rows
    heavy: Rows
    repeat: Rows
    permit: Rows
    exempt: Rows
    watch: Rows
    six_axle: Rows

    def __len__(self) -> int:
        return len(self.vehicles)


def muster(scenario: Scenario, names: Registered) -> Fleet:
    """The fleet of a scenario with the vehicles that the registry names."""
    rng = np.random.default_rng([scenario.seed, 0])
    listed = [(vehicle, found) for vehicle in names.vehicles if (found := of_pattern(vehicle.pattern)) is not None]
    sections = {
        "light": _drawn(scenario.cars, (Kind.LIGHT,), 2, rng),
        "heavy": _drawn(scenario.trucks, (Kind.COACH, Kind.GOODS), 2, rng),
        "repeat": _offenders([found for _, found in listed], scenario.repeat_offenders, rng),
        "permit": np.full(len(names.permits), LOW_LOADER),
        "exempt": np.full(len(names.exempt), CRANE),
        "watch": np.full(len(names.watched), SIX_AXLE),
    }
    rows = _ranges(sections)
    vehicles = _built(np.concatenate(list(sections.values())), rng)
    _register(vehicles, rows, [vehicle for vehicle, _ in listed], names)
    six_axle = rows["heavy"][sections["heavy"] == SIX_AXLE]
    return Fleet(vehicles, **rows, six_axle=six_axle)


def _drawn(count: int, kinds: Sequence[Kind], fewest_axles: int, rng: np.random.Generator) -> Rows:
    fitting = [row.kind in kinds and row.axle_count >= fewest_axles for row in CLASSES]
    share = np.array([row.share for row in CLASSES]) * fitting
    return rng.choice(len(CLASSES), max(0, count), p=share / share.sum())


def _offenders(listed: Sequence[int], count: int, rng: np.random.Generator) -> Rows:
    """Classes of the habitual offenders: the registry's, then goods vehicles of three axles and more, where it pays."""
    more = _drawn(count - len(listed), (Kind.GOODS,), 3, rng)
    return np.concatenate([np.array(listed, np.intp), more])


def _ranges(sections: dict[str, Rows]) -> dict[str, Rows]:
    ends = np.cumsum([len(section) for section in sections.values()])
    return {
        name: np.arange(end - len(section), end) for (name, section), end in zip(sections.items(), ends, strict=True)
    }


def _built(vehicle_class: Rows, rng: np.random.Generator) -> Vehicles:
    vehicles = np.zeros(len(vehicle_class), VEHICLE)
    vehicles["vehicle_class"] = vehicle_class
    for index, row in enumerate(CLASSES):
        mine = np.flatnonzero(vehicle_class == index)
        vehicles[mine] = _of_class(row, vehicles[mine], rng)
    vehicles["wheelbase_mm"] = vehicles["spacing_mm"].sum(axis=1)
    vehicles["length_mm"] += vehicles["wheelbase_mm"]
    vehicles["plate"] = plates.invented(np.arange(len(vehicles)), vehicles["colour"])
    return vehicles


def _of_class(row: VehicleClass, vehicles: Vehicles, rng: np.random.Generator) -> Vehicles:
    """`vehicles` of one class with their scatter; the length is that beyond the wheelbase."""
    count, axles = len(vehicles), row.axle_count
    colours, shares = zip(*row.plate_colours, strict=True)
    vehicles["colour"] = rng.choice(colours, count, p=shares)
    vehicles["axle_count"] = axles
    vehicles["tyres"] = tyre_code(row.tyres)
    vehicles["full_kg"] = row.full_kg
    vehicles["tare_kg"][:, :axles] = row.tare_kg * (1 + _TARE_SCATTER * rng.standard_normal((count, 1)))
    vehicles["payload_share"][:, :axles] = _payload_shares(row, count, rng)
    vehicles["spacing_mm"][:, : axles - 1] = _spacings(row, count, rng)
    vehicles["length_mm"] = row.overhang_mm * rng.uniform(0.95, 1.05, count)
    vehicles["width_mm"] = rng.normal(*row.width_mm, count)
    vehicles["height_mm"] = rng.normal(*row.height_mm, count)
    return vehicles


def _payload_shares(row: VehicleClass, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    share = np.array(row.payload_share) * (1 + _SHARE_SCATTER * rng.standard_normal((count, row.axle_count)))
    return np.asarray(share / share.sum(axis=1, keepdims=True))


def _spacings(row: VehicleClass, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    mean, scatter = np.array(row.spacing_mm).T
    bounds = [(_OTHERS if index else _FIRST)[inside] for index, inside in enumerate(row.inside_group)]
    low, high = np.array(bounds).T
    return np.clip(rng.normal(mean, scatter, (count, len(mean))), low, high)


def _register(vehicles: Vehicles, rows: dict[str, Rows], listed: Sequence[Listed], names: Registered) -> None:
    offenders = rows["repeat"][: len(listed)]
    for row, vehicle in zip(offenders, listed, strict=True):
        vehicles["colour"][row] = vehicle.colour
        tare = vehicles["tare_kg"][row]
        vehicles["tare_kg"][row] = tare * ((vehicle.tare_kg or tare.sum()) / tare.sum())
    for some, written in (
        (offenders, [vehicle.plate for vehicle in listed]),
        (rows["permit"], [permit.plate for permit in names.permits]),
        (rows["exempt"], names.exempt),
        (rows["watch"], names.watched),
    ):
        vehicles["plate"][some] = [plate.encode() for plate in written]
