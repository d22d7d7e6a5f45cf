"""The image's parts that run without Docker; CI runs deploy/install.sh itself in an empty environment."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy import health
from tests.servers.processes import free_ports

PROJECT = Path(__file__).resolve().parents[2]
DOCKERFILE = (PROJECT / "deploy" / "Dockerfile").read_text()

Answering = Callable[[int, bytes], str]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """`answering(status, body)` starts a server that always answers so; its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}/livez"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def nobody() -> str:
    """An address where nothing answers."""
    return f"http://127.0.0.1:{free_ports(1)[0]}/livez"


def test_a_live_process_is_healthy(answering: Answering) -> None:
    """The one of both processes that runs here decides, whichever it is."""
    live = answering(200, b"{}")
    assert health.why_not_alive([live, nobody()]) is None
    assert health.why_not_alive([nobody(), live]) is None


def test_a_failing_process_is_not_healthy(answering: Answering) -> None:
    """A failed probe gives the process's own reasons, and no other process makes up for it."""
    failing = answering(503, b'{"reasons": ["lane screen: no progress"]}')
    reason = health.why_not_alive([failing, answering(200, b"{}")])
    assert reason is not None
    assert "503" in reason
    assert "lane screen: no progress" in reason


def test_nobody_there_is_not_healthy() -> None:
    """A container whose process does not listen is not alive, and its check ends with status 1."""
    ended = subprocess.run(
        [sys.executable, PROJECT / "deploy" / "health.py", nobody()], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "nothing answers" in ended.stderr


def test_the_image_does_not_run_as_root() -> None:
    """The last USER of the Dockerfile is a fixed number other than 0, and owns what it must write to."""
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)[-1] == "10001:10001"
    (cache,) = re.findall(r"NUMBA_CACHE_DIR=(\S+)", DOCKERFILE)
    assert re.search(rf"install -d -o wim -g wim .*{cache}\b", DOCKERFILE)


def test_everything_copied_is_there_and_let_through() -> None:
    """What the Dockerfile copies exists, and .dockerignore does not hide it."""
    ignore = (PROJECT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert copied
    for source in copied:
        assert list(PROJECT.glob(source)), source
        assert f"!{source}" in ignore


def test_the_steps_are_the_scripts(tmp_path: Path) -> None:
    """The Dockerfile installs by deploy/install.sh, whose steps CI runs too; another step is refused."""
    steps = re.findall(r"^RUN deploy/install.sh (\w+) /opt/wim$", DOCKERFILE, re.MULTILINE)
    assert steps == ["packages", "project"]
    assert re.findall(r"^RUN deploy/install.sh pages (\S+)$", DOCKERFILE, re.MULTILINE) == ["/pages"]
    assert "COPY --from=pages /pages src/service/pages" in DOCKERFILE
    ci = (PROJECT / ".ci" / "run").read_text()
    assert all(f"deploy/install.sh {step}" in ci for step in ("pages", *steps))
    refused = subprocess.run(
        ["sh", PROJECT / "deploy" / "install.sh", "everything", tmp_path / "wim"],
        env={"PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "unknown step everything" in refused.stderr
