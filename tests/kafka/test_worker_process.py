"""A whole worker in a process of its own: killed, told to stop, joined by another, started without its broker."""

from __future__ import annotations

import json
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.kafka import SESSION_MS
from service.store.engine import Store
from tests.kafka import counting
from tests.kafka.counting import numbered, produce, read_all, wait_for
from tests.servers import processes

PROJECT = Path(__file__).resolve().parents[2]
NUMBERS = 20_000
PARTITIONS = 4

#: Told to stop, a worker is gone after this long (reliability.md, C2).
EXIT_SECONDS = 10.0


class Worker:
    """One worker process, with its log."""

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        self.log = folder / f"worker-{time.monotonic_ns()}.log"
        command = [sys.executable, "-m", "tests.kafka.worker_process", *arguments]
        self.process = processes.start(processes.tied(command), self.log, folder=PROJECT)

    def kill(self) -> None:
        """End it as a power cut would."""
        processes.stop(self.process, signal.SIGKILL, 5)

    def stop(self) -> tuple[int, float]:
        """Tell it to stop; its exit status and how long that took."""
        began = time.monotonic()
        self.process.terminate()
        status = self.process.wait(3 * EXIT_SECONDS)
        return status, time.monotonic() - began

    def probe(self, path: str) -> tuple[int, str]:
        """What it answers on its metrics port."""
        wait_for(lambda: b"probes " in self.log.read_bytes(), what="the worker's port")
        port = int(self.log.read_text().split("probes ")[1].split()[0])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """`start(servers, database, topic, lane)` starts a worker that ends with the test."""
    workers: list[Worker] = []

    def started(*arguments: str) -> Worker:
        workers.append(Worker(tmp_path, list(arguments)))
        return workers[-1]

    yield started
    for worker in workers:
        worker.kill()


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database file of the test's own."""
    return counting.sqlite_url(tmp_path)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """That database, for the oracle."""
    opened = counting.open_counting_store(database)
    yield opened
    opened.close()


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_a_kill_at_any_moment_loses_and_repeats_nothing(
    kafka: str,
    new_topic: Callable[..., str],
    unique: str,
    database: str,
    store: Store,
    start: Callable[..., Worker],
    share: float,
) -> None:
    """Each number counts once, whenever the worker dies; it is back as soon as the group lets go of the dead one."""
    topic, announcements = new_topic("numbers", PARTITIONS), new_topic("announced")
    produce(kafka, topic, numbered(range(NUMBERS)), PARTITIONS)
    worker = start(kafka, database, topic, unique, announcements)
    wait_for(lambda: counting.count(store) >= share * NUMBERS)
    worker.kill()
    start(kafka, database, topic, unique, announcements)
    wait_for(lambda: counting.count(store) >= NUMBERS, SESSION_MS / 1000 + 45)
    assert counting.report(store, NUMBERS).exact
    announced = {int(value or b"") for value, _ in read_all(kafka, announcements)}
    assert announced == set(range(0, NUMBERS, counting.ANNOUNCED_EVERY))


def test_told_to_stop_it_finishes_what_it_has_and_leaves_at_once(
    kafka: str, new_topic: Callable[..., str], unique: str, database: str, store: Store, start: Callable[..., Worker]
) -> None:
    """After SIGTERM nothing is missing, nothing is announced twice, and the next worker need not wait for the group."""
    topic, announcements = new_topic("numbers", PARTITIONS), new_topic("announced")
    produce(kafka, topic, numbered(range(NUMBERS)), PARTITIONS)
    for _ in range(2):
        at = counting.count(store)
        worker = start(kafka, database, topic, unique, announcements)
        wait_for(lambda at=at: counting.count(store) > at)
        status, seconds = worker.stop()
        assert status == 0, worker.log.read_text()
        assert seconds < EXIT_SECONDS
    start(kafka, database, topic, unique, announcements)
    wait_for(lambda: counting.count(store) >= NUMBERS)
    assert counting.report(store, NUMBERS).exact
    announced = [int(value or b"") for value, _ in read_all(kafka, announcements)]
    assert sorted(announced) == list(range(0, NUMBERS, counting.ANNOUNCED_EVERY))


