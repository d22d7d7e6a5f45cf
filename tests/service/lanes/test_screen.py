"""The screen lane's work on a real store: each crossing once, in every figure, whatever comes again."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from aiokafka.structs import ConsumerRecord
from sqlalchemy import select

from rules.permits import Permit, parse_register
from rules.ruleset import load_book
from service.lanes.screen import ScreenWork
from service.lanes.work import Outcome, Partition, Slice
from service.metrics import Metrics
from service.papers import Papers
from service.register import document_of
from service.registry import Registry
from service.store import lane_reads, register, seen, watch_tables
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.rate_table import CountedLane, Extent, Question, query
from service.store.seen import HourKey
from service.topics import PASSAGES, SIGHTINGS, VIOLATIONS
from tests.rules.worlds import REGISTER_DOCUMENT, START_NS, network, truck
from wim import codec
from wim.records import HOUR_NS, Flag, Passages, passage_ids

REGISTRY = Registry(network(), parse_register(REGISTER_DOCUMENT, "test", ("G104", "S340")))
HOUR_S = START_NS // HOUR_NS * 3600


class Bench:
    """A lane's work with a clock of its own, fed by hand."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now_ns = START_NS + 60 * 10**9
        self.metrics = Metrics()
        self.work = self.make()
        self.offset = 0

    def make(self) -> ScreenWork:
        papers = Papers(self.store, REGISTRY, certain_from=80, trip_gap_ns=4 * HOUR_NS, clock_ns=lambda: self.now_ns)
        return ScreenWork(
            self.store, REGISTRY, load_book(), papers, self.metrics, seal_after_s=3600, clock_ns=lambda: self.now_ns
        )

    def judge(self, *values: bytes | None) -> Outcome:
        records = [self.record(value) for value in values]
        return self.work.judge([Slice(Partition(PASSAGES, 0), self.offset, records)])

    def keep(self, *values: bytes | None) -> Outcome:
        outcome = self.judge(*values)
        with self.store.writing() as conn:
            outcome.write(conn)
        outcome.committed()
        return outcome

    def record(self, value: bytes | None) -> ConsumerRecord:
        self.offset += 1
        return ConsumerRecord(PASSAGES, 0, self.offset - 1, 0, 0, b"K012", value, None, 0, len(value or b""), ())

    def sums(self) -> dict[str, int]:
        """All of the corridor's counts in one row."""
        lanes = tuple(CountedLane("K012", lane, lane - 1) for lane in (1, 2))
        question = Question(HOUR_S - 86_400, HOUR_S + 40 * 86_400, direction="both")
        with self.store.reading() as conn:
            table = query(conn, [Extent("G104", "Asia/Shanghai", lanes)], question)["G104"]
        names = ("passages", "trucks", "over_nominal", "over_beyond_tolerance", "hundred_tonne")
        return {name: sum(row[name] for row in table.rows) for name in names}


@pytest.fixture
def bench(store: Store) -> Bench:
    """A fresh store and a lane on it."""
    return Bench(store)


def trucks(*gross_kg: int, **fields: object) -> Passages:
    passages = np.concatenate([truck(mass, **fields) for mass in gross_kg])
    passages["sequence"] = np.arange(len(gross_kg))
    return passages


def violation_ids(outcome: Outcome) -> list[str]:
    return [json.loads(message.value or b"")["id"] for message in outcome.messages if message.topic == VIOLATIONS]


def test_a_batch_is_counted_and_its_violations_told(bench: Bench) -> None:
    """Three trucks, one within the limit, one over, one of 100 t."""
    passages = trucks(40_000, 60_000, 101_000)
    outcome = bench.keep(codec.encode(passages))
    assert violation_ids(outcome) == passage_ids(passages)[1:]
    assert bench.sums() == {
        "passages": 3,
        "trucks": 3,
        "over_nominal": 2,
        "over_beyond_tolerance": 2,
        "hundred_tonne": 1,
    }


