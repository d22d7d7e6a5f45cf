"""The API on a socket of its own, and a reader of its live feed."""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from service.api.app import build
from service.api.parts import Parts
from service.api.serving import Server

#: An event that is to come is there within this time, or the test fails.
EVENT_SECONDS = 10.0
START_SECONDS = 20.0


@dataclass(frozen=True)
class Event:
    """One event as a browser would hand it over; `id` is the last one seen, even where this one had none."""

    kind: str
    data: Any
    id: str


@dataclass
class Stream:
    """What a reader got so far."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    last_id: str = ""
    ended: threading.Event = field(default_factory=threading.Event)
    ready: threading.Event = field(default_factory=threading.Event)
    events: queue.Queue[Event] = field(default_factory=queue.Queue)
    #: Figures come by the clock and not for what happens, so they have a queue of their own.
    stats: queue.Queue[Event] = field(default_factory=queue.Queue)

    def next(self) -> Event:
        """The next event; fails where none comes in time."""
        return self.events.get(timeout=EVENT_SECONDS)

    def silent(self) -> bool:
        """Whether nothing waits to be looked at."""
        return self.events.empty()

    def feed(self, line: str, block: dict[str, str]) -> None:
        """Take one line of the stream into the block that it belongs to."""
        self.lines.append(line)
        if line:
            name, _, value = line.partition(":")
            block[name] = value.removeprefix(" ")
            return
        self.last_id = block.get("id", self.last_id)
        if "id" in block and "data" not in block:
            self.ready.set()
        if "data" in block:
            event = Event(block.get("event", "message"), json.loads(block["data"]), self.last_id)
            (self.stats if event.kind == "stats" else self.events).put(event)
        block.clear()


@dataclass(frozen=True)
class Served:
    """An API that runs."""

    address: str
    server: Server
    thread: threading.Thread

    def stop(self) -> float:
        """Tell it to stop, as SIGTERM would; gives the seconds that it took."""
        began_s = time.monotonic()
        self.server.should_exit = True
        self.thread.join(START_SECONDS)
        assert not self.thread.is_alive(), "the server did not end"
        return time.monotonic() - began_s


@contextlib.contextmanager
def served(parts: Parts) -> Iterator[Served]:
    """An API on a free port until the end of the block."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(build(parts), lifespan="on", log_config=None, access_log=False)
        server = Server(config, parts.live)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running = Served("{}:{}".format(*listener.getsockname()), server, thread)
        wait_until_up(running.address)
        try:
            yield running
        finally:
            running.stop()


def wait_until_up(address: str) -> None:
    """Return once the server answers; the socket listens already, so a request waits until it does."""
    connection = http.client.HTTPConnection(address, timeout=START_SECONDS)
    with contextlib.closing(connection):
        connection.request("GET", "/livez")
        assert connection.getresponse().status == 200


@contextlib.contextmanager
def reading(served: Served, token: str | None, query: str = "", **headers: str) -> Iterator[Stream]:
    """Follow the live feed in a thread while the block runs; without a token the headers say who does."""
    stream = Stream()
    connection = http.client.HTTPConnection(served.address, timeout=None)
    who = {} if token is None else {"Authorization": f"Bearer {token}"}
    named = who | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", f"/v1/live{query}", headers=named)
    thread = threading.Thread(target=_follow, args=(connection, stream), daemon=True)
    thread.start()
    assert stream.ready.wait(EVENT_SECONDS), "nothing came"
    try:
        yield stream
    finally:
        # Hangs up under the thread that reads.
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
        thread.join(EVENT_SECONDS)
        connection.close()


def _follow(connection: http.client.HTTPConnection, stream: Stream) -> None:
    block: dict[str, str] = {}
    try:
        answer = connection.getresponse()
        stream.status, stream.headers = answer.status, {name.lower(): value for name, value in answer.getheaders()}
        while answer.status == 200 and (line := answer.readline()):
            stream.feed(line.decode().rstrip("\n"), block)
    except (OSError, http.client.HTTPException):
        pass  # hung up, by either side
    finally:
        stream.ended.set()
        stream.ready.set()
