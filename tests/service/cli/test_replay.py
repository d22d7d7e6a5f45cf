"""`wim replay`: what it says while it publishes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition
from rich.progress import Progress

from service.broker import embedded
from service.cli import replay as command
from service.cli.reading import Reader
from service.kafka import Kafka
from service.lanes.sending import SendFailedError
from service.lanes.work import Message
from service.replay import Placement
from service.topics import PASSAGES
from tests.rules.worlds import truck
from wim.formats import write_passages


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Three trucks, a second apart."""
    passages = np.concatenate([truck(30_000)] * 3)
    passages["time_ns"] += np.arange(3) * 10**9
    path = tmp_path / "record.wimp"
    write_passages(path, "wimp", [passages])
    return path


class SecondRefused:
    """A sender whose broker acknowledges the first lot and no other."""

    def __init__(self, _kafka: object) -> None:
        self.sends = 0

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    async def send(self, messages: Sequence[Message]) -> None:
        """Refuse from the second on."""
        self.sends += 1
        if self.sends > 1:
            raise SendFailedError("not acknowledged")


def test_what_was_read_and_not_acknowledged_does_not_count(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The display stands where the broker's word ends, although the whole file is read by then."""
    shown = Progress(disable=True)
    monkeypatch.setattr(command, "progress", lambda *_, **__: shown)
    monkeypatch.setattr(command, "wait_for_broker", lambda *_: None)
    monkeypatch.setattr(command, "Sender", SecondRefused)
    with pytest.raises(SendFailedError):
        command.replay([record], speed="10")
    assert [task.completed for task in shown.tasks] == [1]


@pytest.fixture
def broker() -> Iterator[str]:
    """A broker of this test's own, which has every topic."""
    with embedded.start() as servers:
        yield servers


@pytest.fixture
def fortnight(tmp_path: Path) -> Path:
    """As many trucks of one site as a fortnight has: 5.8 MB."""
    passages = np.repeat(truck(30_000), 30_000)
    passages["time_ns"] += np.arange(len(passages)) * 10**9
    path = tmp_path / "fortnight.wimp"
    write_passages(path, "wimp", [passages])
    return path


def test_the_embedded_broker_is_not_sent_what_it_would_drop(
    fortnight: Path, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At full speed nobody reads in time: nothing is sent, and the message says what to do instead."""
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", broker)
    with pytest.raises(command.TooLargeError, match=r"5\.8 MB .* --speed 3600 .*`make kafka`"):
        command.replay([fortnight])
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "none"})
    ends = [consumer.get_watermark_offsets(TopicPartition(PASSAGES, number), 10) for number in range(4)]
    consumer.close()
    assert ends == [(0, 0)] * 4


def test_a_real_broker_is_sent_a_record_of_any_length(
    fortnight: Path, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps what the topic's settings say; a look at the file is all that is saved."""
    place, read = Placement(), Reader([fortnight], shown=False)
    command._check_room(Kafka(kafka), read, place)
    assert read.rows == 0


def replayed(record: Path, broker: str, *options: str) -> tuple[str, str]:
    """What `wim replay` writes to stdout, and to the terminal that its stderr is."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "WIM_KAFKA__BOOTSTRAP_SERVERS": broker, "TERM": "xterm", "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "replay", str(record), *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        check=True,
    )
    # The last write ends a terminal's content: nothing would come after it for ever.
    os.write(theirs, b"\0")
    os.close(theirs)
    said = b""
    while not said.endswith(b"\0"):
        said += os.read(ours, 65_536)
    os.close(ours)
    return done.stdout, said[:-1].decode()


def test_a_terminal_sees_what_is_acknowledged(record: Path, broker: str) -> None:
    """The count is of passages that the broker has."""
    out, terminal = replayed(record, broker)
    assert out == "3 passages published\n"
    assert "3 passages acknowledged" in terminal


def test_json_is_silent_on_a_terminal_too(record: Path, broker: str) -> None:
    """A program that asks for one document gets nothing else."""
    out, terminal = replayed(record, broker, "--json", "--shift-to-now")
    assert json.loads(out) == {"published": 3, "faults": 0}
    assert terminal == ""
