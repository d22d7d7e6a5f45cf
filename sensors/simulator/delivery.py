"""When records leave the roadside: at once, once the link is back, or a second time after a lost acknowledgement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sensors.simulator.health import Beat
from sensors.simulator.outages import Outages, Window
from sensors.simulator.roads import Index, Roads
from wim.records import PASSAGE, Passages

Times = npt.NDArray[np.int64]

#: How long a unit waits for an acknowledgement before it sends again.
_RESEND_NS = 5 * 10**9


class Delivery:
    """Holds back what cannot be sent yet."""

    def __init__(self, roads: Roads, outages: Outages, duplicate_share: float) -> None:
        self._roads, self._duplicate_share = roads, duplicate_share
        self._broken = outages.of(("link_down",))
        self._records: Passages = np.zeros(0, PASSAGE)
        self._records_due_ns: Times = np.zeros(0, np.int64)
        self._beats: list[tuple[int, Beat]] = []

    def send(self, records: Passages, lane: Index, until_ns: int, rng: np.random.Generator) -> Passages:
        """Take new records, and give what arrives before `until_ns`, by time (late arrivals come first)."""
        due_ns = self._due_ns(records["time_ns"], self._roads.lane_site[lane])
        again = np.flatnonzero(rng.random(len(records)) < self._duplicate_share)
        held = np.concatenate([self._records, records, records[again]])
        held_due_ns = np.concatenate([self._records_due_ns, due_ns, due_ns[again] + _RESEND_NS])
        arrived = held_due_ns < until_ns
        self._records, self._records_due_ns = held[~arrived], held_due_ns[~arrived]
        out = held[arrived]
        return out[np.argsort(out["time_ns"], kind="stable")]

    def send_beats(self, beats: Sequence[Beat], time_ns: int, until_ns: int) -> list[Beat]:
        """The same for beats, all sent at `time_ns`."""
        self._beats += [(self._beat_due_ns(beat, time_ns), beat) for beat in beats]
        arrived = [beat for due_ns, beat in self._beats if due_ns < until_ns]
        self._beats = [held for held in self._beats if held[0] >= until_ns]
        return arrived

    def _due_ns(self, time_ns: Times, site: Index) -> Times:
        due_ns = time_ns.copy()
        for window in self._broken:
            held = (site == window.site) & (due_ns >= window.from_ns) & (due_ns < window.until_ns)
            due_ns[held] = window.until_ns
        return due_ns

    def _beat_due_ns(self, beat: Beat, time_ns: int) -> int:
        ends = [row.until_ns for row in self._broken if self._holds(row, beat, time_ns)]
        return max(ends, default=time_ns)

    def _holds(self, window: Window, beat: Beat, time_ns: int) -> bool:
        here = self._roads.sites[window.site].id == beat["site"]
        return here and window.from_ns <= time_ns < window.until_ns
