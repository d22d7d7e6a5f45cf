"""A roadside sign 可变情报板: two lines of eight Chinese characters, told by HTTP and JSON.

Makers' own protocols differ from road to road; a controller beside the sign translates this one. Tried only against a
local server.

=========  ==========================================================================================================
way        bytes
=========  ==========================================================================================================
to it      POST {"id": "…", "lines": ["苏A12**5 61.0t", "超9.0t 卸货K21"], "seconds": 20}, `Authorization: Bearer KEY`
from it    2xx: shown; the sign blanks itself after `seconds`; the same id again is the same text
=========  ==========================================================================================================

A Chinese character is two columns wide, all others one. Everybody on the road reads a sign, so it shows the plate
masked unless policy says otherwise.
"""

from __future__ import annotations

import unicodedata

import aiohttp
import msgspec

from service.notices.notice import Facts, Notice
from service.notices.posting import post
from service.notices.texts import clean, masked, tonnes

COLUMNS, LINES = 16, 2

#: A driver at 80 km/h reads two lines within 5 s; a truck's arrival is known to some ten seconds.
SHOWN_SECONDS = 20


class SignTextError(ValueError):
    """A text that the sign cannot show."""

    def __init__(self, line: str) -> None:
        super().__init__(f"{line!r} is {width(line)} columns wide, the sign has {COLUMNS}; shorten it")


class RoadsideSign:
    """The port of one sign."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: str | None, plate_masked: bool = True) -> None:
        self._session, self._url, self._key, self._masked = session, url, key, plate_masked

    async def send(self, notice: Notice) -> None:
        """Have it shown. Raises `NoticeError`."""
        told = {"id": notice.id, "lines": lines(notice.facts, self._masked), "seconds": SHOWN_SECONDS}
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        await post(self._session, self._url, msgspec.json.encode(told), headers)


def lines(facts: Facts, plate_masked: bool = True) -> tuple[str, str]:
    """The two lines, in the longest form that fits each."""
    plate = (masked(facts.plate) if plate_masked else clean(facts.plate)) or "无牌货车"
    gross, excess = tonnes(facts.gross_kg), tonnes(facts.excess_kg)
    whole_t = f"{facts.excess_kg / 1000:.0f}t"
    yard = None if facts.yard_km is None else f"K{facts.yard_km:.0f}"
    first = fitting(f"{plate} {gross}", f"{plate}{gross}", f"超限 {gross}", "超限")
    if yard is None:
        return first, fitting(f"超{excess} 请停车", f"超{whole_t} 请停车", "超限请停车")
    return first, fitting(f"超{excess} 卸货{yard}", f"超{whole_t} 卸货{yard}", f"卸货{yard}", "超限请停车")


def fitting(*texts: str) -> str:
    """The first text that fits a line. Raises `SignTextError` where none does."""
    for text in texts:
        if width(text) <= COLUMNS:
            return text
    raise SignTextError(texts[-1])


def width(text: str) -> int:
    """Columns of a text on the sign."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)
