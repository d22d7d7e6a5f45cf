"""One run of the measure lane: the real worker on an SQLite database of its own drains a topic full of frames.

The clock is that of `benchmarks.screen.watching`. A run counts only if the passages topic then holds, of every frame,
exactly the passage that a meter finds of it in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.measure import frames
from benchmarks.screen.broker import Broker
from benchmarks.screen.filling import PRODUCER
from benchmarks.screen.lane import fresh_store
from benchmarks.screen.processes import Worker
from benchmarks.screen.watching import Drained, watch
from sensors.simulator.signals.layouts import write_registry
from service.topics import FRAMES, PASSAGES, TOPICS
from wim import codec
from wim.frames import NO_NOW_NS, decode_frame
from wim.measure import Meter
from wim.records import Passages, text

#: Several times what is on its way at once: 200 MB.
_QUEUE_MESSAGES = 5_000
_PATIENCE_SECONDS = 30.0

#: Axles, gross weight and speed of one passage.
Weighed = tuple[int, int, float]


class WrongResultError(RuntimeError):
    """The lane was fast and wrong, so its figure does not count."""


def registry_file(folder: Path) -> Path:
    """The registry of the frames, written into `folder`."""
    path = folder / "registry.toml"
    write_registry(path, frames.registry_document())
    return path


def fill(broker: Broker, made: Sequence[bytes], count: int) -> None:
    """Make the topics anew and put `count` frames into theirs; return once all are in the log."""
    broker.renew(TOPICS)
    producer = Producer({"bootstrap.servers": broker.servers, "log_level": 0, **PRODUCER})
    for key, value in frames.messages(list(made), count):
        while len(producer) > _QUEUE_MESSAGES:
            producer.poll(0.01)
        producer.produce(FRAMES, value, key)
        producer.poll(0)
    producer.flush()
    arrived = broker.length(FRAMES)
    if arrived != count:
        raise RuntimeError(f"{count} frames were sent and {arrived} are in the log")


def expected(made: Sequence[bytes]) -> list[Weighed]:
    """What a meter finds in memory of each model, which is one vehicle of `AXLES` axles."""
    meter = Meter(*frames.first_lane())
    found = [meter.measure(decode_frame(message, NO_NOW_NS)) for message in made]
    wrong = [row for row, passages in enumerate(found) if passages["axle_count"].tolist() != [frames.AXLES]]
    if wrong:
        raise WrongResultError(f"models {wrong} are not measured as one vehicle of {frames.AXLES} axles")
    return [_weighed(passages)[0] for passages in found]


def run(broker: Broker, count: int, right: Sequence[Weighed], registry: Path, folder: Path) -> Drained:
    """Drain the frames topic once. Raises WrongResultError."""
    database = folder / "wim.db"
    url = f"sqlite:///{database}"
    broker.renew([topic for topic in TOPICS if topic.name == PASSAGES])
    with fresh_store(url):
        settings = {"KAFKA__BOOTSTRAP_SERVERS": broker.servers, "DATABASE__URL": url, "REGISTRY": str(registry)}
        worker = Worker("measure", settings, folder / "worker.log")
        try:
            drained = watch(worker, database, "measure", count)
            worker.stop()
        finally:
            worker.kill()
    _check(broker, count, right)
    return drained


def _check(broker: Broker, count: int, right: Sequence[Weighed]) -> None:
    told: dict[int, Weighed] = {}
    for passages in _published(broker):
        for passage, weighed in zip(passages, _weighed(passages), strict=True):
            number = frames.number_of(text(passage["site"]), int(passage["lane"]), int(passage["sequence"]))
            told[number] = weighed
    wrong = [number for number in range(count) if told.get(number) != right[number % len(right)]]
    if wrong or len(told) != count:
        raise WrongResultError(f"{len(told)} of {count} frames gave a passage, {len(wrong)} of them a wrong one")


def _weighed(passages: Passages) -> list[Weighed]:
    columns = (passages[name].tolist() for name in ("axle_count", "gross_kg", "speed_kmh"))
    return list(zip(*columns, strict=True))


def _published(broker: Broker) -> Iterator[Passages]:
    """All passages of the topic, message by message."""
    consumer = Consumer({"bootstrap.servers": broker.servers, "group.id": "bench-check", "log_level": 0})
    try:
        for number in consumer.list_topics(PASSAGES, timeout=_PATIENCE_SECONDS).topics[PASSAGES].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(PASSAGES, number), _PATIENCE_SECONDS)
            consumer.assign([TopicPartition(PASSAGES, number, low)])
            for _ in range(low, high):
                message = consumer.poll(_PATIENCE_SECONDS)
                if message is None or message.error():
                    raise RuntimeError(f"the passages topic cannot be read: {message and message.error()}")
                yield codec.decode([message.value()], NO_NOW_NS // 2).passages
    finally:
        consumer.close()
