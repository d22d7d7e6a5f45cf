"""The screen lane: passages in; violations, sightings and counts out.

One batch goes: bytes checked and copied (`wim.codec`) → crossings that were seen before left out (`store.seen_keys`) →
judged by one kernel (`rules.screen`) → violations and sightings encoded (`lanes.announce`), counts made
(`lanes.batches`) → memory, counts and what the watch is to see (`watch.rows`) written with the offsets. Where a lane
was downgraded between judging and writing, what is written was judged again; what was told already is taken back by
the watch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from aiokafka.structs import ConsumerRecord
from mode import ServiceT
from sqlalchemy import Connection

from dispatch.cases import PLATE_READ_WINDOW_NS, REACH_HORIZON_NS
from rules.kernels.arrays import Terms
from rules.ruleset import RuleBook, load_book
from rules.screen import Screen, Verdicts
from service.doubts import Doubts
from service.lanes import announce, batches, traffic
from service.lanes.frame_places import BatchPlaces
from service.lanes.memory import Memory
from service.lanes.work import DeadLetter, Outcome, Partition, Slice, records_of, refused
from service.metrics import Metrics
from service.papers import Papers
from service.registry import Registry
from service.store import lane_reads, rates, seen, watches
from service.store.engine import Store
from service.store.seen import HourKey
from service.store.seen_keys import SeenHour, split_new
from service.store.tally import Tally
from service.store.watches import WatchedBatch
from service.topics import PASSAGES
from service.watch import lane as watch_lane
from service.watch import watcher
from service.watch.rows import watched
from service.worker import Parts
from wim import codec
from wim.records import Flag, Passages, blank, text


def work(parts: Parts) -> ScreenWork:
    """The lane of a worker, by its settings."""
    policy = parts.policy
    book = load_book().trucks_from(policy.truck_from_kg)
    papers = Papers(parts.store, parts.registry, policy.plate_certain_from, policy.trip_gap_ns)
    seal_after_s = policy.seal_after_days * 86_400
    windows = policy.reach_horizon_ns, policy.plate_read_window_ns
    return ScreenWork(parts.store, parts.registry, book, papers, parts.metrics, seal_after_s, *windows)


def companions(parts: Parts, work: ScreenWork) -> Sequence[ServiceT]:
    """The watch over the sensors, which sees what the lane writes down."""
    return [watcher.service(parts)]


@dataclass(slots=True)
class _Judged:
    """What a batch came to, before any of it is kept."""

    passages: Passages
    verdicts: Verdicts
    #: What they were judged by, and the revision of the doubts in it.
    screen: Screen
    doubts: int
    counted: tuple[Tally, npt.NDArray[np.int32]]
    grown: Mapping[HourKey, SeenHour]
    saved: Mapping[HourKey, SeenHour] = field(default_factory=dict)

    def times_ns(self) -> npt.NDArray[np.int64]:
        """When each vehicle crossed whose time can be trusted, shape (n,)."""
        times: npt.NDArray[np.int64] = self.passages["time_ns"][self.verdicts["flags"] & Flag.CLOCK_UNLOCKED == 0]
        return times


class ScreenWork:
    """See `service.lanes.work.Work`."""

    name = "screen"
    topics = (PASSAGES,)
    durable = False
    patience_s = 0.0

    def __init__(
        self,
        store: Store,
        registry: Registry,
        book: RuleBook,
        papers: Papers,
        metrics: Metrics,
        seal_after_s: int = seen.SEAL_AFTER_S,
        horizon_ns: int = REACH_HORIZON_NS,
        plate_window_ns: int = PLATE_READ_WINDOW_NS,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._registry, self._book, self._papers, self._metrics = registry, book, papers, metrics
        self._clock_ns, self._horizon_ns = clock_ns, horizon_ns
        #: A truck that can still be caught crossed within the horizon, and is judged by the window before it.
        self._plates_kept_ns = horizon_ns + plate_window_ns
        self._memory = Memory(store, seal_after_s)
        self._doubts = Doubts(store, registry.network)
        self._rule_sets = [rule_set.id for rule_set in book.rule_sets]

    def warm_up(self) -> None:
        """Compile or load every kernel by judging one passage."""
        batch = codec.decode([codec.encode(_anything())], self._clock_ns())
        batches.lane_hours(batch.passages)
        verdicts = self._screen().judge(batch.passages)
        counted = self._count(batch.passages, verdicts)
        watched(batch.passages, verdicts, counted, self._registry.network, self._book.law.truck_from_kg, 0)
        watch_lane.warm_up()

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Memory may be somebody else's by now: forget it."""
        self._memory.forget()

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """One batch, without effects."""
        records = records_of(slices)
        batch = codec.decode([record.value for record in records], self._clock_ns())
        dead = [refused(records[r.message], r.reason, _detail(r), r.raw) for r in batch.refused]
        hours, hour_of = batches.lane_hours(batch.passages)
        memory = self._memory.recall(hours)
        split = split_new(batches.seen_keys(batch.passages), hour_of, memory)
        for place in np.flatnonzero(split.sealed).tolist():
            dead.append(
                _sealed(records[batch.message[place]], batch.passages[place : place + 1], hours[hour_of[place]])
            )
        fresh = batch.passages[split.first]
        screen = self._screen()
        verdicts = screen.judge(fresh)
        names = announce.Names.of(self._book, self._registry.network, self._papers.register)
        judged = _Judged(
            fresh,
            verdicts,
            screen,
            self._doubts.revision,
            self._count(fresh, verdicts),
            {hours[row]: replace(memory[row], keys=keys) for row, keys in split.grown.items()},
        )
        places = BatchPlaces(records, batch.message, np.flatnonzero(split.first))
        told = announce.violations(fresh, verdicts, names, places.of)
        return Outcome(
            messages=[*told, *announce.sightings(fresh, verdicts, names)],
            dead_letters=dead,
            duplicates=len(batch.passages) - len(fresh) - int(np.count_nonzero(split.sealed)),
            write=lambda conn: self._write(conn, judged),
            committed=lambda: self._committed(judged),
        )

    def _screen(self) -> Screen:
        return Screen(self._book.law, self._doubts.terms(), self._papers.plates())

    def _count(self, passages: Passages, verdicts: Verdicts) -> tuple[Tally, npt.NDArray[np.int32]]:
        return batches.count(passages, verdicts, self._rule_sets, self._registry.network)

    def _write(self, conn: Connection, judged: _Judged) -> None:
        now_ns = self._clock_ns()
        now_s = now_ns // 10**9
        self._judge_again(judged, self._doubts.hold(conn))
        judged.saved = self._memory.write(conn, judged.grown, now_s)
        watches.add(conn, self._watched(judged, now_s))
        rates.add(conn, judged.counted[0], now_s)
        kept_from_ns = now_ns - self._plates_kept_ns
        minutes = batches.lane_minutes(judged.passages, judged.verdicts, judged.counted, kept_from_ns)
        lane_reads.add(conn, minutes, kept_from_ns // 10**9)

    def _judge_again(self, judged: _Judged, terms: Terms) -> None:
        """Judge by the doubts of now, if they changed since: what is counted from here on must be counted so."""
        if judged.doubts != self._doubts.revision:
            judged.screen, judged.doubts = replace(judged.screen, terms=terms), self._doubts.revision
            judged.verdicts = judged.screen.judge(judged.passages)
            judged.counted = self._count(judged.passages, judged.verdicts)

    def _watched(self, judged: _Judged, now_s: int) -> list[WatchedBatch]:
        network, truck_from_kg = self._registry.network, self._book.law.truck_from_kg
        return watched(judged.passages, judged.verdicts, judged.counted, network, truck_from_kg, now_s)

    def _committed(self, judged: _Judged) -> None:
        self._memory.remember(judged.saved)
        for site, newest_ns in _newest(judged.passages).items():
            self._metrics.last_passage.labels(site).set(newest_ns / 1e9)
        traffic.publish(self._metrics, judged.counted[0])
        # What is late (`dispatch.cases.is_late`) is a backlog or a record: its age says nothing about how quick we are.
        age_ns = self._clock_ns() - judged.times_ns()
        self._metrics.vehicle_latency.observe("verdict", age_ns[age_ns <= self._horizon_ns] / 1e9)


def _anything() -> Passages:
    """A passage that every kernel can take."""
    passages = blank(1)
    passages["time_ns"] = passages["origin_ns"] = 1
    passages["axle_count"], passages["site"] = 2, b"-"
    return passages


def _detail(refusal: codec.Refusal) -> str:
    return refusal.detail if refusal.record is None else f"record {refusal.record}: {refusal.detail}"


def _sealed(record: ConsumerRecord, passage: Passages, hour: HourKey) -> DeadLetter:
    detail = f"lane {hour.lane} of {hour.site}: nothing was written to that hour for so long that it is closed"
    return refused(record, "sealed_hour", detail, passage.tobytes())


def _newest(passages: Passages) -> dict[str, int]:
    """The newest time of each site."""
    sites, place = np.unique(passages["site"], return_inverse=True)
    newest = np.zeros(len(sites), np.int64)
    np.maximum.at(newest, place, passages["time_ns"])
    return {text(site): time_ns for site, time_ns in zip(sites.tolist(), newest.tolist(), strict=True)}
