"""A vehicle as the strips and loops meet it: wheels with their static loads, tyres, units, overhangs, metal."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.tyres import Tyres, shod

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

#: Bumper to first axle.
_FRONT_M = (0.8, 1.5)
#: From the middle of one side's tread to that of the other.
_CAR_TRACK_M, _TRUCK_TRACK_M = (1.45, 1.62), (1.80, 2.05)
_CAR_KG = 4_000


@dataclass(frozen=True)
class Seen:
    """What camera and laser make of a vehicle, as a frame's head says it; the defaults are all unknown."""

    plate: bytes = b""
    colour: int = 255
    confidence: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    tyres: int = 0


@dataclass(frozen=True)
class Vehicle:
    """One vehicle, front to rear.

    wheel_kg: static load of each wheel, shape (axles, 2), left and right; spacing_m: shape (axles − 1,); unit: number
    of the tractor or trailer that each axle belongs to, from 0, shape (axles,); rear_m: overhang behind the last axle.
    """

    number: int
    name: str
    plate: bytes
    wheel_kg: Floats
    spacing_m: Floats
    unit: Index
    tyres: Tyres
    track_m: float
    front_m: float
    rear_m: float
    seen: Seen = field(default_factory=Seen)

    @property
    def axle_m(self) -> Floats:
        """How far each axle is behind the first one, shape (axles,)."""
        return np.append(0.0, np.cumsum(self.spacing_m))

    @property
    def length_m(self) -> float:
        """From bumper to bumper."""
        return float(self.front_m + self.spacing_m.sum() + self.rear_m)


def assemble(
    name: str,
    wheel_kg: Floats,
    spacing_m: Floats,
    unit: Index,
    rng: np.random.Generator,
    *,
    number: int = 0,
    plate: bytes = b"",
    front_m: float | None = None,
    rear_m: float = 1.5,
    tyres: int | None = None,
    seen: Seen | None = None,
) -> Vehicle:
    """A vehicle of given wheel loads on drawn tyres; by default those that are seen, and an overhang as they come.

    `tyres` are two bits an axle as in a frame; where they are unknown, single in front and dual behind.
    """
    seen = seen or Seen()
    code = seen.tyres if tyres is None else tyres
    codes = np.array([(code >> (2 * axle)) & 3 or (1 if axle == 0 else 2) for axle in range(len(wheel_kg))])
    track = _CAR_TRACK_M if wheel_kg.sum() < _CAR_KG else _TRUCK_TRACK_M
    return Vehicle(
        number=number,
        name=name,
        plate=plate,
        wheel_kg=wheel_kg,
        spacing_m=spacing_m,
        unit=unit,
        tyres=shod(wheel_kg, codes, rng),
        track_m=rng.uniform(*track),
        front_m=rng.uniform(*_FRONT_M) if front_m is None else front_m,
        rear_m=rear_m,
        seen=seen,
    )


def sides(axle_kg: Floats, rng: np.random.Generator) -> Floats:
    """Wheel loads, shape (axles, 2): a load lies off the middle by a few per cent, an axle of it by one more."""
    left = rng.normal(0.5, 0.025) + rng.normal(0, 0.012, len(axle_kg))
    return np.asarray(axle_kg[:, None] * np.clip(np.stack([left, 1 - left], axis=1), 0.36, 0.64))


def units_of(pattern: str) -> Index:
    """The unit of each axle of a pattern such as "1-2-3": the first two groups are the tractor, or the whole rigid.

    A third group and those behind it are one trailer, so a road train's drawbar is not told apart from its body.
    """
    sizes = [int(size) for size in pattern.split("-")]
    return np.repeat([min(1, max(0, group - 1)) for group in range(len(sizes))], sizes)
