"""What the lanes hand to the watch, as bytes: arrays in, rows of the store out, and back. Pure, no database.

======  ==========  ================================================================================================
TRUCK   screen      a truck as `wim.observations` sees it, and how it was counted: `excluded` as in `store.tally`
HOUR    screen      passages of a series in an hour, and how many of them had each validity flag
LOADS   measure     what each line weighed of a truck: 48 bytes a line, front six axles, left and right
KEPT    the watch   of each truck what a downgrade needs to take it out of the net figures: 12 bytes
======  ==========  ================================================================================================
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from rules.kernels.watched import HUNDRED_TONNE, OVER_BEYOND, OVER_NOMINAL, PLATE_READ, look_over
from rules.screen import Verdicts
from service.store import tally
from service.store.observed import LaneKey
from service.store.rates import SHARDS
from service.store.tally import CELL, Series, Tally
from service.store.watches import LineBatch, WatchedBatch
from wim.kernels.line_drift import MOST_AXLES
from wim.kernels.observe import UNFIT_FLAGS
from wim.observations import OBSERVATION, TRUCK_FROM_KG, of_passages
from wim.records import Flag, Passages
from wim.sites import Network

#: Validity flags that are counted.
FLAGS = len(Flag)

#: What a bit of `marks` adds to a cell.
_MARKS = {
    "over_nominal": OVER_NOMINAL,
    "over_beyond_tolerance": OVER_BEYOND,
    "hundred_tonne": HUNDRED_TONNE,
    "plates_read": PLATE_READ,
}

TRUCK = np.dtype([("series", "<u4"), ("band", "u1"), ("excluded", "u1"), ("marks", "u1"), ("seen", OBSERVATION)])
HOUR = np.dtype([("series", "<u4"), ("hour_s", "<i8"), ("passages", "<u4"), ("flags", "<u4", (FLAGS,))])
KEPT = np.dtype([("time_ns", "<i8"), ("axle_class", "u1"), ("band", "u1"), ("excluded", "u1"), ("marks", "u1")])

#: Cells that may take away: what a downgrade moves from one exclusion to another.
CHANGE = np.dtype([(name, "<i8" if name in tally.COUNTS else CELL[name]) for name in CELL.names or ()])

_LOADS_HEAD = [("time_ns", "<i8"), ("gross_kg", "<u4"), ("flags", "<u4"), ("calibration", "<u2"), ("axle_count", "u1")]

Rows = npt.NDArray[np.void]


def shard_of(site: str) -> int:
    """The part of the watch that a site belongs to: that of its counts (`store.rates`)."""
    return zlib.crc32(site.encode()) % SHARDS


def watched(
    passages: Passages,
    verdicts: Verdicts,
    counted: tuple[Tally, npt.NDArray[np.int32]],
    network: Network,
    truck_from_kg: int,
    now_s: int,
) -> list[WatchedBatch]:
    """What a batch of PASSAGE (n,) and VERDICT (n,) tells of registered lanes; `counted` is their tally.

    A unit can send any name, and what the watch keeps of a lane needs a bound: lanes that the registry lacks are left
    out.
    """
    totals, cell_of = counted
    shard = np.array([_shard(series, network) for series in totals.series], np.int64)
    hours, hour_of_cell = _hours(totals.cells)
    limits, marks = np.empty((len(passages), 2), np.int32), np.empty(len(passages), np.uint8)
    flags = np.zeros((len(hours), FLAGS), np.int64)
    look_over(verdicts, hour_of_cell[cell_of], limits, marks, flags)
    hours["flags"] = flags
    trucks = _trucks(passages, limits, marks, totals.cells, cell_of, truck_from_kg)
    return [
        _batch(number, shard == number, totals.series, trucks, hours, now_s)
        for number in np.unique(shard[shard >= 0]).tolist()
    ]


def _shard(series: Series, network: Network) -> int:
    return shard_of(series.site) if network.lane(series.site, series.lane) else -1


def _hours(cells: Rows) -> tuple[Rows, npt.NDArray[np.int64]]:
    """HOUR (h,) with the passages of CELL (c,), and the row of each cell, shape (c,)."""
    # Seconds need 37 bits until the year 6000.
    where = cells["series"].astype(np.int64) << 40 | cells["start_s"]
    keys, first, hour_of = np.unique(where, return_index=True, return_inverse=True)
    rows = np.zeros(len(keys), HOUR)
    rows["series"], rows["hour_s"] = cells["series"][first], cells["start_s"][first]
    rows["passages"] = np.bincount(hour_of, cells["passages"], len(keys))
    return rows, hour_of


def _trucks(
    passages: Passages,
    limits_kg: npt.NDArray[np.int32],
    marks: npt.NDArray[np.uint8],
    cells: Rows,
    cell_of: npt.NDArray[np.int32],
    truck_from_kg: int,
) -> Rows:
    seen, index = of_passages(passages, limits_kg, truck_from_kg)
    rows, cell = np.zeros(len(index), TRUCK), cell_of[index]
    for name in ("series", "band", "excluded"):
        rows[name] = cells[name][cell]
    rows["marks"], rows["seen"] = marks[index], seen
    return rows


def _batch(
    shard: int, wanted: npt.NDArray[np.bool_], series: Sequence[Series], trucks: Rows, hours: Rows, now_s: int
) -> WatchedBatch:
    number = np.cumsum(wanted) - 1
    parts = []
    for rows in (trucks, hours):
        own = rows[wanted[rows["series"]]]
        own["series"] = number[own["series"]]
        parts.append(own)
    named = tuple(series[index] for index in np.flatnonzero(wanted).tolist())
    text, _ = tally.encode(Tally(named, np.zeros(0, CELL)))
    return WatchedBatch(shard, len(parts[0]), now_s, text, parts[0].tobytes(), parts[1].tobytes())


def unpacked(batch: WatchedBatch) -> tuple[tuple[Series, ...], Rows, Rows]:
    """The series of a batch, and the TRUCK (n,) and HOUR (m,) that index them."""
    series = tally.decode(batch.series, b"").series
    return series, np.frombuffer(batch.rows, TRUCK), np.frombuffer(batch.hours, HOUR)


def observations(trucks: Rows) -> Rows:
    """OBSERVATION (n,) of TRUCK (n,)."""
    return np.ascontiguousarray(trucks["seen"]).astype(OBSERVATION)


def kept(trucks: Rows) -> Rows:
    """KEPT (n,) of TRUCK (n,)."""
    rows = np.zeros(len(trucks), KEPT)
    rows["time_ns"], rows["axle_class"] = trucks["seen"]["time_ns"], trucks["seen"]["axle_count"]
    for name in ("band", "excluded", "marks"):
        rows[name] = trucks[name]
    return rows


def cells_of(trucks: Rows, series: int, hour_s: int, excluded: int, sign: int) -> Rows:
    """CHANGE (n,) that adds (`sign` 1) or takes away (-1) KEPT (n,) under an exclusion."""
    cells = np.zeros(len(trucks), CHANGE)
    cells["series"], cells["start_s"], cells["excluded"] = series, hour_s, excluded
    for name in ("axle_class", "band"):
        cells[name] = trucks[name]
    cells["passages"] = cells["trucks"] = sign
    for name, bit in _MARKS.items():
        cells[name] = sign * (trucks["marks"] & bit != 0)
    return cells


def loads_dtype(lines: int) -> np.dtype[np.void]:
    """LOADS of a lane with so many lines."""
    return np.dtype([*_LOADS_HEAD, ("line_kg", "<f4", (MOST_AXLES, lines, 2))])


def fit(passages: Passages) -> npt.NDArray[np.bool_]:
    """Which of PASSAGE (n,) `wim.line_drift` looks at, shape (n,)."""
    found: npt.NDArray[np.bool_] = passages["gross_kg"] >= TRUCK_FROM_KG
    found &= passages["flags"] & UNFIT_FLAGS == 0
    return found


def loads(passages: Passages, line_kg: npt.NDArray[np.float32]) -> Rows:
    """LOADS of those of PASSAGE (n,) that fit; line_kg as `wim.measure.Meter` gives it, shape (n, axles, lines, 2)."""
    wanted = fit(passages)
    rows = np.zeros(int(np.count_nonzero(wanted)), loads_dtype(line_kg.shape[2]))
    for name, _ in _LOADS_HEAD:
        rows[name] = passages[name][wanted]
    rows["line_kg"] = line_kg[wanted, :MOST_AXLES]
    return rows


def line_batches(found: dict[tuple[LaneKey, int], list[bytes]], now_s: int) -> Iterator[LineBatch]:
    """Rows of the store of the LOADS of each lane, by its number of lines."""
    for (lane, lines), parts in found.items():
        yield LineBatch(shard_of(lane.site), *lane, lines, now_s, b"".join(parts))
