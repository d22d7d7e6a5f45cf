"""An installation that faults happen to: its workers, its database, and when it has come to rest."""

from __future__ import annotations

import os
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from service.ending import TRY_AGAIN
from service.store.engine import Store
from tests.chaos.checker import Findings, check, rates
from tests.chaos.dose import SECONDS
from tests.chaos.trucks import Traffic
from tests.kafka.counting import wait_for
from tests.servers import processes
from tests.system.running import Installation, Process

#: A new owner of the relay waits this out (policy `outbox_lease_seconds`; 30 in production).
_POLICY = "outbox_lease_seconds = 5\n"

LOOK_SECONDS = 0.1


@dataclass
class Road:
    """One broker and one database, and the workers that stand between them."""

    installed: Installation
    #: Settings of the workers alone, such as another way to a server.
    settings: dict[str, str] = field(default_factory=dict)
    workers: list[Process] = field(default_factory=list)
    #: The settings with which a worker that ended to be started anew (status 70) is: what a service manager does.
    supervised: dict[str, str] | None = None
    restarts: int = 0
    _ports: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.installed.folder / "policy.toml").write_text(_POLICY, "utf-8")

    @cached_property
    def store(self) -> Store:
        """The database, to look at."""
        return self.installed.store()

    def worker(self, **settings: str) -> Process:
        """Start a worker with the lanes that judge and dispatch; it is not waited for."""
        (port,) = processes.free_ports(1)
        named = {"WIM_POLICY": str(self.installed.folder / "policy.toml"), "WIM_WORKER__METRICS_PORT": str(port)}
        named |= self.settings | settings
        self.workers.append(self.installed.start("worker", "--lanes", "screen,cases", **named))
        self._ports[self.workers[-1].process.pid] = port
        return self.workers[-1]

    def until(self, condition: Callable[[], bool], seconds: float = SECONDS, what: str = "") -> None:
        """Return once it holds; fail where it does not in time, or a worker ends by itself before."""

        def look() -> bool:
            for worker in list(self.workers):
                self._look_after(worker)
            # The database has other things to do than to be asked fifty times a second.
            time.sleep(LOOK_SECONDS)
            return condition()

        wait_for(look, seconds, what)

    def endure(self, seconds: float, what: str) -> None:
        """Let a fault last so long, and look after the workers meanwhile."""
        over = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= over, seconds + SECONDS, what)

    def _look_after(self, worker: Process) -> None:
        status = worker.process.poll()
        if status == TRY_AGAIN and self.supervised is not None:
            self.workers.remove(worker)
            self.restarts += 1
            self.worker(**self.supervised)
            return
        assert status in (None, -signal.SIGKILL, 0), worker.log.read_text("utf-8")

    def passed(self, traffic: Traffic) -> int:
        """Vehicles counted so far."""
        return sum(self.passed_by_site(traffic).values())

    def passed_by_site(self, traffic: Traffic) -> Counter[str]:
        """The same of each site."""
        found = Counter[str]()
        for (site, _), row in rates(self.store, {hour for _, hour in list(traffic.crossed)}).items():
            found[site] += row["passages"]
        return found

    def ready(self, worker: Process) -> bool:
        """What the worker's probe answers: it has partitions, and reaches what it needs. One that is gone is not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[worker.process.pid]}/readyz", timeout=5):
                return True
        except OSError:
            return False

    def resident_mib(self) -> float:
        """What the workers that run hold in memory together."""
        return sum(_resident_mib(worker.process.pid) for worker in self.workers if worker.process.poll() is None)

    def counts(self, traffic: Traffic, more: int) -> Callable[[], bool]:
        """A condition: so many more vehicles than now are counted."""
        goal = self.passed(traffic) + more
        return lambda: self.passed(traffic) >= goal

    def settle(self, traffic: Traffic, letters: bool = False) -> Findings:
        """What the checker finds once nothing more comes: exact, or what is wrong after `SECONDS`.

        A dead letter is wrong unless `letters` says that there are some, which the test counts itself then.
        """
        last = Findings(missing=["not yet looked"])

        def exact() -> bool:
            nonlocal last
            if self.passed(traffic) >= traffic.sent:
                last = check(self.store, self.installed.servers, traffic, letters)
            return last.exact

        try:
            self.until(exact, SECONDS, "everything judged once")
        except AssertionError as late:
            raise AssertionError(f"{last}\n{late}") from None
        return last

    def end(self) -> None:
        """Nothing outlives its test."""
        self.installed.end()
        self.store.close()


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
