"""The cases lane and its relay on real Kafka: a violation goes in, an intercept comes out, once in effect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from service.docket.terms import Terms
from service.kafka import Kafka
from service.lanes.cases import CasesWork
from service.lanes.liveness import Liveness
from service.lanes.sending import Sender
from service.lanes.stream import Plant, StreamLane
from service.messages import Intercept, decode
from service.metrics import Metrics
from service.relay import Relay, RelayService, Times
from service.store.engine import Store, open_store
from service.topics import DEAD_LETTERS, INTERCEPTS, JOINT_ACTION, SIGHTINGS, VIOLATIONS, responses
from tests.kafka.conftest import Ends
from tests.service.docket.desk import Desk
from tests.service.told import MINUTE_NS, TIME_NS

TOPICS = (VIOLATIONS, SIGHTINGS, INTERCEPTS, DEAD_LETTERS, JOINT_ACTION, responses("road"), responses("police"))


@pytest.fixture
def servers(start_kafka: Callable[..., object]) -> str:
    """A broker of this test's own, for the lane's topics have fixed names."""
    address: str = start_kafka(1).bootstrap_servers  # type: ignore[attr-defined]
    admin = AdminClient({"bootstrap.servers": address})
    for created in admin.create_topics([NewTopic(topic, 2, 1) for topic in TOPICS]).values():
        created.result(timeout=30)
    return address


@pytest.fixture
def store(sqlite_ready: str) -> Iterator[Store]:
    opened = open_store(sqlite_ready)
    yield opened
    opened.close()


def produce(servers: str, topic: str, *values: bytes) -> None:
    producer = Producer({"bootstrap.servers": servers, "partitioner": "murmur2_random"})
    for value in values:
        producer.produce(topic, key="苏A12345".encode(), value=value)
    assert producer.flush(30) == 0


def told(servers: str, version: int, seconds: float = 30.0) -> list[Intercept]:
    """The intercepts on the topic, up to the one of that version; fails where it does not come in time."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "reader", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(INTERCEPTS, number, 0) for number in range(2)])
    found: list[Intercept] = []
    give_up_s = time.monotonic() + seconds
    while not found or found[-1].version < version:
        assert time.monotonic() < give_up_s, f"version {version} did not come: {[one.version for one in found]}"
        message = consumer.poll(0.2)
        if message is not None and message.error() is None:
            found.append(decode(Intercept, message.value()))
    consumer.close()
    return found


@asynccontextmanager
async def carried(servers: str, store: Store, desk: Desk) -> AsyncIterator[Ends]:
    """A lane with its relay, as a worker carries them, until the end of the block."""
    kafka, ends, terms = Kafka(servers), Ends(), Terms()
    plant = Plant(kafka, store, Sender(kafka), Metrics(), Liveness(), ends)
    await plant.sender.start()
    sender = Sender(kafka)
    relay = Relay(store, sender, plant.metrics, terms, "test", Times(clock_ns=lambda: TIME_NS))
    work = CasesWork(terms, desk._ask, plant.metrics, relay.wake, lambda: TIME_NS)
    services = [RelayService(relay, sender, ends), StreamLane(work, plant)]
    for service in services:
        await service.start()
    plant.liveness.starting = False
    try:
        yield ends
    finally:
        for service in reversed(services):
            await service.stop()
        await plant.sender.stop()


async def test_a_violation_comes_out_as_an_intercept_and_goes_on_after_a_restart(servers: str, store: Store) -> None:
    """Violations, one of them twice, a restart, a sighting: versions in order, one alert, the last state complete."""
    desk = Desk(store)
    async with carried(servers, store, desk) as ends:
        produce(servers, VIOLATIONS, desk.violation())
        (opened,) = await asyncio.to_thread(told, servers, 1)
        assert (opened.state, opened.version, opened.alerts) == ("open", 1, 1)
    again = desk.violation(MINUTE_NS)
    produce(servers, VIOLATIONS, again, again)
    async with carried(servers, store, desk) as ends_again:
        await asyncio.to_thread(told, servers, 2)
        produce(servers, SIGHTINGS, desk.sighting(2 * MINUTE_NS))
        everything = await asyncio.to_thread(told, servers, 3)
    assert [one.version for one in everything] == [1, 2, 3]
    assert [len(one.sightings) for one in everything] == [1, 2, 3]
    assert {one.alerts for one in everything} == {1}
    assert everything[-1] == desk.only_intercept()
    assert ends.statuses == ends_again.statuses == []
