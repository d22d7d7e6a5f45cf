"""The squad page without network: what was done arrives once, in order, and nothing on the phone is lost."""

from __future__ import annotations

import re
from collections import Counter

from playwright.sync_api import expect

from tests.pages.conftest import Look, OpenPage, Road, sign_in
from tests.pages.hand import act, expect_sent, expect_state, kept, weigh


def test_from_take_to_weighed_without_signal(road: Road, open_page: OpenPage, look: Look) -> None:
    """The page goes on by itself, outlives a reload, and sends each action once when the network is back."""
    road.truck()
    page = open_page("squad", "/squad")
    expect(page.get_by_role("article")).to_be_visible()
    kept(page)
    page.context.set_offline(True)
    for action, words in (("claim", "已接下"), ("depart", "前往中"), ("stop", "已攔停")):
        act(page, action)
        expect_state(page, words)
    act(page, "weigh")
    weigh(page, "89960")
    page.get_by_role("button", name="過磅完成").last.click()
    expect_state(page, "已過磅")
    expect(page.get_by_text("4 項待送")).to_be_visible()
    expect(page.get_by_text("無網路，恢復後依序送出")).to_be_visible()
    look(page, "squad-offline")
    assert road.told().state == "offered"

    page.reload()
    expect(page.get_by_text("4 項待送")).to_be_visible()
    expect(page.locator(".feed")).to_contain_text(re.compile("資料停在|連線中"))
    expect_state(page, "已過磅")

    page.context.set_offline(False)
    expect_sent(page)
    expect(page.locator(".feed")).to_have_text("即時")
    told = road.told()
    assert (told.state, told.squad, told.static_gross_kg, told.conflict) == ("weighed", "liyang-2", 89_960, False)
    done = [row.action for row in road.desk.rows("ledger") if row.role == "squad"]
    assert Counter(done) == Counter(["claim", "depart", "stop", "weigh"])
    assert done == ["claim", "depart", "stop", "weigh"]


def test_a_fact_of_the_road_is_kept_although_another_took_the_truck(
    road: Road, open_page: OpenPage, look: Look
) -> None:
    """The claim is lost and says to whom; that the truck stands is recorded all the same, for duty to settle."""
    road.truck()
    page = open_page("squad", "/squad")
    expect(page.get_by_role("article")).to_be_visible()
    page.context.set_offline(True)
    act(page, "claim")
    act(page, "depart")
    act(page, "stop")
    other = open_page("rival", "/squad")
    act(other, "claim")
    expect_state(other, "已接下")
    expect_sent(other)
    page.context.set_offline(False)
    expect(page.get_by_role("alert")).to_contain_text(re.compile("「接下」、「出發」未被接受.*已由 liyang-3 接下"))
    expect(page.locator("article")).to_contain_text("回報矛盾")
    look(page, "squad-conflict-fact")
    told = road.told()
    assert told.conflict
    assert told.squad == "liyang-3"


def test_a_phone_that_is_handed_on_sends_nothing_of_its_last_officer(
    road: Road, open_page: OpenPage, look: Look
) -> None:
    """What the one did waits until it is that one who is signed in, and the other sees for whom."""
    road.truck()
    page = open_page("squad", "/squad")
    expect(page.get_by_role("article")).to_be_visible()
    kept(page)
    page.context.set_offline(True)
    act(page, "claim")
    expect(page.get_by_text("1 項待送")).to_be_visible()
    sign_in(page.context, road, "rival")
    page.context.set_offline(False)
    expect(page.get_by_text("等待 squad 登入")).to_be_visible()
    expect(page.locator(".feed")).to_have_text("即時")
    page.reload()
    expect(page.get_by_text("等待 squad 登入")).to_be_visible()
    look(page, "squad-handed-on")
    assert road.told().squad == "liyang-2"
    assert road.told().state == "offered"
    assert [row.action for row in road.desk.rows("ledger") if row.role == "squad"] == []
    sign_in(page.context, road, "squad")
    page.reload()
    expect_state(page, "已接下")
    expect_sent(page)
    claims = [row for row in road.desk.rows("ledger") if row.role == "squad"]
    assert [(row.actor, row.action) for row in claims] == [("squad", "claim")]


def test_a_page_that_never_had_a_network_says_so(road: Road, open_page: OpenPage, look: Look) -> None:
    """No data is not no trucks."""
    page = open_page("squad", "/squad")
    expect(page.get_by_role("heading", name="目前無車可攔")).to_be_visible()
    kept(page)
    page.context.set_offline(True)
    page.evaluate("indexedDB.deleteDatabase('wim')")
    page.goto("/squad")
    expect(page.get_by_role("heading", name="尚無資料")).to_be_visible()
    look(page, "squad-unknown")
