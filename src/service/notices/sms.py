"""Text messages through a gateway: a plain form of our own, signed as Standard Webhooks are.

Vendors' own signatures differ (Aliyun's, Tencent's); whoever has one puts a few lines of gateway between. Tried only
against a local server.

==================  =================================================================================================
way                 bytes
==================  =================================================================================================
to it               POST {"id": "…", "to": "+86…", "text": "…"}
webhook-id          the notice's id: a gateway that has seen it sends nothing twice
webhook-timestamp   seconds since 1970
webhook-signature   `v1,` and base64 of HMAC-SHA-256 over `ID.TIMESTAMP.BODY` with the secret
from it             2xx: taken; 4xx: refused for good (but 408, 425, 429); 5xx: later
==================  =================================================================================================
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable

import aiohttp
import msgspec

from service.notices.notice import Notice
from service.notices.posting import post
from service.notices.targets import Gateway
from service.notices.texts import words


class SmsPhone:
    """The port of one phone."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        gateway: Gateway,
        number: str,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self._session, self._gateway, self._number, self._clock_s = session, gateway, number, clock_s

    async def send(self, notice: Notice) -> None:
        """Hand it to the gateway. Raises `NoticeError`."""
        text = words(notice.code, notice.facts).text
        body = msgspec.json.encode({"id": notice.id, "to": self._number, "text": text})
        at = str(int(self._clock_s()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": notice.id,
            "webhook-timestamp": at,
            "webhook-signature": signature(self._gateway.secret, notice.id, at, body),
        }
        await post(self._session, self._gateway.url, body, headers)


def signature(secret: str, identity: str, at: str, body: bytes) -> str:
    """What the header `webhook-signature` says."""
    signed = b".".join([identity.encode(), at.encode(), body])
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
