"""03:00, one squad: who is asked across midnight, and what becomes of its trucks when the shift ends at six."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.pages.conftest import Look, OpenPage
from tests.pages.hand import act, expect_sent, expect_state
from tests.stories.roadside import appears, stop, take
from tests.stories.world import PATIENT_MS, Shift, World, registry

DESK: ViewportSize = {"width": 1920, "height": 1080}

#: No truck gets out of reach and no offer goes on by itself: what happens here, the end of the shift does.
POLICY = "reach_horizon_minutes = 60\nacknowledge_seconds = 3600\nduty_desk_seconds = 7200\n"


def zone_at(hour: int) -> str:
    """A zone in which that hour is now."""
    east = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}"


ZONE = zone_at(3)


@pytest.fixture
def sites() -> str:
    """One squad by night, across midnight, the other by day."""
    return registry([Shift("liyang-2", "22:00", "06:00"), Shift("liyang-3", "08:00", "20:00")], ZONE)


@pytest.fixture
def road(unstarted: World, tmp_path: Path) -> World:
    """The product, running, with a clock that goes on when it is told to."""
    (tmp_path / "policy.toml").write_text(POLICY, "utf-8")
    unstarted.start_with_own_clock(WIM_POLICY=str(tmp_path / "policy.toml"))
    return unstarted


def forward_to(road: World, clock: str) -> None:
    """Put the clock forward to the next time that the road's clock shows that."""
    now = datetime.fromtimestamp(road.now_ns() / 1e9, ZoneInfo(ZONE))
    hour, minute, second = map(int, clock.split(":"))
    then = now.replace(hour=hour, minute=minute, second=second)
    road.forward((then + timedelta(days=then <= now) - now).total_seconds())


def considered(road: World, intercept: str) -> dict[str, set[str]]:
    """Which squad was weighed for it, and with what words: one for each stop point, or one that says it all."""
    decisions = road.get("duty", f"/v1/intercepts/{intercept}/why")["decisions"]
    asked = next(one["facts"] for one in decisions if one["kind"] == "offer")
    words: dict[str, set[str]] = {}
    for one in asked["considered"]:
        words.setdefault(one["squad"], set()).add(one["verdict"])
    return words


def test_the_night_squad_alone_and_the_end_of_its_shift(road: World, open_page: OpenPage, look: Look) -> None:
    """It alone is asked; at six what it was offered and what it took go to the desk, where it is going it goes on."""
    squad = open_page("squad", "/squad")
    road.send(road.passage("苏A10001", ago_s=1))
    appears(squad, "苏A10001")
    first = road.intercept("苏A10001", "offered")
    assert first["squad"] == "liyang-2"
    assert "chosen" in considered(road, first["id"])["liyang-2"]
    assert considered(road, first["id"])["liyang-3"] == {"off_duty"}
    look(squad, "story-night-asked")
    take(squad)
    act(squad, "depart")
    expect_state(squad, "前往中")
    expect_sent(squad)

    # The squad is on its way, so nobody is asked about the next truck; it takes that one too, of its own accord.
    forward_to(road, "05:30:00")
    road.send(road.passage("苏A10002", ago_s=1))
    waiting = road.intercept("苏A10002", "open")
    assert (waiting["squad"], waiting["desk"]) == (None, True)
    squad.locator(f"[data-intercept='{waiting['id']}']").click(timeout=PATIENT_MS)
    take(squad)
    expect_sent(squad)

    forward_to(road, "06:00:01")
    left = road.intercept("苏A10002", "open")
    assert (left["squad"], left["desk"], left["passed"]) == (None, True, ["liyang-2"])
    assert "liyang-2" in left["note"]
    assert road.intercept("苏A10001")["state"] == "en_route"
    board = open_page("duty", "/board", size=DESK)
    board.locator(f".alert[data-intercept='{left['id']}']").click(timeout=PATIENT_MS)
    expect(board.locator(".detail")).to_contain_text(left["note"])
    look(board, "story-night-desk")
    squad.locator(f"[data-intercept='{first['id']}']").click(timeout=PATIENT_MS)
    stop(squad)
    expect_sent(squad)
    road.act("duty", road.intercept("苏A10001", "stopped"), "lose", squad="liyang-2", note="逃逸")

    # The night after: nobody has answered yet when the shift ends.
    forward_to(road, "05:50:00")
    road.send(road.passage("苏A10003", ago_s=1))
    asked = road.intercept("苏A10003", "offered")
    assert asked["squad"] == "liyang-2"
    forward_to(road, "06:00:01")
    left = road.intercept("苏A10003", "open")
    assert (left["squad"], left["desk"]) == (None, True)
    assert "liyang-2" in left["note"]
    ended = [one["action"] for one in road.entries(left["id"])]
    assert ended == ["offer", "shift_over"]
    assert "whole" in road.ledger_is_whole()
