"""The cases of this benchmark: each runs its rounds, one after another, and gives one line of a result."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.screen import figures, filling, lane, latency, processes, traffic
from benchmarks.screen.broker import Broker
from benchmarks.screen.filling import Order
from service.topics import INTERCEPTS, PASSAGES, VIOLATIONS
from tests.servers import postgres
from wim.records import Passages

SEED = 20_250_602
#: What the yardstick may read of a partition at once: it counts at its own best of these.
FETCH_BYTES = (1 << 20, 4 << 20, 16 << 20)
JUNE = machine.PROJECT.parent / "shared" / "data" / "june2021_days01-15.csv.gz"

Line = dict[str, Any]


@dataclass(frozen=True)
class Site:
    """Where a run of the benchmark works."""

    broker: Broker
    registry: Path
    folder: Path
    rounds: int

    def new_folder(self) -> Path:
        """A folder for one round, gone with everything else at the end."""
        path = self.folder / f"round-{len(list(self.folder.glob('round-*')))}"
        path.mkdir()
        return path


@dataclass(frozen=True)
class Drain:
    """Case 1 or 2 on one mix in one order."""

    case: str
    mix: str
    order: Order
    per_message: int
    passages: int

    def run(self, site: Site) -> Line:
        """Fill the topic, then let yardsticks and lane drain it in turn."""
        busy = machine.busy_share()
        filled, right = self._fill(site)
        # Not counted: the broker's first reading of this log, and whatever its virtual machine compiles with it.
        _raw(site, filled, FETCH_BYTES[0])
        raw: dict[int, list[dict[str, float]]] = {size: [] for size in FETCH_BYTES}
        runs = []
        for _ in range(site.rounds):
            for size in FETCH_BYTES:
                raw[size].append(_raw(site, filled, size))
            runs.append(lane.run(site.broker, filled, right, site.registry, site.new_folder()))
        return self._line(filled, raw, runs) | {"counted": asdict(right), "busy_before": figures.rounded(busy)}

    def _fill(self, site: Site) -> tuple[filling.Filled, lane.Counted]:
        random = np.random.default_rng(SEED)
        passages = traffic.placed(random, vehicles(self.mix, random, self.passages))
        messages = filling.ordered(filling.spans(passages, self.per_message), passages, self.order, random)
        right = lane.expected(passages, lane.make_screen(site.registry))
        return filling.fill(site.broker, passages, messages), right

    def _line(self, filled: filling.Filled, raw: dict[int, list[dict[str, float]]], runs: list[lane.LaneRun]) -> Line:
        each = filled.passages / filled.messages
        by_size = {size: figures.spread([run["per_s"] * each for run in found]) for size, found in raw.items()}
        best = max(by_size, key=lambda size: statistics.median(run["per_s"] for run in raw[size]))
        speed = statistics.median(run.per_s for run in runs)
        ratio = speed / statistics.median(run["per_s"] * each for run in raw[best])
        return {
            "case": self.case,
            "what": f"screen lane, {self.per_message} passages a message, against a raw getmany drain",
            "mix": self.mix,
            "order": self.order.value,
            "passages": filled.passages,
            "messages": filled.messages,
            "ratio": figures.rounded(ratio),
            "passages_per_s": figures.spread([run.per_s for run in runs]),
            "cpu_us_per_passage": figures.spread([run.cpu_us for run in runs]),
            "peak_memory_mb": figures.spread([run.peak_memory_mb for run in runs]),
            "yardstick_passages_per_s": by_size[best],
            "yardstick_cpu_us_per_passage": figures.spread([run["cpu_us"] / each for run in raw[best]]),
            "yardstick_by_fetch_bytes": {str(size): found["median"] for size, found in by_size.items()},
            **figures.judged(
                {"ratio": ratio, "passages_per_s": speed}, figures.MUST[self.case], figures.AIM[self.case]
            ),
        }


def vehicles(mix: str, random: np.random.Generator, count: int) -> Passages:
    """The vehicles of a mix, by its name."""
    return traffic.june(random, count, JUNE) if mix == "june" else traffic.standard(random, count)


def _raw(site: Site, filled: filling.Filled, fetch_bytes: int) -> dict[str, float]:
    return processes.run("benchmarks.screen.drain", site.broker.servers, PASSAGES, filled.messages, fetch_bytes)


@dataclass(frozen=True)
class Kernel:
    """Case 3."""

    passages: int

    def run(self, site: Site) -> Line:
        """Kernel and memory copy in turn."""
        busy = machine.busy_share()
        judge, copy = [], []
        for _ in range(site.rounds):
            copy.append(self._run("copy", site))
            judge.append(self._run("judge", site))
            if judge[-1]["counted"] != judge[0]["counted"]:
                raise RuntimeError("the kernel judged the same passages differently")
        speed = statistics.median(run["per_s"] for run in judge)
        return {
            "case": "3",
            "what": "judge kernel alone, one thread, against a memory copy of the same bytes",
            "mix": "standard",
            "passages": self.passages,
            "ratio": figures.rounded(speed / statistics.median(run["per_s"] for run in copy)),
            "passages_per_s": figures.spread([run["per_s"] for run in judge]),
            "passages_per_cpu_s": figures.spread([run["per_cpu_s"] for run in judge]),
            "yardstick_passages_per_s": figures.spread([run["per_s"] for run in copy]),
            "yardstick_passages_per_cpu_s": figures.spread([run["per_cpu_s"] for run in copy]),
            **figures.judged({"passages_per_s": speed}, figures.MUST["3"], figures.AIM["3"]),
            "counted": judge[0]["counted"],
            "busy_before": figures.rounded(busy),
        }

    def _run(self, what: str, site: Site) -> dict[str, Any]:
        return processes.run("benchmarks.screen.kernel", what, site.registry, self.passages, SEED)


@dataclass(frozen=True)
class Latency:
    """Case 6, on SQLite or PostgreSQL."""

    database: str
    seconds: int
    bare_seconds: int

    def run(self, site: Site) -> Line:
        """Bare hops and worker in turn."""
        busy = machine.busy_share()
        bare, working = [], []
        for number in range(site.rounds):
            pace = latency.Pace(self.bare_seconds, SEED + number)
            bare.append(latency.bare_hops(site.broker, pace, site.new_folder()))
            folder, pace = site.new_folder(), latency.Pace(self.seconds, SEED + number)
            with self._database(folder) as url:
                working.append(latency.worker(site.broker, url, site.registry, pace, folder))
        return self._line(bare, working) | {"busy_before": figures.rounded(busy)}

    @contextlib.contextmanager
    def _database(self, folder: Path) -> Iterator[str]:
        if self.database == "sqlite":
            yield f"sqlite:///{folder / 'wim.db'}"
            return
        with postgres.throwaway(fsync=True) as server, server.fresh_database() as url:
            yield url

    def _line(self, bare: list[latency.Latencies], working: list[latency.Latencies]) -> Line:
        runs = {f"bare_{name}": values for name, values in _percentiles(bare, latency.BARE[1].name).items()}
        for word, topic in (("violation", VIOLATIONS), ("intercept", INTERCEPTS)):
            runs |= {f"{word}_{name}": values for name, values in _percentiles(working, topic).items()}
        found = {name: statistics.median(values) for name, values in runs.items()}
        over = max(found[f"{word}_{p}_ms"] - found[f"bare_{p}_ms"] for word in _TOLD for p in ("p50", "p99"))
        must = figures.MUST["6" if self.database == "sqlite" else "6 postgresql"]
        return {
            "case": "6",
            "what": "passage produced to violation and to intercept readable, 1 000 passages/s, against two bare hops",
            "mix": "standard",
            "database": self.database,
            "seconds": self.seconds,
            "bare_seconds": self.bare_seconds,
            **{name: figures.spread(values) for name, values in runs.items()},
            "most_over_bare_ms": figures.rounded(over),
            "violations": sum(len(run.of[VIOLATIONS]) for run in working),
            "intercepts": sum(len(run.of[INTERCEPTS]) for run in working),
            "cpu_us_per_passage": figures.spread([run.cpu_us for run in working]),
            **figures.judged({**found, "most_over_bare_ms": over}, must, figures.AIM["6"]),
        }


_TOLD = ("violation", "intercept")


def _percentiles(runs: list[latency.Latencies], topic: str) -> dict[str, list[float]]:
    return {f"p{p}_ms": [float(np.percentile(run.of[topic], p)) for run in runs] for p in (50, 99)}
