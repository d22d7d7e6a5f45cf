"""The demo as a user runs it: one command, traffic and intercepts, Ctrl-C, and nothing left behind."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka.counting import wait_for
from tests.servers import processes
from tests.system.running import PROJECT, Process, command_of

#: The first intercept is due within 60 s on a quiet machine; this only bounds how long a busy one may hang.
SECONDS = 240.0


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Process]:
    """`wim demo` on a free port, its temporary files in a folder of this test's own."""
    log = tmp_path / "demo.log"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = ["env", f"TMPDIR={scratch}", *command_of("demo", "--port", "0")]
    started = Process(processes.start(processes.tied(command), log, folder=PROJECT), log)
    yield started
    started.kill()


def text(demo: Process) -> str:
    """What it has printed."""
    return demo.log.read_text("utf-8", "replace")


def test_an_intercept_is_shown_the_api_answers_and_ctrl_c_leaves_nothing(demo: Process, tmp_path: Path) -> None:
    """Traffic flows, the printed curl line gives rates, and after SIGINT no process and no file of it remains."""
    wait_for(lambda: "intercept " in text(demo), SECONDS, what="the first intercept")
    [curl] = re.findall(r"curl -s -H 'Authorization: (Bearer \S+)' (http://\S+/v1/rates)", text(demo))
    request = urllib.request.Request(curl[1], headers={"Authorization": curl[0]})
    with urllib.request.urlopen(request, timeout=30) as answer:
        rates = json.load(answer)
    assert {one["corridor"] for one in rates["corridors"]} >= {"G104", "S340"}
    assert sum(row["passages"] for one in rates["corridors"] for row in one["rows"]) > 0
    group = children_of(demo.process.pid)
    assert len(group) >= 4
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(60) == 0, text(demo)
    assert [pid for pid in group if alive(pid)] == []
    assert list((tmp_path / "scratch").iterdir()) == []


def children_of(pid: int) -> list[int]:
    """Every process that descends from it."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listed.splitlines())}
    found = [pid]
    for child in sorted(parents):
        if parents[child] in found:
            found.append(child)
    return found[1:]


def alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
