"""What stands around every request: its id, its headers, its line in the log, its place in the metrics.

The outermost layer of ours, so an error that nobody expected ends here: as a problem without a word of its cause for
the one who asked, with all of it in the log.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import MutableMapping
from typing import Any

import anyio
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import problems
from service.api.meters import Meters

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-Id"

#: What a proxy in front of us may call a request; anything else gets a name of ours.
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

#: Nothing here is a page, so a browser may do nothing with it (OWASP REST Security). What was answered to one account
#: is for nobody else, and is asked again each time; an ETag makes that cheap.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "private, no-cache",
}
#: Two years, the usual length; sent only over TLS, where it means something.
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=63072000")

#: What has no route, in metrics and logs: a path is a label without a bound, and may hold a plate.
UNMATCHED = "unmatched"

LIVE_MEDIA_TYPE = "text/event-stream"


class Envelope:
    """The middleware."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await _Exchange(scope, self._meters).run(self._app, receive, send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, meters: Meters) -> None:
        self._scope, self._meters = scope, meters
        self._id = _request_id(scope)
        self._status = 0
        self._streams = False
        self._started_s = time.perf_counter()
        scope.setdefault("state", {})["request_id"] = self._id

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._begin(message)
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=self._id)
        try:
            await app(self._scope, receive, answer)
        except Exception as error:
            if self._streams and _hung_up(error):
                return
            log.exception("request_failed", route=self._route())
            if not self._status:
                failed = problems.Problem("internal", f"ask whoever runs it about request {self._id}")
                await problems.response(failed, self._id)(self._scope, receive, answer)
        finally:
            self._finish()
            structlog.contextvars.unbind_contextvars("request_id")

    def _begin(self, message: MutableMapping[str, Any]) -> None:
        self._status = message["status"]
        headers = MutableHeaders(scope=message)
        self._streams = headers.get("content-type", "").startswith(LIVE_MEDIA_TYPE)
        for name, value in {**HEADERS, REQUEST_ID: self._id}.items():
            headers.setdefault(name, value)
        if self._scope.get("scheme") == "https":
            headers.setdefault(*STRICT_TRANSPORT)

    def _finish(self) -> None:
        seconds, route = time.perf_counter() - self._started_s, self._route()
        method = str(self._scope["method"])
        self._meters.request(method, route, self._status, None if self._streams else seconds)
        log.info("request", method=method, route=route, status=self._status, ms=round(seconds * 1000, 1))

    def _route(self) -> str:
        path = getattr(self._scope.get("route"), "path", None)
        return path if isinstance(path, str) else UNMATCHED


def _hung_up(error: Exception) -> bool:
    """Whether nothing went wrong but that the reader of a stream left in mid-event (FastAPI, discussion 15725)."""
    gone = (anyio.BrokenResourceError, anyio.ClosedResourceError)
    return isinstance(error, ExceptionGroup) and error.split(gone)[1] is None


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID, "")
    return given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
