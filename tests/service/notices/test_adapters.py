"""Each adapter against a server that answers as its vendor does, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from service.notices import posting
from service.notices.notice import Code, NoticeError
from service.notices.posting import open_session, post
from service.notices.sign import COLUMNS, RoadsideSign, SignTextError, fitting, lines, width
from service.notices.sms import SmsPhone
from service.notices.targets import Gateway
from service.notices.texts import clean, masked, words
from service.notices.wecom import MOST_BYTES, WeComRobot, markdown
from tests.service.notices.vendors import PLATE, Vendor, facts, notice, vendor

SECRET, NUMBER = "a secret of this test", "+8613000000000"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as opened:
        yield opened


@pytest.fixture
async def server() -> AsyncIterator[Vendor]:
    async with vendor() as made:
        yield made


async def failure(sending: Any) -> NoticeError:
    with pytest.raises(NoticeError) as raised:
        await sending
    return raised.value


async def test_a_group_robot_gets_markdown_under_its_key(session: aiohttp.ClientSession, server: Vendor) -> None:
    """What the vendor's page shows: the key in the address, Chinese before English, errcode 0 is success."""
    server.answer(200, {"errcode": 0, "errmsg": "ok"})
    await WeComRobot(session, "693a91f6-7xxx", f"{server.url}/cgi-bin/webhook/send").send(notice())
    [came] = server.came
    assert (came.path, came.query) == ("/cgi-bin/webhook/send", {"key": "693a91f6-7xxx"})
    content = came.json["markdown"]["content"]
    assert came.json["msgtype"] == "markdown"
    assert content.index("拦截任务") < content.index("Stop this truck")
    assert PLATE in content
    assert "+135%" in content


@pytest.mark.parametrize(
    ("code", "retryable", "wait_s"), [(45009, True, 60.0), (-1, True, 1.0), (93000, False, 0.0), (40058, False, 0.0)]
)
async def test_a_robots_refusals_are_told_apart(
    session: aiohttp.ClientSession, server: Vendor, code: int, retryable: bool, wait_s: float
) -> None:
    """Too often and busy pass by; a wrong key or body never does. Both come with status 200."""
    server.answer(200, {"errcode": code, "errmsg": "api freq out of limit, hint: [1700000000_1]"})
    error = await failure(WeComRobot(session, "k", server.url).send(notice()))
    assert (error.word, error.retryable, error.wait_s) == (f"errcode {code}", retryable, wait_s)


async def test_an_answer_that_is_not_the_vendors_is_no_success(session: aiohttp.ClientSession, server: Vendor) -> None:
    """A captive portal answers 200 with a page."""
    server.answer(200, b"<html>log in</html>")
    error = await failure(WeComRobot(session, "k", server.url).send(notice()))
    assert error.retryable


def test_markdown_fits_the_vendors_limit() -> None:
    """A text that is too long ends at a whole character."""
    told = words(Code.OFFERED, facts(corridor="路" * 3_000))
    assert len(markdown(told).encode()) <= MOST_BYTES
    assert markdown(told).startswith("**拦截任务")


