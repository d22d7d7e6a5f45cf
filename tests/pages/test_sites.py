"""The technician's page: how each site does, what is doubted, and how long its certificate is still good for."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, OpenPage, Road
from tests.service.watched import keep_hour
from wim.records import HOUR_NS, Flag

DESK: ViewportSize = {"width": 1920, "height": 1080}


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")])
def test_a_site_of_which_nothing_is_known_says_so(
    open_page: OpenPage, look: Look, size: ViewportSize, language: str
) -> None:
    """No data is not zero; the certificate's days are counted; axe finds nothing serious, at a desk and on a phone."""
    page = open_page("technician", "/sites", size=size, language=language)
    expect(page.locator(".state")).to_contain_text(re.compile("從未回報|never heard"))
    expect(page.locator(".state h2")).not_to_contain_text(re.compile("正常|good"))
    expect(page.locator("nav")).to_contain_text(re.compile(r"證書還有 \d+ 天|certificate: \d+ d left"))
    expect(page.locator(".lane").first).to_contain_text(re.compile("無資料|Without data"))
    expect(page.locator(".hours canvas").first).to_be_visible()
    look(page, f"sites-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert faults(page) == []


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")])
def test_flags_stand_hour_by_hour(
    road: Road, open_page: OpenPage, look: Look, size: ViewportSize, language: str
) -> None:
    """A camera that went blind at night shows in its hours; who cannot see the chart hears which flags there are."""
    this_s = time.time_ns() // HOUR_NS * 3_600
    for ago in range(20):
        blind = 180 if 4 <= ago < 8 else 9 + ago % 5
        keep_hour(
            road.desk.store, this_s - ago * 3_600, 200 - ago * 3, {Flag.NO_PLATE: blind, Flag.SPEED_RANGE: ago % 4}
        )
    page = open_page("technician", "/sites", size=size, language=language)
    chart = page.get_by_role("img", name=re.compile("無車牌、車速超出檢定範圍|no plate, speed out of range"))
    expect(chart.locator("canvas")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("20 小時有資料|20 h with data"))).to_be_visible()
    chart.scroll_into_view_if_needed()
    look(page, f"sites-flags-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert faults(page) == []
