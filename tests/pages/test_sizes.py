"""Every page on a phone and on a wall, in both languages: whole, open to everybody, and kept as a picture."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from service.docket.timing import fire_due
from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, OpenPage, Road
from tests.pages.counting import beat, count

WALL: ViewportSize = {"width": 1920, "height": 1080}
SIZES = {"phone": PHONE, "wall": WALL}

#: Account, address, and what stands there once the page is drawn.
PAGES: dict[str, tuple[str | None, str, str]] = {
    "login": (None, "/login", "form"),
    "account": ("duty", "/login", "dl"),
    "squad": ("squad", "/squad", "article"),
    "board": ("duty", "/board", ".map-truck"),
    "kiosk": ("duty", "/board?kiosk=1", ".map-truck"),
    "joint": ("police", "/joint", ".proposal .problem"),
    "case": ("duty", "/cases/{case}", ".verdict"),
    "sites": ("technician", "/sites", ".lane canvas"),
}

#: Longer than both agencies have to accept.
LATE_S = 600


def late(road: Road) -> None:
    """A joint action that nobody has accepted in time: both desks were told."""
    road.truck("苏C30003", scale=1.25, filed_ago_s=LATE_S, hundred_tonne=True, severity=6)
    fire_due(road.desk.store, time.time_ns(), road.desk.terms)


Open = Callable[[str, str, str], Page]


@pytest.fixture
def opened(road: Road, open_page: OpenPage) -> Open:
    """A page on a night with figures, two 百噸王 and another truck; of one both agencies are late."""
    late(road)
    count(road, 1_284, 61, 3)
    beat(road, minutes=240)
    told = road.truck("苏B20002", ago_s=60, scale=1.2, hundred_tonne=True, severity=6)
    road.truck("苏A10001", ago_s=150, severity=4)

    def make(name: str, size: str, language: str) -> Page:
        account, path, drawn = PAGES[name]
        page = open_page(account, path.format(case=told.case), SIZES[size], language, scale=2 if size == "phone" else 1)
        expect(page.locator(drawn).first).to_be_visible(timeout=20_000)
        return page

    return make


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("name", list(PAGES))
def test_a_page_is_whole(opened: Open, look: Look, name: str, size: str, language: str) -> None:
    """Nothing is wider than the screen, no button's words are cut off, and axe finds nothing serious."""
    page = opened(name, size, language)
    look(page, f"size-{name}-{size}-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    cut = page.locator("button, .button, .badge, .state").evaluate_all(
        "all => all.filter(one => one.offsetParent && one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML)"
    )
    assert cut == []
    assert faults(page) == []
