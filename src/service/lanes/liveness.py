"""Whether the lanes live: each one's pulse, and the verdict over all of them.

aiokafka raises nothing when a broker goes away, and a consumer may die quietly after a rebalance. So what counts is
progress against the log's end, as a separate client sees it (`service.lanes.gauge`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from service.lanes.work import Partition

#: A lane with lag and without progress for this long is dead (architecture.md, promise 6).
STALLED_SECONDS = 30.0


@dataclass
class Pulse:
    """One lane's signs of life. Written by the lane and by the gauge, read by the probes' thread."""

    lane: str
    #: How long one batch may take before it counts as no progress: a lane that gathers for minutes is not dead.
    patience_s: float = 0.0
    clock: Callable[[], float] = time.monotonic
    #: Next offset to keep of each partition held; None while no assignment is in force.
    positions: Mapping[Partition, int] | None = None
    #: Messages behind the log's end; None is unknown and counts as lagging.
    lag: int | None = None
    #: Kafka's time stamp of the newest message kept.
    newest_ms: int | None = None
    progressed_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.progressed_s = self.clock()

    def progress(self) -> None:
        """Something was kept, or there is nothing to do, or time must not count."""
        self.progressed_s = self.clock()

    def age_s(self, now_s: float) -> float:
        """How old the newest kept message is, seconds; `now_s` since 1970."""
        return 0.0 if self.newest_ms is None else max(0.0, now_s - self.newest_ms / 1000)

    @property
    def stalled_s(self) -> float:
        """Seconds without progress while something waits."""
        return 0.0 if self.lag == 0 else self.clock() - self.progressed_s


class Liveness:
    """The verdict for /livez and /readyz: reasons against, empty where there is none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pulses: dict[str, Pulse] = {}
        self._looked_s = clock()
        self.broker_away = False
        self.starting = True
        #: Kernels are being compiled, which takes a minute the first time.
        self.warming_up = False
        self.stopping = False

    def pulse(self, lane: str, patience_s: float = 0.0) -> Pulse:
        """The pulse of a lane, made at the first mention of it."""
        return self._pulses.setdefault(lane, Pulse(lane, patience_s, self._clock))

    @property
    def pulses(self) -> list[Pulse]:
        """Those of all lanes."""
        return list(self._pulses.values())

    def looked(self, broker_away: bool) -> None:
        """The gauge has looked: the event loop turns, and the broker is there or is not."""
        self._looked_s = self._clock()
        self.broker_away = broker_away
        for pulse in self.pulses:
            # Waiting for a broker is not the lane's fault, and a restart would not bring it back.
            if broker_away or pulse.lag == 0:
                pulse.progress()

    def why_not_live(self) -> list[str]:
        """Why this process should be restarted."""
        if self.starting:
            return []
        stuck_s = self._clock() - self._looked_s
        if stuck_s > STALLED_SECONDS:
            return [f"the event loop has not turned for {stuck_s:.0f} s"]
        return [
            f"lane {pulse.lane}: {'lag unknown' if pulse.lag is None else f'{pulse.lag} messages behind'}, "
            f"no progress for {pulse.stalled_s:.0f} s"
            for pulse in self.pulses
            if pulse.stalled_s > STALLED_SECONDS + pulse.patience_s
        ]

    def why_not_ready(self) -> list[str]:
        """Why nobody should count on this process yet, or any more."""
        reasons = {
            "warming up: kernels are being compiled": self.warming_up,
            "starting": self.starting and not self.warming_up,
            "stopping": self.stopping,
            "no broker answers": self.broker_away,
        }
        unassigned = [f"lane {pulse.lane}: no assignment yet" for pulse in self.pulses if pulse.positions is None]
        return [reason for reason, holds in reasons.items() if holds] + unassigned
