"""When records leave the roadside: at once, once the link is back, or a second time after a lost acknowledgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensors.simulator.health import Beat
from sensors.simulator.outages import Outages, Window
from sensors.simulator.presences import Presence
from sensors.simulator.roads import Index, Roads
from wim.records import PASSAGE, Passages

Times = npt.NDArray[np.int64]

#: How long a unit waits for an acknowledgement before it sends again.
_RESEND_NS = 5 * 10**9


class Sent(NamedTuple):
    """A frame on its way: when it arrives, and what it is of."""

    due_ns: int
    presence: Presence


class Delivery:
    """Holds back what cannot be sent yet."""

    def __init__(self, roads: Roads, outages: Outages, duplicate_share: float) -> None:
        self._roads, self._duplicate_share = roads, duplicate_share
        self._broken = outages.of(("link_down",))
        self._records: Passages = np.zeros(0, PASSAGE)
        self._records_due_ns: Times = np.zeros(0, np.int64)
        self._beats: list[tuple[int, Beat]] = []
        self._frames: list[Sent] = []

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
        self._beats += [(self._held_until_ns(beat["site"], time_ns), beat) for beat in beats]
        arrived = [beat for due_ns, beat in self._beats if due_ns < until_ns]
        self._beats = [held for held in self._beats if held[0] >= until_ns]
        return arrived

    def send_frames(self, presences: Sequence[Presence], until_ns: int, rng: np.random.Generator) -> list[Sent]:
        """The same for frames, each sent when it is over, by the time of arrival."""
        again = rng.random(len(presences)) < self._duplicate_share
        for presence, twice in zip(presences, again.tolist(), strict=True):
            due_ns = self._held_until_ns(presence.site, presence.end_ns)
            self._frames += [Sent(due_ns, presence), *([Sent(due_ns + _RESEND_NS, presence)] if twice else [])]
        arrived = [sent for sent in self._frames if sent.due_ns < until_ns]
        self._frames = [sent for sent in self._frames if sent.due_ns >= until_ns]
        return sorted(arrived, key=lambda sent: sent.due_ns)

    def _due_ns(self, time_ns: Times, site: Index) -> Times:
        due_ns = time_ns.copy()
        for window in self._broken:
            held = (site == window.site) & (due_ns >= window.from_ns) & (due_ns < window.until_ns)
            due_ns[held] = window.until_ns
        return due_ns

    def _held_until_ns(self, site: str, time_ns: int) -> int:
        """When what a site wants to send at a time goes."""
        ends = [row.until_ns for row in self._broken if self._holds(row, site, time_ns)]
        return max(ends, default=time_ns)

    def _holds(self, window: Window, site: str, time_ns: int) -> bool:
        here = self._roads.sites[window.site].id == site
        return here and window.from_ns <= time_ns < window.until_ns
