"""Weighed, a permit shown, sent on: 20 km later the strips say the same again, and nobody is woken."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.kafka.counting import wait_for
from tests.pages.conftest import Look, OpenPage
from tests.pages.hand import act, expect_sent
from tests.stories.roadside import appears, put_on_scale, stop, take
from tests.stories.world import PATIENT_MS, SECONDS, World

DESK: ViewportSize = {"width": 1920, "height": 1080}

#: 67.8 t where 49 t are allowed: grave enough to wake somebody.
GRAVE = 0.75

#: From one site to the other at 60 km/h.
TWENTY_MINUTES_S = 1_200


@pytest.fixture
def road(unstarted: World) -> World:
    """The product, running, with a clock that goes on when it is told to."""
    unstarted.start_with_own_clock()
    return unstarted


def why(road: World, violation: str) -> list[dict[str, Any]]:
    """What was decided about a violation that woke nobody; empty as long as nothing was."""
    status, document = road.ask("duty", "GET", f"/v1/violations/{violation}/why")
    return list(document["decisions"]) if status == 200 else []


def test_legal_at_the_scale_and_seen_again(road: World, open_page: OpenPage, look: Look) -> None:
    """The same truck with the same load opens nothing and says why; one that nobody weighed is put before the squad."""
    squad = open_page("squad", "/squad")
    road.send(road.passage("苏A12345", ago_s=1, scale=GRAVE))
    appears(squad, "苏A12345")
    take(squad)
    stop(squad)
    put_on_scale(squad, 67_200)
    act(squad, "legal")
    sheet = squad.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="合法")).to_be_disabled()
    sheet.get_by_label("許可證").fill("P-77")
    look(squad, "story-legal-permit")
    sheet.get_by_role("button", name="合法").click()
    expect_sent(squad)
    legal = road.intercept("苏A12345", "legal")
    assert (legal["static_gross_kg"], legal["permit_number"]) == (67_200, "P-77")

    road.forward(TWENTY_MINUTES_S)
    again, other = (road.passage(plate, ago_s=1, scale=GRAVE, site="G104-K032") for plate in ("苏A12345", "苏B54321"))
    violation, _ = road.send(again, other)
    # The card of the truck that is done with stays open until the officer turns to the next one.
    woken = road.intercept("苏B54321")
    squad.locator(f"[data-intercept='{woken['id']}']").click(timeout=PATIENT_MS)
    appears(squad, "苏B54321")
    wait_for(lambda: bool(why(road, violation)), SECONDS, "why nobody was woken")
    (decision,) = why(road, violation)
    assert decision["kind"] == "not_opened"
    assert (decision["facts"]["why"], decision["facts"]["waived"]) == ("found_legal", ["severity"])
    (still,) = road.intercepts("苏A12345")
    assert (still["state"], still["alerts"]) == ("legal", legal["alerts"])
    look(squad, "story-legal-other")
    case = open_page("duty", f"/cases/{legal['case']}", size=DESK)
    expect(case.locator(".summary")).to_contain_text("合法放行", timeout=PATIENT_MS)
    expect(case.locator(".summary")).to_contain_text("P-77")
    expect(case.get_by_text("G104-K032").first).to_be_visible()
    look(case, "story-legal-case")
    assert "whole" in road.ledger_is_whole()
