"""`wim worker` as a person starts it: its composition root, its agents, its refusals."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from structlog.testing import capture_logs

from service import messages, worker
from service.cli.worker import default_lanes
from service.lanes.liveness import Liveness
from service.messages import Health
from service.messages.structs import LaneHealth
from service.settings import Settings
from service.store import observed
from service.store.engine import Store, open_store
from service.store.observed import LaneKey
from service.store.spans import HOUR_S, Span
from service.topics import HEALTH
from tests.kafka.counting import CountingWork, produce, wait_for
from tests.servers import processes

PROJECT = Path(__file__).resolve().parents[2]
HOUR = "2026-11-23T08"
HOUR_START_S = 1_795_420_800


class Started:
    """`wim worker` in a process of its own."""

    def __init__(self, folder: Path, lanes: str, **settings: str) -> None:
        self.log = folder / "worker.log"
        names = {f"WIM_{name}": value for name, value in settings.items()}
        variables = {**os.environ, "WIM_WORKER__METRICS_PORT": "0", **names}
        command = [sys.executable, "-m", "service.cli", "worker", "--lanes", lanes]
        assignments = [f"{name}={value}" for name, value in variables.items() if name.startswith("WIM_")]
        self.process = processes.start(processes.tied(["env", *assignments, *command]), self.log, folder=PROJECT)

    def said(self) -> str:
        """Everything that it has logged."""
        return self.log.read_text()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """`start(lanes, NAME=value)` starts a worker that ends with the test."""
    started: list[Started] = []

    def begin(lanes: str, **settings: str) -> Started:
        started.append(Started(tmp_path, lanes, **settings))
        return started[-1]

    yield begin
    for one in started:
        processes.stop(one.process, signal.SIGKILL, 5)


@pytest.fixture
def store(sqlite_ready: str) -> Iterator[Store]:
    """The worker's database, to look into."""
    opened = open_store(sqlite_ready)
    yield opened
    opened.close()


@pytest.fixture
def health_topic(kafka_admin: AdminClient) -> str:
    """The topic of health beats, on the broker of the session."""
    if HEALTH not in kafka_admin.list_topics(timeout=10).topics:
        kafka_admin.create_topics([NewTopic(HEALTH, 1, 1)])[HEALTH].result(30)
    return HEALTH


def beat(minute: int) -> bytes:
    """One minute's beat of a site with two lanes, the second of which is down."""
    lanes = [LaneHealth(lane=1, up=True), LaneHealth(lane=2, up=False)]
    time = f"{HOUR}:{minute:02}:30Z"
    return messages.encode(
        Health(
            id=f"G104-K012/{time}",
            version=1,
            time=time,
            site="G104-K012",
            run=1,
            lanes=lanes,
            camera="ok",
            clock="locked",
        )
    )


#: A beat with a new field that is no UTF-8: a reader that skips the field meets it when it keeps the whole.
BROKEN = beat(0)[:-1] + b',"new":"\xff"}'


def test_health_beats_become_observed_hours(
    kafka: str, health_topic: str, sqlite_ready: str, store: Store, start: Callable[..., Started]
) -> None:
    """55 minutes of health make the hour of the lane that was up, not of the one that was down, rubbish or not."""
    produce(kafka, health_topic, [b"rubbish", BROKEN, *(beat(minute) for minute in range(55))])
    begun = start("health", KAFKA__BOOTSTRAP_SERVERS=kafka, DATABASE__URL=sqlite_ready)
    lanes, span = [LaneKey("G104-K012", 1), LaneKey("G104-K012", 2)], Span(HOUR_START_S, HOUR_START_S + HOUR_S)

    def hours() -> list[list[bool]]:
        with store.reading() as connection:
            return observed.observed_hours(connection, lanes, span, {}).tolist()

    wait_for(lambda: hours() == [[True], [False]])
    begun.process.terminate()
    assert begun.process.wait(10) == 0, begun.said()


def test_a_lane_that_does_not_exist_is_named_with_those_that_do(start: Callable[..., Started]) -> None:
    """A typo ends the start at once."""
    begun = start("screen,cassis")
    assert begun.process.wait(20) == 1
    assert "there is no lane 'cassis'; choose from measure, screen, cases, archive, frames, health" in begun.said()


def test_a_database_without_tables_is_not_upgraded_by_the_way(
    kafka: str, tmp_path: Path, start: Callable[..., Started]
) -> None:
    """The worker says which command makes them."""
    begun = start("health", KAFKA__BOOTSTRAP_SERVERS=kafka, DATABASE__URL=f"sqlite:///{tmp_path / 'empty.db'}")
    assert begun.process.wait(20) == 1
    assert "wim db upgrade" in begun.said()


def test_a_warm_up_is_announced_before_and_timed_after() -> None:
    """Somebody who looks at a silent start reads what it waits for, in the log and from the readiness probe."""
    liveness = Liveness()
    reasons: list[str] = []

    class Slow(CountingWork):
        def warm_up(self) -> None:
            reasons.extend(liveness.why_not_ready())

    with capture_logs() as said:
        worker.warm_up([Slow("slow", [])], liveness)
    assert reasons == ["warming up: kernels are being compiled"]
    assert [line["event"] for line in said] == ["kernels_compiling", "kernels_compiled"]
    assert "minute" in said[0]["meaning"]
    assert said[1]["seconds"] >= 0
    assert liveness.why_not_ready() == ["starting"]


def test_an_agent_alone_has_nothing_to_compile() -> None:
    """Nothing is announced that does not happen."""
    with capture_logs() as said:
        worker.warm_up([], Liveness())
    assert said == []


def test_registry_and_policy_are_read_in_one_place() -> None:
    """The lanes and agents of a worker get what it has read: two reads could meet two versions of a file."""
    folders = [PROJECT / "src" / "service" / name for name in ("lanes", "agents")]
    sources = {path: path.read_text("utf-8") for folder in folders for path in folder.glob("*.py")}
    assert len(sources) > 10
    assert [path.name for path, text in sources.items() if "read_registry" in text or "read_policy" in text] == []


def test_by_default_all_that_is_set_up_is_carried() -> None:
    """Archives need a folder."""
    assert default_lanes(Settings()) == ["measure", "screen", "cases", "health"]
    assert default_lanes(Settings(archive="/var/lib/wim")) == [
        "measure",
        "screen",
        "cases",
        "health",
        "archive",
        "frames",
    ]
    assert {*worker.LANES, *worker.AGENTS} == {"measure", "screen", "cases", "health", "archive", "frames"}
