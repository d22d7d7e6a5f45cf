"""How this process reaches Kafka, and the clients that it makes with that.

Two client libraries meet here. aiokafka reads and writes; librdkafka (confluent-kafka) answers the one question that
aiokafka's protocol versions cannot: which *incarnation* of a topic stands behind a name.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from service.settings import KafkaSettings
from service.topics import LARGE_BYTES

#: What one partition gives in one fetch; 4 MB was fastest on a real broker (1 MB 3.4 M, 16 MB 2.9 M records/s against
#: 5.0 M). A larger first message is still delivered whole.
PARTITION_FETCH_BYTES = 4 * 1024 * 1024
#: Kafka's lowest default: after a kill −9 the partitions are free again this soon. Nothing of ours holds the event
#: loop for a second.
SESSION_MS = 6_000
#: Three beats fit into a session, so that two may be lost.
HEARTBEAT_MS = 1_500
#: Members get this long to hand in their batch when the group is divided anew.
REBALANCE_MS = 15_000
#: New partitions and new leaders are noticed within a minute where no error tells of them sooner.
METADATA_MS = 60_000
#: Messages of one partition travel together up to this size.
PRODUCER_BATCH_BYTES = 256 * 1024
#: How long a message waits for company; a violation's 25 ms (p99) leave room for it.
LINGER_MS = 1
#: How long one question to the brokers about themselves may take.
ANSWER_SECONDS = 10.0

log = structlog.get_logger(__name__)

#: librdkafka's mock cluster names itself so; it knows neither topic ids nor CreateTopics.
EMBEDDED_PREFIX = "mockCluster"


class BrokerAwayError(RuntimeError):
    """No broker answers at the configured addresses."""

    def __init__(self, bootstrap_servers: str, problem: object) -> None:
        self.bootstrap_servers = bootstrap_servers
        super().__init__(
            f"no Kafka broker answers at {bootstrap_servers} ({problem}); "
            "start it, or set WIM_KAFKA__BOOTSTRAP_SERVERS to where it is"
        )


class NoTopicError(RuntimeError):
    """The cluster has no topic of that name."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        super().__init__(f"the cluster has no topic {topic}; `wim topics plan` shows what it should have")


@dataclass(frozen=True)
class Identity:
    """Which cluster answers, and which incarnation of each topic it holds: one made anew has a new id."""

    cluster: str
    topics: Mapping[str, str]

    def of(self, topic: str) -> str:
        """What an offset row keeps of it: `cluster` or, where topics have ids, `cluster/topic id`."""
        return "/".join(filter(None, (self.cluster, self.topics.get(topic))))


@dataclass(frozen=True)
class Kafka:
    """The cluster's addresses and the security settings of both libraries."""

    bootstrap_servers: str
    security: Mapping[str, Any] = field(default_factory=dict, repr=False)
    rdkafka_security: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def reader(self, group: str) -> AIOKafkaConsumer:
        """A member of a group that starts nowhere by itself: whoever owns it seeks."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            client_id=group,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            check_crcs=True,
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_MS,
            metadata_max_age_ms=METADATA_MS,
            # Topics with equal keys and partition counts (violations, sightings) go to the same member.
            partition_assignment_strategy=(RangePartitionAssignor,),
            **self.security,
        )

    def gauge(self) -> AIOKafkaConsumer:
        """A client that reads nothing and only asks how long the logs are."""
        return AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap_servers,
            client_id="wim-gauge",
            group_id=None,
            isolation_level="read_committed",
            request_timeout_ms=int(ANSWER_SECONDS * 1000),
            **self.security,
        )

    def producer(self) -> AIOKafkaProducer:
        """An idempotent producer: acknowledged by all in-sync copies, in order, no repeats by its own retries."""
        return AIOKafkaProducer(
            bootstrap_servers=self.bootstrap_servers,
            client_id="wim",
            acks="all",
            enable_idempotence=True,
            linger_ms=LINGER_MS,
            max_batch_size=PRODUCER_BATCH_BYTES,
            max_request_size=LARGE_BYTES,
            **self.security,
        )

    async def identity(self, topics: Iterable[str]) -> Identity:
        """Who answers, and the ids of those `topics`; raises `BrokerAwayError`."""
        return await asyncio.to_thread(self._ask_identity, sorted(set(topics)))

    def _ask_identity(self, topics: Sequence[str]) -> Identity:
        # log_level 0: its complaints come back to us as the exception below.
        client = AdminClient(
            {"bootstrap.servers": self.bootstrap_servers, "log_level": 0, **self.rdkafka_security},
        )
        try:
            cluster = client.list_topics(timeout=ANSWER_SECONDS).cluster_id or ""
            if cluster.startswith(EMBEDDED_PREFIX) or not topics:
                return Identity(cluster, {})
            found = client.describe_topics(TopicCollection(list(topics)), request_timeout=ANSWER_SECONDS)
            return Identity(cluster, {name: str(future.result().topic_id) for name, future in found.items()})
        except KafkaException as error:
            raise BrokerAwayError(self.bootstrap_servers, error) from error

    async def missing(self, topics: Iterable[str]) -> list[str]:
        """Which of `topics` the cluster does not have; the embedded broker makes each at the first mention of it."""
        wanted = set(topics)
        async with self.administering() as admin:
            if (await admin.describe_cluster())["cluster_id"].startswith(EMBEDDED_PREFIX):
                await admin.describe_topics(sorted(wanted))
            return sorted(wanted - set(await admin.list_topics()))

    async def partitions(self, topic: str) -> list[int]:
        """The topic's partitions; raises `NoTopicError`."""
        async with self.administering() as admin:
            if topic not in await admin.list_topics():
                raise NoTopicError(topic)
            (described,) = await admin.describe_topics([topic])
            return sorted(partition["partition"] for partition in described["partitions"])

    @contextlib.asynccontextmanager
    async def administering(self) -> AsyncIterator[AIOKafkaAdminClient]:
        """A client for creating and describing topics; raises `BrokerAwayError`."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers, client_id="wim-admin", **self.security)
        try:
            await admin.start()
        except (KafkaError, OSError) as error:
            await admin.close()
            raise BrokerAwayError(self.bootstrap_servers, error) from error
        try:
            yield admin
        finally:
            await admin.close()


async def close(client: AIOKafkaConsumer | AIOKafkaProducer, within_s: float) -> None:
    """Stop a client, politely for as long as `within_s`; never raises.

    A consumer whose broker is away raises CancelledError out of `stop`, a producer waits for ever.
    """
    stopping = asyncio.ensure_future(client.stop())
    await asyncio.wait({stopping}, timeout=within_s)
    stopping.cancel()
    await asyncio.wait({stopping}, timeout=within_s)
    if stopping.done() and not stopping.cancelled() and (error := stopping.exception()):
        log.info("a client did not close cleanly", error=repr(error))


def reach(settings: KafkaSettings) -> Kafka:
    """The cluster that the settings name."""
    return Kafka(settings.bootstrap_servers, settings.client_security(), settings.rdkafka_security())
