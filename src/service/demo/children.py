"""The demo's processes: each a command of ours, in a session of its own, ended in the reverse order of their start."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sensors.simulator.demo import DEMO_REGISTRY
from service.broker import embedded
from service.store import schema
from service.store.engine import open_store

#: A cold start compiles every kernel once: half a minute on an idle machine, several on one with two busy cores. A
#: part that ends is noticed at once; this bounds one that hangs.
READY_SECONDS = 900.0
#: Whoever watches is told after this long what takes its time.
TOLD_SECONDS = 15.0
#: A worker needs up to 8 s to finish its batch (architecture.md, promise 5).
STOP_SECONDS = 10.0
#: Simulated passages count in histories here, and nowhere else unless a region says so (decision.md §6).
POLICY = "simulated_counts = true\n"


class DemoError(RuntimeError):
    """A part of the demo did not start or ended by itself."""

    def __init__(self, part: str, problem: str, log: Path) -> None:
        tail = log.read_text("utf-8", "replace").splitlines()[-5:] if log.exists() else []
        super().__init__("\n".join([f"{part} {problem}", *(f"  {line}" for line in tail)]))
        self.part = part


@dataclass(slots=True)
class Child:
    """One process; its output goes to a log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raises DemoError where it has ended."""
        if (status := self.process.poll()) is not None:
            raise DemoError(self.name, f"ended with status {status}", self.log)

    def read(self) -> str:
        """What it has said so far."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def stop(self) -> None:
        """SIGTERM, and SIGKILL where that does not help."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Children:
    """All of them, what they find around them, and where their files are."""

    folder: Path
    environment: Mapping[str, str]
    running: list[Child] = field(default_factory=list)

    def start(self, name: str, *arguments: str, **variables: str) -> Child:
        """Run `wim <arguments>`."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**self.environment, **variables},
                # Ctrl-C is for us alone: we end them in order.
                start_new_session=True,
            )
        self.running.append(Child(name, process, log))
        return self.running[-1]

    def check(self) -> None:
        """Raises DemoError where one of them has ended."""
        for child in self.running:
            child.check()

    def wait_for(
        self, child: Child, ready: Callable[[], bool], slow: Callable[[], None], most_s: float = READY_SECONDS
    ) -> None:
        """Return once the child is `ready`; calls `slow` once where that takes long.

        Raises DemoError where any of them ends before, or where it takes longer than `most_s`.
        """
        began_s, told = time.monotonic(), False
        while not ready():
            self.check()
            waited_s = time.monotonic() - began_s
            if waited_s > most_s:
                raise DemoError(child.name, f"not ready after {most_s:.0f} s", child.log)
            if waited_s > TOLD_SECONDS and not told:
                slow()
                told = True
            time.sleep(0.1)

    def stop(self) -> None:
        """End all, the last one first."""
        for child in reversed(self.running):
            child.stop()


@contextlib.contextmanager
def children(api_port: int) -> Iterator[Children]:
    """A broker, an empty database and a place for everything's files; all of it is gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix="wim-demo-"))
    try:
        with embedded.start() as servers:
            started = Children(folder, _environment(folder, servers, api_port))
            try:
                yield started
            finally:
                started.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path, servers: str, api_port: int) -> Mapping[str, str]:
    """The settings of every part; those of the person's own shell must not leak in."""
    database = f"sqlite:///{folder / 'wim.db'}"
    store = open_store(database, check=False)
    with store.writing(durable=True) as conn:
        schema.upgrade(conn)
    store.close()
    policy = folder / "policy.toml"
    policy.write_text(POLICY, "utf-8")
    ours = {
        "WIM_KAFKA__BOOTSTRAP_SERVERS": servers,
        "WIM_DATABASE__URL": database,
        "WIM_REGISTRY": str(DEMO_REGISTRY),
        "WIM_POLICY": str(policy),
        "WIM_API__HOST": "127.0.0.1",
        "WIM_API__PORT": str(api_port),
        "WIM_WORKER__METRICS_PORT": "0",
        "WIM_AUTH__MODE": "demo",
        "PYTHONUNBUFFERED": "1",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("WIM_")} | ours
