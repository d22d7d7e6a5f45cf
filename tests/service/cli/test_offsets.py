"""`wim offsets`: where lanes stand, and the decision where one goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner, Result

from service.cli.offsets import app
from service.store import offsets
from service.store.engine import Store, open_store
from tests.kafka.counting import numbered, produce


@pytest.fixture
def store(sqlite_ready: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The database that the settings name, with the newest tables."""
    monkeypatch.setenv("WIM_DATABASE__URL", sqlite_ready)
    opened = open_store(sqlite_ready)
    yield opened
    opened.close()


@pytest.fixture
def topic(kafka: str, kafka_admin: AdminClient, new_topic: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Two partitions of twenty messages, of which the first has lost its first five."""
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", kafka)
    name = new_topic("numbers", 2)
    produce(kafka, name, numbered(range(40)), 2)
    lost = TopicPartition(name, 0, 5)
    kafka_admin.delete_records([lost])[lost].result(10)
    return name


def run(*arguments: str, answer: str | None = None) -> Result:
    """The command with these arguments."""
    return CliRunner().invoke(app, list(arguments), input=answer)


def positions(store: Store, lane: str = "screen") -> dict[int, int]:
    """Where the lane stands by now, by partition."""
    with store.reading() as connection:
        return {key[2]: position.next_offset for key, position in offsets.read_all(connection, lane).items()}


@pytest.mark.parametrize(("to", "expected"), [("earliest", {0: 5, 1: 0}), ("latest", {0: 20, 1: 20})])
def test_a_lane_is_put_at_the_logs_beginning_or_end(
    store: Store, topic: str, to: str, expected: dict[int, int]
) -> None:
    """All partitions of the topic, each at its own; a worker accepts what was written."""
    with store.writing() as connection:
        offsets.start(connection, "screen", topic, 0, "another-cluster", 3)
    result = run("reset", "screen", "--topic", topic, "--to", to, "--yes")
    assert result.exit_code == 0, result.output
    assert f"screen {topic}/0: 3 → {expected[0]}" in result.output
    assert f"screen {topic}/1: never read → {expected[1]}" in result.output
    assert positions(store) == expected


def test_one_partition_is_put_at_an_offset_and_the_other_stays(store: Store, topic: str) -> None:
    """The rest of the topic was not asked for."""
    assert run("reset", "screen", "--topic", topic, "--partition", "1", "--to", "7", "--yes").exit_code == 0
    assert positions(store) == {1: 7}


def test_without_a_yes_nothing_changes(store: Store, topic: str) -> None:
    """It shows what it would do and asks."""
    result = run("reset", "screen", "--topic", topic, "--to", "latest", answer="n\n")
    assert result.exit_code == 1
    assert "never read → 20" in result.output
    assert positions(store) == {}


def test_a_program_must_say_yes_itself(store: Store, topic: str) -> None:
    """With --json there is nobody to ask: without --yes it is wrong use, and nothing changes."""
    wish = ("reset", "screen", "--topic", topic, "--to", "latest", "--json")
    refused = run(*wish)
    assert (refused.exit_code, "add --yes" in refused.output) == (2, True)
    assert positions(store) == {}
    accepted = run(*wish, "--yes")
    assert [change["to"] for change in json.loads(accepted.output)] == [20, 20]
    assert positions(store) == {0: 20, 1: 20}


@pytest.mark.parametrize(
    ("wish", "problem"),
    [
        (("--partition", "0", "--to", "4"), "4 is not in the log, which holds 5 to 20 (end exclusive)"),
        (("--partition", "0", "--to", "21"), "21 is not in the log"),
        (("--partition", "2", "--to", "latest"), "has no partition 2; it has 2, from 0"),
    ],
)
def test_a_place_that_is_not_there_is_refused(store: Store, topic: str, wish: tuple[str, ...], problem: str) -> None:
    """The lane would only stop there again."""
    result = run("reset", "screen", "--topic", topic, *wish, "--yes")
    assert problem in str(result.exception)
    assert positions(store) == {}


@pytest.mark.parametrize("wish", [("--to", "soon"), ("--to", "7"), ("--partition", "0", "--to", "-1")])
def test_a_wish_that_means_nothing_is_wrong_use(store: Store, topic: str, wish: tuple[str, ...]) -> None:
    """Neither a word nor an offset, or one offset for all partitions: exit status 2."""
    assert run("reset", "screen", "--topic", topic, *wish, "--yes").exit_code == 2


def test_a_topic_that_is_not_there_is_named(store: Store, topic: str) -> None:
    """And where to see what should be."""
    result = run("reset", "screen", "--topic", "nothing", "--to", "latest", "--yes")
    assert "no topic nothing" in str(result.exception)


def test_show_lists_every_lane(store: Store, topic: str) -> None:
    """For people a line each, for programs one document."""
    assert "no lane has read anything yet" in run("show").output
    run("reset", "screen", "--topic", topic, "--to", "latest", "--yes")
    rows: list[dict[str, Any]] = json.loads(run("show", "--json").output)
    assert [(row["stream_lane"], row["topic"], row["partition"], row["next_offset"]) for row in rows] == [
        ("screen", topic, 0, 20),
        ("screen", topic, 1, 20),
    ]
    assert f"{topic}/1: 20" in run("show").output
