"""The sender: what is due goes out once, a failure is tried again and in the end seen, and nobody waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.metrics import Metrics
from service.notices.ports import Ports
from service.notices.queue import follow
from service.notices.sealing import Vapid, point, to_text
from service.notices.sender import LEASE, Manners, Sender
from service.notices.targets import Gateway
from service.store import leases, notices, push
from service.store.engine import Store
from service.store.notices import NoticeRow
from service.store.push import Subscription
from tests.service.notices.told import document, plan, tell
from tests.service.notices.vendors import Vendor, vendor
from tests.service.told import MINUTE_NS, TIME_NS

OK = {"errcode": 0, "errmsg": "ok"}


@dataclass
class Clock:
    """The sender's clock; the test moves it."""

    now_ns: int = TIME_NS

    def pass_s(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)


@dataclass
class Post:
    """A sender with what it is made of."""

    store: Store
    server: Vendor
    clock: Clock = field(default_factory=Clock)
    metrics: Metrics = field(default_factory=Metrics)
    pushes: bool = False

    @asynccontextmanager
    async def running(self, owner: str = "one", **manners: Any) -> AsyncIterator[Sender]:
        by = plan(self.server.url, self.pushes)
        vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:x@example.org") if self.pushes else None
        ports = Ports(by.targets, Gateway(f"{self.server.url}/sms", "s" * 16), vapid)
        usual = {"poll_s": 0.01, "clock_ns": lambda: self.clock.now_ns}
        sender = Sender(self.store, ports, by, self.metrics, owner, Manners(**(usual | manners)))
        task = asyncio.ensure_future(sender.run())
        try:
            yield sender
        finally:
            sender.stop()
            await asyncio.wait_for(task, 20)

    def rows(self) -> dict[str, NoticeRow]:
        """Each notice by its adapter."""
        with self.store.reading() as conn:
            return {row.adapter: row for row in notices.page(conn, None, (), None, None, 100)}

    def store_next(self) -> int:
        """When the last notice that waits is due."""
        with self.store.reading() as conn:
            return max((row.next_try_ns for row in notices.page(conn, None, ("due",), None, None, 100)), default=0)

    def states(self) -> dict[str, str]:
        return {adapter: row.state for adapter, row in self.rows().items()}

    def counted(self, adapter: str, result: str) -> float:
        labels = {"adapter": adapter, "result": result}
        return self.metrics.registry.get_sample_value("wim_notices_total", labels) or 0.0


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once the condition holds; fail where it does not in time."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def out(store: Store) -> AsyncIterator[Post]:
    async with vendor() as server:
        yield Post(store, server)


async def test_an_offer_reaches_phone_and_sign_once(out: Post) -> None:
    """From the feed to both over HTTP; a second look and a second sender send nothing."""
    out.server.answer(200, OK)
    async with out.running():
        tell(out.store, document())
        await until(lambda: out.states() == {"sms": "sent", "sign": "sent"})
    async with out.running("two"):
        await until(lambda: _owner(out.store) == "two")
    assert sorted(came.path for came in out.server.came) == ["/sign", "/sms"]
    assert out.counted("sms", "sent") == out.counted("sign", "sent") == 1
    assert all(row.tries == 1 and row.done_ns == TIME_NS for row in out.rows().values())


def _owner(store: Store) -> str | None:
    with store.reading() as conn:
        lease = leases.current(conn, LEASE)
        return None if lease is None else lease.owner


async def test_a_failure_is_tried_again_later_and_longer(out: Post) -> None:
    """After 1, 2, 4 s by the clock, not before; what is asked for goes before that."""
    out.server.answer(500)
    out.server.answer(503, Retry_After="30")
    out.server.answer(202)
    tell(out.store, document("handed_over"))
    out.server.answers[2] = (200, json.dumps(OK).encode(), {})
    async with out.running():
        await until(lambda: out.rows().get("wecom", _NONE).last_error == "HTTP 500")
        assert out.rows()["wecom"].next_try_ns == TIME_NS + 10**9
        out.clock.pass_s(1)
        await until(lambda: out.rows()["wecom"].last_error == "HTTP 503")
        assert out.rows()["wecom"].next_try_ns == out.clock.now_ns + 30 * 10**9
        out.clock.pass_s(29)
        assert len(out.server.came) == 2
        out.clock.pass_s(1)
        await until(lambda: out.states() == {"wecom": "sent"})
    assert len(out.server.came) == 3
    assert out.counted("wecom", "tried_again") == 2


_NONE = NoticeRow("", "", 0, "", "", "", "", "", "", 0, 0, 0, 0)


@pytest.mark.parametrize("errcode", [93000, 45009])
async def test_what_fails_for_good_or_too_often_is_given_up_and_seen(out: Post, errcode: int) -> None:
    """A wrong key at once, a limit after as many tries as policy has."""
    out.server.answer(200, {"errcode": errcode, "errmsg": "no"})
    tell(out.store, document("handed_over"))
    async with out.running(tries=3):
        for tried in range(0 if errcode == 93000 else 2):
            await until(lambda tried=tried: out.counted("wecom", "tried_again") == tried + 1)
            out.clock.pass_s(60)
        await until(lambda: out.states() == {"wecom": "given_up"})
    row = out.rows()["wecom"]
    assert (row.tries, row.last_error) == (1 if errcode == 93000 else 3, f"errcode {errcode}")
    assert out.counted("wecom", "given_up") == 1


