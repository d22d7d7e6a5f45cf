"""Vehicles in one lane follow each other: nobody drives through the one before him."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensors.simulator.road import Crossings
from wim.records import UNKNOWN_GAP_MS

Times = npt.NDArray[np.int64]

#: From the last axle of one vehicle to the first of the next at least; what close followers keep on a full road.
LEAST_GAP_NS = 600_000_000
#: The part of a lane's time that vehicles with their gaps may fill, and what one a second fills. A rate that asks
#: for more squeezes vehicles and gaps beyond what a road can carry, so that no queue grows for ever.
_MOST_FILLED = 0.6
_FILLED_BY_ONE_S = 1.2

# Farther apart than any two times of one step: keeps the lanes apart in one running maximum.
_LANE_APART_NS = 10**14


@dataclass(frozen=True)
class Following:
    """Crossings ordered by lane and time, shape (n,), with the gap before each in ms (`UNKNOWN_GAP_MS` = or more)."""

    crossings: Crossings
    gap_ms: npt.NDArray[np.uint16]


class Lanes:
    """Remembers for each lane until when its last vehicle fills it."""

    def __init__(self, count: int, passages_per_s: float) -> None:
        filled = 2 * passages_per_s / count * _FILLED_BY_ONE_S  # the busiest lane carries about twice the mean
        self._squeeze = min(1.0, _MOST_FILLED / filled) if filled else 1.0
        self._clear_ns = np.full(count, np.iinfo(np.int64).min // 2, np.int64)

    def follow(
        self, crossings: Crossings, wheelbase_mm: npt.NDArray[np.float64], until_ns: int
    ) -> tuple[Following, Crossings]:
        """Delay vehicles that come too early; those that are then not due before `until_ns` come back as the second."""
        order = np.lexsort((crossings["time_ns"], crossings["lane"]))
        ordered, lane = crossings[order], crossings["lane"][order]
        passing_ns = (wheelbase_mm[order] * 3_600_000 / ordered["speed_kmh"] * self._squeeze).astype(np.int64)
        first = np.diff(lane, prepend=-1) != 0
        time_ns = self._spaced(ordered["time_ns"], lane, first, passing_ns)
        late = time_ns >= until_ns
        postponed = ordered[late]
        ordered["time_ns"] = time_ns
        clear_ns = time_ns + passing_ns
        before_ns = np.where(first, self._clear_ns[lane], np.roll(clear_ns, 1))
        np.maximum.at(self._clear_ns, lane[~late], clear_ns[~late])
        gap_ms = np.clip((time_ns - before_ns) // 1_000_000, 0, UNKNOWN_GAP_MS).astype(np.uint16)
        return Following(ordered[~late], gap_ms[~late]), postponed

    def _spaced(
        self, time_ns: Times, lane: npt.NDArray[np.int32], first: npt.NDArray[np.bool_], passing_ns: Times
    ) -> Times:
        """When vehicles, in order, can pass one after the other: t[i] ≥ t[i − 1] + passing[i − 1] + gap."""
        gap_ns = round(LEAST_GAP_NS * self._squeeze)
        own_ns = np.maximum(time_ns, np.where(first, self._clear_ns[lane] + gap_ns, time_ns))
        filled_ns = _running_within(passing_ns + gap_ns, first)
        apart_ns = lane.astype(np.int64) * _LANE_APART_NS
        base_ns = int(own_ns.min(initial=np.iinfo(np.int64).max)) if len(own_ns) else 0
        earliest = np.maximum.accumulate(own_ns - base_ns - filled_ns + apart_ns) - apart_ns
        return np.asarray(earliest + filled_ns + base_ns)


def _running_within(values: Times, first: npt.NDArray[np.bool_]) -> Times:
    """For each element the sum of those before it in its run; `first` marks where runs begin."""
    before = np.cumsum(values) - values
    start = np.maximum.accumulate(np.where(first, np.arange(len(values)), 0))
    return np.asarray(before - before[start])
