"""One HTTP POST of an adapter: short, without redirects, and with every failure said in a word.

A redirect would lead to an address that nobody allowed, so it is a refusal like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from service.notices.notice import NoticeError

#: A squad has 60 s to answer; a gateway that needs longer than this is as good as away.
ANSWER_SECONDS = 10.0
#: Vendors answer with a line of JSON; nobody makes us read more.
MOST_ANSWER_BYTES = 64 * 1024
#: The longest wait that another side may ask of us.
_LONGEST_WAIT_S = 600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: always a status of success."""

    status: int
    body: bytes


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    answer_s: float = ANSWER_SECONDS,
) -> Answer:
    """Send and read the answer. Raises `NoticeError` for anything but 2xx."""
    timeout = aiohttp.ClientTimeout(total=answer_s)
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False, timeout=timeout) as response:
            told = await response.content.read(MOST_ANSWER_BYTES)
            _check(response.status, response.headers.get("Retry-After", ""))
            return Answer(response.status, told)
    except TimeoutError:
        raise NoticeError("timeout", retryable=True) from None
    except aiohttp.ClientError as error:
        # The error's own words hold the address, which may hold a key.
        raise NoticeError(f"unreachable ({type(error).__name__})", retryable=True) from None


def open_session() -> aiohttp.ClientSession:
    """A session that keeps no cookies and goes through nobody's proxy."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


def _check(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    wait_s = min(float(retry_after), _LONGEST_WAIT_S) if retry_after.isascii() and retry_after.isdigit() else 0.0
    later = status in (408, 425, 429) or status >= 500
    raise NoticeError(f"HTTP {status}", retryable=later, wait_s=wait_s, gone=status in (404, 410))
