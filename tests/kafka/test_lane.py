"""A stream lane against real Kafka: what it keeps, what it refuses to go on with, what it never does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import insert

from service.ending import NEEDS_A_PERSON, TRY_AGAIN
from service.lanes import reading, stream
from service.lanes.work import Partition
from service.store import offsets
from service.store.engine import Store
from service.topics import DEAD_LETTERS, LARGE_BYTES
from tests.kafka import counting
from tests.kafka.conftest import Carry
from tests.kafka.counting import CountingWork, numbered, produce, read_all

NewTopicFactory = Callable[..., str]

LARGE = {"max.message.bytes": str(LARGE_BYTES)}


@pytest.fixture
def topic(new_topic: NewTopicFactory) -> str:
    """Three partitions of this test's own."""
    return new_topic("numbers", 3)


@pytest.fixture(scope="module")
def dead_letters(kafka: str, kafka_admin: AdminClient) -> str:
    """The topic of dead letters; shared, so tests look for their own."""
    if DEAD_LETTERS not in kafka_admin.list_topics().topics:
        kafka_admin.create_topics([NewTopic(DEAD_LETTERS, 1, 1, config=LARGE)])[DEAD_LETTERS].result(30)
    return DEAD_LETTERS


async def test_every_number_is_kept_once_and_in_order(
    kafka: str, topic: str, unique: str, new_topic: NewTopicFactory, store: Store, carry: Carry
) -> None:
    """A drained backlog and what comes live end in one row a number, and each announcement is made once."""
    announcements = new_topic("announced")
    produce(kafka, topic, numbered(range(5_000)), 3)
    async with carry(kafka, CountingWork(unique, [topic], announcements)) as running:
        await running.kept(5_000)
        produce(kafka, topic, numbered(range(5_000, 5_050)), 3)
        await running.kept(5_050)
    assert counting.report(store, 5_050).exact
    announced = [int(value or b"") for value, _ in read_all(kafka, announcements)]
    assert sorted(announced) == list(range(0, 5_050, counting.ANNOUNCED_EVERY))
    assert running.ends.statuses == []


