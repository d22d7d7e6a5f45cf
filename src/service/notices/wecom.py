"""A group robot of WeCom 企业微信: one webhook a group, its key in the address.

Tried only against a local server that answers as the vendor's page says (developer.work.weixin.qq.com,
群机器人配置说明).

=========  ==========================================================================================================
way        bytes
=========  ==========================================================================================================
to it      POST …/cgi-bin/webhook/send?key=KEY  {"msgtype": "markdown", "markdown": {"content": "…"}}, 4 096 bytes
from it    200 {"errcode": 0, "errmsg": "ok"}
refused    200 {"errcode": 45009, …} too often (20 messages a minute), {"errcode": 93000, …} no such robot
=========  ==========================================================================================================
"""

from __future__ import annotations

import aiohttp
import msgspec

from service.notices.notice import Notice, NoticeError
from service.notices.posting import post
from service.notices.targets import WECOM_URL
from service.notices.texts import Words, words

#: The vendor's limit of a markdown message, in bytes of UTF-8.
MOST_BYTES = 4_096

#: Codes that pass by themselves, and how long that takes: -1 the system is busy, 45009 over 20 messages a minute.
_LATER_S = {-1: 1.0, 45009: 60.0}


class _Told(msgspec.Struct):
    errcode: int


class WeComRobot:
    """The port of one group."""

    def __init__(self, session: aiohttp.ClientSession, key: str, url: str = WECOM_URL) -> None:
        self._session, self._key, self._url = session, key, url

    async def send(self, notice: Notice) -> None:
        """Post to the group. Raises `NoticeError`."""
        content = markdown(words(notice.code, notice.facts))
        body = msgspec.json.encode({"msgtype": "markdown", "markdown": {"content": content}})
        headers = {"Content-Type": "application/json"}
        answer = await post(self._session, f"{self._url}?key={self._key}", body, headers)
        _check(answer.body)


def markdown(told: Words) -> str:
    """A headline and what hangs below it, within the vendor's limit."""
    content = "\n".join([f"**{told.title}**", *(f"> {line}" for line in told.lines)])
    return content.encode()[:MOST_BYTES].decode(errors="ignore")


def _check(body: bytes) -> None:
    try:
        code = msgspec.json.decode(body, type=_Told).errcode
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NoticeError("answer is not WeCom's", retryable=True) from None
    if code:
        raise NoticeError(f"errcode {code}", retryable=code in _LATER_S, wait_s=_LATER_S.get(code, 0.0))