async def test_no_try_is_made_that_would_come_too_late(out: Post) -> None:
    """The truck is out of reach before the next try: given up now, not forgotten."""
    out.server.answer(503, Retry_After="600")
    tell(out.store, document("handed_over"))
    out.clock.pass_s(10 * 60)
    async with out.running():
        await until(lambda: out.states() == {"wecom": "given_up"})
    assert len(out.server.came) == 1


async def test_what_somebody_acted_on_is_dropped(out: Post) -> None:
    """Claimed between the news and the sending: the phone stays quiet, and the sign stays lit."""
    out.server.answer(200, OK)
    tell(out.store, document())
    async with out.running(cool_down_s=0):
        await until(lambda: out.states() == {"sms": "sent", "sign": "sent"})
    tell(out.store, document(alerts=2))
    with out.store.writing() as conn:
        follow(conn, plan(out.server.url), out.clock.now_ns)
    tell(out.store, document("claimed", alerts=2))
    async with out.running(cool_down_s=0):
        await until(lambda: _states_of_alert(out.store, 2) == {"sms": "dropped", "sign": "sent"})
    assert [came.path for came in out.server.came].count("/sms") == 1


def _states_of_alert(store: Store, alert: int) -> dict[str, str]:
    with store.reading() as conn:
        return {row.adapter: row.state for row in notices.page(conn, None, (), None, None, 100) if row.alert == alert}


async def test_what_became_late_while_it_waited_is_dropped(out: Post) -> None:
    """A gateway that comes back after the horizon gets nothing of before."""
    out.server.answer(500)
    tell(out.store, document("handed_over"))
    async with out.running():
        await until(lambda: out.rows().get("wecom", _NONE).last_error == "HTTP 500")
        out.clock.now_ns = TIME_NS + 15 * MINUTE_NS
        await until(lambda: out.states() == {"wecom": "dropped"})
    assert len(out.server.came) == 1


async def test_a_target_cools_down_between_two_notices(out: Post) -> None:
    """The second truck's goes when the time is over, and is not lost."""
    out.server.answer(200, OK)
    tell(out.store, document("handed_over"))
    async with out.running(cool_down_s=30):
        await until(lambda: out.states() == {"wecom": "sent"})
        tell(out.store, document("handed_over", id="aabbccddeeff0022"))
        await until(lambda: out.store_next() == TIME_NS + 30 * 10**9)
        assert len(out.server.came) == 1
        out.clock.pass_s(30)
        await until(lambda: len(out.server.came) == 2)


async def test_a_slow_target_holds_up_nobody_else(out: Post) -> None:
    """A sign that does not answer, and a phone that does."""
    out.server.answer(200, OK)
    async with vendor() as slow:
        slow.answer()
        slow.gate.clear()
        by = plan(out.server.url)
        ports = Ports(
            type(by.targets)(tuple(_at(one, slow.url) if one.adapter == "sign" else one for one in by.targets.entries)),
            Gateway(f"{out.server.url}/sms", "s" * 16),
            None,
        )
        sender = Sender(out.store, ports, by, out.metrics, "one", Manners(poll_s=0.01, clock_ns=lambda: TIME_NS))
        task = asyncio.ensure_future(sender.run())
        tell(out.store, document())
        await until(lambda: out.states().get("sms") == "sent")
        assert len(slow.came) == 1
        assert out.states()["sign"] == "due"
        sender.stop()
        await asyncio.wait_for(task, 20)


def _at(target: Any, url: str) -> Any:
    return type(target)(target.adapter, target.name, url, stop_point=target.stop_point)


async def test_a_sender_that_dies_in_between_takes_no_notice_along(out: Post) -> None:
    """Its lease and its claim run out; the next one sends it under the same id."""
    out.server.answer(200, OK)
    out.server.gate.clear()
    tell(out.store, document("handed_over"))
    async with out.running():
        await until(lambda: len(out.server.came) == 1)
        # It is told to stop while the robot does not answer: nothing is noted.
    out.server.gate.set()
    assert out.states() == {"wecom": "due"}
    out.clock.pass_s(60)
    async with out.running("two"):
        await until(lambda: out.states() == {"wecom": "sent"})
    assert len(out.server.came) == 2


async def test_a_browser_that_is_gone_is_forgotten(out: Post) -> None:
    """410: the subscription goes, the notice is dropped, nobody is alarmed about it."""
    out.pushes = True
    out.server.answer(410)
    key = to_text(point(ec.generate_private_key(ec.SECP256R1())))
    browser = Subscription(
        "b1", "o", "police", "police", None, None, f"{out.server.url}/p", key, to_text(b"0" * 16), TIME_NS
    )
    with out.store.writing() as conn:
        push.keep(conn, browser)
    tell(out.store, document("handed_over"))
    async with out.running():
        await until(lambda: out.states().get("web_push") == "dropped")
    with out.store.reading() as conn:
        assert push.get(conn, "b1") is None
    assert out.counted("web_push", "given_up") == 0


async def test_only_one_of_two_senders_sends(out: Post) -> None:
    """The second has no lease, and takes over when the first is gone."""
    out.server.answer(200, OK)
    async with out.running("one"):
        await until(lambda: _owner(out.store) == "one")
        if out.store.is_sqlite:
            return  # one worker an SQLite file: the second start means that the first is dead
        async with out.running("two"):
            tell(out.store, document())
            await until(lambda: out.states() == {"sms": "sent", "sign": "sent"})
            assert _owner(out.store) == "one"
    assert len(out.server.came) == 2
