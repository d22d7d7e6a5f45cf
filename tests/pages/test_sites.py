"""The technician's page: how each site does, what is doubted, and how long its certificate is still good for."""

from __future__ import annotations

import json
import re
import time

import pytest
from playwright.sync_api import ViewportSize, expect

from service.store import watches
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


def drifting(road: Road) -> None:
    """A side that crept toward its alarm for two days and rang three hours ago, beside a steering axle that did not."""
    this_s = time.time_ns() // HOUR_NS * 3_600
    rows = []
    for ago in range(48):
        sides = 9.5 if ago < 3 else max(0.2, 8.6 - ago * 0.18)
        charts = {"sides": [round(sides, 3), 9.0], "steer": [1.0 + ago % 4, 9.75], "line 2 axle 3": [0.4, None]}
        rows.append(watches.DriftRow("G104-K012", 1, this_s - ago * 3_600, json.dumps(charts)))
        keep_hour(road.desk.store, this_s - ago * 3_600, 200 - ago, {})
    with road.desk.store.writing() as conn:
        watches.keep_drift(conn, rows)


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")])
def test_drift_stands_hour_by_hour(
    road: Road, open_page: OpenPage, look: Look, size: ViewportSize, language: str
) -> None:
    """How near each chart came to its alarm, of a day or of days back; charts that are learning are left out."""
    drifting(road)
    page = open_page("technician", "/sites", size=size, language=language)
    chart = page.get_by_role("img", name=re.compile("(左右比例、轉向軸重|left against right, steering axle)$"))
    expect(chart.locator("canvas")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("24 (小時有資料|h with data)"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^7 (天|days)$")).click()
    expect(page.get_by_role("img", name=re.compile("48 (小時有資料|h with data)"))).to_be_visible()
    chart.scroll_into_view_if_needed()
    look(page, f"sites-drift-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert faults(page) == []


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")])
def test_a_technician_takes_a_lane_out_and_restores_it(
    open_page: OpenPage, look: Look, size: ViewportSize, language: str
) -> None:
    """Each with a reason that is written down; the page shows at once what stands."""
    page = open_page("technician", "/sites", size=size, language=language)
    page.get_by_role("button", name=re.compile("停用車道|Take a lane out")).click()
    sheet = page.get_by_role("dialog")
    send = sheet.get_by_role("button", name=re.compile("停用車道|Take a lane out"))
    sheet.get_by_label(re.compile("^(車道|Lane)")).select_option("1")
    sheet.get_by_label(re.compile("最後正常|Last good")).fill("2020-01-01T04:00")
    expect(send).to_be_disabled()
    sheet.get_by_label(re.compile("原因|Reason")).fill("1L 感測條鬆脫")
    send.click()
    expect(sheet.get_by_role("alert")).to_contain_text("from: is more than")
    sheet.get_by_label(re.compile("最後正常|Last good")).fill("")
    look(page, f"sites-doubt-{language}")
    assert faults(page) == []
    send.click()
    doubted = page.locator(".doubted")
    expect(doubted).to_contain_text("1L 感測條鬆脫 · technician")
    expect(page.locator(".state h2")).to_contain_text(re.compile("存疑|doubted"))
    doubted.get_by_role("button", name=re.compile("恢復|Restore")).click()
    sheet.get_by_label(re.compile("原因|Reason")).fill("已更換並測試")
    look(page, f"sites-restore-{language}")
    assert faults(page) == []
    sheet.get_by_role("button", name=re.compile("恢復|Restore")).click()
    expect(doubted.get_by_role("button")).to_have_count(0)
    expect(page.locator(".state h2")).not_to_contain_text(re.compile("存疑|doubted"))
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_who_only_reads_is_offered_no_doubt(open_page: OpenPage) -> None:
    """An analyst sees the sites, and nothing to press about their lanes."""
    page = open_page("analyst", "/sites")
    expect(page.locator(".lane").first).to_be_visible()
    expect(page.get_by_role("button", name="停用車道")).to_have_count(0)