def test_workers_come_and_go_and_share_the_partitions(
    kafka: str, new_topic: Callable[..., str], unique: str, postgres_url: str, start: Callable[..., Worker]
) -> None:
    """On PostgreSQL: one worker, two, one again while numbers flow; each counts once and every partition moves on."""
    topic = new_topic("numbers", PARTITIONS)
    store = counting.open_counting_store(postgres_url)
    arguments = (kafka, postgres_url, topic, unique)
    produce(kafka, topic, numbered(range(5_000)), PARTITIONS)
    first = start(*arguments)
    wait_for(lambda: counting.count(store) > 0)
    second = start(*arguments)
    wait_for(lambda: b"partitions taken over" in second.log.read_bytes())
    produce(kafka, topic, numbered(range(5_000, 10_000)), PARTITIONS)
    assert first.stop()[0] == 0
    produce(kafka, topic, numbered(range(10_000, 12_000)), PARTITIONS)
    wait_for(lambda: counting.count(store) >= 12_000)
    assert second.stop()[0] == 0
    assert counting.report(store, 12_000).exact
    store.close()


def test_without_its_broker_a_start_says_so_and_fails(
    unique: str, database: str, store: Store, start: Callable[..., Worker]
) -> None:
    """It tries again for as long as it is told to be patient, then ends with what a person can do about it."""
    (port,) = processes.free_ports(1)
    worker = start(f"127.0.0.1:{port}", database, "numbers", unique)
    assert worker.process.wait(20) == 1
    said = worker.log.read_text()
    assert f"no Kafka broker answers at 127.0.0.1:{port}" in said
    assert "WIM_KAFKA__BOOTSTRAP_SERVERS" in said


def test_its_port_tells_whether_it_lives_is_ready_and_how_far_it_is(
    kafka: str, new_topic: Callable[..., str], unique: str, database: str, store: Store, start: Callable[..., Worker]
) -> None:
    """/livez, /readyz and /metrics, with the lag per partition."""
    topic = new_topic("numbers", 2)
    produce(kafka, topic, numbered(range(100)), 2)
    worker = start(kafka, database, topic, unique)
    wait_for(lambda: worker.probe("/readyz")[0] == 200)
    wait_for(lambda: counting.count(store) == 100)
    assert worker.probe("/livez") == (200, json.dumps({"status": "ok", "reasons": []}))
    lag = f'wim_lag_messages{{partition="1",stream_lane="{unique}",topic="{topic}"}} 0.0'
    wait_for(lambda: lag in worker.probe("/metrics")[1])
    metrics = worker.probe("/metrics")[1]
    assert f'wim_batches_total{{stream_lane="{unique}"}}' in metrics
    assert "wim_build_info" in metrics
    assert worker.probe("/nothing")[0] == 404


def test_a_stopped_process_that_wakes_up_later_keeps_nothing_twice(
    kafka: str, new_topic: Callable[..., str], unique: str, postgres_url: str, start: Callable[..., Worker]
) -> None:
    """SIGSTOP beyond the session, another worker takes over, SIGCONT: the woken one's batch is given up."""
    topic = new_topic("numbers", PARTITIONS)
    store = counting.open_counting_store(postgres_url)
    arguments = (kafka, postgres_url, topic, unique)
    produce(kafka, topic, numbered(range(NUMBERS)), PARTITIONS)
    sleeper = start(*arguments)
    wait_for(lambda: counting.count(store) > 0)
    sleeper.process.send_signal(signal.SIGSTOP)
    start(*arguments)
    wait_for(lambda: counting.count(store) >= NUMBERS, SESSION_MS / 1000 + 45)
    sleeper.process.send_signal(signal.SIGCONT)
    produce(kafka, topic, numbered(range(NUMBERS, NUMBERS + 1_000)), PARTITIONS)
    wait_for(lambda: counting.count(store) >= NUMBERS + 1_000)
    wait_for(lambda: b"a batch is given up" in sleeper.log.read_bytes())
    assert counting.report(store, NUMBERS + 1_000).exact
    store.close()
