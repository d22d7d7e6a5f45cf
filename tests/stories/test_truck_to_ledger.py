"""One truck from the strips to the ledger: seen, taken, stopped, weighed, and the same on every screen."""

from __future__ import annotations

import re

from playwright.sync_api import Route, ViewportSize, expect

from tests.kafka.counting import wait_for
from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, OpenPage
from tests.pages.hand import act, expect_sent
from tests.stories.roadside import appears, confirm, put_on_scale, stop, take
from tests.stories.world import PATIENT_MS, SECONDS, World

WALL: ViewportSize = {"width": 1920, "height": 1080}


def test_from_the_strips_to_the_ledger(road: World, open_page: OpenPage, look: Look) -> None:
    """What the squad does with its thumb stands on the board, on the case's page and in the ledger, word for word."""
    squad, board = open_page("squad", "/squad"), open_page("duty", "/board", size=WALL)
    expect(squad.get_by_role("heading", name="目前無車可攔")).to_be_visible(timeout=PATIENT_MS)
    road.send(road.passage("苏A12345", ago_s=1))
    appears(squad, "苏A12345")
    for words in ("90.40", "49.00", "+41.40", "無照片", "6 軸"):
        expect(squad.get_by_role("article")).to_contain_text(words)
    look(squad, "story-truck-card")
    assert faults(squad) == []
    take(squad)
    act(squad, "depart")
    stop(squad)
    put_on_scale(squad, 89_960)
    confirm(squad, "A-2026-17")
    expect_sent(squad)

    told = road.intercept("苏A12345", "confirmed")
    assert (told["best"]["passage"]["gross_kg"], told["static_gross_kg"]) == (90_400, 89_960)
    row = board.locator(".alert")
    expect(row.get_by_role("img", name="苏A12345")).to_be_visible()
    for words in ("90.40 t", "確認超限", "溧陽二中隊"):
        expect(row).to_contain_text(words, timeout=PATIENT_MS)
    row.click()
    expect(board.locator(".detail")).to_contain_text("89.96")
    look(board, "story-truck-board")

    done = [
        (one["action"], one["from_state"], one["to_state"])
        for one in road.entries(told["id"])
        if one["role"] == "squad"
    ]
    assert done == [
        ("claim", "offered", "claimed"),
        ("depart", "claimed", "en_route"),
        ("stop", "en_route", "stopped"),
        ("weigh", "stopped", "weighed"),
        ("confirm", "weighed", "confirmed"),
    ]
    assert "whole" in road.ledger_is_whole()
    wait_for(lambda: road.published(told["id"]).get("version") == told["version"], SECONDS, "the topic")
    published = road.published(told["id"])
    for name in ("state", "squad", "static_gross_kg", "scale_certificate", "document_number"):
        assert published[name] == told[name], name

    board.goto(f"/cases/{told['case']}")
    for words in ("確認超限", "89.96 t", "JJG-S-7", "A-2026-17"):
        expect(board.locator(".summary")).to_contain_text(words, timeout=PATIENT_MS)
    hashes = {one["number"]: one["hash"] for one in road.entries(told["id"])}
    shown = board.locator(".timeline li.ledger code").all_inner_texts()
    numbers = {int(found[1]): found[2] for one in shown if (found := re.match(r"#(\d+) ([0-9a-f]{12})", one))}
    assert numbers == {number: hashed[:12] for number, hashed in hashes.items()}
    look(board, "story-truck-case")
    assert faults(board) == []


def test_two_squads_press_take_at_once(road: World, open_page: OpenPage, look: Look) -> None:
    """Both press before either hears of the other: one has the truck, the other reads who; in English on one phone."""
    one, other = open_page("squad", "/squad"), open_page("rival", "/squad", language="en")
    road.send(road.passage("苏A12345", ago_s=1))
    held: list[Route] = []
    for page in (one, other):
        appears(page, "苏A12345")
        page.route("**/actions", lambda route: held.append(route))
        with page.expect_request("**/actions"):
            act(page, "claim")
    for route in held:
        route.continue_()
    told = road.intercept("苏A12345", "claimed")
    winner, loser = (one, other) if told["squad"] == "liyang-2" else (other, one)
    expect(winner.locator("footer [data-action=depart]")).to_be_visible(timeout=PATIENT_MS)
    expect(loser.get_by_role("alert")).to_contain_text(told["squad"], timeout=PATIENT_MS)
    look(loser, "story-two-claims")
    loser.get_by_role("alert").get_by_role("button").click()
    expect(loser.locator("footer button")).to_have_count(0)
    claims = [entry for entry in road.entries(told["id"]) if entry["action"] == "claim"]
    assert [(entry["on_behalf_of"], entry["to_state"]) for entry in claims] == [(None, "claimed")]
    assert faults(one) == []
    assert faults(other) == []
    assert loser.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
