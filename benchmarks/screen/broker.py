"""The real Kafka of a benchmark: one node of its own, the project's topics made anew for each filling."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from service.kafka import Kafka
from service.provision import connect
from service.topics import TOPICS, Topic
from tests.servers.kafka import LIBS, throwaway

#: A deleted topic is gone within milliseconds; a busy machine may need longer.
GONE_SECONDS = 30.0


class Broker:
    """A running broker; `serve` starts one."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        # log_level 0: what goes wrong comes back as an exception, and the broker's end is no news.
        self._client: dict[str, str | int | float | bool] = {"bootstrap.servers": servers, "log_level": 0}
        self._admin = AdminClient(self._client)

    def renew(self, topics: Sequence[Topic] = TOPICS) -> None:
        """Empty topics of these names, whatever was in them before."""
        there = set(self._topics()) & {topic.name for topic in topics}
        for deleted in self._admin.delete_topics(sorted(there)).values() if there else ():
            deleted.result(timeout=GONE_SECONDS)
        deadline = time.monotonic() + GONE_SECONDS
        while there & set(self._topics()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the topics {sorted(there)} were deleted and are still there")
            time.sleep(0.05)
        asyncio.run(self._create(topics))

    def length(self, topic: str) -> int:
        """How many messages were ever put into a topic, all partitions together."""
        reader = Consumer({**self._client, "group.id": "bench-length"})
        try:
            partitions = reader.list_topics(topic, timeout=GONE_SECONDS).topics[topic].partitions
            ends = [reader.get_watermark_offsets(TopicPartition(topic, number), GONE_SECONDS) for number in partitions]
            return sum(high for _, high in ends)
        finally:
            reader.close()

    def _topics(self) -> list[str]:
        return list(self._admin.list_topics(timeout=GONE_SECONDS).topics)

    async def _create(self, topics: Sequence[Topic]) -> None:
        async with connect(Kafka(self.servers), 1) as provision:
            await provision.apply(topics)


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[Broker]:
    """A broker with its data in `folder`, gone at the end."""
    with throwaway(folder) as cluster:
        yield Broker(cluster.bootstrap_servers)


def version() -> str:
    """The release of the broker's jars."""
    return next(LIBS.glob("kafka_2.13-*.jar")).stem.partition("-")[2]
