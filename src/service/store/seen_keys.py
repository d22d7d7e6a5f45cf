"""Which crossings of a batch were seen before, and the memory after it: pure, no database.

The memory of one lane and hour is its crossings' keys in one sorted run of bytes:

======  ======  ==============================================
offset  type    field
======  ======  ==============================================
0       i8      origin_ns
8       u4      sequence
12      u1      part
======  ======  ==============================================

It is immutable: a batch that is given up leaves the memory as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SEEN_KEY: np.dtype[np.void] = np.dtype([("origin_ns", "<i8"), ("sequence", "<u4"), ("part", "u1")])

#: An array of `SEEN_KEY`.
Keys = npt.NDArray[np.void]

_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SeenHour:
    """What was seen of one lane in one hour. `version` 0: nothing yet. A sealed hour takes nothing more."""

    version: int = 0
    touched_s: int = 0
    sealed: bool = False
    keys: bytes = b""


class Split(NamedTuple):
    """A batch divided: `first` and `sealed`, shape (n,), in the order of the batch; the rest was seen before.

    `grown` is the memory after the batch of each hour that grew, by the hour's index.
    """

    first: npt.NDArray[np.bool_]
    sealed: npt.NDArray[np.bool_]
    grown: dict[int, bytes]


#: A longer step of the numbers is a unit that began anew and not a loss.
LONGEST_LOSS = 1_000


def records_missing(hours: Mapping[int, bytes]) -> dict[int, int]:
    """Records of one lane that never came, by hour: the numbers that were skipped between two that came.

    `hours` are the memories of the lane's hours, rising. A step back or a long one is a unit's new start.
    """
    parts = [np.frombuffer(keys, SEEN_KEY) for keys in hours.values()]
    keys = np.concatenate([np.zeros(0, SEEN_KEY), *parts])
    hour_of = np.repeat(list(hours), [len(part) for part in parts])
    order = np.lexsort((keys["sequence"], keys["origin_ns"]))
    # Numbers wrap at 2**32, and so does the difference.
    steps = np.diff(keys["sequence"][order]).astype(np.int64)
    missing = np.where((steps > 1) & (steps <= LONGEST_LOSS), steps - 1, 0)
    return {hour_s: int(missing[hour_of[order][1:] == hour_s].sum()) if len(missing) else 0 for hour_s in hours}


def split_new(keys: Keys, hour_of: npt.NDArray[np.integer], hours: Sequence[SeenHour]) -> Split:
    """Which of `keys`, shape (n,) of `SEEN_KEY`, occur for the first time; `hour_of`, shape (n,), indexes `hours`.

    Of equal keys in the batch the earlier is the first. Keys of a sealed hour are `sealed`, never `first`.
    """
    order = _by_hour_and_key(keys, hour_of)
    run, run_hours = keys[order], hour_of[order]
    # The order is stable: of equal neighbours the first is the one that came first.
    fresh = ~_equals_previous(run, run_hours)
    grown: dict[int, bytes] = {}
    for hour, begin, end, later in _stretches(run, run_hours, fresh, hours):
        if later is not None:
            grown[hour] = hours[hour].keys + later
        elif hours[hour].sealed:
            fresh[begin:end] = False
        else:
            memory = _merge(hours[hour].keys, run[begin:end], fresh[begin:end])
            if memory is not None:
                grown[hour] = memory
    first = np.zeros(len(keys), np.bool_)
    first[order] = fresh
    sealed = np.array([hour.sealed for hour in hours], np.bool_)
    return Split(first, sealed[hour_of] if len(keys) else first.copy(), grown)


def _by_hour_and_key(keys: Keys, hour_of: npt.NDArray[np.integer]) -> npt.NDArray[np.intp]:
    """The stable order by hour, then key. Few sources give two crossings one time, so the tails are sorted by only
    where that happened: they are random, and their sort costs as much as the two others."""
    origin_ns = np.ascontiguousarray(keys["origin_ns"])
    # Sorting 16-bit numbers is linear.
    hour = hour_of.astype(np.uint16) if len(hour_of) and hour_of.max() < 2**16 else hour_of
    order = np.lexsort((origin_ns, hour))
    equal = (np.diff(origin_ns[order]) == 0) & (np.diff(hour_of[order]) == 0)
    return np.lexsort((_tails(keys), origin_ns, hour)) if equal.any() else order


def _stretches(
    run: Keys, run_hours: npt.NDArray[np.integer], fresh: npt.NDArray[np.bool_], hours: Sequence[SeenHour]
) -> Iterator[tuple[int, int, int, bytes | None]]:
    """Each hour of a sorted batch with its part [begin, end), and that part's bytes if it can just be appended.

    Traffic comes in order, so nearly always everything is later than everything before.
    """
    begins = np.flatnonzero(np.diff(run_hours, prepend=-1))
    origins_ns, numbers = run["origin_ns"][begins].tolist(), run_hours[begins].tolist()
    repeats = np.add.reduceat(~fresh, begins, dtype=np.int64).tolist() if len(begins) else []
    raw, size = run.tobytes(), SEEN_KEY.itemsize
    edges = pairwise([*begins.tolist(), len(run)])
    for hour, (begin, end), origin_ns, repeated in zip(numbers, edges, origins_ns, repeats, strict=True):
        memory = hours[hour]
        appends = not repeated and not memory.sealed and _is_later(origin_ns, memory.keys)
        yield hour, begin, end, raw[begin * size : end * size] if appends else None


def _is_later(origin_ns: int, memory: bytes) -> bool:
    """Whether a crossing is later than the last one in the memory."""
    start = len(memory) - SEEN_KEY.itemsize
    return not memory or origin_ns > int.from_bytes(memory[start : start + 8], "little", signed=True)


def _tails(keys: Keys) -> _Integers:
    """Sequence and part as one integer of the same order."""
    tails: _Integers = (keys["sequence"].astype(np.int64) << 8) | keys["part"]
    return tails


def _equals_previous(run: Keys, hours: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    same = np.zeros(len(run), np.bool_)
    if len(run):
        same[1:] = hours[1:] == hours[:-1]
        for name in ("origin_ns", "sequence", "part"):
            same[1:] &= run[name][1:] == run[name][:-1]
    return same


def _merge(memory: bytes, arrived: Keys, fresh: npt.NDArray[np.bool_]) -> bytes | None:
    """The memory with the sorted keys that are fresh; clears `fresh` where one is in it. None if it does not grow."""
    known = np.frombuffer(memory, SEEN_KEY)
    place, found = _search(known, arrived)
    fresh &= ~found
    return np.insert(known, place[fresh], arrived[fresh]).tobytes() if fresh.any() else None


def _search(known: Keys, arrived: Keys) -> tuple[_Integers, npt.NDArray[np.bool_]]:
    """Where each key of `arrived` belongs in the sorted `known`, and whether it is there.

    A file that has whole seconds only gives many crossings one origin, so within equal origins the tail is searched by
    bisection, all keys at once.
    """
    low = np.searchsorted(known["origin_ns"], arrived["origin_ns"], "left")
    beyond = np.searchsorted(known["origin_ns"], arrived["origin_ns"], "right")
    known_tails, tails = _tails(known), _tails(arrived)
    high = beyond.copy()
    while (low < high).any():
        middle = (low + high) // 2
        below = (low < high) & (known_tails[np.minimum(middle, len(known) - 1)] < tails)
        high = np.where((low < high) & ~below, middle, high)
        low = np.where(below, middle + 1, low)
    found = low < beyond
    found[found] = known_tails[low[found]] == tails[found]
    return low, found