async def test_a_text_message_is_signed_so_that_the_gateway_can_check_it(
    session: aiohttp.ClientSession, server: Vendor
) -> None:
    """The gateway repeats the signature over id, time and the very bytes that came."""
    server.answer(202)
    await SmsPhone(session, Gateway(server.url, SECRET), NUMBER, lambda: 1_780_000_000.9).send(notice())
    [came] = server.came
    assert came.json["to"] == NUMBER
    assert came.json["id"] == came.headers["webhook-id"] == notice().id
    assert came.headers["webhook-timestamp"] == "1780000000"
    signed = f"{notice().id}.1780000000.".encode() + came.body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
    assert came.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    ("status", "headers", "retryable", "wait_s"),
    [
        (500, {}, True, 0.0),
        (503, {"Retry_After": "7"}, True, 7.0),
        (429, {"Retry_After": "86400"}, True, 600.0),
        (429, {"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}, True, 0.0),
        (400, {}, False, 0.0),
        (401, {}, False, 0.0),
        (302, {"Location": "http://127.0.0.1:1/elsewhere"}, False, 0.0),
    ],
)
async def test_a_status_says_whether_to_come_again(
    session: aiohttp.ClientSession,
    server: Vendor,
    status: int,
    headers: dict[str, str],
    retryable: bool,
    wait_s: float,
) -> None:
    """And for how long not to; a redirect is not followed, for nobody allowed where it leads."""
    server.answer(status, **headers)
    error = await failure(SmsPhone(session, Gateway(server.url, SECRET), NUMBER).send(notice()))
    assert (error.word, error.retryable, error.wait_s) == (f"HTTP {status}", retryable, wait_s)
    assert len(server.came) == 1


async def test_a_server_that_says_nothing_is_given_up_in_time(session: aiohttp.ClientSession, server: Vendor) -> None:
    """It took the request and does not answer."""
    server.answer()
    server.gate.clear()
    error = await failure(post(session, server.url, b"{}", {}, answer_s=0.2))
    assert (error.word, error.retryable) == ("timeout", True)
    assert posting.ANSWER_SECONDS <= 10


async def test_a_server_that_is_away_is_named_by_nothing_but_its_absence(session: aiohttp.ClientSession) -> None:
    """The word holds neither address nor key, for it goes to logs and lists."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = await failure(WeComRobot(session, "top-secret", f"http://127.0.0.1:{port}/send").send(notice()))
    assert error.retryable
    assert error.word == "unreachable (ClientConnectorError)"


async def test_a_sign_shows_two_lines_for_a_while(session: aiohttp.ClientSession, server: Vendor) -> None:
    """The plate masked, the weight, the excess and where to unload."""
    server.answer(204)
    await RoadsideSign(session, f"{server.url}/text", "k3y").send(notice(Code.PASSING))
    [came] = server.came
    assert came.json == {"id": notice().id, "lines": ["苏A12**5 61.0t", "超35.0t 卸货K21"], "seconds": 20}
    assert came.headers["Authorization"] == "Bearer k3y"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ("苏A12345 61.0t", "超35.0t 卸货K21")),
        ({"plate": ""}, ("无牌货车 61.0t", "超35.0t 卸货K21")),
        ({"yard_km": None}, ("苏A12345 61.0t", "超35.0t 请停车")),
        ({"yard_km": 1234.0}, ("苏A12345 61.0t", "超35t 卸货K1234")),
        ({"excess_kg": 4_000_000_000, "yard_km": 21.0}, ("苏A12345 61.0t", "卸货K21")),
        ({"plate": "苏AD123456", "gross_kg": 106_180}, ("苏AD123456106.2t", "超35.0t 卸货K21")),
        ({"plate": "港澳港澳港澳港澳"}, ("超限 61.0t", "超35.0t 卸货K21")),
        ({"gross_kg": 4_000_000_000, "plate": "港澳港澳港澳"}, ("超限 4000000.0t", "超35.0t 卸货K21")),
    ],
)
def test_a_sign_says_what_fits(changed: dict[str, Any], expected: tuple[str, str]) -> None:
    """The longest form that two lines of eight Chinese characters hold."""
    assert lines(facts(**changed), plate_masked=False) == expected
    assert all(width(line) <= COLUMNS for line in expected)


def test_a_text_that_no_sign_can_show_is_refused() -> None:
    """Half a word on a sign would be worse than none."""
    with pytest.raises(SignTextError, match="18 columns wide, the sign has 16"):
        fitting("超限超限超限超限超")


@pytest.mark.parametrize(
    ("plate", "shown"),
    [("苏A12345", "苏A12**5"), ("苏AD12345", "苏AD12**5"), ("", ""), ("苏A1234", "苏A1**4"), ("苏A12", "****")],
)
def test_a_masked_plate_hides_two_signs(plate: str, shown: str) -> None:
    """Its driver knows it, a passer-by does not."""
    assert masked(plate) == shown


def test_what_a_camera_read_changes_no_markup() -> None:
    """A damaged record may hold anything."""
    told = words(Code.OFFERED, facts(plate="苏A**1\n](x)"))
    assert clean("苏A**1\n](x)") == "苏A1x"
    assert len(told.lines) == 4
    assert "](" not in told.text


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_words_in_both_languages(code: Code) -> None:
    """Chinese first."""
    title = words(code, facts(hundred_tonne=True, unverified=True)).title
    chinese, _, english = title.partition(" ")
    assert not chinese.isascii()
    assert english.isascii()
