"""What the small programs of case 6 share: their Kafka clients, and how they talk to whoever started them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


def producer(servers: str) -> AIOKafkaProducer:
    """A producer that promises what the worker's does (`service.kafka.Kafka.producer`) and waits for no company."""
    return AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, linger_ms=0)


async def reader_at_end(servers: str, topics: Sequence[str]) -> AIOKafkaConsumer:
    """A started consumer of every partition of the topics, at the end of each."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=servers, group_id=None, auto_offset_reset="latest")
    await consumer.start()
    for partition in consumer.assignment():
        await consumer.position(partition)
    return consumer


def say(line: str) -> None:
    """A line to whoever started this program."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def wait_for_word() -> None:
    """Return once whoever started this program says to go on."""
    sys.stdin.readline()
