"""`wim demo`: everything on one machine, with simulated traffic and a live view."""

from __future__ import annotations

import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from service.demo.children import Child, Children, children
from service.demo.crew import STAFF, Player, crew, play
from service.demo.glimpse import Api, Row, is_up, unread_bytes
from service.demo.view import Heading, draw, line_of

Rate = Annotated[float | None, typer.Option("--rate", min=0.1, help="Passages a second (default: the scenario's).")]
Port = Annotated[int, typer.Option("--port", min=0, help="Of the API; 0 = any free one.")]

DUTY = "demo-duty"
#: How often the view looks.
LOOK_SECONDS = 1.0
#: The embedded broker silently drops what is older than its newest 4.6 MB of a partition (architecture.md, Brokers).
MOST_UNREAD_BYTES = 2_000_000
#: Of which there are passages only, for two hours of frames would be gigabytes. A rate needs hours that were watched:
#: two of the past hold one that was watched from its beginning to its end.
PAST = ("--past-hours", "2")
#: Mean size of what a lane of the worker has not read: a passage in a message of its own; a frame of the demo's
#: scenario, of which 2 100 had 34 kB.
MESSAGE_BYTES = {"screen": 208, "measure": 40_000}


def demo(rate: Rate = None, port: Port = 8000) -> None:
    """Start broker, worker, API and simulator, and show what comes out; Ctrl-C ends all of it."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    # No terminal, no drawing: then it tells line by line.
    console = Console()
    try:
        typer.echo("demo starts 啟動中 …", err=True)
        with children(_free_port(port)) as parts:
            heading, metrics, simulator, players = _start(parts, rate)
            over = threading.Event()
            playing = play(players, over)
            try:
                Show(parts, heading, metrics, simulator).run(console)
            finally:
                over.set()
                playing.join()
    except KeyboardInterrupt:
        typer.echo("demo ended 已結束", err=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not break off the ending of the processes.
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt


def _free_port(wanted: int) -> int:
    """The port asked for, or another where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise typer.BadParameter(f"port {wanted} is taken, and no other is free")


def _start(parts: Children, rate: float | None) -> tuple[Heading, str, Child, list[Player]]:
    worker = parts.start("worker", "worker")
    # For pictures alone: a worker that saw it would archive frames as well.
    api = parts.start("api", "api", WIM_ARCHIVE=str(parts.folder / "archive"))
    address = f"http://127.0.0.1:{parts.environment['WIM_API__PORT']}"
    parts.wait_for(api, lambda: is_up(address) and DUTY in _tokens(api), _still)
    parts.wait_for(worker, lambda: "partitions taken over" in worker.read(), _still)
    tokens = _tokens(api)
    pictures = "--pictures-to", address, "--token-file", str(_token_file(parts, tokens["demo-device"]))
    simulator = parts.start(
        "simulator", "simulate", "--frames", *pictures, *PAST, *([] if rate is None else ["--rate", str(rate)])
    )
    viewer = next(name for name in tokens if name not in STAFF)
    heading = Heading(
        address,
        tokens[DUTY],
        tokens[viewer],
        tokens["demo-police"],
        parts.environment["WIM_KAFKA__BOOTSTRAP_SERVERS"],
        parts.environment["WIM_DATABASE__URL"],
    )
    metrics = f"http://127.0.0.1:{_METRICS.findall(worker.read())[0]}/metrics"
    return heading, metrics, simulator, crew(address, tokens, viewer.removeprefix("demo-"))


def _still() -> None:
    told = "首次啟動編譯計算核心，忙碌的機器要數分鐘 the first start compiles its kernels: minutes on a busy machine …"
    typer.echo(told, err=True)


def _token_file(parts: Children, token: str) -> Path:
    """A token where only we read it: arguments are seen by everybody on the machine."""
    path = parts.folder / "device.token"
    path.touch(mode=0o600)
    path.write_text(token, "utf-8")
    return path


_METRICS = re.compile(r'"metrics_port": (\d+)')
_TOKEN = re.compile(r"(demo-[\w-]+)\s+(\S+)")


def _tokens(api: Child) -> dict[str, str]:
    """Name and token of everybody for whom the API printed one."""
    return dict(_TOKEN.findall(api.read()))


@dataclass(slots=True)
class Show:
    """The view, until it is interrupted."""

    parts: Children
    heading: Heading
    metrics: str
    simulator: Child
    notice: str | None = None
    seen: set[str] = field(default_factory=set)

    def run(self, console: Console) -> None:
        """Look and show, once a second."""
        api = Api(self.heading.api, self.heading.token)
        if not console.is_terminal:
            self._loop(api, self._tell)
            return
        # Not on the alternate screen: addresses and tokens stay above the picture, to be copied and scrolled to.
        self.heading.print(console)
        with Live(console=console, auto_refresh=False) as live:
            self._loop(api, lambda rates, newest: self._draw(live, rates, newest))

    def _loop(self, api: Api, show: Callable[[list[Row], list[Row]], None]) -> None:
        while True:
            self._guard()
            show(api.rates(), api.intercepts())
            time.sleep(LOOK_SECONDS)

    def _draw(self, live: Live, rates: list[Row], newest: list[Row]) -> None:
        width, rows = live.console.width, self.heading.room(live.console)
        live.update(draw(rates, newest, self.notice, width=width, rows=rows), refresh=True)

    def _tell(self, rates: list[Row], newest: list[Row]) -> None:
        if not self.seen:
            typer.echo("\n".join(self.heading.lines()))
            self.seen.add("heading")
        for item in reversed(newest):
            if item["id"] not in self.seen:
                self.seen.add(item["id"])
                typer.echo(line_of(item))
        sys.stdout.flush()

    def _guard(self) -> None:
        """Raises DemoError where a part has ended; stops the traffic before the broker would drop what is unread."""
        self.parts.check()
        if self.notice is None and unread_bytes(self.metrics, MESSAGE_BYTES) > MOST_UNREAD_BYTES:
            self.simulator.stop()
            self.parts.running.remove(self.simulator)
            self.notice = (
                "工作程序落後，模擬已停。The worker is 2 MB of a partition behind: the simulator was stopped, "
                "nothing is lost."
            )
