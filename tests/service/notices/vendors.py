"""Local servers that answer as vendors do: real HTTP on loopback, each test saying how."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from service.notices.notice import Code, Facts, Notice

PLATE = "苏A12345"


def facts(**changed: Any) -> Facts:
    """A truck of 61 t at 26 t."""
    usual: dict[str, Any] = {
        "plate": PLATE,
        "gross_kg": 61_000,
        "limit_kg": 26_000,
        "excess_kg": 35_000,
        "rate_percent": 134.6,
        "hundred_tonne": False,
        "unverified": False,
        "corridor": "G104",
        "stop_point": "yard",
        "truck_eta": "21:34",
        "answer_by": "21:20",
        "yard_km": 21.0,
    }
    return Facts(**(usual | changed))


def notice(code: Code = Code.OFFERED, **changed: Any) -> Notice:
    """A notice of that truck."""
    return Notice("00112233445566aa", code, "aabbccddeeff0011", facts(**changed), 600)


@dataclass(frozen=True)
class Came:
    """One request."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class Vendor:
    """Answers each request with the next of `answers`, the last one for ever; an answer is (status, body, headers)."""

    url: str = ""
    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)
    #: Held until set, where a test wants a slow one.
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, status: int = 200, body: Any = b"", **headers: str) -> None:
        """Let the next request, and those after it, be answered so."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, content, {name.replace("_", "-"): value for name, value in headers.items()}))

    async def serve(self, request: web.BaseRequest) -> web.Response:
        """Take a request."""
        body = await request.read()
        self.came.append(Came(request.path, dict(request.query), dict(request.headers), body))
        await self.gate.wait()
        status, content, headers = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return web.Response(status=status, body=content, headers=headers)


@asynccontextmanager
async def vendor() -> AsyncIterator[Vendor]:
    """A server on a free port of loopback while the block runs."""
    made = Vendor()
    made.gate.set()
    server = web.Server(made.serve)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    [port] = [one[1] for one in runner.addresses]
    made.url = f"http://127.0.0.1:{port}"
    try:
        yield made
    finally:
        made.gate.set()
        await runner.cleanup()
