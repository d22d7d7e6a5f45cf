"""Commands that find nobody there: they wait, say so on stderr, and give up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from service import awaiting
from service.cli import main
from service.cli.starting import of_command
from service.settings import LogSettings
from service.topics import TOPICS
from tests.servers.kafka import Cluster

NOBODY = "127.0.0.1:1"
VECTOR = str(Path(__file__).resolve().parents[2] / "vectors" / "passages_v1.bin")
SAID_YES = ("--json", "--yes")


class Clock:
    """A clock that a sleeper moves on."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        """The time that was slept."""
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        """Move on at once, once what happens meanwhile has happened."""
        self.meanwhile()
        self.slept.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of whoever waits for a broker."""
    found = Clock()
    monkeypatch.setattr(awaiting, "time", SimpleNamespace(monotonic=found.monotonic, sleep=found.sleep))
    return found


@pytest.fixture
def alone(sqlite_ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database with the newest tables, and no broker."""
    monkeypatch.setenv("WIM_DATABASE__URL", sqlite_ready)
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", NOBODY)


def ended(*arguments: str) -> object:
    """The exit status of `wim` with these arguments."""
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    return raised.value.code


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    "arguments",
    [
        ("topics", "plan", "--json"),
        ("topics", "apply", "--json"),
        ("offsets", "reset", "screen", "--topic", "wim.passages.v1", "--to", "latest", *SAID_YES),
        ("replay", VECTOR, "--json"),
        ("simulate",),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_without_a_broker_a_command_waits_longer_and_longer_and_gives_up(
    arguments: tuple[str, ...], clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message before each wait, on stderr; exit status 1 with what is wrong; no word on stdout."""
    assert ended(*arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count(f"no Kafka broker answers at {NOBODY}") == len(clock.slept) + 1
    assert clock.slept[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert awaiting.START_PATIENCE_SECONDS - 8 <= sum(clock.slept) <= awaiting.START_PATIENCE_SECONDS


@pytest.mark.usefixtures("alone")
def test_a_command_goes_on_once_the_broker_is_there(
    start_kafka: Callable[[int], Cluster],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A broker that starts a moment later than who sets it up gets its topics all the same."""
    cluster = start_kafka(1)
    (node,) = cluster.nodes
    node.stop()
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", cluster.bootstrap_servers)
    clock.meanwhile = node.start
    assert not ended("topics", "apply", "--json")
    captured = capsys.readouterr()
    assert [row["topic"] for row in json.loads(captured.out)] == [topic.name for topic in TOPICS]
    assert captured.err.count("no Kafka broker answers") == 1


@pytest.mark.parametrize(
    ("set_to", "expected"),
    [
        ({}, ("pretty", "warning")),
        ({"level": "debug"}, ("pretty", "debug")),
        ({"format": "json"}, ("json", "warning")),
    ],
)
def test_a_command_logs_for_a_person_unless_told_otherwise(set_to: dict[str, str], expected: tuple[str, str]) -> None:
    """What the settings say holds."""
    found = of_command(LogSettings.model_validate(set_to))
    assert (found.format, found.level) == expected
