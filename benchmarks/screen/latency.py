"""Case 6: how long after its passage a violation, and an intercept, can be read; beside two bare hops.

    yardstick  producer → topic → forwarder → topic → reader
    worker     producer → passages → screen lane → violations (→ reader) → cases lane → relay → intercepts (→ reader)

All are processes of their own on one machine, so one clock serves. A run counts only if the reader saw exactly the
violations that `rules.screen` finds in what was produced, and an intercept of each that must open one.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.screen import lane
from benchmarks.screen.broker import Broker
from benchmarks.screen.processes import Program, Worker, cpu_seconds
from rules.screen import Screen, Zone
from service.policy import Policy
from service.topics import INTERCEPTS, MANY_PARTITIONS, PASSAGES, PLAIN_BYTES, REPLAY, TOPICS, VIOLATIONS, Topic
from wim.records import passage_ids

PER_SECOND = 1_000
#: Not counted: the first statements of a connection, the first batches of every size.
LEAD_IN_SECONDS = 5
#: What may still be under way when the last passage is produced.
SETTLE_SECONDS = 20.0

BARE = tuple(
    Topic(f"bench.bare.{name}", "site", "passages", MANY_PARTITIONS, REPLAY, PLAIN_BYTES, "Case 6's yardstick.")
    for name in ("in", "out")
)

Milliseconds = npt.NDArray[np.float64]
#: Of each topic: id → (origin_ns, received_ns).
Received = Mapping[str, Mapping[str, tuple[int, int]]]


class WrongAnswerError(RuntimeError):
    """The worker was fast and wrong, so its figure does not count."""

    def __init__(self, topic: str, missing: int, unexpected: int) -> None:
        super().__init__(f"{topic}: {missing} of the expected messages are missing, {unexpected} others were read")


@dataclass(frozen=True)
class Latencies:
    """Times from produced to readable in one run, ms, after the lead-in."""

    of: Mapping[str, Milliseconds]
    cpu_us: float = 0.0


@dataclass(frozen=True)
class Pace:
    """What is produced: `seconds` that count, after the lead-in."""

    seconds: int
    seed: int

    @property
    def count(self) -> int:
        """How many passages that are, the lead-in among them."""
        return PER_SECOND * (LEAD_IN_SECONDS + self.seconds)


def bare_hops(broker: Broker, pace: Pace, folder: Path) -> Latencies:
    """One run of the yardstick."""
    broker.renew(BARE)
    source, target = (topic.name for topic in BARE)
    received = folder / "received.json"
    with _running() as start:
        reader = start("receive", broker.servers, received, target)
        forwarder = start("forward", broker.servers, source, target, pace.count)
        _produce(start, broker, source, pace, folder)
        forwarder.result()
        # It was acknowledged to the forwarder, so it can be read: the reader's next look, 100 ms at most, brings it.
        time.sleep(1.0)
        reader.go_on()
        reader.result()
    found = _received(received)
    if len(found[target]) != pace.count:
        raise WrongAnswerError(target, pace.count - len(found[target]), 0)
    return Latencies({target: after_lead_in(found[target])})


def worker(broker: Broker, url: str, registry: Path, pace: Pace, folder: Path) -> Latencies:
    """One run of the worker, on the empty database at `url`."""
    broker.renew(TOPICS)
    received = folder / "received.json"
    settings = {"KAFKA__BOOTSTRAP_SERVERS": broker.servers, "DATABASE__URL": url, "REGISTRY": str(registry)}
    with lane.fresh_store(url), _running() as start, _working(settings, folder) as working:
        reader = start("receive", broker.servers, received, VIOLATIONS, INTERCEPTS)
        cpu_began = cpu_seconds(working.process.pid)
        _produce(start, broker, PASSAGES, pace, folder)
        right = expected(folder, lane.make_screen(registry))
        _wait_until(lambda: _arrived(broker, right), working)
        time.sleep(1.0)
        cpu_s = cpu_seconds(working.process.pid) - cpu_began
        reader.go_on()
        reader.result()
        working.stop()
    found = _received(received)
    for topic, wanted in right.items():
        if wanted != found[topic].keys():
            raise WrongAnswerError(topic, len(wanted - found[topic].keys()), len(found[topic].keys() - wanted))
    return Latencies({topic: after_lead_in(found[topic]) for topic in right}, cpu_s / pace.count * 1e6)


def expected(folder: Path, screen: Screen) -> dict[str, set[str]]:
    """Ids of the violations in what was produced, and of those that open an intercept.

    All plates of vehicles that are over are certain and stand once, so no history counts: what opens one is severity or
    a weight of 100 t (dispatch.md §1).
    """
    passages = np.load(folder / "produced.npy", allow_pickle=False)
    verdicts = screen.judge(passages)
    grave = (verdicts["severity"] >= Policy().severity_intercept_from) | (verdicts["hundred_tonne"] == 1)
    opens = (verdicts["zone"] == Zone.INTERCEPT) & grave
    return {
        VIOLATIONS: set(passage_ids(passages[verdicts["zone"] > Zone.SILENT])),
        INTERCEPTS: set(passage_ids(passages[opens])),
    }


Start = Callable[..., Program]


@contextlib.contextmanager
def _running() -> Iterator[Start]:
    """Starts programs of this benchmark, waits until each is ready, and ends them with the block."""
    with contextlib.ExitStack() as programs:

        def start(module: str, *arguments: object) -> Program:
            program = Program(f"benchmarks.screen.{module}", *arguments)
            programs.callback(program.stop)
            program.ready()
            return program

        yield start


@contextlib.contextmanager
def _working(settings: Mapping[str, str], folder: Path) -> Iterator[Worker]:
    working = Worker("screen,cases", settings, folder / "worker.log")
    try:
        working.wait_ready()
        yield working
    finally:
        working.kill()


def _produce(start: Start, broker: Broker, topic: str, pace: Pace, folder: Path) -> dict[str, Any]:
    produced = folder / "produced.npy"
    producer = start("produce", broker.servers, topic, pace.seed, pace.count, PER_SECOND, produced)
    producer.go_on()
    return producer.result()


def _arrived(broker: Broker, right: Mapping[str, set[str]]) -> bool:
    return all(broker.length(topic) >= len(wanted) for topic, wanted in right.items())


def _wait_until(arrived: Callable[[], bool], working: Worker) -> None:
    """Return when it holds, or when it has had its time: what is missing then is found out by comparing."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while not arrived() and time.monotonic() < deadline:
        working.check()
        time.sleep(0.2)


def _received(path: Path) -> Received:
    rows = json.loads(path.read_text())
    return {topic: {name: (origin, at) for name, origin, at in found} for topic, found in rows.items()}


def after_lead_in(rows: Mapping[str, tuple[int, int]]) -> Milliseconds:
    """Latencies of what was produced after the lead-in."""
    times = np.array(list(rows.values()), np.int64).reshape(-1, 2)
    counts = times[:, 0] >= times[:, 0].min(initial=2**62) + LEAD_IN_SECONDS * 10**9
    found: Milliseconds = (times[counts, 1] - times[counts, 0]) / 1e6
    return found
