"""A site with a screen lane, a cases lane and a watch on one store, with a clock of the test's; no Kafka between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiokafka.structs import ConsumerRecord

from dispatch.cases import PlateReads
from rules.ruleset import load_book
from service.docket.arrivals import arrival
from service.docket.filing import file
from service.docket.terms import Terms
from service.lanes.screen import ScreenWork
from service.lanes.work import Message, Outcome, Partition, Slice
from service.messages import Intercept, Violation, decode
from service.metrics import Metrics
from service.papers import Papers
from service.registry import Registry
from service.store import downgrades, intercepts, violations
from service.store.downgrades import Downgrade
from service.store.engine import Store
from service.store.rate_table import CountedLane, Extent, Question, query
from service.topics import PASSAGES, VIOLATIONS
from service.watch.watcher import Watch, WatchTimes
from tests.rules.worlds import START_NS, network, truck
from wim import codec
from wim.records import HOUR_NS, Grade, Passages

REGISTRY = Registry(network())
HOUR_S = START_NS // HOUR_NS * 3600
SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS


@dataclass
class Road:
    """Trucks cross lane 1 of K012, one every ten seconds from START_NS on."""

    store: Store
    registry: Registry = REGISTRY
    now_ns: int = START_NS + HOUR_NS
    metrics: Metrics = field(default_factory=Metrics)
    sequence: int = 0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Other processes take over: a screen lane and a watch that remember nothing."""
        self.screen = self.make_screen()
        self.watch = self.make_watch("one")

    def make_screen(self) -> ScreenWork:
        """A screen lane."""
        papers = Papers(self.store, self.registry, 80, 4 * HOUR_NS, lambda: self.now_ns)
        return ScreenWork(self.store, self.registry, load_book(), papers, self.metrics, clock_ns=lambda: self.now_ns)

    def make_watch(self, owner: str) -> Watch:
        """A watch that lets nothing gather."""
        return Watch(self.store, self.metrics, owner, WatchTimes(gather_s=0.0, clock_ns=lambda: self.now_ns))

    def trucks(self, *gross_kg: int, **fields: Any) -> Passages:
        """The next trucks, ten seconds apart, each with a plate of its own; `fields` of the record."""
        made = np.concatenate([truck(mass) for mass in gross_kg])
        numbers = np.arange(self.sequence, self.sequence + len(made))
        made["sequence"] = numbers
        made["time_ns"] = made["origin_ns"] = START_NS + numbers * 10 * SECOND_NS
        made["plate"] = [f"苏A{number:05d}".encode() for number in numbers]
        made["plate_confidence"] = 95
        for name, value in fields.items():
            made[name] = value
        self.sequence += len(made)
        return made

    def judge(self, passages: Passages) -> Outcome:
        """One batch of the screen lane, not kept."""
        value = codec.encode(passages)
        record = ConsumerRecord(PASSAGES, 0, 0, 0, 0, b"K012", value, None, 0, len(value), ())
        return self.screen.judge([Slice(Partition(PASSAGES, 0), 1, [record])])

    def keep(self, outcome: Outcome) -> list[Message]:
        """Keep a batch; gives the violations that it told."""
        with self.store.writing() as conn:
            outcome.write(conn)
        outcome.committed()
        return [message for message in outcome.messages if message.topic == VIOLATIONS]

    def cross(self, *gross_kg: int, **fields: Any) -> list[Message]:
        """Trucks cross, are judged, kept and filed."""
        told = self.keep(self.judge(self.trucks(*gross_kg, **fields)))
        self.file(told)
        return told

    def file(self, messages: list[Message]) -> None:
        """The cases lane files violations."""
        arrivals = [arrival(Violation, message.value, 80) for message in messages]
        with self.store.writing() as conn:
            file(conn, arrivals, self.now_ns, Terms(network()), lambda conn, one: PlateReads(90, 100))

    def turn(self) -> list[Message]:
        """The watch does all that is due, and what it tells is filed."""
        told: list[Message] = []
        while news := self.watch.turn():
            told += news
            self.watch.told(news)
            self.file(news)
        return told

    def downgrade(self, from_ns: int, **changed: Any) -> Downgrade:
        """A person downgrades lane 1."""
        one = Downgrade(
            id=downgrades.identity(from_ns, changed),
            version=1,
            site="K012",
            lane=1,
            source="person",
            cause="",
            grade=Grade.COUNT,
            from_ns=from_ns,
            until_ns=None,
            opened_ns=self.now_ns,
            opened_by="chen",
            reason="a strip came loose",
            recalled_s=from_ns // HOUR_NS * 3600,
        )._replace(**changed)
        with self.store.writing() as conn:
            assert downgrades.begin(conn, one)
        return one

    def downgraded(self) -> list[Downgrade]:
        """Every downgrade."""
        with self.store.reading() as conn:
            return downgrades.all_of(conn)

    def violations(self) -> dict[int, Violation]:
        """The violations that are kept, by sequence."""
        with self.store.reading() as conn:
            rows = violations.page(conn, None, violations.Wanted(), None, 1_000)
        found = [decode(Violation, row.document.encode()) for row in rows]
        return {one.passage.sequence: one for one in sorted(found, key=lambda one: one.passage.sequence)}

    def intercepts(self) -> list[Intercept]:
        """The intercepts, by the time of their best violation."""
        with self.store.reading() as conn:
            rows = intercepts.page(conn, None, intercepts.Wanted(), None, 1_000)
        found = [decode(Intercept, row.document.encode()) for row in rows]
        return sorted(found, key=lambda one: one.best.time)

    def rates(self, **question: Any) -> dict[str, Any]:
        """The corridor's figures, everything in one row."""
        lanes = tuple(CountedLane("K012", lane, lane - 1) for lane in (1, 2))
        asked = Question(HOUR_S - 86_400, HOUR_S + 40 * 86_400, direction="both", **question)
        with self.store.reading() as conn:
            table = query(conn, [Extent("G104", "Asia/Shanghai", lanes)], asked)["G104"]
        (row,) = table.rows
        return row
