"""The broker that other tests stand on."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.servers import kafka as kafka_server
from tests.servers import needs, processes
from tests.servers.kafka import Cluster


def test_a_message_comes_back(kafka: str, new_topic: Callable[..., str], unique: str) -> None:
    """What is produced to a test's own topic is consumed from it by a test's own group."""
    topic = new_topic("echo")
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic, b"value", key=b"key")
    assert producer.flush(30) == 0
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": unique, "auto.offset.reset": "earliest"})
    try:
        consumer.subscribe([topic])
        message = consumer.poll(30)
        assert message is not None
        assert (message.key(), message.value()) == (b"key", b"value")
    finally:
        consumer.close()


def test_a_topic_does_not_appear_by_itself(kafka: str, unique: str) -> None:
    """A misspelt topic is an error, as on a well-kept cluster."""
    refusals: list[str] = []
    producer = Producer(
        {"bootstrap.servers": kafka, "message.timeout.ms": 3000, "topic.metadata.propagation.max.ms": 0}
    )
    producer.produce(unique, b"value", on_delivery=lambda error, _: refusals.append(error.name() if error else "none"))
    producer.flush(30)
    assert refusals in (["UNKNOWN_TOPIC_OR_PART"], ["_UNKNOWN_TOPIC"])


def test_a_topic_has_the_partitions_asked_for(kafka_admin: AdminClient, new_topic: Callable[..., str]) -> None:
    """`new_topic` passes the number of partitions on."""
    topic = new_topic("wide", partitions=3)
    assert len(kafka_admin.list_topics(topic, timeout=30).topics[topic].partitions) == 3


def test_a_killed_node_comes_back_with_its_data(start_kafka: Callable[[int], Cluster], unique: str) -> None:
    """A node killed without warning and started again still knows its topics."""
    cluster = start_kafka(1)
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap_servers})
    _create(admin, unique)
    cluster.nodes[0].kill()
    with pytest.raises(KafkaException):
        AdminClient({"bootstrap.servers": cluster.bootstrap_servers}).list_topics(timeout=1)
    cluster.nodes[0].start()
    assert unique in admin.list_topics(timeout=30).topics


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_foreground_broker_ends_when_told(tmp_path: Path, ending: signal.Signals) -> None:
    """`make kafka` says where it serves, ends with status 0 on Ctrl-C, and leaves no broker behind."""
    needs.required(kafka_server.missing(), "WIM_REQUIRE_SERVERS")
    port, controller_port = (str(number) for number in processes.free_ports(2))
    options = ["--folder", str(tmp_path), "--port", port, "--controller-port", controller_port]
    command = [sys.executable, "-m", "tests.servers.kafka", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=kafka_server.PROJECT) as broker:
        assert broker.stdout is not None
        assert f"127.0.0.1:{port}" in broker.stdout.readline()
        broker.send_signal(ending)
        assert broker.wait(2 * kafka_server.STOP_SECONDS) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=5)


def test_a_cluster_id_fits_the_command_line() -> None:
    """An id is 22 characters and never starts with a dash, which StorageTool would take for an option."""
    ids = [kafka_server.new_cluster_id() for _ in range(500)]
    assert len(set(ids)) == 500
    assert all(len(word) == 22 and "-" not in word for word in ids)


def _create(admin: AdminClient, topic: str) -> None:
    admin.create_topics([NewTopic(topic, num_partitions=1)])[topic].result(timeout=30)
