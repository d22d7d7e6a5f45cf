"""The duty room's board: what is on the roads now, what the desk may do about it, on a wall, a desk and a phone."""

from __future__ import annotations

import re
import tomllib

import pytest
from playwright.sync_api import ViewportSize, expect

from service.registry import Registry, parse_registry
from tests.pages.axe import faults
from tests.pages.conftest import PHONE, REGISTRY, Look, OpenPage, Road
from tests.pages.counting import beat, count
from tests.pages.ears import expect_tones, listen, tones

DESK: ViewportSize = {"width": 1920, "height": 1080}
WALL: ViewportSize = {"width": 3840, "height": 2160}
SMALL_WALL: ViewportSize = {"width": 1920, "height": 1080}

#: A second road without a length or a place on the map, more sites and a yard for the other direction.
MORE = """
[[site]]
id = "G104-K058"
name = "南渡"
corridor = "G104"
chainage_km = 58.2
position = [119.148, 31.876]
[[site.lane]]
number = 1
direction = "up"
[[site.lane]]
number = 2
direction = "down"
[[stop_point]]
id = "G104-K044-yard"
corridor = "G104"
chainage_km = 44.0
direction = "down"
capacity = 3
[[corridor]]
id = "S340"
timezone = "Asia/Shanghai"
name = "340 省道"
[[site]]
id = "S340-K005"
corridor = "S340"
chainage_km = 5.0
[[site.lane]]
number = 1
direction = "up"
"""


@pytest.fixture
def registry() -> Registry:
    """Two roads."""
    return parse_registry(tomllib.loads(REGISTRY + MORE), "sites.toml")


def busy(road: Road) -> None:
    """A night with trucks in both directions, one of them a 百噸王, one without a plate."""
    road.truck("苏A10001", ago_s=70, severity=4)
    road.truck("苏B20002", ago_s=150, scale=1.3, hundred_tonne=True, severity=6)
    road.truck("苏C30003", ago_s=320, severity=5, passage_direction=1, passage_plate_confidence=40)
    road.truck("苏D40004", ago_s=400, severity=5)
    road.truck("", ago_s=20, severity=5)


def test_a_truck_comes_onto_the_board_by_itself(road: Road, open_page: OpenPage, look: Look) -> None:
    """Nothing is told apart from no data; a truck appears with word, icon and weight, moving along its road."""
    page = open_page("duty", "/board", size=DESK)
    expect(page.get_by_text("目前無車可攔")).to_be_visible()
    expect(page.get_by_text("無資料").first).to_be_visible()
    expect(page.locator(".feed-live")).to_be_visible()
    look(page, "board-empty")
    road.truck(scale=1.2, hundred_tonne=True, severity=6)
    row = page.locator(".alert")
    for words in ("百噸王", "108.48 t", "+59.48 t", "+121 %"):
        expect(row).to_contain_text(words)
    expect(row.locator(".badge.hundred_tonne svg")).to_be_visible()
    truck = page.get_by_role("button", name=re.compile("苏A12345.*，約在 km 12"))
    expect(truck).to_be_visible()
    first = truck.get_by_text(re.compile(r"苏A12345 \d+:\d\d")).text_content()
    expect(truck).not_to_contain_text(first or "")


def test_a_busy_night(road: Road, open_page: OpenPage, look: Look) -> None:
    """Newest on top, the figures of the day agree with the list, the strips show both directions."""
    busy(road)
    page = open_page("duty", "/board", size=DESK)
    expect(page.locator(".alert")).to_have_count(5)
    expect(page.locator(".alert").first).to_contain_text("無車牌")
    expect(page.locator(".strip")).to_have_count(2)
    expect(page.locator(".truck")).to_have_count(5)
    waiting = sum(one.state in ("unverified", "open", "offered") for one in road.desk.intercepts())
    expect(page.locator(".figure", has_text="待接")).to_contain_text(str(waiting))
    page.locator(".maplibregl-canvas").wait_for()
    expect(page.locator(".map-truck")).to_have_count(5)
    look(page, "board-busy")
    look(open_page("duty", "/board", size=PHONE), "board-phone")


