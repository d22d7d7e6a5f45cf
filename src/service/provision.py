"""Compare the table of topics with a real cluster, and bring the cluster to it.

What is lost with a change is left to a person: a topic with more partitions than the table, and another number of
copies, are reported and stay. More partitions move some keys; every lane is right even so (promise 4 in the
architecture), and a site's passages of that hour may be counted by two workers for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from service.kafka import EMBEDDED_PREFIX, Kafka
from service.topics import Topic

#: DescribeConfigs' mark of a value that someone set on the topic itself.
SET_ON_TOPIC = 1
#: A change shows within milliseconds; three busy brokers may need seconds.
VISIBLE_SECONDS = 15.0


class ProvisionError(RuntimeError):
    """The cluster refused a change."""


@dataclass(frozen=True)
class Difference:
    """One way in which the cluster is not as the table says; `found` None: the topic does not exist."""

    topic: str
    setting: str
    wanted: str
    found: str | None
    #: Whether `apply` sets it right.
    curable: bool

    def __str__(self) -> str:
        found = "nothing" if self.found is None else self.found
        rest = "" if self.curable else " (left as it is: a person must decide)"
        return f"{self.topic}: {self.setting} is {found}, the table says {self.wanted}{rest}"


class Provision:
    """Plans and applies; made by `connect`."""

    def __init__(self, admin: AIOKafkaAdminClient, embedded: bool, replication: int) -> None:
        self._admin = admin
        self._replication = replication
        #: The embedded broker makes topics at their first mention and lets nothing be configured.
        self.embedded = embedded

    async def plan(self, topics: Sequence[Topic]) -> list[Difference]:
        """What differs, topic by topic in the table's order."""
        there = {found["topic"]: found["partitions"] for found in await self._admin.describe_topics()}
        known = [topic for topic in topics if topic.name in there]
        configured = {} if self.embedded else await self._configuration(known)
        differences: list[Difference] = []
        for topic in topics:
            if topic.name not in there:
                differences.append(self._absent(topic))
            elif not self.embedded:
                differences += self._layout(topic, there[topic.name])
                differences += self._settings(topic, configured[topic.name])
        return differences

    async def apply(self, topics: Sequence[Topic]) -> list[Difference]:
        """Sets right what is curable; returns what it did. Raises `ProvisionError` where the cluster refuses."""
        cures = [difference for difference in await self.plan(topics) if difference.curable]
        by_name = {topic.name: topic for topic in topics}
        absent = [by_name[cure.topic] for cure in cures if cure.found is None]
        if self.embedded:
            await self._admin.describe_topics([topic.name for topic in absent])
            return cures
        await self._create(absent)
        await self._grow({cure.topic: int(cure.wanted) for cure in cures if cure.setting == "partitions"})
        changed = {cure.topic for cure in cures if cure.found is not None and cure.setting != "partitions"}
        await self._configure([by_name[name] for name in sorted(changed)])
        await self._visible(topics)
        return cures

    async def _visible(self, topics: Sequence[Topic]) -> None:
        """Until the broker that answers us has heard of it too: the controller tells the brokers a moment later."""
        async with asyncio.timeout(VISIBLE_SECONDS):
            while any(difference.curable for difference in await self.plan(topics)):
                await asyncio.sleep(0.05)

    def _absent(self, topic: Topic) -> Difference:
        wanted = "made at first mention" if self.embedded else f"{topic.partitions} partitions"
        return Difference(topic.name, "topic", wanted, None, curable=True)

    def _layout(self, topic: Topic, partitions: Sequence[Mapping[str, Any]]) -> list[Difference]:
        copies = min(len(partition["replicas"]) for partition in partitions)
        found = {"partitions": (topic.partitions, len(partitions)), "copies": (self._replication, copies)}
        return [
            Difference(topic.name, setting, str(want), str(have), setting == "partitions" and have < want)
            for setting, (want, have) in found.items()
            if want != have
        ]

    def _settings(self, topic: Topic, configured: Mapping[str, tuple[str, int]]) -> list[Difference]:
        return [
            Difference(topic.name, key, want, configured[key][0], curable=True)
            for key, want in topic.settings(self._replication).items()
            if configured[key][0] != want
        ]

    async def _configuration(self, topics: Sequence[Topic]) -> dict[str, dict[str, tuple[str, int]]]:
        """By topic and key, the value in force and where it was set."""
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
        if not resources:
            return {}
        found: dict[str, dict[str, tuple[str, int]]] = {}
        for response in await self._admin.describe_configs(resources):
            for code, detail, _, name, entries in response.resources:
                _check(code, f"describing {name}", detail)
                # Each entry: name, value, read_only, source, is_sensitive, (synonyms).
                found[name] = {entry[0]: (entry[1], entry[3]) for entry in entries}
        return found

    async def _create(self, topics: Sequence[Topic]) -> None:
        if not topics:
            return
        response = await self._admin.create_topics(
            [
                NewTopic(
                    topic.name, topic.partitions, self._replication, topic_configs=topic.settings(self._replication)
                )
                for topic in topics
            ]
        )
        for name, code, *detail in response.topic_errors:
            _check(code, f"creating {name}", *detail)

    async def _grow(self, totals: Mapping[str, int]) -> None:
        if not totals:
            return
        response = await self._admin.create_partitions({name: NewPartitions(total) for name, total in totals.items()})
        for name, code, *detail in response.topic_errors:
            _check(code, f"adding partitions to {name}", *detail)

    async def _configure(self, topics: Sequence[Topic]) -> None:
        if not topics:
            return
        configured = await self._configuration(topics)
        resources = [
            # AlterConfigs replaces all that was set on the topic: what someone else set there is sent along.
            ConfigResource(ConfigResourceType.TOPIC, topic.name, {**_set_here(configured[topic.name]), **wanted})
            for topic in topics
            for wanted in [topic.settings(self._replication)]
        ]
        for response in await self._admin.alter_configs(resources):
            for code, detail, _, name in response.resources:
                _check(code, f"configuring {name}", detail)


def _set_here(configured: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    return {key: value for key, (value, source) in configured.items() if source == SET_ON_TOPIC}


def _check(code: int, doing: str, detail: str | None = None) -> None:
    if code:
        raise ProvisionError(f"{doing}: {for_code(code).__name__}{f' ({detail})' if detail else ''}")


@contextlib.asynccontextmanager
async def connect(kafka: Kafka, replication: int) -> AsyncIterator[Provision]:
    """A `Provision` on that cluster; raises `BrokerAwayError`."""
    async with kafka.administering() as admin:
        cluster = await admin.describe_cluster()
        yield Provision(admin, cluster["cluster_id"].startswith(EMBEDDED_PREFIX), replication)
