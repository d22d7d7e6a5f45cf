"""What holds for pages as such: light, fast, open to everybody, and of one mind with the server."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Response, expect

from dispatch.life import FACTS, LIFE, Role
from tests.pages.axe import faults
from tests.pages.conftest import PROJECT, OpenPage, Road
from tests.pages.hand import act

WEB = PROJECT / "web"

#: screens.md: first load of the squad page, as it goes over the line.
FIRST_LOAD_BYTES = 120_000


def test_the_phones_life_cycle_is_the_servers() -> None:
    """What a phone without network offers is the server's own table; `life.json` is written anew when that changes."""
    told = json.loads((WEB / "src" / "squad" / "life.json").read_text("utf-8"))
    steps = [
        {
            "action": step.action,
            "from_states": list(step.from_states),
            "to_state": str(step.to_state),
            "needs": list(step.needs),
            "holder": step.holder,
        }
        for step in LIFE
        if Role.SQUAD in step.who
    ]
    assert told == {"facts": sorted(FACTS), "steps": steps}


def test_the_pages_lock_names_no_address() -> None:
    """Every package is bound by its hash, and who installs decides where it comes from."""
    packages = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    assert [name for name, one in packages.items() if name and "integrity" not in one] == []
    assert [name for name, one in packages.items() if "resolved" in one] == []


def test_the_first_load_is_light(road: Road, open_page: OpenPage) -> None:
    """All that a phone fetches until the first card stands, packed as it comes, with its figures' font."""
    road.truck()
    page = open_page("squad", None)
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.append(response))
    page.goto("/squad")
    expect(page.get_by_role("article")).to_be_visible()
    page.evaluate("document.fonts.ready.then(() => undefined)")
    files = [one for one in loaded if "/v1/" not in one.url]
    sizes = {one.url.removeprefix(road.address): one.request.sizes()["responseBodySize"] for one in files}
    assert any(name.endswith(".js") for name in sizes)
    assert any(name.endswith(".woff2") for name in sizes)
    assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sizes


def test_axe_finds_nothing_serious(road: Road, open_page: OpenPage) -> None:
    """Card, sheets, list, conflict-free and empty page, in both languages."""
    page = open_page("squad", "/squad")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert faults(page) == []
    road.truck(scale=1.2, hundred_tonne=True, severity=6)
    road.truck("", ago_s=40)
    expect(page.locator(".rows > li")).to_have_count(1)
    assert faults(page) == []
    act(page, "pass")
    assert faults(page) == []
    page.keyboard.press("Escape")
    act(page, "claim")
    act(page, "stop")
    act(page, "weigh")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="溧陽二中隊").click()
    assert faults(page) == []
    page.get_by_role("button", name="English").click()
    assert faults(page) == []


def test_touch_targets_are_large(road: Road, open_page: OpenPage) -> None:
    """Every button of the card is 56 px high at least: gloves, rain, one hand."""
    road.truck()
    page = open_page("squad", "/squad")
    expect(page.get_by_role("article")).to_be_visible()
    heights = page.locator("button").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert len(heights) >= 3
    assert min(heights) >= 56


def test_a_card_is_there_within_two_seconds(road: Road, open_page: OpenPage) -> None:
    """From the filing of the violation to the card on a page that is open."""
    page = open_page("squad", "/squad")
    expect(page.locator(".feed")).to_have_text("即時")
    for number in range(5):
        told = road.truck(f"苏A2000{number}")
        page.locator(f"[data-intercept='{told.id}']").wait_for(timeout=2_000)


@pytest.mark.parametrize("name", ["icon.svg", "icon-192.png", "icon-512.png", "icon-maskable-512.png"])
def test_the_page_can_be_installed(road: Road, open_page: OpenPage, name: str) -> None:
    """The manifest names icons that are there, and starts at the squad page."""
    page = open_page("squad", "/squad")
    manifest = page.request.get("/manifest.webmanifest").json()
    assert manifest["start_url"] == "/squad"
    assert f"/icons/{name}" in [icon["src"] for icon in manifest["icons"]]
    assert page.request.get(f"/icons/{name}").ok


def test_nothing_comes_from_elsewhere(road: Road, open_page: OpenPage) -> None:
    """Whatever a page fetches at run time, it fetches from us; and the policy that holds it to that is on each page."""
    road.truck()
    page = open_page("duty", None)
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    for path in ("/login", "/squad", "/board"):
        answer = page.goto(path)
        assert answer is not None
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        expect(page.locator("#page > *").first).to_be_visible()
    ours = (road.address, "blob:", "data:")
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith(ours)] == []