def test_latency_is_that_of_live_vehicles_whose_time_is_known(bench: Bench) -> None:
    """Kept a minute after it crossed; what lies beyond the reach horizon or has no traceable time says nothing."""
    passages = trucks(40_000, 60_000, 40_000)
    passages["time_ns"][1] -= HOUR_NS
    passages["origin_ns"] = passages["time_ns"]
    passages["flags"][2] = Flag.CLOCK_UNLOCKED
    bench.keep(codec.encode(passages), codec.encode(passages))
    registry, verdict = bench.metrics.registry, {"step": "verdict"}
    assert registry.get_sample_value("wim_vehicle_latency_seconds_count", verdict) == 1
    assert registry.get_sample_value("wim_vehicle_latency_seconds_sum", verdict) == pytest.approx(60.0)
    assert registry.get_sample_value("wim_vehicle_latency_seconds_bucket", {**verdict, "le": "60.0"}) == 1


def test_vehicles_are_counted_by_site_lane_and_axles(bench: Bench) -> None:
    """Once each, with how many plates were read; sites that the registry lacks share one label."""
    stranger = trucks(40_000, site=b"NOWHERE")
    known = trucks(40_000, 60_000)[1:]
    known["plate"], known["flags"] = "苏A12345".encode(), 0
    bench.keep(codec.encode(np.concatenate([trucks(40_000), known, trucks(40_000), stranger])))
    families = {family.name: family for family in bench.metrics.registry.collect()}
    counted = {tuple(one.labels.values()): one.value for one in families["wim_vehicles"].samples}
    axles = str(int(stranger["axle_count"][0]))
    assert counted == {("K012", "1", axles): 2, ("other", "", axles): 1}
    read = {tuple(one.labels.values()): one.value for one in families["wim_plates_read"].samples}
    assert read == {("K012", "1"): 1, ("other", ""): 0}


