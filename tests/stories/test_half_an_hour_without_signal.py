"""Thirty minutes in a valley: the phone takes a truck and loses the network; all arrives once, with its own time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.store.tables import audit
from tests.pages.conftest import Look, OpenPage
from tests.pages.hand import act, expect_sent, expect_state
from tests.stories.roadside import appears, confirm, put_on_scale, stop, take
from tests.stories.world import PATIENT_MS, World

#: Between two of the officer's touches.
TEN_MINUTES_S = 600

#: How well a phone knows the server's clock: `Date` has whole seconds, and of the way to the phone and back it knows
#: the sum alone, which is seconds where every core is busy. A time of arrival would be ten minutes off at least.
CLOCK_S = 10.0


def depart(page: Page) -> None:
    """On the way."""
    act(page, "depart")
    expect_state(page, "前往中")


DEEDS: dict[str, Callable[[Page], None]] = {
    "depart": depart,
    "stop": stop,
    "weigh": lambda page: put_on_scale(page, 89_960),
    "confirm": lambda page: confirm(page, "A-2026-17"),
}


@pytest.fixture
def road(unstarted: World) -> World:
    """The product, running, with a clock that goes on when it is told to."""
    unstarted.start_with_own_clock()
    return unstarted


def test_half_an_hour_without_signal(road: World, open_page: OpenPage, look: Look) -> None:
    """The page says what waits; the network back, each action arrives once, in order, with its own time."""
    page = open_page("squad", None)
    page.clock.install()
    page.goto("/squad")
    expect(page.locator(".feed")).to_have_text("即時", timeout=PATIENT_MS)
    road.send(road.passage("苏A12345", ago_s=1))
    appears(page, "苏A12345")
    take(page)
    expect_sent(page)
    claimed = road.intercept("苏A12345", "claimed")

    page.context.set_offline(True)
    touched: dict[str, tuple[int, int]] = {}
    for action, done in DEEDS.items():
        road.forward(TEN_MINUTES_S)
        page.clock.fast_forward(TEN_MINUTES_S * 1000)
        before_ns = road.now_ns()
        done(page)
        touched[action] = before_ns, road.now_ns()
    queue = page.get_by_role("status").filter(has_text="4 項待送")
    expect(queue).to_be_visible(timeout=PATIENT_MS)
    expect(queue).to_contain_text("無網路，恢復後依序送出")
    look(page, "story-no-signal-waiting")
    assert road.intercept("苏A12345")["version"] == claimed["version"], "nothing can have come through"

    page.context.set_offline(False)
    told = road.intercept("苏A12345", "confirmed")
    expect_sent(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    look(page, "story-no-signal-back")
    assert (told["static_gross_kg"], told["document_number"], told["conflict"]) == (89_960, "A-2026-17", False)
    entries = [one for one in road.entries(told["id"]) if one["role"] == "squad"]
    assert [one["action"] for one in entries] == ["claim", *touched]
    for one in entries[1:]:
        done_s = datetime.fromisoformat(one["document"]["done_at"]).timestamp()
        first_ns, last_ns = touched[one["action"]]
        assert first_ns / 1e9 - CLOCK_S <= done_s <= last_ns / 1e9 + CLOCK_S, one["action"]
    with road.installation.store().reading() as conn:
        audited = [row.action for row in conn.execute(select(audit)) if row.role == "squad"]
    assert [one for one in audited if one.endswith((".refused", ".conflict"))] == []
    assert "whole" in road.ledger_is_whole()
