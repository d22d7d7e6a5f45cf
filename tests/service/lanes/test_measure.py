"""The measure lane's work: passages of every good frame under ids that stay, and each lost frame counted once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
from aiokafka.structs import ConsumerRecord

from service.lanes.frame_places import BatchPlaces, Place
from service.lanes.measure import MeasureWork
from service.lanes.work import Outcome, Partition, Slice
from service.metrics import Metrics
from service.store import frame_runs
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.frame_runs import Lost
from service.topics import FRAMES, PASSAGES
from tests.wim.crossings import CAR, START_NS, frame, network
from wim import codec
from wim.frames import Frame
from wim.records import HOUR_NS, Passages, Source, blank, passage_ids
from wim.sites import Lane, Network, Site, parse_network

SECOND_NS = 10**9
HOUR_S = START_NS // HOUR_NS * 3600


@dataclass
class Meter:
    """Finds as many vehicles as the frame's `length_mm` says; 13 it cannot measure, 14 weigh nothing that it knows."""

    site: Site
    lane: Lane
    found: int = 0

    @property
    def line_kg(self) -> npt.NDArray[np.float32]:
        """As many vehicles as found last; of one line there is nothing to compare."""
        return np.full((self.found, 16, 1, 2), np.nan, np.float32)

    def measure(self, frame: Frame) -> Passages:
        count = int(frame.head["length_mm"])
        if count == 13:
            raise ZeroDivisionError
        found, self.found = blank(count), count
        found["time_ns"], found["origin_ns"] = START_NS + 5, frame.head["start_ns"]
        for name in ("site", "lane", "direction", "sequence"):
            found[name] = frame.head[name]
        found["part"], found["axle_count"], found["source"] = np.arange(count), 2, Source.FRAME
        found["left_kg"][:, :2], found["gross_kg"], found["gross_sigma"] = 4500, 9000, 0.02
        if count == 14:
            found["gross_sigma"] = np.nan
        return found


