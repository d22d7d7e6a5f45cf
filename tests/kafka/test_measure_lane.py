"""From frames to archived proof on real Kafka: measured, judged, and the frame of each violation kept, once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from rules.permits import PlateRegister
from rules.ruleset import load_book
from service.kafka import Kafka
from service.lanes.frame_log import FrameLog
from service.lanes.frame_places import Place
from service.lanes.frames import FramesWork
from service.lanes.liveness import Liveness
from service.lanes.measure import MeasureWork
from service.lanes.screen import ScreenWork
from service.lanes.sending import Sender
from service.lanes.stream import Plant, StreamLane
from service.lanes.work import Work
from service.metrics import Metrics
from service.papers import Papers
from service.registry import Registry
from service.store import frame_runs, media
from service.store.engine import Store, open_store
from service.store.frame_runs import Lost
from service.topics import DEAD_LETTERS, FRAMES, LARGE_BYTES, PASSAGES, SIGHTINGS, VIOLATIONS
from tests.kafka.conftest import Ends
from tests.kafka.counting import produce, read_all
from tests.rules.worlds import truck
from tests.wim.crossings import START_NS, frame, network
from wim import codec
from wim.frames import Frame, file_record
from wim.records import HOUR_NS, Passages, Source, passage_ids
from wim.sites import Lane, Site

SECOND_NS = 10**9
LARGE = {"max.message.bytes": str(LARGE_BYTES)}


class Meter:
    """Believes what the frame says of the vehicle's length: its gross weight in units of 10 kg."""

    def __init__(self, site: Site, lane: Lane) -> None:
        self.site, self.lane = site, lane

    @property
    def line_kg(self) -> npt.NDArray[np.float32]:
        """Of one line there is nothing to compare."""
        return np.full((1, 16, 1, 2), np.nan, np.float32)

    def measure(self, frame: Frame) -> Passages:
        found = truck(int(frame.head["length_mm"]) * 10, site=self.site.id.encode(), source=Source.FRAME)
        found["time_ns"] = found["origin_ns"] = frame.head["start_ns"]
        found["lane"], found["sequence"] = self.lane.number, frame.head["sequence"]
        found["gross_sigma"] = 0.02
        return found


def weighing(gross_kg: int, sequence: int, **fields: object) -> bytes:
    """A frame of a truck with that weight, a second after the one before."""
    told = {"sequence": sequence, "start_ns": START_NS + sequence * SECOND_NS, "length_mm": gross_kg // 10}
    return frame(**{**told, **fields})  # type: ignore[arg-type]


@pytest.fixture
def servers(start_kafka: Callable[..., object]) -> str:
    """A broker of this test's own, for the lanes' topics have fixed names."""
    address: str = start_kafka(1).bootstrap_servers  # type: ignore[attr-defined]
    admin = AdminClient({"bootstrap.servers": address})
    names = (FRAMES, PASSAGES, VIOLATIONS, SIGHTINGS, DEAD_LETTERS)
    for created in admin.create_topics([NewTopic(name, 1, 1, config=LARGE) for name in names]).values():
        created.result(timeout=30)
    return address


@pytest.fixture
def store(sqlite_ready: str) -> Iterator[Store]:
    """A database file with the newest tables."""
    opened = open_store(sqlite_ready)
    yield opened
    opened.close()


@contextlib.asynccontextmanager
async def carried(servers: str, store: Store, archive: Path) -> AsyncIterator[Metrics]:
    """The three lanes in this event loop until the end of the block."""
    metrics, ends, registry = Metrics(), Ends(), Registry(network(), PlateRegister())
    plant = Plant(Kafka(servers), store, Sender(Kafka(servers)), metrics, Liveness(), ends)
    papers = Papers(store, registry, 80, 4 * HOUR_NS)
    frame_log = FrameLog(Kafka(servers))
    works: list[Work] = [
        MeasureWork(store, registry.network, Meter, metrics),
        ScreenWork(store, registry, load_book(), papers, metrics),
        FramesWork(archive, frame_log, metrics),
    ]
    await plant.sender.start()
    lanes = [StreamLane(work, plant) for work in works]
    for lane, work in zip(lanes, works, strict=True):
        work.warm_up()
        await lane.start()
    try:
        yield metrics
    finally:
        for lane in lanes:
            await lane.stop()
        await plant.sender.stop()
        frame_log.close()
    assert ends.reasons == []


async def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"wim_{name}_total", labels) or 0.0


async def test_frames_end_as_passages_violations_and_archived_proof(servers: str, store: Store, tmp_path: Path) -> None:
    """Two of four trucks are over; one frame is damaged and two are lost; a second worker does nothing twice."""
    archive = tmp_path / "archive"
    weights = {0: 40_000, 1: 60_000, 4: 40_000, 5: 101_000}
    sent = {n: weighing(kg, n) for n, kg in weights.items()}
    damaged = sent[1][:-1] + b"\x7f"
    await asyncio.to_thread(produce, servers, FRAMES, [sent[0], damaged, sent[1], sent[4], sent[5]])
    async with carried(servers, store, archive) as metrics:
        await until(lambda: value(metrics, "frames_archived", result="kept") == 2)
    messages = await asyncio.to_thread(read_all, servers, PASSAGES)
    passages = codec.decode([message for message, _ in messages], START_NS + HOUR_NS).passages
    assert passages["sequence"].tolist() == list(weights)
    ids = dict(zip(weights, passage_ids(passages), strict=True))
    with store.reading() as conn:
        listed = media.of_passages(conn, list(ids.values()))
        assert frame_runs.lost(conn, "G104-K012", 0, 2**40) == {1: Lost(2, 0)}
    assert set(listed) == {ids[1], ids[5]}
    for number in (1, 5):
        [row] = listed[ids[number]]
        assert (archive / row.href).read_bytes() == file_record(sent[number])
    letters = await asyncio.to_thread(read_all, servers, DEAD_LETTERS)
    assert [(letter, headers["reason"]) for letter, headers in letters] == [(damaged, b"crc")]

    await asyncio.to_thread(produce, servers, FRAMES, [weighing(40_000, 6), sent[1]])
    async with carried(servers, store, archive) as metrics:
        lane = {"site": "G104-K012", "lane": "1"}
        await until(lambda: value(metrics, "frames", **lane, vehicles="1") == 2)
        await until(lambda: value(metrics, "duplicates", stream_lane="screen") == 1)
        assert value(metrics, "frames_repeated", **lane) == 1
        assert value(metrics, "frames_missing", **lane) == 0


async def test_a_frame_is_read_at_its_place_or_not_at_all(servers: str) -> None:
    """Of any size; what the log let go, will hold tomorrow or never had is None, and the reader goes on."""
    values = [b"0", b"1" * 5_000_000, b"2", b"3"]
    await asyncio.to_thread(produce, servers, FRAMES, values)
    admin = AdminClient({"bootstrap.servers": servers})
    admin.delete_records([TopicPartition(FRAMES, 0, 1)])[TopicPartition(FRAMES, 0, 1)].result(10)
    log = FrameLog(Kafka(servers))
    places = [Place(0, 3), Place(0, 0), Place(0, 1), Place(0, 4), Place(7, 1), Place(0, 2), Place(0, 1)]
    found = [await asyncio.to_thread(log.read, place) for place in places]
    assert found == [b"3", None, values[1], None, None, b"2", values[1]]
    log.close()
    nowhere = FrameLog(Kafka(servers), "no-such-topic")
    assert await asyncio.to_thread(nowhere.read, Place(0, 0)) is None
    nowhere.close()
