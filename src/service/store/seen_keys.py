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

from collections.abc import Sequence
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


def split_new(keys: Keys, hour_of: npt.NDArray[np.integer], hours: Sequence[SeenHour]) -> Split:
    """Which of `keys`, shape (n,) of `SEEN_KEY`, occur for the first time; `hour_of`, shape (n,), indexes `hours`.

    Of equal keys in the batch the earlier is the first. Keys of a sealed hour are `sealed`, never `first`.
    """
    first = np.zeros(len(keys), np.bool_)
    sealed_hours = np.array([hour.sealed for hour in hours], np.bool_)
    sealed = sealed_hours[hour_of] if len(keys) else first.copy()
    grown: dict[int, bytes] = {}
    order, bounds = _sorted_by_hour(keys, hour_of)
    # Stable order: of equal neighbours the first is the one that came first.
    run = keys[order]
    repeated = _equals_previous(run, hour_of[order])
    for begin, end in bounds:
        hour = int(hour_of[order[begin]])
        if hours[hour].sealed:
            continue
        fresh = ~repeated[begin:end]
        memory = _absorb(hours[hour].keys, run[begin:end], fresh)
        if memory is not None:
            grown[hour] = memory
        first[order[begin:end]] = fresh
    return Split(first, sealed, grown)


def _sorted_by_hour(keys: Keys, hour_of: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.intp], list[tuple[int, int]]]:
    """The stable order by hour and key, and where each hour's part of it begins and ends."""
    order = np.lexsort((_tails(keys), keys["origin_ns"], hour_of))
    edges = np.flatnonzero(np.diff(hour_of[order], prepend=-1)).tolist()
    return order, list(pairwise([*edges, len(keys)]))


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


def _absorb(memory: bytes, arrived: Keys, fresh: npt.NDArray[np.bool_]) -> bytes | None:
    """The memory with the sorted keys that are fresh; clears `fresh` where one is in it. None where it does not grow.

    Traffic comes in order, so nearly always everything is later than everything before and is simply appended.
    """
    if memory and int(arrived["origin_ns"][0]) <= _last_origin_ns(memory):
        known = np.frombuffer(memory, SEEN_KEY)
        place, found = _search(known, arrived)
        fresh &= ~found
        if not fresh.any():
            return None
        return np.insert(known, place[fresh], arrived[fresh]).tobytes()
    return memory + arrived[fresh].tobytes()


def _last_origin_ns(memory: bytes) -> int:
    start = len(memory) - SEEN_KEY.itemsize
    return int.from_bytes(memory[start : start + 8], "little", signed=True)


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
