"""The vehicles of the road by kind, as `vehicles.toml` beside this file describes them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

#: Axles of the longest class; arrays of wheels are this wide until they become records.
AXLES = 9


class Kind(IntEnum):
    """What draws a vehicle to the road: its curve over the day and its way of being loaded."""

    LIGHT = 0
    COACH = 1
    GOODS = 2
    SPECIAL = 3  # runs only as a named vehicle: permits, cranes


@dataclass(frozen=True)
class VehicleClass:
    """One kind of vehicle; the fields are explained at the head of `vehicles.toml`.

    Sequences run front to rear: `tare_kg`, `payload_share` and `tyres` by axle, `spacing_mm` by pair of neighbours.
    A pair (mean, standard deviation) describes whatever scatters from one vehicle to the next.
    """

    name: str
    kind: Kind
    pattern: str
    share: float
    spacing_mm: tuple[tuple[float, float], ...]
    tare_kg: tuple[int, ...]
    payload_share: tuple[float, ...]
    full_kg: int
    speed_kmh: tuple[float, float]
    overhang_mm: int
    width_mm: tuple[float, float]
    height_mm: tuple[float, float]
    tyres: str
    plate_colours: tuple[tuple[int, float], ...]

    @property
    def axle_count(self) -> int:
        return len(self.tare_kg)

    @property
    def inside_group(self) -> tuple[bool, ...]:
        """Whether each spacing lies inside an axle group, in the order of `spacing_mm`."""
        sizes = [int(size) for size in self.pattern.split("-")]
        inside = [step for size in sizes for step in [*[True] * (size - 1), False]]
        return tuple(inside[:-1])


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _read() -> tuple[VehicleClass, ...]:
    document = tomllib.loads(Path(__file__).with_name("vehicles.toml").read_text("utf-8"))
    return tuple(
        VehicleClass(**{key: _frozen(value) for key, value in row.items()} | {"kind": Kind[row["kind"].upper()]})
        for row in document["class"]
    )


CLASSES: tuple[VehicleClass, ...] = _read()


def of_pattern(pattern: str) -> int | None:
    """The most frequent goods class of an axle pattern such as "1-2-3", or None where there is none."""
    fitting = [index for index, row in enumerate(CLASSES) if row.kind is Kind.GOODS and row.pattern == pattern]
    return max(fitting, key=lambda index: CLASSES[index].share, default=None)


def tyre_code(tyres: str) -> int:
    """The tyres of a class as a frame says them: two bits an axle, the first axle lowest."""
    return sum(int(code) << (2 * axle) for axle, code in enumerate(tyres))


def _named(name: str) -> int:
    return next(index for index, row in enumerate(CLASSES) if row.name == name)


#: The class that a 百噸王 is drawn from, and the ones that permits and exemptions drive.
SIX_AXLE = _named("six-axle articulated truck")
LOW_LOADER = _named("low loader")
CRANE = _named("mobile crane")
