"""What really happened in each frame, one JSON object a line, for whoever judges an estimate. Never in a frame.

==================  =====================================================================================
key                 meaning
==================  =====================================================================================
frame               0-based index in its file
site, lane, run, sequence, start_ns, rate_hz
                    as in the frame's head
pavement_c          as it was, whatever the head says
faults              names of what was wrong with the frame or its driver
vehicles            in the order in which they came; each has
… vehicle           its number, and `kind`: what it is
… time_ns           when its first axle's centre was over the centre of line 1
… speed_kmh, acceleration_ms2
                    of its first axle at the middle of the array of lines, where it first came by
… left_kg, right_kg, gross_kg
                    static loads front to rear, and their sum
… spacing_mm        from axle to axle
… length_mm, lateral_mm, plate
                    bumper to bumper, right of the lane's middle, and the plate on it
==================  =====================================================================================
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class VehicleTruth:
    """One vehicle of a frame."""

    vehicle: int
    kind: str
    time_ns: int
    speed_kmh: float
    acceleration_ms2: float
    gross_kg: float
    left_kg: tuple[float, ...]
    right_kg: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    length_mm: float
    lateral_mm: float
    plate: str


@dataclass(frozen=True)
class FrameTruth:
    """One frame."""

    frame: int
    site: str
    lane: int
    run: int
    sequence: int
    start_ns: int
    rate_hz: int
    pavement_c: float
    faults: tuple[str, ...]
    vehicles: tuple[VehicleTruth, ...]

    def at(self, frame: int) -> FrameTruth:
        """The same at another place in a file."""
        return replace(self, frame=frame)

    def line(self) -> str:
        """Its line of a truth file."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"


def from_line(line: str) -> FrameTruth:
    """The truth of a line that `FrameTruth.line` wrote."""
    row: dict[str, Any] = json.loads(line)
    vehicles = tuple(VehicleTruth(**_tuples(vehicle)) for vehicle in row.pop("vehicles"))
    return FrameTruth(**_tuples(row), vehicles=vehicles)


def _tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
