"""Processes of a benchmark: the real worker, the small programs beside it, and what a process has used so far."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from service.settings import PREFIX
from tests.servers import processes

PROJECT = Path(__file__).resolve().parents[2]

#: A cold start compiles every kernel, on a busy machine beside a compiler of somebody else's.
START_SECONDS = 180.0
#: What a worker has after SIGTERM, and a little (reliability.md, C2).
STOP_SECONDS = 15.0
#: The longest that a small program may take for one run.
RUN_SECONDS = 300.0


class RunError(RuntimeError):
    """A program of the benchmark failed."""

    def __init__(self, module: str, said: str) -> None:
        super().__init__(f"{module} failed:\n{said[-2_000:]}")


def run(module: str, *arguments: object) -> dict[str, Any]:
    """What a program of this benchmark prints: one JSON object."""
    done = subprocess.run(
        _command(module, *arguments), cwd=PROJECT, capture_output=True, text=True, timeout=RUN_SECONDS
    )
    if done.returncode:
        raise RunError(module, done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Program:
    """A program of this benchmark that runs beside others, says when it is ready and in the end what it found."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._module = module
        self.process = subprocess.Popen(
            processes.tied(_command(module, *arguments)),
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> None:
        """Return once it says so."""
        if self._line() != "ready":
            raise RunError(self._module, "it ended before it was ready")

    def go_on(self) -> None:
        """Give it the word that it waits for."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def result(self) -> dict[str, Any]:
        """What it found."""
        line = self._line()
        if self.process.wait(RUN_SECONDS):
            raise RunError(self._module, f"status {self.process.returncode}")
        found: dict[str, Any] = json.loads(line)
        return found

    def stop(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


class Worker:
    """A real `wim worker`, ready to work."""

    def __init__(self, lanes: str, settings: Mapping[str, str], log: Path) -> None:
        self._log = log
        # Settings of whoever runs the benchmark are not the benchmark's.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        given = {f"{PREFIX}{name}": value for name, value in settings.items()}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                processes.tied(_command("service.cli", "worker", "--lanes", lanes)),
                cwd=PROJECT,
                env=inherited | given | {f"{PREFIX}WORKER__METRICS_PORT": "0"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_ready(self) -> None:
        """Return once /readyz says so."""
        processes.wait_until("the worker", self.process, self._log, self._is_ready, START_SECONDS)

    def check(self) -> None:
        """Raise ServerError if it has ended."""
        if self.process.poll() is not None:
            raise processes.ServerError("the worker", f"ended with status {self.process.returncode}", self._log)

    def stop(self) -> None:
        """Tell it to stop; raises ServerError where it fails to end well."""
        self.process.terminate()
        if self.process.wait(STOP_SECONDS):
            self.check()

    def kill(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def _is_ready(self) -> bool:
        port = next((line["metrics_port"] for line in self._lines() if "metrics_port" in line), None)
        if port is None:
            return False
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return int(answer.status) == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def _lines(self) -> Iterator[dict[str, Any]]:
        for line in self._log.read_text(errors="replace").splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                yield json.loads(line)


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process so far, all threads."""
    # The name in brackets may hold spaces; utime and stime are fields 14 and 15 (proc(5)).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory_mb(pid: int) -> float:
    """The most resident memory that a running process ever had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) / 1024


def _command(module: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", module, *map(str, arguments)]
