"""How roadside units number what they send: runs, sequences, parts of one trigger, the unit's own time.

A unit counts its starts (`run`) and, from one again after each, the triggers of every lane (`sequence`), so that a
reader can count what was lost. A vehicle that follows too closely for the trigger to fall is the second part of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sensors.simulator.outages import Outages
from sensors.simulator.roads import Index, Roads
from wim.records import Passages

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# Units of this kind stamp their triggers in whole milliseconds.
_STAMP_NS = 1_000_000
# A run of 0 would say unknown; the count wraps from 255 to 1.
_RUNS = 255
# Of the vehicles that follow so closely, some come before the trigger of the one ahead has fallen.
_CLOSE_GAP_MS = 750
_JOINED_SHARE = 0.03


class Units:
    """The counters of all lanes; `number` must see the crossings of a lane in the order of their times."""

    def __init__(self, roads: Roads, outages: Outages) -> None:
        self._lane_site = roads.lane_site
        self._restarts_ns = [outages.restarts_ns(site) for site in range(len(roads.sites))]
        self._run = np.ones(len(roads.lanes), np.int64)
        self._sequence = np.zeros(len(roads.lanes), np.int64)

    def number(self, records: Passages, lane: Index, close: Mask) -> None:
        """Fill run, sequence, part and origin of records ordered by lane and time, from their time.

        `close`, shape (n,), are those that come before the trigger of the one ahead has fallen: they share it.
        """
        if not len(records):
            return
        starts = self._starts(records["time_ns"], lane)
        first = (np.diff(lane, prepend=-1) != 0) | (np.diff(starts, prepend=-1) != 0)
        joined = _joined(close, first)
        counted = np.cumsum(~joined)
        run_start = np.maximum.accumulate(np.where(first, np.arange(len(records)), 0))
        going_on = first & (np.diff(lane, prepend=-1) != 0) & (starts == self._run[lane])
        before = np.where(going_on, self._sequence[lane], 0)
        sequence = counted - counted[run_start] + 1 + before[run_start]
        records["sequence"] = sequence & 0xFFFF_FFFF
        records["run"] = (starts - 1) % _RUNS + 1
        records["part"] = joined
        stamp_ns = records["time_ns"] // _STAMP_NS * _STAMP_NS
        records["origin_ns"] = np.where(joined, np.roll(stamp_ns, 1), stamp_ns)
        last = np.flatnonzero(np.diff(lane, append=-1) != 0)
        self._run[lane[last]], self._sequence[lane[last]] = starts[last], sequence[last]

    def run_at(self, site: int, time_ns: int) -> int:
        """The run of a site's unit, as it is written."""
        return (self._starts_of(site, time_ns) - 1) % _RUNS + 1

    def last_sequence(self, lane: int, time_ns: int) -> int | None:
        """The last sequence that a lane sent since its unit's last start; None when it has sent none."""
        same_run = self._run[lane] == self._starts_of(int(self._lane_site[lane]), time_ns)
        sequence = int(self._sequence[lane]) & 0xFFFF_FFFF
        return sequence if same_run and sequence else None

    def _starts_of(self, site: int, time_ns: int) -> int:
        return 1 + int(np.searchsorted(self._restarts_ns[site], time_ns, side="right"))

    def _starts(self, time_ns: Times, lane: Index) -> Times:
        """How often the unit had started by each time."""
        starts = np.ones(len(lane), np.int64)
        site = self._lane_site[lane]
        for index, restarts_ns in enumerate(self._restarts_ns):
            if len(restarts_ns):
                here = np.flatnonzero(site == index)
                starts[here] += np.searchsorted(restarts_ns, time_ns[here], side="right")
        return starts


def close_by_chance(records: Passages, rng: np.random.Generator) -> Mask:
    """Which records come before the trigger of the one ahead has fallen, by their gap; shape (n,)."""
    return np.asarray((records["gap_ms"] < _CLOSE_GAP_MS) & (rng.random(len(records)) < _JOINED_SHARE))


def _joined(close: Mask, first: Mask) -> Mask:
    """Every second one of a row of close followers shares the trigger of the one before it."""
    close = close & ~first
    places = np.arange(len(close))
    leader = np.maximum.accumulate(np.where(close, 0, places))
    return np.asarray(close & ((places - leader) % 2 == 1))
