"""Notices while the page is closed: the service worker shows what was pushed, and the phone is told or not as it likes.

No push service is asked: a push is handed to the worker by the browser's own tools, and the subscription that the page
puts is one of a key that this test made.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import BrowserContext, Page, expect

from service.messages import Intercept
from service.notices.notice import Code, Facts, Notice
from service.notices.sealing import point, to_text
from service.notices.targets import Targets
from service.notices.web_push import message
from service.store import push
from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, MakeParts, OpenPage, Road
from tests.pages.hand import kept
from tests.service.api.conftest import Accounts
from tests.service.api.serving import served
from tests.service.docket.desk import Desk

KEY = to_text(point(ec.generate_private_key(ec.SECP256R1())))
SUBSCRIPTION = {
    "endpoint": "https://fcm.googleapis.com/fcm/send/of-this-test",
    "keys": {"p256dh": KEY, "auth": to_text(b"0123456789abcdef")},
}

#: A push service of the browser's maker, which no test asks: it remembers what it was given.
PUSH_MANAGER = f"""
    let held = null;
    const made = {{
        toJSON: () => ({json.dumps(SUBSCRIPTION)}),
        unsubscribe: async () => {{ held = null; return true }},
    }};
    PushManager.prototype.getSubscription = async () => held;
    PushManager.prototype.subscribe = async options => {{ window.subscribedWith = options; return held = made }};
"""


@pytest.fixture
def road(make_parts: MakeParts, accounts: Accounts) -> Iterator[Road]:
    """An API that tells browsers."""
    parts = make_parts(clock_ns=time.time_ns, steady_s=time.monotonic, push_key=KEY, notice_targets=Targets())
    with served(parts) as api:
        yield Road(f"http://{api.address}", Desk(parts.store, terms=parts.terms), accounts)


def pushed(page: Page, road: Road, data: str) -> list[dict[str, Any]]:
    """Hand a push to the page's worker; gives the notices that stand then."""
    tools = page.context.new_cdp_session(page)
    found: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    while not found:
        page.evaluate("new Promise(done => requestAnimationFrame(() => done()))")
    tools.send("ServiceWorker.deliverPushMessage", {"origin": road.address, "registrationId": found[-1], "data": data})
    shown: list[dict[str, Any]] = page.evaluate(
        """async () => {
            const registration = await navigator.serviceWorker.ready
            let all = []
            while (!all.length) {
                await new Promise(done => setTimeout(done, 50))
                all = await registration.getNotifications()
            }
            return all.map(({title, body, tag, data}) => ({title, body, tag, data}))
        }"""
    )
    return shown


def notice(told: Intercept) -> str:
    """What the service would seal for a phone about a truck that was offered."""
    facts = Facts(
        plate=told.plate,
        gross_kg=told.best.passage.gross_kg,
        limit_kg=told.best.limit_high_kg,
        excess_kg=told.best.excess_kg,
        rate_percent=told.best.rate_percent,
        hundred_tonne=False,
        unverified=False,
        corridor="G104",
    )
    return message(Notice("0" * 16, Code.OFFERED, told.id, facts, 600)).decode()


def allowed(context: BrowserContext) -> None:
    context.grant_permissions(["notifications"])


def test_a_push_is_shown_and_leads_to_its_truck(road: Road, open_page: OpenPage) -> None:
    """The notice has the service's words; pressed, the page that is open shows that truck instead of another."""
    first, other = road.truck("苏A10001", severity=4), road.truck("苏A10002", severity=4)
    page = open_page("squad", "/squad")
    allowed(page.context)
    kept(page)
    shown = page.get_by_role("article")
    expect(shown).to_be_visible()
    wanted = other if shown.get_attribute("data-intercept") == first.id else first
    (told,) = pushed(page, road, notice(wanted))
    assert told["title"] == "拦截任务 Stop this truck"
    assert f"{wanted.plate} · G104" in told["body"]
    assert told["tag"] == wanted.id
    (worker,) = page.context.service_workers
    worker.evaluate(
        """async () => {
            const [notification] = await registration.getNotifications()
            dispatchEvent(new NotificationEvent("notificationclick", {notification}))
        }"""
    )
    expect(shown).to_have_attribute("data-intercept", wanted.id)


def test_a_push_that_nobody_understands_is_shown_all_the_same(road: Road, open_page: OpenPage) -> None:
    """A browser takes the right to be told from a page that stays silent."""
    page = open_page("squad", "/squad")
    allowed(page.context)
    kept(page)
    (told,) = pushed(page, road, "no JSON")
    assert told["title"] == "超限攔截 · Intercept"


def test_a_notice_opens_the_truck_in_a_new_page(road: Road, open_page: OpenPage) -> None:
    """Its address names the truck, which stands there in full."""
    first, other = road.truck("苏A10001", severity=4), road.truck("苏A10002", severity=4)
    for wanted in (first, other):
        page = open_page("squad", f"/squad?intercept={wanted.id}")
        expect(page.get_by_role("article")).to_have_attribute("data-intercept", wanted.id)


def subscriptions(road: Road) -> list[str]:
    with road.desk.store.reading() as conn:
        return [one.endpoint for one in push.of_person(conn, "squad")]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_phone_is_told_or_not_as_its_owner_likes(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """On by one touch with the service's key, and off by another; who signs out is told no more."""
    page = open_page("squad", None, PHONE, language)
    allowed(page.context)
    page.add_init_script(PUSH_MANAGER)
    page.goto("/squad")
    kept(page)
    page.get_by_role("button", name="溧陽二中隊").click()
    page.get_by_role("button", name=re.compile("開啟通知|Turn notices on")).click()
    stop = page.get_by_role("button", name=re.compile("關閉通知|Turn notices off"))
    expect(stop).to_be_visible()
    assert page.evaluate("subscribedWith.applicationServerKey") == KEY
    assert subscriptions(road) == [SUBSCRIPTION["endpoint"]]
    look(page, f"squad-push-{language}")
    assert faults(page) == []
    stop.click()
    page.get_by_role("button", name=re.compile("開啟通知|Turn notices on")).click()
    expect(stop).to_be_visible()
    page.get_by_role("button", name=re.compile("登出|Sign out")).click()
    page.wait_for_url(re.compile("/login"))
    assert subscriptions(road) == []


def test_where_nobody_is_told_the_page_says_so(open_page: OpenPage) -> None:
    """A browser whose owner does not allow it: the remedy stands there."""
    page = open_page("squad", None)
    page.add_init_script("Object.defineProperty(Notification, 'permission', {get: () => 'denied'})")
    page.goto("/squad")
    kept(page)
    page.get_by_role("button", name="溧陽二中隊").click()
    expect(page.get_by_text("通知被瀏覽器擋住")).to_be_visible()
