"""Passages packed into messages and put into the passages topic before anything is measured.

The **order** of the messages is part of a result, for it decides how many lane-hours a batch touches:

===========  ==========================================================================================================
day          by the time of each message's last passage: as the units of 2 000 lanes send them while 24 hours go by
interleaved  shuffled: at any moment passages of all 24 hours come in, as from units that were away and catch up at once
===========  ==========================================================================================================
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from confluent_kafka import Producer

from benchmarks.screen.broker import Broker
from service.topics import LARGE_BYTES, PASSAGES
from wim import codec
from wim.records import Passages, text

#: Batches of the log as large as our own producers make them (`service.kafka.PRODUCER_BATCH_BYTES`) and aiokafka's
#: choice of partition, so that the topic is like one that our own programs filled.
PRODUCER: dict[str, str | int | float | bool] = {
    "batch.size": 256 * 1024,
    "linger.ms": 50,
    "partitioner": "murmur2_random",
    "enable.idempotence": True,
    "message.max.bytes": LARGE_BYTES,
}
#: Several times what is on its way at once.
QUEUE_MESSAGES = 200_000


class Order(enum.StrEnum):
    """In which order messages go into the topic."""

    DAY = "day"
    INTERLEAVED = "interleaved"


class Filled(NamedTuple):
    """What a topic was filled with."""

    messages: int
    passages: int


def spans(passages: Passages, per_message: int) -> npt.NDArray[np.int64]:
    """First and last + 1 of the passages of each message, shape (messages, 2).

    Passages are ordered by site; a message is of one site and holds `per_message` of them, the last of a site fewer.
    """
    site = passages["site"]
    first_of_site = np.flatnonzero(np.concatenate([[True], site[1:] != site[:-1]]))
    length = np.diff(first_of_site, append=len(passages))
    begins = [np.arange(at, at + count, per_message) for at, count in zip(first_of_site, length, strict=True)]
    ends = [np.append(own[1:], at + count) for own, at, count in zip(begins, first_of_site, length, strict=True)]
    return np.stack([np.concatenate(begins), np.concatenate(ends)], axis=1)


def ordered(
    spans: npt.NDArray[np.int64], passages: Passages, order: Order, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The same spans in the order in which their messages are sent."""
    if order is Order.INTERLEAVED:
        return spans[random.permutation(len(spans))]
    return spans[np.argsort(passages["time_ns"][spans[:, 1] - 1], kind="stable")]


def fill(broker: Broker, passages: Passages, messages: npt.NDArray[np.int64]) -> Filled:
    """Publish the spans `messages` of `passages`, and return once all are in the log."""
    broker.renew()
    # log_level 0: a coordinator that still loads is no news, and what fails shows in the length of the log.
    producer = Producer({"bootstrap.servers": broker.servers, "log_level": 0, **PRODUCER})
    for number, (key, value) in enumerate(_encoded(passages, messages)):
        if number % 1_000 == 0:
            producer.poll(0)
        while len(producer) > QUEUE_MESSAGES:
            producer.poll(0.01)
        producer.produce(PASSAGES, value, key)
    producer.flush()
    arrived = broker.length(PASSAGES)
    if arrived != len(messages):
        raise RuntimeError(f"{len(messages)} messages were sent and {arrived} are in the log")
    return Filled(len(messages), len(passages))


def _encoded(passages: Passages, messages: npt.NDArray[np.int64]) -> Iterator[tuple[bytes, bytes]]:
    sites = passages["site"]
    for first, end in messages.tolist():
        yield text(sites[first]).encode(), codec.encode(passages[first:end])
