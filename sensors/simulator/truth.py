"""What really happened at each site, one row a crossing, for whoever judges a result afterwards. Never in a record.

================  =====================================================================================
column            meaning
================  =====================================================================================
time_ns, site, lane
                  where and when; with run, part, origin_ns and sequence what identifies the record
sent              whether the unit recorded it: false while it had no power (sequence and origin are then 0)
trip              number of the journey; the same vehicle keeps it from site to site
plate, colour     the plate on the vehicle, whatever the camera made of it
reading           what it made: read, doubtful, misread, unread, covered, camera_dark
vehicle_class     e.g. "six-axle articulated truck"; `pattern` its axle groups, "1-2-3"
load              empty, partial, full, tolerated, overload, hundred_tonne, permitted, permit_exceeded, exempt
full_kg           what its driver calls a full load
gross_kg          static; left_kg and right_kg the static wheel loads front to rear, padded with 0
event             index of the planted event that sent it, −1 for none
================  =====================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from sensors.simulator.camera import Reading
from sensors.simulator.classes import AXLES, CLASSES
from sensors.simulator.fleet import Vehicles
from sensors.simulator.loading import Load
from sensors.simulator.road import Trips
from wim.records import Passages

TRUTH = np.dtype(
    [
        ("time_ns", "<i8"),
        ("site", "S16"),
        ("lane", "u1"),
        ("run", "u1"),
        ("part", "u1"),
        ("sequence", "<u4"),
        ("origin_ns", "<i8"),
        ("sent", "?"),
        ("trip", "<i8"),
        ("plate", "S16"),
        ("colour", "u1"),
        ("reading", "u1"),
        ("vehicle_class", "u1"),
        ("load", "u1"),
        ("full_kg", "<u4"),
        ("gross_kg", "<u4"),
        ("event", "<i4"),
        ("left_kg", "<u2", AXLES),
        ("right_kg", "<u2", AXLES),
    ]
)

#: Structured arrays of `TRUTH`, shape (n,).
Truth = npt.NDArray[np.void]

_READINGS = np.array([reading.name.lower() for reading in Reading])
_LOADS = np.array([load.name.lower() for load in Load])
_CLASS_NAMES = np.array([row.name for row in CLASSES])
_PATTERNS = np.array([row.pattern for row in CLASSES])


def truth_of(
    records: Passages, sent: npt.NDArray[np.bool_], trips: Trips, vehicles: Vehicles, reading: npt.NDArray[np.uint8]
) -> Truth:
    """The truth of crossings, shape (n,); `records` hold what identifies them, all others what really was."""
    truth = np.zeros(len(records), TRUTH)
    for field in ("time_ns", "site", "lane", "run", "part", "sequence", "origin_ns"):
        truth[field] = records[field]
    for field in ("trip", "plate", "load", "event", "left_kg", "right_kg"):
        truth[field] = trips[field]
    for field in ("colour", "vehicle_class", "full_kg"):
        truth[field] = vehicles[field]
    truth["sent"], truth["reading"] = sent, reading
    truth["gross_kg"] = (trips["left_kg"].astype(np.uint32) + trips["right_kg"]).sum(axis=1)
    return truth


def to_arrow(truth: Truth) -> pa.RecordBatch:
    """The rows with their codes spelt out."""
    columns: dict[str, Any] = {name: truth[name] for name in TRUTH.names or ()}
    for name in ("site", "plate"):
        columns[name] = np.char.decode(truth[name], "utf-8")
    for name in ("left_kg", "right_kg"):
        columns[name] = pa.FixedSizeListArray.from_arrays(truth[name].ravel(), AXLES)
    columns["reading"] = _READINGS[truth["reading"]]
    columns["load"] = _LOADS[truth["load"]]
    columns["vehicle_class"] = _CLASS_NAMES[truth["vehicle_class"]]
    columns["pattern"] = _PATTERNS[truth["vehicle_class"]]
    return pa.RecordBatch.from_pydict({name: pa.array(value) for name, value in columns.items()})


class TruthFile:
    """Writes rows to a file as they come: Parquet, or JSON lines where the name ends in .jsonl. A context manager."""

    def __init__(self, path: Path) -> None:
        self._lines: TextIO | None = None
        self._parquet: pq.ParquetWriter | None = None
        if path.suffix == ".jsonl":
            self._lines = path.open("w", encoding="utf-8")
        else:
            self._parquet = pq.ParquetWriter(path, to_arrow(np.zeros(0, TRUTH)).schema)

    def write(self, truth: Truth) -> None:
        """Append rows."""
        batch = to_arrow(truth)
        if self._parquet:
            self._parquet.write_batch(batch)
        if self._lines:
            self._lines.writelines(_lines(batch.to_pylist()))

    def __enter__(self) -> TruthFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._parquet, self._lines):
            if file:
                file.close()


def _lines(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    return (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
