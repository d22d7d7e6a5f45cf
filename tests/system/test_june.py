"""The June 2021 record through real Kafka into a real worker: to the vehicle what an independent program computed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.store.engine import Store
from tests.kafka.counting import wait_for
from tests.system.running import (
    EXIT_SECONDS,
    SUMS,
    Installation,
    asked_rows,
    counted,
    drained,
    intercepts,
    june_rows,
    sums,
    violations,
)

#: Fifteen days in about fifteen seconds: long enough to be interrupted on the way.
SPEED = "90000"
#: Bounds how long a busy machine may hang.
SECONDS = 240.0


@pytest.fixture
def expected(shared_data: Path) -> dict[str, int]:
    """The figures of the independent implementation."""
    figures: dict[str, int] = json.loads((shared_data / "expected_june2021_days01-15.json").read_text("utf-8"))
    return figures


@pytest.fixture(params=["sqlite", "postgresql"])
def installed(request: pytest.FixtureRequest, tmp_path: Path, start_kafka: Callable[..., object]) -> Installation:
    """A broker and an empty database of this test's own, once of each engine."""
    if request.param == "sqlite":
        database = f"sqlite:///{tmp_path / 'wim.db'}"
    else:
        database = request.getfixturevalue("postgres_url")
    servers: str = start_kafka(1).bootstrap_servers  # type: ignore[attr-defined]
    made = Installation.made(servers, database, tmp_path)
    yield made
    made.end()


@pytest.fixture
def store(installed: Installation) -> Iterator[Store]:
    """Its database."""
    opened = installed.store()
    yield opened
    opened.close()


def settle(installed: Installation, store: Store, expected: dict[str, int]) -> None:
    """Return once every passage is counted and nothing waits in any topic."""
    wait_for(lambda: counted(store) >= expected["passages"], SECONDS)
    wait_for(lambda: drained(store, installed.servers), SECONDS)


def assert_exact(installed: Installation, store: Store, expected: dict[str, int]) -> None:
    """Every figure to the vehicle, over HTTP and in the database, by direction and by lane."""
    api = installed.start("api", "--json")
    assert sums(asked_rows(api)) == sums(june_rows(store)) == {name: expected[name] for name in SUMS}
    assert violations(store) == expected["violations"]
    by_lane = {row["lane"]: row for row in asked_rows(api, by="lane")}
    for lane, figures in expected["by_lane"].items():  # type: ignore[attr-defined]
        row = by_lane[next(name for name in by_lane if str(name).endswith(lane))]
        assert {"trucks": row["trucks"], "over_nominal": row["over_nominal"]} == figures
    api.kill()


def test_the_record_gives_the_expected_figures_and_again_the_same(
    installed: Installation, store: Store, expected: dict[str, int], june_csv: Path
) -> None:
    """Once: exact, lane 1's copied sides excluded by name, nothing alarmed. Again: unchanged."""
    worker = installed.start("worker")
    installed.run("replay", str(june_csv))
    settle(installed, store, expected)
    assert_exact(installed, store, expected)
    copied = {row["direction"]: row["excluded"]["SIDES_COPIED"] / row["trucks"] for row in june_rows(store)}
    assert copied["up"] > 0.95
    assert copied["down"] < 0.05
    assert intercepts(store, active=True) == 0
    assert intercepts(store, active=False) > 0
    before = intercepts(store, active=False)
    installed.run("replay", str(june_csv))
    settle(installed, store, expected)
    assert_exact(installed, store, expected)
    assert (intercepts(store, active=True), intercepts(store, active=False)) == (0, before)
    assert worker.stop()[0] == 0


def test_a_worker_killed_five_times_on_the_way_changes_nothing(
    installed: Installation, store: Store, expected: dict[str, int], june_csv: Path
) -> None:
    """SIGKILL at five random moments while the record flows: every figure exact."""
    chance = random.Random(5)
    replay = installed.start("replay", str(june_csv), "--speed", SPEED)
    for share in sorted(chance.uniform(0.05, 0.9) for _ in range(5)):
        worker = installed.start("worker")
        wait_for(lambda share=share: counted(store) >= share * expected["passages"], SECONDS)
        worker.kill()
    installed.start("worker")
    assert replay.process.wait(SECONDS) == 0
    settle(installed, store, expected)
    assert_exact(installed, store, expected)


def test_a_worker_told_to_stop_on_the_way_changes_nothing(
    installed: Installation, store: Store, expected: dict[str, int], june_csv: Path
) -> None:
    """SIGTERM in the middle: gone within 10 s with status 0, and the next one ends exact."""
    replay = installed.start("replay", str(june_csv), "--speed", SPEED)
    worker = installed.start("worker")
    wait_for(lambda: counted(store) >= 0.3 * expected["passages"], SECONDS)
    status, seconds = worker.stop()
    assert (status, seconds <= EXIT_SECONDS) == (0, True), worker.log.read_text("utf-8")
    assert counted(store) < expected["passages"]
    installed.start("worker")
    assert replay.process.wait(SECONDS) == 0
    settle(installed, store, expected)
    assert_exact(installed, store, expected)


def test_a_record_moved_to_the_present_opens_intercepts_and_loses_nothing(
    installed: Installation, store: Store, expected: dict[str, int], june_csv: Path
) -> None:
    """As if its last minutes were now: what is far over the limit is there to be stopped, all of it is counted."""
    installed.start("worker")
    installed.run("replay", str(june_csv), "--shift-to-now")
    wait_for(lambda: intercepts(store, active=True) > 0, SECONDS)
    wait_for(lambda: drained(store, installed.servers), SECONDS)
    assert counted(store) == 0
    assert violations(store) == expected["violations"]
