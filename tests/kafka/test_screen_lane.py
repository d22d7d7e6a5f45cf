"""The screen lane on real Kafka: what its metrics say of vehicles is what went through it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from rules.ruleset import load_book
from service.kafka import Kafka
from service.lanes.liveness import Liveness
from service.lanes.screen import ScreenWork
from service.lanes.sending import Sender
from service.lanes.stream import Plant, StreamLane
from service.metrics import Metrics
from service.papers import Papers
from service.registry import Registry
from service.store.engine import Store, open_store
from service.topics import DEAD_LETTERS, PASSAGES, SIGHTINGS, VIOLATIONS
from tests.kafka.conftest import Ends
from tests.kafka.counting import produce
from tests.rules.worlds import network, truck
from wim import codec
from wim.records import HOUR_NS, Passages


@pytest.fixture
def servers(start_kafka: Callable[..., object]) -> str:
    """A broker of this test's own, for the lane's topics have fixed names."""
    address: str = start_kafka(1).bootstrap_servers  # type: ignore[attr-defined]
    admin = AdminClient({"bootstrap.servers": address})
    topics = [NewTopic(topic, 1, 1) for topic in (PASSAGES, VIOLATIONS, SIGHTINGS, DEAD_LETTERS)]
    for created in admin.create_topics(topics).values():
        created.result(timeout=30)
    return address


@pytest.fixture
def store(sqlite_ready: str) -> Iterator[Store]:
    opened = open_store(sqlite_ready)
    yield opened
    opened.close()


def trucks(count: int, now_ns: int) -> Passages:
    """Trucks that cross at that moment, all of them over the limit."""
    passages = np.concatenate([truck(60_000)] * count)
    passages["time_ns"] = passages["origin_ns"] = now_ns
    passages["sequence"] = np.arange(count)
    return passages


async def test_latency_is_from_the_crossing_to_the_database_and_of_live_vehicles_only(
    servers: str, store: Store
) -> None:
    """An hour-old backlog before five live trucks: all are counted, five are measured, none slower than we waited."""
    metrics, registry, ends = Metrics(), Registry(network()), Ends()
    plant = Plant(Kafka(servers), store, Sender(Kafka(servers)), metrics, Liveness(), ends)
    work = ScreenWork(store, registry, load_book(), Papers(store, registry, 80, 4 * HOUR_NS), metrics)
    work.warm_up()
    await plant.sender.start()
    lane = StreamLane(work, plant)
    await lane.start()
    began_ns = time.time_ns()
    try:
        values = [codec.encode(trucks(50, began_ns - HOUR_NS)), codec.encode(trucks(5, began_ns))]
        await asyncio.to_thread(produce, servers, PASSAGES, values)
        await _until(lambda: _trucks(metrics) == 55)
    finally:
        await lane.stop()
        await plant.sender.stop()
    waited_s = (time.time_ns() - began_ns) / 1e9
    labels = {"step": "verdict"}
    assert metrics.registry.get_sample_value("wim_vehicle_latency_seconds_count", labels) == 5
    total_s = metrics.registry.get_sample_value("wim_vehicle_latency_seconds_sum", labels)
    assert total_s is not None
    assert 0 < total_s <= 5 * waited_s
    assert ends.statuses == []


def _trucks(metrics: Metrics) -> float:
    families = {family.name: family for family in metrics.registry.collect()}
    return sum(one.value for one in families["wim_vehicles"].samples)


async def _until(condition: Callable[[], bool], seconds: float = 45.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
