"""The product as its users run it: its own commands, each in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from sqlalchemy import func, select

from service.store import tables
from service.store.engine import Store, open_store
from service.store.rate_table import CountedLane, Extent, Question, query
from tests.kafka.counting import wait_for
from tests.servers import processes

PROJECT = Path(__file__).resolve().parents[2]
#: Told to stop, a worker is gone after this long (reliability.md, C2).
EXIT_SECONDS = 10.0
#: A command that has not ended by then never will.
COMMAND_SECONDS = 120.0

REGISTRY = """
[[corridor]]
id = "G1"
timezone = "Asia/Shanghai"
[[site]]
id = "june-2021"
corridor = "G1"
chainage_km = 10.0
certificate = [{number = "T", class = 5, from = 2021-01-01, until = 2022-01-01}]
tolerance = [{from = 2021-01-01, percent = 5.0}]
[[site.lane]]
number = 1
direction = "up"
[[site.lane]]
number = 2
direction = "down"
"""


@dataclass(frozen=True)
class Installation:
    """One broker, one database, one registry, and commands that use them."""

    servers: str
    database: str
    folder: Path
    started: list[Process] = field(default_factory=list)

    @classmethod
    def made(
        cls, servers: str, database: str, folder: Path, registry: str = REGISTRY, replication: int = 1
    ) -> Installation:
        """With topics and tables made as an operator makes them."""
        (folder / "sites.toml").write_text(registry, "utf-8")
        self = cls(servers, database, folder)
        self.run("topics", "apply", "--replication", str(replication))
        self.run("db", "upgrade")
        return self

    @property
    def environment(self) -> Mapping[str, str]:
        """What the commands find around them."""
        return {
            **os.environ,
            "WIM_KAFKA__BOOTSTRAP_SERVERS": self.servers,
            "WIM_DATABASE__URL": self.database,
            "WIM_REGISTRY": str(self.folder / "sites.toml"),
            "WIM_WORKER__METRICS_PORT": "0",
            "WIM_API__PORT": "0",
            "WIM_AUTH__MODE": "demo",
        }

    def run(self, *arguments: str) -> str:
        """A command to its end, with status 0; what it printed."""
        ended = subprocess.run(
            command_of(*arguments),
            env=self.environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def start(self, *arguments: str, **settings: str) -> Process:
        """A command that goes on, with settings of its own beside the installation's."""
        log = self.folder / f"{arguments[0]}-{time.monotonic_ns()}.log"
        environment = {**self.environment, **settings}
        command = ["env", *(f"{name}={value}" for name, value in environment.items()), *command_of(*arguments)]
        self.started.append(Process(processes.start(processes.tied(command), log, folder=PROJECT), log))
        return self.started[-1]

    def end(self) -> None:
        """Nothing that was started outlives its test."""
        for process in self.started:
            process.kill()

    def store(self) -> Store:
        """The database, to look at."""
        return open_store(self.database)


@dataclass(frozen=True)
class Process:
    """A running command with its log."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """End it as a power cut would."""
        processes.stop(self.process, signal.SIGKILL, 5)

    def stop(self) -> tuple[int, float]:
        """SIGTERM; its exit status and how long it took."""
        began = time.monotonic()
        self.process.terminate()
        return self.process.wait(3 * EXIT_SECONDS), time.monotonic() - began


def command_of(*arguments: str) -> list[str]:
    """`wim` with these arguments, on this interpreter."""
    return [sys.executable, "-m", "service.cli", *arguments]


#: The counts of an answer that an independent implementation computed too.
SUMS = ("passages", "trucks", "over_nominal", "over_beyond_tolerance", "hundred_tonne")


def june_rows(store: Store, by: str | None = None) -> list[dict[str, Any]]:
    """The rows of the corridor's rates over June 2021, straight from the database."""
    lanes = (CountedLane("june-2021", 1, 0), CountedLane("june-2021", 2, 1))
    june = Question(1_622_476_800, 1_625_068_800, by=by)  # 2021-06-01 and 2021-07-01 in Shanghai
    with store.reading() as conn:
        return list(query(conn, [Extent("G1", "Asia/Shanghai", lanes)], june)["G1"].rows)


def asked_rows(api: Process, by: str | None = None) -> list[dict[str, Any]]:
    """The same rows as an analyst's program gets them over HTTP."""
    wait_for(lambda: "tokens" in api.log.read_text("utf-8"), 120.0, "the API")
    opened = json.loads(next(line for line in api.log.read_text("utf-8").splitlines() if '"tokens"' in line))
    url = f"{opened['url']}/v1/corridors/G1/rates?from=2021-06-01&to=2021-07-01" + (f"&by={by}" if by else "")
    bearer = {"Authorization": f"Bearer {opened['tokens']['demo-analyst']}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=bearer), timeout=60) as answer:
        rows: list[dict[str, Any]] = json.load(answer)["rows"]
    return rows


def drained(store: Store, servers: str) -> bool:
    """Whether the screen and the cases lane have kept everything that is in their topics."""
    client = Consumer({"bootstrap.servers": servers, "group.id": "looking-on"})
    try:
        with store.reading() as conn:
            rows = conn.execute(select(tables.offsets)).all()
        ends = {(row.topic, row.partition): 0 for row in rows}
        for topic, partition in ends:
            ends[topic, partition] = client.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)[1]
    finally:
        client.close()
    return bool(rows) and all(row.next_offset >= ends[row.topic, row.partition] for row in rows)


def sums(rows: list[dict[str, Any]]) -> dict[str, int]:
    """What all rows count together."""
    return {name: sum(row[name] for row in rows) for name in SUMS}


def counted(store: Store) -> int:
    """Passages counted so far."""
    return sums(june_rows(store))["passages"]


def violations(store: Store) -> int:
    """Distinct violations."""
    with store.reading() as conn:
        return conn.execute(select(func.count(tables.violations.c.id.distinct()))).scalar_one()


def intercepts(store: Store, active: bool) -> int:
    """Intercepts that wait for somebody, or that are history."""
    rows = select(func.count()).select_from(tables.intercepts).where(tables.intercepts.c.active == active)
    with store.reading() as conn:
        return conn.execute(rows).scalar_one()
