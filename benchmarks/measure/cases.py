"""The cases of this benchmark: each runs its rounds, one after another, and gives one line of a result."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks import machine
from benchmarks.measure import frames, lane
from benchmarks.screen import figures, processes
from benchmarks.screen.cases import FETCH_BYTES, Line, Site
from benchmarks.screen.figures import Bound
from benchmarks.screen.watching import Drained
from service.topics import FRAMES

SEED = 20_260_601

#: Performance targets, cases 4 and 5.
MUST = {
    "4": {"times_filter": Bound(2.5, at_least=False)},
    "5": {"ratio": Bound(0.5), "frames_per_s": Bound(3_000)},
}
AIM = {"4": {"times_filter": Bound(1.2, at_least=False)}, "5": {"ratio": Bound(0.8)}}


@dataclass(frozen=True)
class Kernel:
    """Case 4."""

    def run(self, site: Site) -> Line:
        """Meter and filter in turn."""
        busy = machine.busy_share()
        filtered, measured = [], []
        for _ in range(site.rounds):
            filtered.append(processes.run("benchmarks.measure.kernel", "filter", SEED))
            measured.append(processes.run("benchmarks.measure.kernel", "measure", SEED))
        times = {name: _median(measured, name) / _median(filtered, name) for name in ("us", "cpu_us")}
        return {
            "case": "4",
            "what": "a frame in memory to its passage, one thread, against a first-order filter over the same samples",
            **_shape(),
            "times_filter": figures.rounded(times["us"]),
            "times_filter_by_cpu": figures.rounded(times["cpu_us"]),
            "us_per_frame": figures.spread([run["us"] for run in measured]),
            "cpu_us_per_frame": figures.spread([run["cpu_us"] for run in measured]),
            "yardstick_us_per_frame": figures.spread([run["us"] for run in filtered]),
            "yardstick_cpu_us_per_frame": figures.spread([run["cpu_us"] for run in filtered]),
            **figures.judged({"times_filter": times["us"]}, MUST["4"], AIM["4"]),
            "busy_before": figures.rounded(busy),
        }


@dataclass(frozen=True)
class Drain:
    """Case 5."""

    frames: int

    def run(self, site: Site) -> Line:
        """Fill the topic, then let yardsticks and lane drain it in turn."""
        busy = machine.busy_share()
        made = frames.models(SEED)
        right = lane.expected(made)
        lane.fill(site.broker, made, self.frames)
        # Not counted: the broker's first reading of this log, and whatever its virtual machine compiles with it.
        self._raw(site, FETCH_BYTES[0])
        raw: dict[int, list[dict[str, Any]]] = {size: [] for size in FETCH_BYTES}
        runs = []
        for _ in range(site.rounds):
            for size in FETCH_BYTES:
                raw[size].append(self._raw(site, size))
            runs.append(lane.run(site.broker, self.frames, right, site.registry, site.new_folder()))
        return self._line(raw, runs) | {"busy_before": figures.rounded(busy)}

    def _raw(self, site: Site, fetch_bytes: int) -> dict[str, Any]:
        return processes.run("benchmarks.screen.drain", site.broker.servers, FRAMES, self.frames, fetch_bytes)

    def _line(self, raw: dict[int, list[dict[str, Any]]], runs: list[Drained]) -> Line:
        best = max(raw, key=lambda size: _median(raw[size], "per_s"))
        speed = statistics.median(run.per_s for run in runs)
        ratio = speed / _median(raw[best], "per_s")
        return {
            "case": "5",
            "what": "measure lane, frames from Kafka to passages, against a raw getmany drain",
            **_shape(),
            "frames": self.frames,
            "ratio": figures.rounded(ratio),
            "frames_per_s": figures.spread([run.per_s for run in runs]),
            "cpu_us_per_frame": figures.spread([run.cpu_us for run in runs]),
            "peak_memory_mb": figures.spread([run.peak_memory_mb for run in runs]),
            "yardstick_frames_per_s": figures.spread([run["per_s"] for run in raw[best]]),
            "yardstick_cpu_us_per_frame": figures.spread([run["cpu_us"] for run in raw[best]]),
            "yardstick_by_fetch_bytes": {str(size): figures.rounded(_median(raw[size], "per_s")) for size in raw},
            **figures.judged({"ratio": ratio, "frames_per_s": speed}, MUST["5"], AIM["5"]),
        }


def _shape() -> dict[str, Any]:
    return {"channels": 4, "samples": frames.SAMPLES, "rate_hz": frames.RATE_HZ, "axles": frames.AXLES}


def _median(runs: Sequence[dict[str, Any]], name: str) -> float:
    return float(statistics.median(run[name] for run in runs))
