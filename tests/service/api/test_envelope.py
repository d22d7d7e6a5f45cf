"""Guarantees of what stands around every request: faults are written down, and only faults."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import anyio
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from service.api.envelope import Envelope
from service.api.meters import Meters

SCOPE: MutableMapping[str, Any] = {"type": "http", "method": "GET", "path": "/v1/live", "headers": []}


def failing(error: Exception, media_type: bytes) -> ASGIApp:
    """A route that begins its answer and then fails."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", media_type)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise error

    return app


def told(error: Exception, media_type: bytes = b"text/event-stream; charset=utf-8") -> list[str]:
    """The events of the log after a route failed so."""

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        """Nobody listens."""

    with capture_logs() as logs:
        anyio.run(Envelope(failing(error, media_type), Meters()), dict(SCOPE), receive, send)
    return [str(line["event"]) for line in logs]


def test_a_reader_who_hangs_up_in_mid_event_is_no_fault() -> None:
    """Phones do it all night; the request is in the log as any other."""
    assert told(ExceptionGroup("unhandled", [anyio.BrokenResourceError()])) == ["request"]


@pytest.mark.parametrize(
    ("error", "media_type"),
    [
        (ExceptionGroup("unhandled", [anyio.BrokenResourceError(), ValueError("x")]), b"text/event-stream"),
        (ExceptionGroup("unhandled", [anyio.BrokenResourceError()]), b"application/json"),
        (ValueError("x"), b"text/event-stream"),
    ],
)
def test_a_fault_is_written_down(error: Exception, media_type: bytes) -> None:
    """Beside somebody who hung up, in an answer that is no stream, or by itself."""
    assert told(error, media_type) == ["request_failed", "request"]
