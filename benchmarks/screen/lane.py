"""One run of the screen lane: the real worker on an SQLite database of its own drains a topic that is already full.

The clock runs from the moment at which the database first holds an offset of the lane beyond the start until it holds
the last one, so it sees neither start-up nor the first batch. A run counts only if the database then holds exactly the
counts that `rules.screen` finds by itself, and the violations topic as many messages more.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.screen import province
from benchmarks.screen.broker import Broker
from benchmarks.screen.filling import Filled
from benchmarks.screen.processes import Worker, cpu_seconds, peak_memory_mb
from rules.plates import no_plates
from rules.ruleset import load_book
from rules.screen import Screen
from rules.summary import Summary
from rules.terms import compile_terms
from service.registry import read_registry
from service.store import schema
from service.store.engine import Store, open_store
from service.store.rate_counts import Counts
from service.store.spans import Span
from service.store.tally import COUNTS, Grain
from service.topics import VIOLATIONS
from wim.records import Passages

#: How often the database is asked how far it is: a look costs 20 µs, so this takes 0.2 % of a core.
LOOK_SECONDS = 0.01
#: No progress for so long: the worker hangs.
STALL_SECONDS = 60.0
#: A first batch that is more than this share of all leaves too little to be measured.
MOST_UNSEEN = 0.25
#: Judged at once where nothing is measured.
CHUNK = 65_536
#: All time.
ALWAYS = Span(0, 2**40)


class WrongResultError(RuntimeError):
    """The lane was fast and wrong, so its figure does not count."""

    def __init__(self, found: Counted, expected: Counted) -> None:
        super().__init__(f"the lane counted {found}, rules.screen says {expected}")


@dataclass(frozen=True)
class Counted:
    """What a run must come to."""

    passages: int
    trucks: int
    over_nominal: int
    over_beyond_tolerance: int
    hundred_tonne: int
    violations: int


@dataclass(frozen=True)
class LaneRun:
    """What one run measured."""

    per_s: float
    cpu_us: float
    peak_memory_mb: float


def make_screen(registry: Path) -> Screen:
    """What the worker judges by."""
    return Screen(load_book().law, compile_terms(read_registry(registry).network), no_plates())


def expected(passages: Passages, screen: Screen) -> Counted:
    """What `rules.screen` says of PASSAGE, shape (n,)."""
    summary = Summary()
    for start in range(0, len(passages), CHUNK):
        part = passages[start : start + CHUNK]
        summary.add(part, screen.judge(part))
    return Counted(**{name: getattr(summary, name) for name in Counted.__dataclass_fields__})


@contextlib.contextmanager
def fresh_store(url: str) -> Iterator[Store]:
    """The empty database at `url`, given its tables."""
    store = open_store(url, check=False)
    try:
        with store.writing(durable=True) as conn:
            schema.upgrade(conn)
        yield store
    finally:
        store.close()


def registry_file(folder: Path) -> Path:
    """The registry of the standard mix, written into `folder`."""
    path = folder / "registry.toml"
    path.write_text(province.registry_toml())
    return path


def run(broker: Broker, filled: Filled, right: Counted, registry: Path, folder: Path) -> LaneRun:
    """Drain the passages topic once. Raises WrongResultError."""
    database = folder / "wim.db"
    url = f"sqlite:///{database}"
    before = broker.length(VIOLATIONS)
    with fresh_store(url) as store:
        settings = {"KAFKA__BOOTSTRAP_SERVERS": broker.servers, "DATABASE__URL": url, "REGISTRY": str(registry)}
        worker = Worker("screen", settings, folder / "worker.log")
        try:
            measured = _watch(worker, database, filled)
            worker.stop()
        finally:
            worker.kill()
        found = Counted(**_rates(store), violations=broker.length(VIOLATIONS) - before)
    if found != right:
        raise WrongResultError(found, right)
    return measured


def _watch(worker: Worker, database: Path, filled: Filled) -> LaneRun:
    """Look at the offsets in the database until the last one is kept."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as looking:
        first = _wait_beyond(looking, worker, 0)
        began, cpu_began = time.perf_counter(), cpu_seconds(worker.process.pid)
        kept = first
        while kept < filled.messages:
            kept = _wait_beyond(looking, worker, kept)
        seconds, cpu_s = time.perf_counter() - began, cpu_seconds(worker.process.pid) - cpu_began
    if first > MOST_UNSEEN * filled.messages:
        raise RuntimeError(f"the first batch was {first} of {filled.messages} messages: fill the topic with more")
    passages = filled.passages * (filled.messages - first) / filled.messages
    return LaneRun(passages / seconds, cpu_s / passages * 1e6, peak_memory_mb(worker.process.pid))


def _wait_beyond(looking: sqlite3.Connection, worker: Worker, kept: int) -> int:
    deadline = time.monotonic() + STALL_SECONDS
    while (now := _kept(looking)) <= kept:
        worker.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"the worker kept {kept} messages and then nothing for {STALL_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    return now


def _kept(looking: sqlite3.Connection) -> int:
    """How many messages the lane has kept: every partition of a new topic begins at offset 0."""
    asked = "select coalesce(sum(next_offset), 0) from offsets where stream_lane = 'screen'"
    return int(looking.execute(asked).fetchone()[0])


def _rates(store: Store) -> dict[str, int]:
    """The sums of everything that was counted, as a reader of the API would get them."""
    corridors = [f"B{number + 1:02d}" for number in range(province.CORRIDORS)]
    with store.reading() as conn:
        rows = [counts for _, counts in Counts(conn, corridors).rows(Grain.HOUR, ALWAYS, ())]
    sums = dict(zip(COUNTS, map(sum, zip(*rows, strict=True)), strict=True))
    return {name: sums[name] for name in asdict(Counted(0, 0, 0, 0, 0, 0)) if name in sums}
