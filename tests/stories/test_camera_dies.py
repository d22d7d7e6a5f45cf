"""A camera dies: the trucks whose plates it no longer reads wake nobody, except those worth a search without one."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.kafka.counting import wait_for
from tests.pages.conftest import Look, OpenPage
from tests.stories.world import SECONDS, World

DESK = {"width": 1920, "height": 1080}

#: Of the usual truck: within its limit, half over it (severity 4), nearly twice it (severity 5), and above 100 t.
LEGAL, SEVERITY_4, SEVERITY_5, HUNDRED_TONNE = 0.45, 0.78, 1.05, 1.2


def in_the_dark(road: World) -> None:
    """A lane whose camera reads 3 plates of 15; known as soon as they are counted."""
    read = [road.passage(f"苏A1000{place}", ago_s=90 - place, scale=LEGAL) for place in range(3)]
    unread = [road.passage("", ago_s=60 - place, scale=LEGAL) for place in range(12)]
    road.send(*read, *unread)
    wait_for(lambda: lane_of(road)["plates_now"]["passages"] == 15, SECONDS, "fifteen trucks that are counted")


def lane_of(road: World) -> dict[str, Any]:
    """What the technician's program reads of the lane."""
    (lane,) = road.get("technician", "/v1/sites/G104-K012/health")["lanes"]
    return dict(lane)


def why_silent(road: World, violation: str) -> dict[str, Any]:
    """What the duty room is told when it asks why that truck was not alerted, once it was judged."""
    path = f"/v1/violations/{violation}/why"
    wait_for(lambda: road.ask("duty", "GET", path)[0] == 200 and road.get("duty", path)["decisions"], SECONDS, "why")
    (decision,) = road.get("duty", path)["decisions"]
    assert decision["kind"] == "not_opened"
    return dict(decision["facts"])


def test_a_camera_dies_and_the_phones_stay_quiet(road: World, open_page: OpenPage, look: Look) -> None:
    """Half over and unread wakes nobody and the answer says why; the technician has the alarm; the worst still ring."""
    phones = [open_page("squad", "/squad"), open_page("rival", "/squad")]
    in_the_dark(road)
    silent = road.send(*(road.passage("", ago_s=3, scale=SEVERITY_4 + place / 100) for place in range(3)))
    for violation in silent:
        facts = why_silent(road, violation)
        assert (facts["why"], facts["severity"], facts["plate_read"]) == ("camera_dark", 4, False)
        assert facts["lane_plates_read"] * 2 < facts["lane_passages"]
    assert road.intercepts() == []
    for phone in phones:
        expect(phone.get_by_role("heading", name="目前無車可攔")).to_be_visible(timeout=60_000)
    look(phones[0], "story-camera-phone-quiet")

    assert lane_of(road)["plates_now"] | {"from": ""} == {
        "from": "", "passages": 18, "read": 3, "percent": 16.6667, "floor_percent": 50, "dark": True
    }  # fmt: skip
    technician = open_page("technician", "/sites", size=DESK)
    alarm = technician.locator(".lane").get_by_role("alert")
    expect(alarm).to_contain_text("相機看不清", timeout=60_000)
    expect(alarm).to_contain_text("18 次過站只讀到 3 面車牌")
    look(technician, "story-camera-technician")

    grave = road.send(*(road.passage("", ago_s=1, scale=scale) for scale in (SEVERITY_5, HUNDRED_TONNE)))
    wait_for(
        lambda: {one["best"]["id"] for one in road.intercepts()} == set(grave), SECONDS, "the two that are worth it"
    )
    reasons = {one["best"]["id"]: one["reasons"] for one in road.intercepts()}
    assert [reasons[one] for one in grave] == [["severity"], ["hundred_tonne", "severity"]]
    for phone in phones:
        expect(phone.get_by_role("article")).to_be_visible(timeout=60_000)
    look(phones[0], "story-camera-phone-rings")
