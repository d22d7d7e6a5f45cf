"""The product of the live benchmark: topics, tables, a road with fifty squads; worker and API as users run them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.screen.processes import PROJECT, START_SECONDS, Worker
from service.settings import PREFIX
from tests.servers import processes
from tests.service.roads import ALWAYS, corridor, site, squad, stop_point

SQUADS = 50
#: Squads whose phones listen, several of each: the API lets some thirty new tokens a minute in from one address.
TOKENS = 10

REGISTRY = (
    corridor("G104", length_km=120.0)
    + site("G104-K012", 12.4)
    + stop_point("yard", 21.0, capacity=60)
    + "".join(squad(f"squad-{number}", "road", "yard", stops_per_hour=60, shifts=[ALWAYS]) for number in range(SQUADS))
)


@dataclass(frozen=True)
class Api:
    """A running API: where it is, and the token of each holder."""

    host: str
    port: int
    tokens: dict[str, str]
    pid: int

    def clients(self, count: int) -> list[str]:
        """Tokens of so many clients, known to the API already: from one address only some strangers are let in."""
        own = [self.tokens[f"demo-squad-{number}"] for number in range(TOKENS)]
        for token in own:
            headers = {"Authorization": f"Bearer {token}"}
            request = urllib.request.Request(f"http://{self.host}:{self.port}/v1/squads", headers=headers)
            with urllib.request.urlopen(request, timeout=START_SECONDS) as answer:
                answer.read()
        return [own[number % TOKENS] for number in range(count)]


@contextlib.contextmanager
def running(servers: str, url: str, folder: Path) -> Iterator[Api]:
    """Worker and API until the end of the block."""
    registry = folder / "sites.toml"
    registry.write_text(REGISTRY, "utf-8")
    settings = {"KAFKA__BOOTSTRAP_SERVERS": servers, "DATABASE__URL": url, "REGISTRY": str(registry)}
    worker = Worker("cases", settings, folder / "worker.log")
    try:
        worker.wait_ready()
        with _api(settings, folder / "api.log") as api:
            yield api
        worker.check()
    finally:
        worker.kill()


@contextlib.contextmanager
def _api(settings: dict[str, str], log: Path) -> Iterator[Api]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    given = {**settings, "AUTH__MODE": "demo", "API__PORT": "0"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            processes.tied([sys.executable, "-m", "service.cli", "api", "--json"]),
            cwd=PROJECT,
            env=inherited | {f"{PREFIX}{name}": value for name, value in given.items()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        processes.wait_until("the API", process, log, lambda: _opened(log) is not None, START_SECONDS)
        opened = _opened(log)
        assert opened is not None
        host, _, port = opened["url"].rpartition("/")[2].rpartition(":")
        yield Api(host, int(port), opened["tokens"], process.pid)
    finally:
        processes.stop(process, signal.SIGTERM, 10)


def _opened(log: Path) -> dict[str, Any] | None:
    for line in log.read_text(errors="replace").splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            found = json.loads(line)
            if "tokens" in found:
                return dict(found)
    return None
