"""The squad page on a phone: what an officer reads in six seconds, and what one hand does."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.pages.conftest import Look, OpenPage, Road
from tests.pages.hand import act, expect_sent, expect_state, weigh


def test_a_truck_comes_onto_the_page_and_says_all_that_matters(road: Road, open_page: OpenPage, look: Look) -> None:
    """Badge, plate, weights, axles, history, stop point and clocks are there, without a reload."""
    page = open_page("squad", "/squad")
    expect(page.get_by_role("heading", name="目前無車可攔")).to_be_visible()
    look(page, "squad-empty")
    road.truck(scale=1.2, hundred_tonne=True, severity=6)
    card = page.get_by_role("article", name="苏A12345")
    expect(card).to_be_visible()
    for words in ("百噸王", "108.48", "49.00", "+59.48", "+121 %", "99.9 %", "無照片", "6 軸", "17.1 m", "黃牌"):
        expect(card).to_contain_text(words)
    expect(card.get_by_role("img", name=re.compile("3 軸組"))).to_be_visible()
    expect(card).to_contain_text("365 天內無紀錄")
    expect(card).to_contain_text(re.compile("過站 .*秒前"))
    expect(page.get_by_text("即時")).to_be_visible()
    look(page, "squad-card")


def test_from_take_to_unloaded_with_one_hand(road: Road, open_page: OpenPage, look: Look) -> None:
    """Each step is one touch or one sheet, and the intercept has it all in the end."""
    road.truck()
    page = open_page("squad", "/squad")
    act(page, "claim")
    expect_state(page, "已接下")
    look(page, "squad-claimed")
    act(page, "depart")
    expect_state(page, "前往中")
    act(page, "stop")
    expect_state(page, "已攔停")
    act(page, "weigh")
    weigh(page, "89960")
    look(page, "squad-weigh")
    page.get_by_role("button", name="過磅完成").last.click()
    expect_state(page, "已過磅")
    expect_sent(page)
    look(page, "squad-weighed")
    act(page, "confirm")
    page.get_by_label("文書編號（可略）").fill("A-2026-17")
    page.get_by_role("button", name="確認超限").last.click()
    expect_state(page, "確認超限")
    act(page, "unload")
    weigh(page, "48900")
    look(page, "squad-unload")
    page.get_by_role("button", name="卸載完成").last.click()
    expect_state(page, "已卸載")
    expect_sent(page)
    told = road.told()
    assert (told.state, told.static_gross_kg, told.scale_certificate) == ("unloaded", 89_960, "JJG-S-7")
    assert (told.unloaded_kg, told.document_number) == (41_060, "A-2026-17")


def test_the_other_squad_is_told_who_was_quicker(road: Road, open_page: OpenPage, look: Look) -> None:
    """Both press Take; one has the truck, the other reads who and since when, and has nothing more to press."""
    road.truck()
    one, other = open_page("squad", "/squad"), open_page("rival", "/squad")
    expect(other.locator("footer [data-action=claim]")).to_be_visible()
    other.context.set_offline(True)
    act(one, "claim")
    expect_state(one, "已接下")
    act(other, "claim")
    expect(other.get_by_text("1 項待送")).to_be_visible()
    other.context.set_offline(False)
    conflict = other.get_by_role("alert")
    expect(conflict).to_contain_text(re.compile("已由 liyang-2 接下，.*前"))
    look(other, "squad-conflict")
    conflict.get_by_role("button", name="知道了").click()
    expect(other.get_by_role("alert")).to_have_count(0)
    expect(other.locator("article .state")).to_contain_text("liyang-2")
    expect(other.locator("footer button")).to_have_count(0)


def test_passing_needs_a_reason_and_asks_the_next_squad(road: Road, open_page: OpenPage, look: Look) -> None:
    """A reason is one touch; the truck goes to the other squad."""
    road.truck()
    asked = road.told().squad
    page = open_page("squad" if asked == "liyang-2" else "rival", "/squad")
    act(page, "pass")
    look(page, "squad-pass")
    page.get_by_role("button", name="手上有車").click()
    expect(page.locator("article .state")).to_contain_text("liyang-")
    told = road.told()
    assert told.passed == [asked]
    assert told.squad not in (asked, None)


def test_more_urgent_trucks_stand_above_others(road: Road, open_page: OpenPage, look: Look) -> None:
    """The one at hand is open; the others are rows with badge, weight and time left, the greater priority first."""
    road.truck("苏A10001", severity=4)
    road.truck("苏A10002", scale=1.3, hundred_tonne=True, severity=6)
    road.truck("", ago_s=50, severity=5)
    road.truck("苏A10004", severity=5, passage_plate_confidence=40)
    page = open_page("squad", "/squad")
    expect(page.locator(".rows > li")).to_have_count(3)
    shown = page.locator("[data-intercept]").evaluate_all("all => all.map(one => one.dataset.intercept)")
    told = {one.id: one for one in road.desk.intercepts()}
    hands = [told[one].squad == "liyang-2" for one in shown]
    assert hands == sorted(hands, reverse=True), "what is asked of this squad stands first"
    for mine in (True, False):
        priorities = [told[one].priority for one in shown if (told[one].squad == "liyang-2") is mine]
        assert priorities == sorted(priorities, reverse=True)
    look(page, "squad-list")
    second = shown[1]
    page.locator(f".rows [data-intercept='{second}']").click()
    expect(page.locator(f"article[data-intercept='{second}']")).to_be_visible()


def test_both_languages_and_sizes(road: Road, open_page: OpenPage, look: Look) -> None:
    """English says the same on a small phone and on a tablet; the choice stays over a reload."""
    road.truck(scale=1.2, hundred_tonne=True, severity=6)
    page = open_page("squad", "/squad", size={"width": 360, "height": 640}, language="en")
    card = page.get_by_role("article", name="苏A12345")
    for words in ("≥ 100 t", "Over by", "Crossed", "no picture", "6 axles"):
        expect(card).to_contain_text(words)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    look(page, "squad-card-en-360")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 360, "the page is wider than the phone"
    page.reload()
    expect(card).to_contain_text("Over by")
    wide = open_page("squad", "/squad", size={"width": 1024, "height": 768})
    expect(wide.get_by_role("article")).to_be_visible()
    look(wide, "squad-card-1024")