def test_the_desk_verifies_and_takes_for_a_squad(road: Road, open_page: OpenPage, look: Look) -> None:
    """An unverified truck waits for the desk; what is done for a squad that called by radio names that squad."""
    told = road.truck(scale=1.2, hundred_tonne=True, severity=6, grade="intercept")
    page = open_page("duty", "/board", size=DESK)
    page.locator(".alert").click()
    detail = page.get_by_role("complementary", name="車輛")
    expect(detail.get_by_role("link", name="案卷")).to_have_attribute("href", f"/cases/{told.case}")
    if told.state == "unverified":
        detail.get_by_role("button", name="核實無誤").click()
    detail.get_by_role("button", name="接下").click()
    look(page, "board-claim")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("溧陽三中隊")).click()
    expect(detail.locator("header .state")).to_contain_text("已接下 · 溧陽三中隊")
    look(page, "board-detail")
    assert road.told().squad == "liyang-3"


def test_what_is_not_a_target_needs_a_reason(road: Road, open_page: OpenPage) -> None:
    """A cancelled truck keeps the reason and the permit that was shown."""
    road.truck()
    page = open_page("duty", "/board", size=DESK)
    page.locator(".alert").click()
    page.locator(".deeds [data-action=cancel]").click()
    page.get_by_label("原因").fill("出示許可證")
    page.get_by_label("出示的許可證號（可略）").fill("P-77")
    page.locator("dialog").get_by_role("button", name="取消", exact=True).click()
    expect(page.locator(".alert .state")).to_contain_text("已取消")
    told = road.told()
    assert (told.state, told.note, told.permit_number) == ("cancelled", "出示許可證", "P-77")


def test_a_desk_that_was_overtaken_looks_again(road: Road, open_page: OpenPage) -> None:
    """Two desks: the second is told that it has changed, and sees how it stands; nothing is done twice."""
    road.truck()
    one, other = open_page("duty", "/board", size=DESK), open_page("local", "/board", size=DESK)
    other.locator(".alert").click()
    other.context.set_offline(True)
    one.locator(".alert").click()
    one.locator(".deeds [data-action=claim]").click()
    one.get_by_role("dialog").get_by_role("button", name=re.compile("溧陽二中隊")).click()
    expect(one.locator(".detail header .state")).to_contain_text("已接下")
    other.locator(".deeds [data-action=claim]").click()
    other.get_by_role("dialog").get_by_role("button", name=re.compile("溧陽三中隊")).click()
    expect(other.get_by_role("alert")).to_contain_text("連不上伺服器")
    other.context.set_offline(False)
    expect(other.locator(".detail header .state")).to_contain_text("溧陽二中隊")
    assert road.told().squad == "liyang-2"


def test_the_feed_says_since_when_it_is_silent(road: Road, open_page: OpenPage) -> None:
    """Without network the board says since when, and is live again by itself."""
    road.truck()
    page = open_page("duty", "/board", size=DESK)
    expect(page.locator(".feed-live")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator(".feed-stale")).to_contain_text(re.compile(r"資料停在 \d\d:\d\d:\d\d"))
    page.context.set_offline(False)
    expect(page.locator(".feed-live")).to_be_visible(timeout=15_000)


def test_a_site_that_is_muted_stays_muted(road: Road, open_page: OpenPage, look: Look) -> None:
    """Sound begins at a touch; a muted site is kept over a reload and does not sound, another does."""
    page = open_page("duty", "/board", size=DESK)
    listen(page)
    expect(page.locator(".feed-live")).to_be_visible()
    page.get_by_role("button", name="聲音關").click()
    expect(page.get_by_role("button", name="聲音開")).to_be_visible()
    heard = tones(page)
    road.truck("苏A10001", scale=1.2, hundred_tonne=True, severity=6)
    expect_tones(page, heard + 6)
    page.get_by_role("button", name="聲音開").click()
    page.get_by_label("G104-K012").uncheck()
    look(page, "board-sound")
    page.get_by_role("button", name="關閉").click()
    road.truck("苏A10002", severity=5)
    expect(page.locator(".alert")).to_have_count(2)
    expect_tones(page, heard + 6)
    page.reload()
    page.get_by_role("button", name="聲音關").click()
    page.get_by_role("button", name="聲音開").click()
    expect(page.get_by_label("G104-K012")).not_to_be_checked()


def test_who_only_looks_has_nothing_to_press(road: Road, open_page: OpenPage) -> None:
    """An analyst sees the truck by a pseudonym and no deed; police may hand over and nothing else."""
    road.truck()
    analyst = open_page("analyst", "/board", size=DESK)
    analyst.locator(".alert").click()
    expect(analyst.locator(".detail")).to_be_visible()
    expect(analyst.locator(".deeds button")).to_have_count(0)
    expect(analyst.get_by_text("苏A12345")).to_have_count(0)
    police = open_page("police", "/board", size=DESK)
    police.locator(".alert").click()
    expect(police.locator(".deeds button")).to_have_text(["移交"])