def test_plates_are_counted_by_the_minute_as_long_as_they_decide(bench: Bench) -> None:
    """Once each; what crossed before the window of the oldest truck that can still be caught is not kept."""
    passages = trucks(40_000, 60_000, 40_000)
    passages["time_ns"][1] -= 2 * HOUR_NS + 13 * 60 * 10**9
    passages["time_ns"][2] -= 3 * HOUR_NS
    passages["origin_ns"] = passages["time_ns"]
    passages["flags"][1] = Flag.NO_PLATE
    passages["plate"][[0, 2]] = "苏A12345".encode()
    bench.keep(codec.encode(passages), codec.encode(passages))
    minutes = [int(time_ns) // lane_reads.MINUTE_NS * 60 for time_ns in passages["time_ns"][:2]]
    with bench.store.reading() as conn:
        kept = conn.execute(select(watch_tables.lane_reads)).all()
    assert sorted(kept) == sorted([("K012", 1, minutes[0], 1, 1), ("K012", 1, minutes[1], 1, 0)])


def test_what_comes_again_counts_once_in_every_way_of_coming(bench: Bench) -> None:
    """In one message, in the next batch, after a restart, and measured anew: one crossing."""
    passages = trucks(40_000, 60_000)
    remeasured = passages.copy()
    remeasured["gross_kg"] += 10
    remeasured["time_ns"] += HOUR_NS
    first = bench.keep(codec.encode(np.concatenate([passages, passages])))
    expected = bench.sums()
    assert first.duplicates == 2
    again = bench.keep(codec.encode(passages), codec.encode(remeasured))
    bench.work = bench.make()
    after_restart = bench.keep(codec.encode(remeasured))
    assert (again.duplicates, after_restart.duplicates) == (4, 2)
    assert violation_ids(again) == violation_ids(after_restart) == []
    assert bench.sums() == expected


def test_a_batch_that_is_given_up_leaves_no_trace(bench: Bench) -> None:
    """Judged but not kept, and judged again: the same messages, counted once."""
    message = codec.encode(trucks(60_000))
    given_up = bench.judge(message)
    bench.work.assigned([Partition(PASSAGES, 0)])
    kept = bench.keep(message)
    assert violation_ids(given_up) == violation_ids(kept)
    assert bench.sums()["passages"] == 1


def test_a_worker_that_was_overtaken_is_fenced(bench: Bench) -> None:
    """Two lanes with the same hour in memory: the second to write gives its batch up."""
    other = bench.make()
    message = codec.encode(trucks(60_000))
    mine = bench.judge(message)
    theirs = other.judge([Slice(Partition(PASSAGES, 1), 1, [bench.record(message)])])
    with bench.store.writing() as conn:
        theirs.write(conn)
    with pytest.raises(FencedError), bench.store.writing() as conn:
        mine.write(conn)
    assert bench.sums()["passages"] == 1


def test_bad_records_are_dead_letters_and_their_neighbours_are_judged(bench: Bench) -> None:
    """Each with its reason, its bytes and its place."""
    passages = trucks(60_000, 40_000)
    passages["axle_count"][1] = 0
    outcome = bench.keep(None, b"noise", codec.encode(passages))
    assert [(letter.reason, letter.offset) for letter in outcome.dead_letters] == [
        ("null", 0),
        ("length", 1),
        ("axle_count", 2),
    ]
    assert outcome.dead_letters[2].value == passages[1].tobytes()
    assert outcome.dead_letters[2].detail.startswith("record 1: ")
    assert bench.sums()["passages"] == 1


def test_a_closed_hour_takes_nothing_more(bench: Bench) -> None:
    """Late by more than the sealing time: a dead letter, whether it was seen before or not."""
    bench.keep(codec.encode(trucks(60_000)))
    bench.now_ns += 3 * HOUR_NS
    with bench.store.writing() as conn:
        seen.seal(conn, bench.now_ns // 10**9, 3600)
    bench.work.assigned([Partition(PASSAGES, 0)])
    late = trucks(60_000, 61_000)
    outcome = bench.keep(codec.encode(late))
    assert [letter.reason for letter in outcome.dead_letters] == ["sealed_hour"] * 2
    assert [letter.value for letter in outcome.dead_letters] == [passage.tobytes() for passage in late]
    assert (outcome.duplicates, violation_ids(outcome)) == (0, [])
    assert bench.sums()["passages"] == 1


def test_a_watched_plate_without_violation_is_told(bench: Bench) -> None:
    """A light crossing of a watched plate is a sighting, of another plate nothing."""
    watched = trucks(20_000, plate="苏A0T002".encode())
    outcome = bench.keep(codec.encode(watched), codec.encode(trucks(20_000, plate="苏A0T007".encode(), lane=2)))
    [message] = outcome.messages
    body = json.loads(message.value or b"")
    assert (message.topic, body["reason"], body["id"]) == (SIGHTINGS, "watch_list", passage_ids(watched)[0])


def test_a_permit_that_is_put_holds_without_a_restart(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next batch after the look-up sees it."""
    plate = {"plate": "苏A0T055".encode()}
    assert len(violation_ids(bench.keep(codec.encode(trucks(60_000, **plate))))) == 1
    permit = Permit("P9", "苏A0T055", START_NS, START_NS + HOUR_NS, ("G104",), 70_000)
    with bench.store.writing() as conn:
        register.put(conn, "permit", "P9", document_of(permit))
    monotonic = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + 2)
    assert violation_ids(bench.keep(codec.encode(trucks(60_000, 61_000, lane=2, **plate)))) == []


def test_sides_that_were_copied_are_excluded_by_name(bench: Bench) -> None:
    """They count in the raw figures and not in net, which says why."""
    copied = trucks(60_000)
    copied["right_kg"] = copied["left_kg"]
    copied["gross_kg"] = 2 * copied["left_kg"].sum()
    bench.keep(codec.encode(copied))
    question = Question(HOUR_S, HOUR_S + 3600, direction="both")
    with bench.store.reading() as conn:
        extent = Extent("G104", "Asia/Shanghai", (CountedLane("K012", 1, 0),))
        [row] = query(conn, [extent], question)["G104"].rows
    assert row["excluded"] == {"SIDES_COPIED": 1}
    assert (row["trucks"], row["net"]["trucks"]) == (1, 0)


def test_memory_of_an_hour_is_what_was_seen(bench: Bench) -> None:
    """The database holds one sorted key a crossing."""
    bench.keep(codec.encode(trucks(40_000, 40_000, 40_000)))
    key = HourKey("K012", 1, HOUR_S)
    with bench.store.reading() as conn:
        assert len(seen.load(conn, [key])[key].keys) == 3 * 13
