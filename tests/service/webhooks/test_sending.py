"""Guarantees of the pusher: signed, tried again until it is taken, nowhere else, and seen when it is given up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from service.messages import JointAction, decode
from service.metrics import Metrics
from service.notices.notice import NoticeError
from service.store import webhooks
from service.store.webhooks import WebhookRow
from service.webhooks.sending import Guarded, Patience, Pusher
from service.webhooks.signing import read_secret
from service.webhooks.targets import Webhook, Webhooks
from tests.service.docket.desk import Desk
from tests.service.docket.test_joint import DUTY, POLICE, actions, move, only, states
from tests.service.docket.test_joint import desk as desk  # the fixture
from tests.service.notices.vendors import Came, Vendor, vendor
from tests.service.told import TIME_NS
from tests.service.webhooks.test_signing import SECRET


@dataclass
class Police:
    """The other agency's system, and our pusher to it."""

    desk: Desk
    vendor: Vendor
    session: aiohttp.ClientSession
    metrics: Metrics = field(default_factory=Metrics)
    now_ns: int = TIME_NS

    def pusher(self, corridors: frozenset[str] | None = None) -> Pusher:
        hook = Webhook("police", "police", f"{self.vendor.url}/joint", read_secret(SECRET), corridors)
        hooks = Webhooks((hook,), frozenset({"127.0.0.1"}))
        patience = Patience(tries=3, waits_s=(5.0, 30.0), clock_ns=lambda: self.now_ns)
        return Pusher(self.desk.store, hooks, self.desk.terms, self.metrics, patience)

    async def push(self, corridors: frozenset[str] | None = None) -> int:
        return await self.pusher(corridors).push(self.session)

    def row(self) -> WebhookRow:
        with self.desk.store.reading() as conn:
            row = webhooks.get(conn, "police", only(self.desk).id)
        assert row is not None
        return row

    def counted(self, result: str) -> bool:
        labels = {"target": "police", "result": result}
        return bool(self.metrics.registry.get_sample_value("wim_webhooks_total", labels))


@pytest.fixture
async def police(desk: Desk) -> AsyncIterator[Police]:
    async with vendor() as system, aiohttp.ClientSession() as session:
        yield Police(desk, system, session)


def signed(came: Came) -> bool:
    """As a receiver checks it."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    text = f"{came.headers['webhook-id']}.{came.headers['webhook-timestamp']}.".encode() + came.body
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(came.headers["webhook-signature"], f"v1,{wanted}")


async def test_what_is_taken_is_delivered(police: Police) -> None:
    """A 2xx is the other system's receipt: its side is delivered, by the ledger too, and it is told once."""
    police.vendor.answer(204)
    assert await police.push() == 1
    (came,) = police.vendor.came
    told = decode(JointAction, came.body)
    assert (came.path, signed(came), came.headers["webhook-id"]) == ("/joint", True, f"{told.id}/1")
    assert states(told)["police"] == "proposed"
    assert states(only(police.desk))["police"] == "delivered"
    assert actions(police.desk) == ["joint.propose", "joint.receive"]
    await police.push()
    assert await police.push() == 0
    assert [decode(JointAction, one.body).version for one in police.vendor.came] == [1, 2]
    assert police.counted("sent")


async def test_what_fails_is_tried_again_under_the_same_name(police: Police) -> None:
    """After the wait, not before; a restarted worker goes on, for the wait is a row."""
    police.vendor.answer(503)
    police.vendor.answer(200)
    await police.push()
    assert (police.row().state, police.row().last_error) == ("due", "HTTP 503")
    assert states(only(police.desk))["police"] == "proposed"
    police.now_ns += 4 * 10**9
    assert await police.push() == 0
    police.now_ns += 10**9
    assert await police.push() == 1
    first, second = police.vendor.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert states(only(police.desk))["police"] == "delivered"


async def test_what_is_refused_too_often_is_given_up_and_seen(police: Police) -> None:
    """The row and the metric say so; the joint action still says proposed, so both desks hear of it."""
    police.vendor.answer(500)
    for _ in range(3):
        await police.push()
        police.now_ns += 60 * 10**9
    assert (police.row().state, police.row().tries, len(police.vendor.came)) == ("given_up", 3, 3)
    assert await police.push() == 0
    assert police.counted("given_up")
    assert states(only(police.desk))["police"] == "proposed"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 403, 404])
async def test_a_redirect_or_a_no_is_given_up_at_once(police: Police, status: int) -> None:
    """Nobody is followed to where nobody allowed."""
    police.vendor.answer(status, Location=f"{police.vendor.url}/elsewhere")
    await police.push()
    assert (police.row().state, police.row().last_error) == ("given_up", f"HTTP {status}")
    assert [one.path for one in police.vendor.came] == ["/joint"]


async def test_a_newer_state_takes_the_place_of_one_that_waits(police: Police) -> None:
    """Who comes back after an hour gets the present state, and does not read the past first."""
    police.vendor.answer(503)
    police.vendor.answer(200)
    await police.push()
    move(police.desk, DUTY, "accept")
    move(police.desk, POLICE, "accept")
    assert await police.push() == 1
    assert decode(JointAction, police.vendor.came[-1].body) == only(police.desk)
    assert police.row().state == "sent"


async def test_two_workers_make_a_try_once(police: Police) -> None:
    """Whoever counts the try first makes it."""
    police.vendor.answer(200)
    one, other = police.pusher(), police.pusher()
    assert sum(await asyncio.gather(one.push(police.session), other.push(police.session))) == 1
    assert len(police.vendor.came) == 1


async def test_only_what_a_target_may_see_is_sent(police: Police) -> None:
    """Another corridor's joint actions are none of its business."""
    police.vendor.answer(200)
    assert await police.push(frozenset({"S340"})) == 0
    assert police.vendor.came == []


class Lying(AbstractResolver):
    """Says that a name of the world's is in our own network."""

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is kept."""


async def test_a_name_that_leads_inside_is_refused_when_it_is_used(police: Police) -> None:
    """Whoever answers for an allowed name cannot make us knock at our own doors."""
    police.vendor.answer(200)
    hooks = Webhooks((Webhook("police", "police", "https://hooks.example.org/joint", read_secret(SECRET)),))
    with pytest.raises(NoticeError, match="private address"):
        await Guarded(hooks, Lying()).resolve("hooks.example.org")
    connector = aiohttp.TCPConnector(resolver=Guarded(hooks, Lying()))
    pusher = Pusher(police.desk.store, hooks, police.desk.terms, police.metrics, Patience(clock_ns=lambda: TIME_NS))
    async with aiohttp.ClientSession(connector=connector) as session:
        assert await pusher.push(session) == 1
    assert (police.row().state, police.row().last_error) == ("given_up", "private address")
    assert police.vendor.came == []