@dataclass
class Bench:
    """A lane's work fed by hand; `offset` goes on from batch to batch."""

    store: Store
    network: Network = field(default_factory=network)
    metrics: Metrics = field(default_factory=Metrics)
    offset: int = 100
    work: MeasureWork = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process takes over, with metrics of its own."""
        self.metrics = Metrics()
        self.work = MeasureWork(self.store, self.network, Meter, self.metrics, clock_ns=lambda: START_NS + HOUR_NS)
        self.work.assigned([Partition(FRAMES, 7)])

    def judge(self, *values: bytes | None) -> Outcome:
        """One batch of partition 7, not kept."""
        records = []
        for value in values:
            records.append(ConsumerRecord(FRAMES, 7, self.offset, 0, 0, b"G104-K012", value, None, -1, 0, ()))
            self.offset += 1
        return self.work.judge([Slice(Partition(FRAMES, 7), self.offset, records)])

    def keep(self, *values: bytes | None) -> Outcome:
        """One batch, kept."""
        outcome = self.judge(*values)
        with self.store.writing() as conn:
            outcome.write(conn)
        outcome.committed()
        return outcome

    def lost(self) -> dict[int, Lost]:
        """What the database says that each lane lost."""
        with self.store.reading() as conn:
            return frame_runs.lost(conn, "G104-K012", HOUR_S - 3600, HOUR_S + 7200)

    def counted(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"wim_{name}_total", {"site": "G104-K012", **labels})


@pytest.fixture
def bench(store: Store) -> Bench:
    """A fresh store and a lane on it."""
    return Bench(store)


def numbered(*sequences: int, lane: int = 1, vehicles: int = 1, **fields: object) -> list[bytes]:
    """Frames with these numbers, a second apart."""
    return [
        frame(
            CAR,
            sequence=sequence,
            start_ns=START_NS + sequence * SECOND_NS,
            lane=lane,
            direction=1 - lane % 2,
            length_mm=vehicles,
            **fields,
        )
        for sequence in sequences
    ]


def passages_of(outcome: Outcome) -> Passages:
    """All passages that are sent, in their order."""
    values = [message.value for message in outcome.messages]
    batch = codec.decode(values, START_NS + HOUR_NS)
    assert batch.refused == []
    return batch.passages


def test_frames_become_passages_under_their_own_identity(bench: Bench) -> None:
    """In their order, keyed by site: of two vehicles both, of an empty frame none."""
    outcome = bench.keep(*numbered(1), *numbered(2, vehicles=0), *numbered(5, lane=2, vehicles=2), *numbered(3))
    assert {(message.topic, message.key) for message in outcome.messages} == {(PASSAGES, b"G104-K012")}
    found = passages_of(outcome)
    assert found["sequence"].tolist() == [1, 5, 5, 3]
    assert found["part"].tolist() == [0, 0, 1, 0]
    assert found["origin_ns"].tolist() == [START_NS + n * SECOND_NS for n in (1, 5, 5, 3)]
    assert outcome.dead_letters == []


def test_each_passage_tells_where_its_frame_lies(bench: Bench) -> None:
    """The screen lane finds partition and offset of the very frame."""
    outcome = bench.keep(*numbered(1), *numbered(2, vehicles=0), *numbered(3, vehicles=2))
    [message] = outcome.messages
    record = ConsumerRecord(PASSAGES, 0, 0, 0, 0, message.key, message.value, None, -1, 0, message.headers)
    places = BatchPlaces([record], np.zeros(3, np.int32), np.arange(3))
    assert [places.of(row) for row in range(3)] == [Place(7, 100), Place(7, 102), Place(7, 102)]


def test_a_large_batch_goes_out_in_messages_of_256(bench: Bench) -> None:
    """Nothing is lost or swapped at their edges."""
    outcome = bench.keep(*numbered(*range(300), vehicles=2))
    assert [len(message.value or b"") for message in outcome.messages] == [16 + 192 * n for n in (256, 256, 88)]
    assert passages_of(outcome)["sequence"].tolist() == [n for n in range(300) for _ in range(2)]


def no_strips() -> Network:
    """The site as a registry has it that knows nothing of its strips."""
    site = {"id": "G104-K012", "corridor": "G104", "chainage_km": 1.0, "lane": [{"number": 1, "direction": "up"}]}
    return parse_network({"corridor": [{"id": "G104", "timezone": "Asia/Shanghai"}], "site": [site]}, "test")


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (None, "null", "no value"),
        (b"WIMF", "length", "4 bytes"),
        (frame(CAR)[:-1] + b"\x7f", "crc", "CRC-32"),
        (frame(CAR, rate_hz=0), "rate_hz", "1000"),
        (frame(CAR, start_ns=START_NS + 26 * HOUR_NS), "future", "24 h"),
        (frame(CAR, site=b"NOWHERE"), "site", "'NOWHERE'"),
        (frame(CAR, lane=9), "lane", "lane 9 of site G104-K012"),
        (frame(CAR, direction=1), "direction", "the registry says up of lane 1"),
        (frame(CAR, length_mm=13), "measure", "ZeroDivisionError"),
        (frame(CAR, length_mm=14), "measure", "gross_sigma is not a number"),
    ],
)
def test_a_bad_frame_is_a_dead_letter_with_its_bytes_and_its_neighbours_are_measured(
    bench: Bench, value: bytes | None, reason: str, detail: str
) -> None:
    """Each with the word that metrics carry and the sentence for a person."""
    outcome = bench.keep(*numbered(1), value, *numbered(2))
    [letter] = outcome.dead_letters
    assert (letter.reason, letter.value, letter.offset) == (reason, value, 101)
    assert detail in letter.detail
    assert passages_of(outcome)["sequence"].tolist() == [1, 2]


def test_a_lane_without_strips_cannot_be_weighed_on(store: Store) -> None:
    """Without a strip's width there is no load, and a guess would be a silent wrong weight."""
    outcome = Bench(store, no_strips()).keep(*numbered(1))
    assert [letter.reason for letter in outcome.dead_letters] == ["strips"]
    assert list(outcome.messages) == []


