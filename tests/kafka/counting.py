"""The oracle of the delivery tests: numbered messages, a work that keeps each number, and what must come out.

Every number is produced once. A lane that carries `CountingWork` keeps one row a number, without any key that would
hide a second one, and announces every tenth number on another topic. `Report` says what is missing, duplicate, wrong or
out of order.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, insert, select

from service.lanes.work import Message, Outcome, Partition, Slice, records_of, refused
from service.store import tables
from service.store.engine import Store, open_store
from service.topics import LARGE_BYTES

ANNOUNCED_EVERY = 10

metadata = MetaData()
counted = Table(
    "counted",
    metadata,
    Column("row", Integer, primary_key=True),
    Column("number", BigInteger),
    Column("partition", Integer),
    Column("offset", BigInteger),
)


@dataclass
class CountingWork:
    """Keeps the number in each message; anything else is a dead letter `not_a_number`."""

    name: str
    topics: Sequence[str]
    announcements: str | None = None
    #: Called in the lane's thread with each batch's size, before it is judged: where tests wait, raise or look.
    before: Callable[[int], None] = lambda messages: None
    on_assigned: Callable[[Sequence[Partition]], None] = lambda partitions: None
    durable: bool = False
    patience_s: float = 0.0
    kept: int = 0
    batches: list[int] = field(default_factory=list)

    def warm_up(self) -> None:
        """Nothing to compile."""

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Nothing in memory to void."""
        self.on_assigned(partitions)

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """Rows for all numbers, announcements for every tenth."""
        records = records_of(slices)
        self.before(len(records))
        good = [record for record in records if (record.value or b"").isdigit()]
        rows = [
            {"number": int(record.value), "partition": record.partition, "offset": record.offset} for record in good
        ]
        letters = [refused(r, "not_a_number", repr(r.value)) for r in records if not (r.value or b"").isdigit()]

        def write(connection: Connection) -> None:
            if rows:
                connection.execute(insert(counted), rows)

        def committed() -> None:
            self.kept += len(rows)
            self.batches.append(len(rows))

        return Outcome(self._announce(rows), letters, write=write, committed=committed)

    def _announce(self, rows: Iterable[dict[str, int]]) -> list[Message]:
        if self.announcements is None:
            return []
        numbers = (row["number"] for row in rows if row["number"] % ANNOUNCED_EVERY == 0)
        return [Message(self.announcements, b"%d" % number, b"%d" % number) for number in numbers]


@dataclass(frozen=True)
class Report:
    """What the database says of numbers 0 to n − 1; all empty where each was kept once, in its partition's order."""

    missing: list[int]
    duplicate: list[int]
    wrong: list[int]
    out_of_order: int

    @property
    def exact(self) -> bool:
        """Each number was kept exactly once and in order."""
        return not (self.missing or self.duplicate or self.wrong or self.out_of_order)


def report(store: Store, numbers: int) -> Report:
    """Compare the kept rows with numbers 0 to `numbers` − 1."""
    with store.reading() as connection:
        rows = connection.execute(select(counted.c.number, counted.c.partition, counted.c.offset).order_by("row")).all()
    times = Counter(row.number for row in rows)
    last: dict[int, int] = {}
    backwards = 0
    for row in rows:
        backwards += last.get(row.partition, -1) >= row.offset
        last[row.partition] = row.offset
    expected = set(range(numbers))
    return Report(
        sorted(expected - times.keys()),
        sorted(number for number, count in times.items() if count > 1),
        sorted(times.keys() - expected),
        backwards,
    )


def count(store: Store) -> int:
    """Rows kept so far."""
    with store.reading() as connection:
        return len(connection.execute(select(counted.c.row)).all())


def open_counting_store(url: str) -> Store:
    """The store at `url` with the lanes' positions and our numbers."""
    store = open_store(url, check=False)
    with store.writing() as connection:
        tables.offsets.create(connection, checkfirst=True)
        metadata.create_all(connection)
    return store


def sqlite_url(folder: Path) -> str:
    """A database file of one's own."""
    return f"sqlite:///{folder / 'wim.db'}"


def make_anew(admin: AdminClient, topics: Mapping[str, Mapping[str, str]], partitions: int = 1) -> None:
    """Empty topics of these names, with these settings."""
    there = [name for name in topics if name in admin.list_topics(timeout=10).topics]
    for deleted in admin.delete_topics(there).values() if there else ():
        deleted.result(30)
    wait_for(lambda: not set(there) & admin.list_topics(timeout=10).topics.keys())
    new = [NewTopic(name, partitions, 1, config=dict(config)) for name, config in topics.items()]
    for created in admin.create_topics(new).values():
        created.result(30)
    wait_for(lambda: topics.keys() <= admin.list_topics(timeout=10).topics.keys())


def produce(servers: str, topic: str, values: Iterable[bytes | None], partitions: int = 1) -> None:
    """Append the values, each to the next partition in turn, and return once all are acknowledged."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "message.max.bytes": LARGE_BYTES})
    failures: list[object] = []

    def delivered(error: object, message: object) -> None:
        if error is not None:
            failures.append(error)

    for index, value in enumerate(values):
        producer.produce(topic, value, key=b"key", partition=index % partitions, on_delivery=delivered)
        if index % 1000 == 0:
            producer.poll(0)
    producer.flush(30)
    assert not failures


def numbered(numbers: Iterable[int]) -> list[bytes]:
    """The messages of these numbers."""
    return [b"%d" % number for number in numbers]


def read_all(servers: str, topic: str, partitions: int = 1) -> list[tuple[bytes | None, dict[str, Any]]]:
    """Every message that lies in the topic now: its value and its headers."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "reader", "enable.auto.commit": False})
    found: list[tuple[bytes | None, dict[str, Any]]] = []
    for number in range(partitions):
        start, end = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
        consumer.assign([TopicPartition(topic, number, start)])
        while start < end:
            for message in consumer.consume(min(1000, end - start), timeout=5):
                assert message.error() is None, message.error()
                found.append((message.value(), dict(message.headers() or ())))
                start = int(message.offset() or 0) + 1
    consumer.close()
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 45.0, what: str = "") -> None:
    """Return once the condition holds; fail where it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or condition}"
        time.sleep(0.02)
