"""Counts verdicts into cells: per series (site, lane, direction, rule set), hour, axle count, band and exclusion."""

import numpy as np
import numpy.typing as npt

from wim.kernels.hashing import mixed, slot_of
from wim.kernels.jit import Record, kernel
from wim.kernels.validity import AXLE_COUNT, AXLE_IMPLAUSIBLE, COUNT, NO_PLATE, REJECT, TO_COUNT

HOUR_NS = 3_600 * 10**9
HOUR_S = 3_600


@kernel
def tally(
    passages: npt.NDArray[np.void],
    verdicts: npt.NDArray[np.void],
    series_slots: npt.NDArray[np.int32],
    series_first: npt.NDArray[np.int32],
    cell_slots: npt.NDArray[np.int32],
    cells: npt.NDArray[np.void],
    counted: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Count PASSAGE_WORDS (n,) and VERDICT (n,) into `cells`.

    series_first (n,): a passage of each series; cells (n,): zeroed, the fields of the store's cell.
    counted (n,): the cell in which each passage was counted.
    series_slots, cell_slots (a power of two >= 2 n,): all -1.
    Returns how many series and how many cells there are.
    """
    series_count = 0
    cell_count = 0
    for index in range(passages.shape[0]):
        series = find_series(passages, verdicts, index, series_slots, series_first, series_count)
        if series == series_count:
            series_count += 1
        cell = find_cell(passages[index], verdicts[index], series, cell_slots, cells, cell_count)
        if cell == cell_count:
            cell_count += 1
        count(passages[index], verdicts[index], cells[cell])
        counted[index] = cell
    return series_count, cell_count


@kernel
def find_series(
    passages: npt.NDArray[np.void],
    verdicts: npt.NDArray[np.void],
    index: int,
    slots: npt.NDArray[np.int32],
    first: npt.NDArray[np.int32],
    known: int,
) -> int:
    """The series of a passage; `known` is the next free number, which a new one takes."""
    passage = passages[index]
    rule_set = np.int64(verdicts[index].rule_set)
    tail = (np.uint64(passage.lane) << np.uint64(16)) | (np.uint64(passage.direction) << np.uint64(8))
    tail |= np.uint64(rule_set + 1)
    slot = slot_of(mixed(passage.site[0], passage.site[1]), tail, slots.shape[0])
    while slots[slot] >= 0:
        series = slots[slot]
        other = passages[first[series]]
        if (
            other.site[0] == passage.site[0]
            and other.site[1] == passage.site[1]
            and other.lane == passage.lane
            and other.direction == passage.direction
            and verdicts[first[series]].rule_set == rule_set
        ):
            return series
        slot = (slot + 1) & (slots.shape[0] - 1)
    slots[slot] = known
    first[known] = index
    return known


@kernel
def find_cell(
    passage: Record, verdict: Record, series: int, slots: npt.NDArray[np.int32], cells: npt.NDArray[np.void], known: int
) -> int:
    """The cell of a passage; `known` is the next free number, which a new one takes."""
    start_s = passage.time_ns // HOUR_NS * HOUR_S
    excluded = excluded_by(passage, verdict)
    kind = (np.uint64(passage.axle_count) << np.uint64(16)) | (np.uint64(verdict.band) << np.uint64(8))
    kind |= np.uint64(excluded) | (np.uint64(series) << np.uint64(24))
    slot = slot_of(np.uint64(start_s), kind, slots.shape[0])
    while slots[slot] >= 0:
        cell = cells[slots[slot]]
        if (
            cell.series == series
            and cell.start_s == start_s
            and cell.axle_class == passage.axle_count
            and cell.band == verdict.band
            and cell.excluded == excluded
        ):
            return slots[slot]
        slot = (slot + 1) & (slots.shape[0] - 1)
    slots[slot] = known
    cell = cells[known]
    cell.series = series
    cell.start_s = start_s
    cell.axle_class = passage.axle_count
    cell.band = verdict.band
    cell.excluded = excluded
    return known


@kernel
def excluded_by(passage: Record, verdict: Record) -> int:
    """Why net leaves a truck out: the flag's bit + 1, 0 for none. Each truck has one reason, so that they add up."""
    if not verdict.truck or verdict.grade > COUNT:
        return 0
    flags = np.int64(verdict.flags)
    if verdict.grade == REJECT:
        return bit_of(AXLE_COUNT if flags & AXLE_COUNT else AXLE_IMPLAUSIBLE)
    return bit_of(flags & TO_COUNT)


@kernel
def bit_of(flags: int) -> int:
    """The place of the lowest set bit, counted from 1."""
    place = 1
    while not flags & 1:
        flags >>= 1
        place += 1
    return place


@kernel
def count(passage: Record, verdict: Record, cell: Record) -> None:
    """Add one passage to its cell."""
    cell.passages += 1
    cell.trucks += verdict.truck
    cell.over_nominal += verdict.over
    cell.over_beyond_tolerance += verdict.beyond_tolerance
    cell.hundred_tonne += verdict.hundred_tonne
    cell.plates_read += not verdict.flags & NO_PLATE
