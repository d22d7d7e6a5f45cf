"""A stream lane whose broker lies, goes away and comes back: damaged logs, missing acknowledgements, silence."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from service.ending import TRY_AGAIN
from service.store import offsets
from service.store.engine import Store
from service.topics import DEAD_LETTERS, LARGE_BYTES
from tests.kafka import counting
from tests.kafka.conftest import Carry
from tests.kafka.counting import CountingWork, numbered, produce, read_all
from tests.servers import kafka as kafka_server
from tests.servers import needs
from tests.servers.kafka import Cluster

TOPIC = "numbers"
OTHER_TOPIC = "other-numbers"
LANE = "counting"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A broker of this module's own, to be hurt."""
    needs.required(kafka_server.missing(), "WIM_REQUIRE_SERVERS")
    with kafka_server.throwaway(tmp_path_factory.mktemp("kafka")) as cluster:
        yield cluster


@pytest.fixture
def cluster(broker: Cluster) -> Cluster:
    """That broker, running, with fresh topics: one to read and one for dead letters."""
    if broker.nodes[0].process is None:
        broker.nodes[0].start()
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers, "log_level": 0})
    counting.make_anew(admin, {TOPIC: {}, OTHER_TOPIC: {}, DEAD_LETTERS: {"max.message.bytes": str(LARGE_BYTES)}})
    return broker


def segment(cluster: Cluster) -> Path:
    """The file that holds the topic's log."""
    (found,) = (cluster.nodes[0].folder / "data" / f"{TOPIC}-0").glob("*.log")
    return found


def damage(path: Path, value: bytes) -> None:
    """Change one byte of a message where it lies in the log."""
    raw = bytearray(path.read_bytes())
    at = raw.find(value)
    assert at > 0
    with path.open("r+b") as log:
        log.seek(at)
        log.write(b"?")


@pytest.mark.parametrize("last", [False, True], ids=["in the middle", "at the end"])
async def test_a_damaged_batch_is_recorded_and_passed(cluster: Cluster, store: Store, carry: Carry, last: bool) -> None:
    """The numbers before and behind it are kept, its own lie in one dead letter, and the lane goes on.

    What another partition had given to the read that the damage ended is kept too.
    """
    servers = cluster.bootstrap_servers
    produce(servers, OTHER_TOPIC, numbered(range(1_000, 1_100)))
    before, damaged, behind = range(100), range(100, 110), range(110, 110 if last else 200)
    for numbers in (before, damaged, behind):
        produce(servers, TOPIC, [b"number %d" % number if number in damaged else b"%d" % number for number in numbers])
    damage(segment(cluster), b"number 104")
    async with carry(servers, CountingWork(LANE, [TOPIC, OTHER_TOPIC])) as running:
        await running.kept(100 + len(before) + len(behind))
        produce(servers, TOPIC, numbered(range(200, 210)))
        await running.kept(100 + len(before) + len(behind) + 10)
        counted = running.plant.metrics.dead_letters.labels(LANE, "kafka_crc")._value.get()
    report = counting.report(store, 1_100)
    assert report.missing == [*damaged, *range(behind.stop, 200), *range(210, 1_000)]
    assert not report.duplicate
    ((letter, headers),) = read_all(servers, DEAD_LETTERS)
    assert letter is not None
    assert b"number 100" in letter
    assert b"number 109" in letter
    assert (headers["reason"], headers["offset"]) == (b"kafka_crc", b"100")
    assert counted == 1


async def test_a_missing_acknowledgement_ends_the_process_before_anything_is_kept(
    cluster: Cluster, store: Store, carry: Carry
) -> None:
    """The broker dies with a batch in hand: the batch is not kept, so that it will be judged and announced again."""
    servers = cluster.bootstrap_servers
    caught, killed = threading.Event(), threading.Event()

    def hold(messages: int) -> None:
        caught.set()
        assert killed.wait(20)

    produce(servers, TOPIC, numbered(range(100)))
    work = CountingWork(LANE, [TOPIC], announcements=TOPIC, before=hold)
    async with carry(servers, work, acknowledged_s=2.0) as running:
        await asyncio.to_thread(caught.wait, 10)
        cluster.kill()
        killed.set()
        await running.until(lambda: bool(running.ends.statuses))
    assert running.ends.statuses[0] == TRY_AGAIN
    assert "not acknowledged after 2 s" in running.ends.reasons[0]
    assert counting.count(store) == 0
    with store.reading() as connection:
        assert {position.next_offset for position in offsets.read_all(connection, LANE).values()} == {0}


async def test_a_broker_that_is_away_makes_the_worker_unready_but_not_dead(
    cluster: Cluster, store: Store, carry: Carry
) -> None:
    """aiokafka raises nothing when the broker goes; once it is back the lane goes on without a restart."""
    servers = cluster.bootstrap_servers
    async with carry(servers, CountingWork(LANE, [TOPIC]), gauge=True) as running:
        liveness = running.plant.liveness
        produce(servers, TOPIC, numbered(range(50)))
        await running.kept(50)
        await running.until(lambda: liveness.why_not_ready() == [])
        cluster.kill()
        await running.until(lambda: "no broker answers" in liveness.why_not_ready())
        assert liveness.why_not_live() == []
        labels = {"stream_lane": LANE, "topic": TOPIC, "partition": "0"}
        assert math.isnan(running.plant.metrics.registry.get_sample_value("wim_lag_messages", labels) or 0.0)
        # In this thread, for the broker dies with the thread that starts it.
        cluster.nodes[0].start()
        await running.until(lambda: liveness.why_not_ready() == [])
        await asyncio.to_thread(produce, servers, TOPIC, numbered(range(50, 100)))
        await running.kept(100)
        await running.until(lambda: running.plant.metrics.registry.get_sample_value("wim_lag_messages", labels) == 0)
    assert counting.report(store, 100).exact
    assert running.ends.statuses == []


async def test_a_stop_while_the_broker_is_away_does_not_wait_for_it(
    cluster: Cluster, store: Store, carry: Carry
) -> None:
    """Leaving the group and saying goodbye are courtesies with a time limit."""
    servers = cluster.bootstrap_servers
    async with contextlib.AsyncExitStack() as stack:
        running = await stack.enter_async_context(carry(servers, CountingWork(LANE, [TOPIC])))
        produce(servers, TOPIC, numbered(range(50)))
        await running.kept(50)
        cluster.kill()
        async with asyncio.timeout(8.0):
            await stack.aclose()
