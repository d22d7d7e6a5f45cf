"""Rows C1, C2 and C7 of reliability.md: a worker killed, told to stop, and put to sleep beyond its session."""

from __future__ import annotations

import random
import signal
import time

from service.kafka import SESSION_MS
from tests.chaos.dose import BACK_SECONDS, EXIT_SECONDS, SECONDS, dose, record
from tests.chaos.road import Road
from tests.chaos.trucks import Traffic


def test_c1_kills_at_random_moments_lose_and_double_nothing(road: Road, engine: str) -> None:
    """Everything that was sent is judged, told and counted once; each time it is at work again within 15 s."""
    began, chance, kills = time.monotonic(), random.Random(1), dose(8, 50)
    slowest_s = 0.0
    with Traffic(road.installed.servers) as traffic:
        worker = road.worker()
        road.until(road.counts(traffic, 1), SECONDS, "the first vehicle")
        for _ in range(kills):
            road.until(road.counts(traffic, chance.randrange(1, 600)), SECONDS, "the next kill")
            worker.kill()
            back = road.counts(traffic, 1)
            worker, killed = road.worker(), time.monotonic()
            road.until(back, BACK_SECONDS, "the worker to be back")
            slowest_s = max(slowest_s, time.monotonic() - killed)
    found = road.settle(traffic)
    record("C1", engine, began, kills=kills, trucks=traffic.sent, repeated=found.repeated, back_s=round(slowest_s, 1))


def test_c2_a_worker_told_to_stop_loses_and_doubles_nothing(road: Road, engine: str) -> None:
    """SIGTERM in full work: gone within 10 s with status 0, and the next one goes on."""
    began, chance, stops = time.monotonic(), random.Random(2), dose(3, 20)
    slowest_s = 0.0
    with Traffic(road.installed.servers) as traffic:
        for _ in range(stops):
            worker = road.worker()
            road.until(road.counts(traffic, chance.randrange(1, 600)), SECONDS, "the next stop")
            status, seconds = worker.stop()
            slowest_s = max(slowest_s, seconds)
            assert (status, seconds <= EXIT_SECONDS) == (0, True), worker.log.read_text("utf-8")
        road.worker()
    found = road.settle(traffic)
    record("C2", engine, began, stops=stops, trucks=traffic.sent, repeated=found.repeated, exit_s=round(slowest_s, 1))


def test_c7_a_worker_that_slept_beyond_its_session_does_nothing_twice(road: Road, engine: str) -> None:
    """Asleep until the group has given its partitions away, then awake: what it still holds has no effect."""
    began, chance, sleeps = time.monotonic(), random.Random(7), dose(2, 10)
    with Traffic(road.installed.servers) as traffic:
        worker = road.worker()
        road.until(road.counts(traffic, 1), SECONDS, "the first vehicle")
        for _ in range(sleeps):
            road.until(road.counts(traffic, chance.randrange(1, 600)), SECONDS, "the next sleep")
            worker.process.send_signal(signal.SIGSTOP)
            road.endure(1.5 * SESSION_MS / 1_000, "the session to be over")
            back = road.counts(traffic, 1)
            worker.process.send_signal(signal.SIGCONT)
            road.until(back, SECONDS, "the worker to go on")
    found = road.settle(traffic)
    record("C7", engine, began, sleeps=sleeps, trucks=traffic.sent, repeated=found.repeated)
