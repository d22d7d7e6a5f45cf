"""The table of topics, and what `wim topics` does with a cluster."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from service.broker import embedded
from service.kafka import BrokerAwayError, Kafka
from service.provision import ProvisionError, connect
from service.topics import DEAD_LETTERS, FRAMES, INTERCEPTS, LARGE_BYTES, PASSAGES, TOPICS, VIOLATIONS, Topic
from tests.servers import processes


def row(name: str) -> Topic:
    """That topic's row."""
    (found,) = [topic for topic in TOPICS if topic.name == name]
    return found


def renamed(suffix: str) -> list[Topic]:
    """The table with names that no other test uses."""
    return [dataclasses.replace(topic, name=f"{topic.name}.{suffix}") for topic in TOPICS]


def test_the_table_says_what_the_contracts_say() -> None:
    """contracts.md §1, §2, §5: keys, sizes, retention, compaction."""
    assert {name for name in (FRAMES, PASSAGES, DEAD_LETTERS) if row(name).max_bytes == LARGE_BYTES == 8 * 2**20} == {
        FRAMES,
        PASSAGES,
        DEAD_LETTERS,
    }
    assert (row(FRAMES).key, row(PASSAGES).key, row(VIOLATIONS).key) == ("site", "site", "plate")
    assert row(VIOLATIONS).retention == timedelta(days=30)
    assert row(INTERCEPTS).settings(3)["cleanup.policy"] == "compact"
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_an_acknowledged_message_is_on_all_copies_but_one() -> None:
    """Three copies, two of which confirm: one broker may die or be restarted."""
    assert [row(PASSAGES).settings(copies)["min.insync.replicas"] for copies in (1, 2, 3)] == ["1", "1", "2"]


async def test_apply_makes_the_cluster_as_the_table_says(kafka: str, unique: str) -> None:
    """What is missing is made; then there is no difference, and nothing to do."""
    table = renamed(unique)
    async with connect(Kafka(kafka), 1) as provision:
        missing = await provision.plan(table)
        done = await provision.apply(table)
        again = await provision.apply(table)
        left = await provision.plan(table)
    assert [difference.topic for difference in missing] == [topic.name for topic in table]
    assert done == missing
    assert (again, left) == ([], [])


async def test_apply_mends_settings_and_adds_partitions_and_leaves_what_others_set(
    kafka: str, kafka_admin: AdminClient, unique: str
) -> None:
    """Retention and partition count go to the table's; a setting that the table does not speak of stays."""
    (wanted,) = [topic for topic in renamed(unique) if topic.name.startswith(PASSAGES)]
    before = dataclasses.replace(wanted, partitions=2, retention=timedelta(hours=1))
    async with connect(Kafka(kafka), 1) as provision:
        await provision.apply([before])
    by_hand = ConfigEntry("segment.ms", "3600000", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, wanted.name, incremental_configs=[by_hand])
    kafka_admin.incremental_alter_configs([resource])[resource].result(10)
    async with connect(Kafka(kafka), 1) as provision:
        planned = await provision.plan([wanted])
        await provision.apply([wanted])
        left = await provision.plan([wanted])
    assert {(difference.setting, difference.found) for difference in planned} == {
        ("partitions", "2"),
        ("retention.ms", "3600000"),
    }
    assert left == []
    (described,) = kafka_admin.describe_configs([ConfigResource(ResourceType.TOPIC, wanted.name)]).values()
    assert described.result(10)["segment.ms"].value == "3600000"


async def test_what_a_change_would_lose_is_left_to_a_person(kafka: str, unique: str) -> None:
    """Fewer partitions and another number of copies are told, and not touched."""
    (wanted,) = [topic for topic in renamed(unique) if topic.name.startswith(VIOLATIONS)]
    more = dataclasses.replace(wanted, partitions=wanted.partitions + 1)
    async with connect(Kafka(kafka), 1) as provision:
        await provision.apply([more])
        assert await provision.apply([wanted]) == []
        (left,) = await provision.plan([wanted])
    assert (left.setting, left.curable) == ("partitions", False)
    assert "a person must decide" in str(left)
    async with connect(Kafka(kafka), 3) as provision:
        settings = {difference.setting for difference in await provision.plan([wanted])}
    assert settings == {"partitions", "copies", "min.insync.replicas"}


async def test_a_refused_change_is_an_error_that_names_it(kafka: str, unique: str) -> None:
    """One broker cannot keep three copies."""
    async with connect(Kafka(kafka), 3) as provision:
        with pytest.raises(ProvisionError, match=f"creating {PASSAGES}.{unique}: InvalidReplicationFactorError"):
            await provision.apply([topic for topic in renamed(unique) if topic.name.startswith(PASSAGES)])


async def test_the_embedded_broker_makes_topics_when_they_are_mentioned() -> None:
    """It cannot be told how; `apply` mentions them, and there is no difference left."""
    with embedded.start() as servers:
        async with connect(Kafka(servers), 1) as provision:
            done = await provision.apply(TOPICS)
            left = await provision.plan(TOPICS)
    assert [difference.topic for difference in done] == [topic.name for topic in TOPICS]
    assert left == []


async def test_without_a_broker_the_error_says_where_it_looked() -> None:
    """And what to do about it."""
    (port,) = processes.free_ports(1)
    with pytest.raises(BrokerAwayError, match=f"127.0.0.1:{port}.*WIM_KAFKA__BOOTSTRAP_SERVERS"):
        async with connect(Kafka(f"127.0.0.1:{port}"), 1):
            pass
