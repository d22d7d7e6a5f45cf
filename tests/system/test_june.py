"""The June 2021 record through real Kafka into a real worker: to the vehicle what an independent program computed."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.store.engine import Store
from tests.kafka.counting import wait_for
from tests.system.running import EXIT_SECONDS, SUMS, Installation, counted, intercepts, june_rows, sums, violations

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


def settled(store: Store, expected: dict[str, int]) -> bool:
    """Whether every passage is counted and every violation filed."""
    return counted(store) >= expected["passages"] and violations(store) >= expected["violations"]


def assert_exact(store: Store, expected: dict[str, int]) -> None:
    """Every figure to the vehicle, and what is left out of net has its name."""
    assert sums(june_rows(store)) == {name: expected[name] for name in SUMS}
    assert violations(store) == expected["violations"]
    by_lane = {row["lane"]: row for row in june_rows(store, by="lane")}
    for lane, figures in expected["by_lane"].items():  # type: ignore[attr-defined]
        row = by_lane[next(name for name in by_lane if str(name).endswith(lane))]
        assert {"trucks": row["trucks"], "over_nominal": row["over_nominal"]} == figures


def test_the_record_gives_the_expected_figures_and_again_the_same(
    installed: Installation, store: Store, expected: dict[str, int], june_csv: Path
) -> None:
    """Once: exact, lane 1's copied sides excluded by name, nothing alarmed. Again: unchanged."""
    worker = installed.start("worker")
    installed.run("replay", str(june_csv))
    wait_for(lambda: settled(store, expected), SECONDS)
    assert_exact(store, expected)
    copied = {row["direction"]: row["excluded"]["SIDES_COPIED"] / row["trucks"] for row in june_rows(store)}
    assert copied["up"] > 0.95
    assert copied["down"] < 0.05
    assert intercepts(store, active=True) == 0
    assert intercepts(store, active=False) > 0
    installed.run("replay", str(june_csv))
    marker = installed.folder / "marker.jsonl"
    marker.write_text(json.dumps(later_passage()) + "\n", "utf-8")
    installed.run("replay", str(marker))
    wait_for(lambda: counted(store) >= expected["passages"] + 1, SECONDS)
    assert counted(store) == expected["passages"] + 1
    assert violations(store) == expected["violations"]
    assert worker.stop()[0] == 0


def later_passage() -> dict[str, object]:
    """A car after the record's end, at the same site: once it is counted, all before it is settled."""
    axle = {"left_kg": 500, "right_kg": 490}
    return {
        "time": "2021-06-20T04:00:00Z",
        "site": "june-2021",
        "lane": 1,
        "direction": 0,
        "sequence": 0,
        "axle_count": 2,
        "gross_kg": 1980,
        "speed_kmh": 60.0,
        "source": 3,
        "axles": [axle | {"spacing_mm": 2600}, axle | {"spacing_mm": None}],
    }


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
    wait_for(lambda: settled(store, expected), SECONDS)
    assert_exact(store, expected)


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
    wait_for(lambda: settled(store, expected), SECONDS)
    assert_exact(store, expected)


def test_a_record_moved_to_the_present_opens_intercepts(
    installed: Installation, store: Store, expected: dict[str, int], june_csv: Path
) -> None:
    """The first hours of the record, as if they were now: what is far over the limit is there to be stopped."""
    with gzip.open(june_csv, "rt", encoding="utf-8") as file:
        head = [line for line, _ in zip(file, range(600), strict=False)]
    part = installed.folder / "part.csv"
    part.write_text("".join(head), "utf-8")
    installed.start("worker")
    installed.run("replay", str(part), "--shift-to-now")
    wait_for(lambda: intercepts(store, active=True) > 0, SECONDS)
    assert counted(store) == 0
