"""Row D1 of reliability.md: one message in a hundred is poison, and one record in a hundred of the good ones."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from service.topics import DEAD_LETTERS, LARGE_BYTES, PASSAGES
from tests.chaos import poison
from tests.chaos.dose import SECONDS, dose, record
from tests.chaos.road import Road
from tests.chaos.trucks import SITES, Traffic, trucks

TRUCKS = dose(100_000, 10_000_000)
PACK = 20


def _letters(servers: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Every dead letter: where it comes from, and why. What is repeated comes from the same place."""
    client = Consumer({"bootstrap.servers": servers, "group.id": "letters", "fetch.message.max.bytes": LARGE_BYTES})
    for partition in client.list_topics(DEAD_LETTERS, timeout=30).topics[DEAD_LETTERS].partitions:
        begin, end = client.get_watermark_offsets(TopicPartition(DEAD_LETTERS, partition), timeout=30)
        client.assign([TopicPartition(DEAD_LETTERS, partition, begin)])
        while begin < end:
            for message in client.consume(min(500, end - begin), timeout=10):
                begin = int(message.offset() or 0) + 1
                headers = {name: str(value, "utf-8") for name, value in _headers(message)}
                yield (headers["partition"], headers["offset"], headers["detail"]), headers["reason"]
    client.close()


def _headers(message: Message) -> list[tuple[str, bytes]]:
    return [(name, value) for name, value in dict(message.headers() or ()).items() if isinstance(value, bytes)]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_d1_poison_is_named_and_changes_no_neighbour(road: Road, engine: str) -> None:
    """Each bad message and record is a dead letter under its reason; every good truck is judged as if they were not."""
    began, chance = time.monotonic(), random.Random(1)
    traffic = Traffic(road.installed.servers)
    expected = Counter[str]()
    producer = Producer({"bootstrap.servers": road.installed.servers, "message.max.bytes": LARGE_BYTES})
    road.worker()
    for start in range(0, TRUCKS, PACK * len(SITES)):
        passages = trucks(range(start, start + PACK * len(SITES)), time.time_ns())
        traffic.note(passages)
        for site in np.unique(passages["site"]):
            own = passages[passages["site"] == site]
            spoiled = _spoilt(chance, own, expected)
            producer.produce(PASSAGES, spoiled, site, on_delivery=traffic.delivered)
            if chance.random() < 0.01:
                name = chance.choice(list(poison.MESSAGES))
                expected[name.split(" ", 1)[0]] += 1
                producer.produce(PASSAGES, poison.MESSAGES[name](spoiled), site, on_delivery=traffic.delivered)
        producer.poll(0)
        if len(producer) > 500:
            producer.flush(SECONDS)
    producer.flush(SECONDS)
    found = road.settle(traffic, letters=True)
    letters = dict(_letters(road.installed.servers))
    assert Counter(letters.values()) == expected
    figures = {"trucks": traffic.sent, "poison": expected.total(), "reasons": dict(expected)}
    record("D1", engine, began, **figures, repeated=found.repeated)


def _spoilt(chance: random.Random, own: np.ndarray, expected: Counter[str]) -> bytes:
    """A good message to which records that nobody can believe were added here and there."""
    rows: list[np.ndarray] = []
    spoiled: dict[int, str] = {}
    for row in range(len(own)):
        rows.append(own[row : row + 1])
        if chance.random() < 0.01:
            name = chance.choice(list(poison.RECORDS))
            spoiled[len(rows)] = name
            expected[poison.reason_of(name)] += 1
            rows.append(own[row : row + 1])
    return poison.message_with(np.concatenate(rows), spoiled)
