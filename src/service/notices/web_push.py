"""A browser, by the push service that its maker runs (RFC 8030). Tried only against a local server.

=========  ==========================================================================================================
way        bytes
=========  ==========================================================================================================
to it      POST ENDPOINT, the message sealed (`sealing`); TTL: how long anybody wants it; Urgency: high;
           Topic: the intercept, so that a phone that was off shows the newest of it only; of what a desk must settle
           the notice
from it    201 taken; 404, 410 the browser takes no more: the subscription is removed; 413 too large; 429, 5xx later
=========  ==========================================================================================================

Sealed JSON: {"id", "code", "intercept", "title", "body", "facts"}; a page translates by `code` and `facts`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import aiohttp
import msgspec

from service.notices.notice import DESK_MATTERS, Notice, NoticeError
from service.notices.posting import post
from service.notices.sealing import MOST_BYTES, Vapid, seal, to_bytes
from service.notices.texts import words
from service.store.push import Subscription


class Browser:
    """The port of one subscription."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        vapid: Vapid,
        subscription: Subscription,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self._session, self._vapid, self._subscription, self._clock_s = session, vapid, subscription, clock_s

    async def send(self, notice: Notice) -> None:
        """Hand it to the push service. Raises `NoticeError`."""
        subscription = self._subscription
        body = seal(message(notice), to_bytes(subscription.p256dh), to_bytes(subscription.auth))
        headers = {
            "Authorization": self._vapid.authorization(subscription.endpoint, int(self._clock_s())),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(notice.seconds),
            "Urgency": "high",
            "Topic": notice.id if notice.code in DESK_MATTERS else notice.intercept,
        }
        await post(self._session, subscription.endpoint, body, headers)


def message(notice: Notice) -> bytes:
    """What is sealed. Raises `NoticeError` where a push service would not take it."""
    told = words(notice.code, notice.facts)
    facts = notice.facts
    parts = {
        "id": notice.id,
        "code": notice.code,
        "intercept": notice.intercept,
        "title": told.title,
        "body": "\n".join(told.lines),
        "facts": facts,
    }
    encoded = msgspec.json.encode(parts)
    if len(encoded) > MOST_BYTES:
        raise NoticeError(f"{len(encoded)} bytes are too many", retryable=False)
    return encoded