def test_a_replay_sends_the_same_bytes(bench: Bench) -> None:
    """After a crash between sending and keeping, the same passages go out under the same ids."""
    values = numbered(1, 2, vehicles=2)
    before = bench.judge(*values)
    bench.restart()
    after = bench.keep(*values)
    assert passage_ids(passages_of(before)) == passage_ids(passages_of(after))
    assert [message.value for message in before.messages] == [message.value for message in after.messages]


def test_lost_frames_are_counted_by_lane_and_taken_back_where_they_come_late(bench: Bench) -> None:
    """In the metrics and, by hour, in the database; an empty frame is not a lost one."""
    bench.keep(*numbered(1, 5), *numbered(7, 8, lane=2, vehicles=0))
    bench.keep(*numbered(3), *numbered(10, lane=2))
    assert bench.lost() == {1: Lost(3, 1), 2: Lost(1, 0)}
    assert (bench.counted("frames_missing", lane="1"), bench.counted("frames_late", lane="1")) == (3, 1)
    assert (bench.counted("frames_missing", lane="2"), bench.counted("frames_late", lane="2")) == (1, 0)
    assert bench.counted("frames", lane="2", vehicles="0") == 2
    assert bench.counted("frames", lane="1", vehicles="1") == 3


def test_a_frame_lost_between_two_workers_is_seen(bench: Bench) -> None:
    """What a lane remembers lies in the database."""
    bench.keep(*numbered(1, 2))
    bench.restart()
    bench.keep(*numbered(4))
    assert bench.lost() == {1: Lost(1, 0)}


def test_a_batch_that_is_not_kept_counts_nothing(bench: Bench) -> None:
    """Judged, given up, judged again: one loss."""
    values = numbered(1, 4)
    bench.judge(*values)
    bench.work.assigned([Partition(FRAMES, 7)])
    bench.keep(*values)
    assert bench.lost() == {1: Lost(2, 0)}
    assert bench.counted("frames_missing", lane="1") == 2
    assert bench.counted("frames_repeated", lane="1") is None


def test_a_topic_that_is_read_again_counts_no_loss_twice(bench: Bench) -> None:
    """After a reset of the offsets every frame is measured again; what was lost stays what it was."""
    values = numbered(1, 4, 5)
    first = bench.keep(*values)
    bench.restart()
    again = bench.keep(*values)
    assert passage_ids(passages_of(first)) == passage_ids(passages_of(again))
    assert bench.lost() == {1: Lost(2, 0)}
    assert bench.counted("frames_repeated", lane="1") == 3


def test_who_was_overtaken_gives_the_batch_up(bench: Bench) -> None:
    """Two workers that believe to own a lane: one of them keeps nothing."""
    bench.keep(*numbered(1))
    other = Bench(bench.store)
    overtaken = other.judge(*numbered(3))
    bench.keep(*numbered(3))
    with pytest.raises(FencedError), bench.store.writing() as conn:
        overtaken.write(conn)
    assert bench.lost() == {1: Lost(1, 0)}


def test_frames_of_a_registry_without_the_site_leave_no_trace(store: Store) -> None:
    """Names that nobody knows could be anything, any number of them."""
    stranger = {"id": "S340-K003", "corridor": "S340", "chainage_km": 1.0, "lane": [{"number": 1, "direction": "up"}]}
    document = {"corridor": [{"id": "S340", "timezone": "Asia/Shanghai"}], "site": [stranger]}
    bench = Bench(store, parse_network(document, "test"))
    bench.keep(*numbered(1, 9))
    assert bench.lost() == {}
    assert bench.counted("frames_missing", lane="1") is None
