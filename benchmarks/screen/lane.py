"""One run of the screen lane: the real worker on an SQLite database of its own drains a topic that is already full.

The clock is that of `benchmarks.screen.watching`. A run counts only if the database then holds exactly the counts that
`rules.screen` finds by itself, and the violations topic as many messages more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.screen import province
from benchmarks.screen.broker import Broker
from benchmarks.screen.filling import Filled
from benchmarks.screen.processes import Worker
from benchmarks.screen.watching import watch
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
            drained = watch(worker, database, "screen", filled.messages)
            worker.stop()
        finally:
            worker.kill()
        found = Counted(**_rates(store), violations=broker.length(VIOLATIONS) - before)
    if found != right:
        raise WrongResultError(found, right)
    each = filled.passages / filled.messages
    return LaneRun(drained.per_s * each, drained.cpu_us / each, drained.peak_memory_mb)


def _rates(store: Store) -> dict[str, int]:
    """The sums of everything that was counted, as a reader of the API would get them."""
    corridors = [f"B{number + 1:02d}" for number in range(province.CORRIDORS)]
    with store.reading() as conn:
        rows = [counts for _, counts in Counts(conn, corridors).rows(Grain.HOUR, ALWAYS, ())]
    sums = dict(zip(COUNTS, map(sum, zip(*rows, strict=True)), strict=True))
    return {name: sums[name] for name in asdict(Counted(0, 0, 0, 0, 0, 0)) if name in sums}
