"""A permit at the roadside: no plate was read, so none could be looked up; the driver has one, and duty lets it go."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.kafka.counting import wait_for
from tests.pages.conftest import Look, OpenPage
from tests.pages.hand import act, expect_sent, expect_state
from tests.stories.world import SECONDS, World

DESK = {"width": 1920, "height": 1080}
REASON, PERMIT = "司機出示大件運輸許可證", "蘇超限 2026-0117"


def unread(road: World) -> str:
    """A truck half over its limit without a plate, on a lane whose camera works; its id."""
    road.send(*(road.passage(f"苏A1000{place}", ago_s=60 - place, scale=0.45) for place in range(4)))
    health = "/v1/sites/G104-K012/health"
    wait_for(
        lambda: road.get("technician", health)["lanes"][0]["plates_now"]["passages"] == 4,
        SECONDS,
        "a camera that works",
    )
    (violation,) = road.send(road.passage("", ago_s=2, scale=0.78))
    wait_for(lambda: road.intercepts(""), SECONDS, "an alert")
    return violation


def figure(road: World, name: str) -> tuple[int, int, float | None]:
    """One of the figures that the programme is judged by: counted, of how many, and the share."""
    told = road.get("duty", "/v1/effectiveness?corridor=G104")
    (found,) = [one for one in told["figures"] if one["figure"] == name]
    return found["numerator"], found["denominator"], found["value"]


def counts(road: World) -> dict[str, Any]:
    """Today's row of the road."""
    (row,) = [one for one in road.get("analyst", "/v1/corridors/G104/rates")["rows"] if one["passages"]]
    return {name: row[name] for name in ("passages", "trucks", "over_beyond_tolerance")}


def test_a_permit_is_shown_at_the_roadside(road: World, open_page: OpenPage, look: Look) -> None:
    """The squad stops it, duty cancels with reason and number; no precision is claimed, and the ledger has both."""
    squad, board = open_page("squad", "/squad"), open_page("duty", "/board", size=DESK)
    violation = unread(road)
    assert road.intercept("")["reasons"] == ["severity", "no_plate"]
    expect(squad.get_by_role("article", name="無車牌")).to_be_visible(timeout=60_000)
    act(squad, "claim")
    expect_state(squad, "已接下")
    act(squad, "stop")
    expect_state(squad, "已攔停")
    expect_sent(squad)
    look(squad, "story-permit-stopped")

    board.locator(".alert").click()
    board.locator(".deeds [data-action=cancel]").click()
    board.get_by_label("原因").fill(REASON)
    board.get_by_label("出示的許可證號（可略）").fill(PERMIT)
    look(board, "story-permit-desk")
    board.locator("dialog").get_by_role("button", name="取消", exact=True).click()
    expect(board.locator(".alert .state")).to_contain_text("已取消", timeout=60_000)

    expect_state(squad, "已取消")
    expect(squad.get_by_role("article")).to_contain_text(PERMIT, timeout=60_000)
    expect(squad.get_by_role("article")).to_contain_text(REASON)
    look(squad, "story-permit-squad")

    told = road.intercept("", "cancelled")
    assert (told["permit_number"], told["note"], told["stopped_at"] is not None) == (PERMIT, REASON, True)
    assert figure(road, "precision") == (0, 0, None)
    assert figure(road, "on_site_handling") == (1, 1, 1.0)
    # The strips' finding is not undone by it: who holds the permit to be right takes the violation out with a reason.
    assert counts(road) == {"passages": 5, "trucks": 5, "over_beyond_tolerance": 1}
    case = open_page("duty", f"/cases/{told['case']}", size=DESK)
    expect(case.locator(".timeline li.ledger").filter(has_text="已攔停 → 已取消")).to_contain_text(
        f"許可證 {PERMIT}", timeout=60_000
    )
    look(case, "story-permit-case")
    entries = road.get("duty", f"/v1/ledger?intercept={told['id']}")["items"]
    assert [one for one in entries if PERMIT in str(one) and REASON in str(one)], entries
    assert violation == told["best"]["id"]
    assert "whole" in road.ledger_is_whole()
