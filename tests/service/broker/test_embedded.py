"""The embedded broker: what it serves, and that it never outlives who started it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from confluent_kafka import Consumer, Producer

from service.broker import embedded
from tests.servers.processes import stop

START_IT = """
from service.broker import embedded
with embedded.start() as servers:
    print(servers, flush=True)
    input()
"""


def reads_back(servers: str) -> bool:
    """Whether a message that is produced comes out again."""
    producer = Producer({"bootstrap.servers": servers})
    producer.produce("numbers", b"7")
    assert producer.flush(20) == 0
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "reader", "auto.offset.reset": "earliest"})
    consumer.subscribe(["numbers"])
    message = consumer.poll(20)
    consumer.close()
    return message is not None and message.value() == b"7"


def answers(servers: str) -> bool:
    """Whether anything listens there."""
    try:
        Producer({"bootstrap.servers": servers, "log_level": 0}).list_topics(timeout=1)
    except Exception:
        return False
    return True


def test_it_serves_a_kafka_client_and_ends_with_its_block() -> None:
    """Produce, join a group, consume; afterwards nobody listens there."""
    with embedded.start() as servers:
        assert reads_back(servers)
    assert not answers(servers)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_however_that_ends(number: signal.Signals) -> None:
    """A demo that is killed leaves no broker behind."""
    parent = subprocess.Popen(
        [sys.executable, "-c", START_IT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    servers = parent.stdout.readline().strip()
    assert answers(servers)
    stop(parent, number, 5)
    for end in (parent.stdin, parent.stdout):
        assert end is not None
        end.close()
    deadline_s = time.monotonic() + 10
    while answers(servers):
        assert time.monotonic() < deadline_s, "the broker is still there"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_wim_broker_says_what_it_is_not_and_ends_when_told(number: signal.Signals) -> None:
    """The address first, then the warning; Ctrl-C and SIGTERM end it with status 0."""
    process = subprocess.Popen([sys.executable, "-m", "service.cli", "broker"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first, second = process.stdout.readline(), process.stdout.readline()
    assert first.startswith(embedded.READY)
    assert "no figure measured against it counts" in second
    process.send_signal(number)
    assert process.wait(10) == 0
    process.stdout.close()
