"""What the duty desk must settle stands on its board and is heard, wherever the truck is by now."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from service.docket.actions import act
from service.docket.deeds import Actor, Deed
from service.docket.timing import fire_due
from tests.pages.axe import faults
from tests.pages.conftest import Look, OpenPage, Road
from tests.pages.ears import expect_tones, listen, tones

DESK: ViewportSize = {"width": 1920, "height": 1080}

#: Police have not confirmed receipt within the minute that both agencies agreed upon.
A_MINUTE_AND_A_BIT_NS = 61 * 10**9


def listening(page: Page) -> int:
    """Turn the sound on and count tones from now on; gives how many there were."""
    listen(page)
    page.get_by_role("button", name="聲音關").click()
    expect(page.get_by_role("button", name="聲音開")).to_be_visible()
    return tones(page)


def over(road: Road) -> None:
    """The road's part of a 百噸王 came to an end; that of police has not begun."""
    told = road.truck(scale=1.2, hundred_tonne=True, severity=6, grade="evidence")
    squad = Actor("li", "squad", "road", told.squad)
    duty = Actor("wang", "duty", "road")
    for actor, action in ((squad, "claim"), (duty, "hand_over")):
        with road.desk.store.writing(durable=True) as conn:
            act(conn, told.id, Deed(action=action), actor, time.time_ns(), road.desk.terms)


@pytest.mark.parametrize(("account", "language"), [("duty", "zh-CN"), ("police", "en")])
def test_a_late_side_is_seen_at_both_desks(
    road: Road, open_page: OpenPage, look: Look, account: str, language: str
) -> None:
    """Among the trucks that are not over, with a way to the joint action; gone once that side moved."""
    over(road)
    road.truck("苏A10001", ago_s=5)
    page = open_page(account, "/board", size=DESK, language=language)
    expect(page.locator(".alert")).to_have_count(2)
    expect(page.locator(".alert").first).to_contain_text("10001")
    fire_due(road.desk.store, time.time_ns() + A_MINUTE_AND_A_BIT_NS, road.desk.terms)
    late = page.locator(".alert.matter")
    expect(late).to_contain_text("聯合行動逾時：公安" if language == "zh-CN" else "Joint action late: police")
    late.click()
    expect(page.locator(".detail a.matter")).to_have_attribute("href", "/joint")
    look(page, f"board-late-{language}")
    assert faults(page) == []
    again = open_page(account, "/board", size=DESK, language=language)
    expect(again.locator(".alert.matter")).to_have_count(1)
    police = open_page("police", "/joint")
    police.locator("[data-move=accept]").click()
    expect(page.locator(".alert.matter")).to_have_count(0)


def test_a_late_side_is_heard(road: Road, open_page: OpenPage) -> None:
    """Two tones, once."""
    road.truck(scale=1.2, hundred_tonne=True, severity=6, grade="evidence")
    page = open_page("duty", "/board", size=DESK)
    expect(page.locator(".alert")).to_have_count(1)
    heard = listening(page)
    fire_due(road.desk.store, time.time_ns() + A_MINUTE_AND_A_BIT_NS, road.desk.terms)
    expect(page.locator(".badge.late")).to_have_count(1)
    expect_tones(page, heard + 2)


def test_a_conflict_is_heard_and_names_who_reported_it(road: Road, open_page: OpenPage, look: Look) -> None:
    """A phone without network stopped a truck that another squad has; the desk decides, and the mark goes."""
    told = road.truck()
    page = open_page("duty", "/board", size=DESK)
    expect(page.locator(".alert")).to_have_count(1)
    heard = listening(page)
    two, three = (Actor(name, "squad", "road", name) for name in ("liyang-2", "liyang-3"))
    for actor, action, offline in ((two, "claim", False), (three, "stop", True)):
        with road.desk.store.writing(durable=True) as conn:
            deed = Deed(action=action)
            act(conn, told.id, deed, actor, time.time_ns(), road.desk.terms, offline=offline)
    expect(page.locator(".alert.matter")).to_contain_text("回報矛盾")
    expect_tones(page, heard + 2)
    page.locator(".alert").click()
    expect(page.locator(".detail .matter")).to_contain_text("溧陽三中隊")
    look(page, "board-conflict")
    page.locator(".deeds [data-action=depart]").click()
    expect(page.locator(".alert.matter")).to_have_count(0)
