"""Times are those of the road, by the registry's zone, wherever the phone is."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route, expect

from service.registry import Registry, parse_registry
from tests.pages.axe import faults
from tests.pages.conftest import PHONE, REGISTRY, Look, OpenPage, Road
from tests.pages.hand import kept

#: Two roads of the east beside the one of the west on which the trucks are: times of the west are then marked.
EAST = """
[[corridor]]
id = "S340"
timezone = "Asia/Shanghai"
[[corridor]]
id = "S341"
timezone = "Asia/Shanghai"
"""


@pytest.fixture
def registry() -> Registry:
    """A road by the clock of Urumqi, which is two hours behind."""
    west = REGISTRY.replace("Asia/Shanghai", "Asia/Urumqi")
    return parse_registry(tomllib.loads(west + EAST), "sites.toml")


#: Done once the phone keeps cards, which it does a second after they came.
CARDS_ARE_KEPT = """() => new Promise(done => {
    const look = () => {
        const asked = indexedDB.open("wim", 1)
        asked.onsuccess = () => {
            const found = asked.result.transaction("kept").objectStore("kept").get("cards")
            found.onsuccess = () => {
                asked.result.close()
                found.result?.cards.length ? done() : setTimeout(look, 50)
            }
        }
    }
    look()
})"""


def shown_at(moment: str, zone: str) -> str:
    at = datetime.fromisoformat(moment).astimezone(UTC)
    return f"{at.astimezone(ZoneInfo(zone)):%m-%d %H:%M:%S}"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize(("account", "path"), [("squad", "/squad"), ("duty", "/cases/{case}"), ("duty", "/board")])
def test_a_road_with_another_clock_is_told_by_it(
    road: Road, open_page: OpenPage, look: Look, account: str, path: str, language: str
) -> None:
    """The crossing stands there by the road's clock, with its offset for who has roads of the east too."""
    told = road.truck()
    page = open_page(account, path.format(case=told.case), PHONE, language)
    if path == "/board":
        page.locator(".alert").click()
    offset = "" if account == "squad" else " GMT\\+6"
    crossed = page.get_by_text(re.compile(shown_at(told.time, "Asia/Urumqi") + offset)).first
    expect(crossed).to_be_visible(timeout=20_000)
    expect(page.get_by_text(shown_at(told.time, "Asia/Shanghai"))).to_have_count(0)
    look(page, f"zone-{path.split('/')[1]}-{language}")
    assert faults(page) == []


@pytest.mark.parametrize(("account", "path", "drawn"), [("squad", "/squad", "article"), ("duty", "/board", ".alert")])
def test_no_time_is_told_by_another_clock_meanwhile(
    road: Road, open_page: OpenPage, account: str, path: str, drawn: str
) -> None:
    """Until the roads are told there is no time of day; then there is the road's."""
    road.truck()
    page, held = open_page(account, None, PHONE), list[Route]()
    page.route("**/v1/corridors*", lambda route: held.append(route))
    page.goto(path)
    expect(page.locator(drawn)).to_be_visible()
    assert re.search(r"\d\d:\d\d:\d\d", page.locator("body").inner_text()) is None
    for one in held:
        one.continue_()
    expect(page.locator(drawn)).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))


def test_the_roads_are_asked_for_again(road: Road, open_page: OpenPage) -> None:
    """A first question that failed leaves no page without times."""
    told = road.truck()
    page = open_page("squad", None, PHONE)
    page.route("**/v1/corridors*", lambda route: route.abort(), times=1)
    page.goto("/squad")
    expect(page.get_by_text(shown_at(told.time, "Asia/Urumqi"))).to_be_visible()


def test_the_roads_clock_is_known_without_network(road: Road, open_page: OpenPage) -> None:
    """A squad page that is opened where there is no network tells the times as before."""
    told = road.truck()
    page = open_page("squad", "/squad")
    crossed = page.get_by_text(shown_at(told.time, "Asia/Urumqi"))
    expect(crossed).to_be_visible()
    kept(page)
    page.evaluate(CARDS_ARE_KEPT)
    page.context.set_offline(True)
    page.reload()
    expect(crossed).to_be_visible()