def test_the_wall(road: Road, open_page: OpenPage, look: Look) -> None:
    """In big type, without anything to press beside the sound, all within the screen."""
    busy(road)
    page = open_page("duty", "/board?kiosk=1", size=WALL, scale=1)
    expect(page.locator(".alert")).to_have_count(5)
    page.locator(".maplibregl-canvas").wait_for()
    plate = page.locator(".alert .plate").last.bounding_box()
    assert plate
    assert plate["height"] >= 50
    assert page.evaluate("document.documentElement.scrollHeight") <= WALL["height"]
    page.locator(".alert").first.click()
    expect(page.locator(".detail")).to_have_count(0)
    look(page, "board-wall")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_wall_cuts_nothing_off(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """The map lies whole below the strips; of the trucks each stands there whole or is counted below the list."""
    busy(road)
    for number in range(6):
        road.truck(f"苏E5000{number}", ago_s=60 + number, severity=4)
    page = open_page("duty", "/board?kiosk=1", size=SMALL_WALL, scale=1, language=language)
    page.locator(".map-truck").first.wait_for()
    below = page.locator(".road-map").evaluate("one => one.getBoundingClientRect().bottom")
    assert below <= SMALL_WALL["height"]
    shown = page.locator(".alerts ol > li:not(.beyond)")
    hidden = page.locator(".alerts ol > li.beyond")
    expect(page.locator(".more-alerts")).to_have_text(re.compile(rf"\b{hidden.count()}\b"))
    assert shown.count() + hidden.count() == 11
    ends = shown.evaluate_all("all => all.map(one => one.getBoundingClientRect().bottom)")
    assert max(ends) <= page.locator(".more-alerts").evaluate("one => one.getBoundingClientRect().top")
    look(page, f"board-small-wall-{language}")
    assert faults(page) == []


def test_a_name_on_the_map_is_whole(road: Road, open_page: OpenPage, look: Look) -> None:
    """On a phone's narrow map a squad's or a truck's words stand at the side where there is room for them."""
    road.truck("苏B20002", ago_s=150, scale=1.3, hundred_tonne=True, severity=6)
    road.truck("苏B20003", ago_s=800, scale=1.3, hundred_tonne=True, severity=6, passage_speed_kmh=100.0)
    page = open_page("duty", "/board", size=PHONE)
    page.locator(".map-squad").wait_for()
    expect(page.locator(".map-hundred")).to_have_count(2)
    page.locator(".road-map").scroll_into_view_if_needed()
    look(page, "board-map-phone")
    beyond = page.locator(".road-map").evaluate(
        """map => [...map.querySelectorAll('.map-mark')].filter(one => {
            const [inner, outer] = [one.getBoundingClientRect(), map.getBoundingClientRect()]
            return inner.left < outer.left || inner.right > outer.right
        }).map(one => one.outerHTML)"""
    )
    assert beyond == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_figures_of_the_day(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """Trucks, the rate with its interval, 百噸王; an unwatched day has trucks, but no rate."""
    count(road, 12_840, 611, 37)
    page = open_page("duty", "/board", size=DESK, language=language)
    figures = page.locator(".figure")
    expect(figures.nth(0)).to_contain_text("12,840")
    expect(figures.nth(1)).to_contain_text("4.8 %")
    expect(figures.nth(1)).to_contain_text(re.compile(r"4\.[34]–5\.1 %"))
    expect(figures.nth(2)).to_contain_text("37")
    look(page, f"board-figures-{language}")
    assert faults(page) == []
    beat(road)  # which says that nobody watched the whole hour
    page.reload()
    expect(figures.nth(0)).to_contain_text("12,840", timeout=15_000)
    expect(figures.nth(1)).to_contain_text(re.compile("無資料|no data"))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_serious_fault_for_those_who_cannot_see_it(
    road: Road, open_page: OpenPage, look: Look, language: str
) -> None:
    """axe finds none, with a truck open, at a desk and on a phone; nothing is wider than the phone."""
    busy(road)
    page = open_page("duty", "/board", size=DESK, language=language)
    page.locator(".alert").nth(1).click()
    expect(page.locator(".detail")).to_be_visible()
    look(page, f"board-opened-{language}")
    assert faults(page) == []
    phone = open_page("duty", "/board", size=PHONE, language=language)
    expect(phone.locator(".alert")).to_have_count(5)
    assert faults(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
