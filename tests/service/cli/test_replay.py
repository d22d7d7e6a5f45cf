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
from rich.progress import Progress

from service.broker import embedded
from service.cli import replay as command
from service.lanes.sending import SendFailedError
from service.lanes.work import Message
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