async def test_a_restart_goes_on_where_the_database_says(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """Kafka's committed offset is only advice: here it is wrong, and nobody believes it."""
    produce(kafka, topic, numbered(range(300)), 3)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.kept(300)
    produce(kafka, topic, numbered(range(300, 600)), 3)
    liar = Consumer({"bootstrap.servers": kafka, "group.id": f"wim-{unique}"})
    liar.commit(offsets=[TopicPartition(topic, number, 150) for number in range(3)], asynchronous=False)
    liar.close()
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.kept(300)
    assert counting.report(store, 600).exact


async def test_the_first_start_begins_at_the_logs_beginning_and_records_it(
    kafka: str, kafka_admin: AdminClient, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """A partition that was never read begins at the first offset that the log still has."""
    produce(kafka, topic, numbered(range(90)), 3)
    kafka_admin.delete_records([TopicPartition(topic, 1, 10)])[TopicPartition(topic, 1, 10)].result(10)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.kept(80)
    with store.reading() as connection:
        positions = offsets.read_all(connection, unique)
    assert {key[2]: position.next_offset for key, position in positions.items()} == {0: 30, 1: 30, 2: 30}
    assert counting.report(store, 90).missing == list(range(1, 30, 3))


async def test_nothing_is_judged_before_the_work_knows_its_partitions(
    kafka: str, topic: str, unique: str, carry: Carry
) -> None:
    """A slow take-over holds back everything, although records of the partitions are there to be had."""
    told, steps = threading.Event(), []

    def assigned(partitions: object) -> None:
        steps.append("assigned begins")
        assert told.wait(10)
        steps.append("assigned ends")

    produce(kafka, topic, numbered(range(300)), 3)
    work = CountingWork(unique, [topic], on_assigned=assigned, before=lambda messages: steps.append("judged"))
    async with carry(kafka, work) as running:
        await running.until(lambda: bool(steps))
        # The consumer has its assignment and could fetch: others get all of it meanwhile, again and again.
        for _ in range(3):
            assert len(await asyncio.to_thread(read_all, kafka, topic, 3)) == 300
        told.set()
        await running.kept(300)
    assert steps[:3] == ["assigned begins", "assigned ends", "judged"]


@dataclass
class Reads:
    """The `getmany` calls of a process: how many have not returned, and what each gave."""

    under_way: int = 0
    gave: list[int] = field(default_factory=list)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Watches aiokafka's own method."""
    watched, original = Reads(), AIOKafkaConsumer.getmany

    async def getmany(consumer: AIOKafkaConsumer, *partitions: object, **options: object) -> dict[object, list[object]]:
        watched.under_way += 1
        found: dict[object, list[object]] = {}
        try:
            found = await original(consumer, *partitions, **options)
        finally:
            watched.gave.append(sum(map(len, found.values())))
            watched.under_way -= 1
        return found

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    return watched


async def test_a_read_that_began_under_an_old_assignment_is_void(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry, reads: Reads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member joins, the take-over is slow, and a `getmany` from before returns what lies at Kafka's stale offset."""
    # The read spans the whole rebalance, and what the lane keeps is never told to Kafka.
    monkeypatch.setattr(reading, "READ_WAIT_MS", 6_000)
    monkeypatch.setattr(stream, "ADVISE_EVERY_SECONDS", 3_600.0)
    liar = Consumer({"bootstrap.servers": kafka, "group.id": f"wim-{unique}"})
    liar.commit(offsets=[TopicPartition(topic, number, 0) for number in range(3)], asynchronous=False)
    liar.close()
    take_overs: list[object] = []

    def slowly(partitions: object) -> None:
        take_overs.append(partitions)
        if len(take_overs) > 1:
            # Until the read from before has come back with whatever it found.
            counting.wait_for(lambda: not reads.under_way, seconds=20.0)

    produce(kafka, topic, numbered(range(300)), 3)
    async with carry(kafka, CountingWork(unique, [topic], on_assigned=slowly)) as running:
        await running.kept(300)
        other = AIOKafkaConsumer(
            topic,
            bootstrap_servers=kafka,
            group_id=f"wim-{unique}",
            partition_assignment_strategy=(RangePartitionAssignor,),
        )
        await other.start()
        await running.until(lambda: len(take_overs) > 1)
        await other.stop()
        await running.until(lambda: len(take_overs) > 2)
        produce(kafka, topic, numbered(range(300, 330)), 3)
        await running.kept(330)
    assert sum(reads.gave) > 330, "no read came back with what had been kept before"
    assert counting.report(store, 330).exact
    assert running.ends.statuses == []


async def test_a_take_over_that_fails_ends_the_process(kafka: str, topic: str, unique: str, carry: Carry) -> None:
    """aiokafka would log the exception of a rebalance listener and read on."""

    def fail(partitions: object) -> None:
        raise OSError("the database is away")

    async with carry(kafka, CountingWork(unique, [topic], on_assigned=fail)) as running:
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == TRY_AGAIN
    assert "the database is away" in running.ends.reasons[0]
    assert running.work.kept == 0


async def test_a_batch_that_another_worker_was_ahead_with_is_given_up(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """The guard lets one writer through; the other re-reads and repeats nothing."""
    caught, release = threading.Event(), threading.Event()

    def hold(messages: int) -> None:
        caught.set()
        assert release.wait(10)

    produce(kafka, topic, numbered(range(300)), 3)
    async with carry(kafka, CountingWork(unique, [topic], before=hold)) as running:
        await asyncio.to_thread(caught.wait, 10)
        # Another worker keeps the first ten numbers of partition 0 meanwhile.
        with store.writing() as connection:
            offsets.advance(connection, unique, topic, 0, 0, 10)
            rows = [{"number": 3 * at, "partition": 0, "offset": at} for at in range(10)]
            connection.execute(insert(counting.counted), rows)
        release.set()
        await running.kept(290)
        given_up = running.plant.metrics.given_up.labels(unique)._value.get()
    assert counting.report(store, 300).exact
    assert given_up >= 1


async def test_a_batch_whose_partitions_have_gone_is_given_up(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that outlasts the hand-over is worth nothing: the next owner reads the same messages."""
    monkeypatch.setattr(stream, "HAND_OVER_SECONDS", 0.1)
    caught, release = threading.Event(), threading.Event()

    def hold(messages: int) -> None:
        caught.set()
        assert release.wait(15)

    produce(kafka, topic, numbered(range(300)), 3)
    slow, quick = CountingWork(unique, [topic], before=hold), CountingWork(unique, [topic])
    async with carry(kafka, slow) as first:
        await asyncio.to_thread(caught.wait, 10)
        async with carry(kafka, quick) as second:
            await second.until(lambda: quick.kept > 0)
            release.set()
            await first.until(lambda: slow.kept + quick.kept >= 300)
    assert counting.report(store, 300).exact
    assert (first.ends.statuses, second.ends.statuses) == ([], [])
    assert first.plant.metrics.given_up.labels(unique)._value.get() == 1


async def test_another_clusters_offsets_stop_the_worker(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """The database kept its offsets, the cluster is another one: a person decides, nothing is skipped in silence."""
    with store.writing() as connection:
        offsets.start(connection, unique, topic, 1, "another-cluster/some-topic-id", 7)
    produce(kafka, topic, numbered(range(30)), 3)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == NEEDS_A_PERSON
    assert "another cluster answers" in running.ends.reasons[0]
    assert f"wim offsets reset {unique} --topic {topic} --partition 1" in running.ends.reasons[0]
    assert counting.count(store) == 0


async def test_a_topic_that_was_made_anew_stops_the_worker(
    kafka: str, kafka_admin: AdminClient, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """The new topic of the same name is longer than the old offset, which alone would give no sign of it."""
    produce(kafka, topic, numbered(range(30)), 3)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.kept(30)
    kafka_admin.delete_topics([topic])[topic].result(10)
    counting.wait_for(lambda: topic not in kafka_admin.list_topics(timeout=5).topics)
    kafka_admin.create_topics([NewTopic(topic, 3, 1)])[topic].result(10)
    produce(kafka, topic, numbered(range(1_000, 1_300)), 3)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == NEEDS_A_PERSON
    assert "the topic was deleted and made again" in running.ends.reasons[0]
    assert counting.report(store, 30).exact


async def test_messages_that_the_log_has_lost_stop_the_worker(
    kafka: str, kafka_admin: AdminClient, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """Retention was faster than the lane: the gap is named with its ends."""
    produce(kafka, topic, numbered(range(30)), 3)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.kept(30)
    produce(kafka, topic, numbered(range(30, 90)), 3)
    kafka_admin.delete_records([TopicPartition(topic, 2, 15)])[TopicPartition(topic, 2, 15)].result(10)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == NEEDS_A_PERSON
    assert "goes on at offset 10" in running.ends.reasons[0]
    assert "messages 10 to 14 are gone" in running.ends.reasons[0]


async def test_an_offset_behind_the_logs_end_stops_the_worker(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """A log that was cut (an unclean leader) does not make the lane wait in silence for messages to come."""
    produce(kafka, topic, numbered(range(30)), 3)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.kept(30)
    with store.writing() as connection:
        offsets.advance(connection, unique, topic, 0, 10, 11)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == NEEDS_A_PERSON
    assert "the log was cut" in running.ends.reasons[0]


async def test_the_log_losing_messages_under_a_running_lane_stops_it(
    kafka: str, kafka_admin: AdminClient, topic: str, unique: str, carry: Carry
) -> None:
    """The same while the lane runs: it stands where the log no longer is."""
    hold, caught = threading.Event(), threading.Event()

    def wait(messages: int) -> None:
        caught.set()
        assert hold.wait(15)

    produce(kafka, topic, numbered(range(3)), 3)
    async with carry(kafka, CountingWork(unique, [topic], before=wait)) as running:
        await asyncio.to_thread(caught.wait, 10)
        # Its first batch is in hand. Kafka forgets all of what comes after it before it is read.
        partition = TopicPartition(topic, 0, 40_000)
        values = [b"7".zfill(1_000)] * 40_000
        await asyncio.to_thread(produce, kafka, topic, values)
        kafka_admin.delete_records([partition])[partition].result(10)
        hold.set()
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == NEEDS_A_PERSON
    assert "are gone" in running.ends.reasons[0]


async def test_poison_becomes_a_dead_letter_and_its_neighbours_are_kept(
    kafka: str, new_topic: NewTopicFactory, unique: str, store: Store, carry: Carry, dead_letters: str
) -> None:
    """Anything that is no number is kept with its bytes and its place; 5 MB, empty and null too."""
    topic = new_topic("numbers", 1, LARGE)
    poison: list[bytes | None] = [b"x", b"", None, b"\xff" * 100, b"z" * 5_000_000]
    values: list[bytes | None] = [*numbered(range(50)), *poison, *numbered(range(50, 100))]
    produce(kafka, topic, values)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.kept(100)
        refused = running.plant.metrics.dead_letters.labels(unique, "not_a_number")._value.get()
    assert counting.report(store, 100).exact
    letters = [letter for letter in read_all(kafka, dead_letters) if letter[1]["topic"] == topic.encode()]
    assert [value for value, _ in letters] == poison
    assert [int(headers["offset"]) for _, headers in letters] == list(range(50, 55))
    assert {headers["reason"] for _, headers in letters} == {b"not_a_number"}
    assert refused == len(poison)


async def test_markers_of_transactions_are_no_lag_and_aborted_messages_are_not_read(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """A foreign producer may use transactions: its aborted numbers never count, its markers do not look like lag."""
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": unique})
    producer.init_transactions(20)
    for numbers, end in ((range(10), producer.commit_transaction), (range(500, 510), producer.abort_transaction)):
        producer.begin_transaction()
        for value in numbered(numbers):
            producer.produce(topic, value, partition=0)
        # What is not flushed an abort only forgets.
        assert producer.flush(20) == 0
        end(20)
    async with carry(kafka, CountingWork(unique, [topic]), gauge=True) as running:
        await running.kept(10)
        pulse = running.plant.liveness.pulse(unique)
        await running.until(lambda: (pulse.positions or {}).get(Partition(topic, 0)) == 22)
        await running.until(lambda: pulse.lag == 0)
    assert counting.report(store, 10).exact


async def test_a_failed_transaction_ends_the_process_with_nothing_kept(
    kafka: str, topic: str, unique: str, store: Store, carry: Carry
) -> None:
    """A database fault is no reason to go on: the offsets stay where they were."""
    produce(kafka, topic, numbered(range(30)), 3)
    with store.writing() as connection:
        counting.counted.drop(connection)
    async with carry(kafka, CountingWork(unique, [topic])) as running:
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == TRY_AGAIN
    assert "counted" in running.ends.reasons[0]
    with store.reading() as connection:
        assert {position.next_offset for position in offsets.read_all(connection, unique).values()} == {0}


async def test_a_patient_work_gets_few_batches(kafka: str, topic: str, unique: str, store: Store, carry: Carry) -> None:
    """A work that says how long a batch may wait for company is not called for every message."""
    work = CountingWork(unique, [topic], patience_s=1.0)
    async with carry(kafka, work) as running:
        await running.until(lambda: running.lane._reader.reading)
        for number in range(20):
            await asyncio.to_thread(produce, kafka, topic, numbered([number]))
        await running.kept(20)
    assert counting.report(store, 20).exact
    assert len(work.batches) <= 3
