"""The case page of a plateless vehicle: what probably is the same, and the desk that says that it is not."""

from __future__ import annotations

import tomllib

import pytest
from playwright.sync_api import ViewportSize, expect

from service.docket.actions import act
from service.docket.deeds import Actor, Deed
from service.registry import Registry, parse_registry
from tests.pages.axe import faults
from tests.pages.conftest import REGISTRY, Look, OpenPage, Road
from tests.service.docket.test_likeness import HERE, RARE, THERE, known, seen
from tests.service.docket.test_resembling import AGAIN, LATER
from tests.service.roads import site
from tests.service.told import MINUTE_NS, TIME_NS

DESK: ViewportSize = {"width": 1920, "height": 1080}
FAR = site("G104-K100", 100.0)


@pytest.fixture
def registry() -> Registry:
    """With a site far on."""
    return parse_registry(tomllib.loads(REGISTRY + FAR), "sites.toml")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_desk_tells_two_vehicles_apart(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """The later crossing stands on the case of the earlier one, and the earlier on its own; with a reason they part."""
    desk = road.desk
    desk.now_ns = TIME_NS
    desk.file(*known(desk))
    desk.file(seen(desk, HERE, 0, *RARE))
    (told,) = (one for one in desk.intercepts() if not one.plate)
    with desk.store.writing(durable=True) as conn:
        squad = Actor("li", "squad", "road", "liyang-2")
        act(conn, told.id, Deed(action="claim"), squad, desk.now_ns, desk.terms)
    desk.now_ns += LATER * MINUTE_NS
    desk.file(seen(desk, THERE, LATER, *AGAIN))
    page = open_page("duty", f"/cases/{told.case}", size=DESK, language=language)
    alike = page.locator(".alike li")
    expect(alike).to_contain_text(THERE)
    alike.get_by_role("link").click()
    expect(page.locator(".alike li a")).to_have_attribute("href", f"/cases/{told.case}")
    page.locator(".alike button").click()
    page.get_by_role("dialog").locator("input").fill("another cab")
    look(page, f"case-alike-{language}")
    assert faults(page) == []
    page.get_by_role("dialog").locator("button.primary").click()
    expect(page.locator(".alike li")).to_contain_text("不是同一輛" if language == "zh-CN" else "Not the same")
    expect(page.locator(".alike button")).to_have_count(0)
    analyst = open_page("analyst", f"/cases/{told.case}", size=DESK)
    expect(analyst.locator(".alike li")).to_have_count(1)
    expect(analyst.locator(".alike button")).to_have_count(0)
