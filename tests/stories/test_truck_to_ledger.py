"""One truck from the strips to the ledger: seen, taken, stopped, weighed, and the same on every screen."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from tests.pages.conftest import Look, OpenPage
from tests.pages.hand import act, expect_sent, expect_state, weigh
from tests.stories.world import World


def test_from_the_strips_to_the_ledger(road: World, open_page: OpenPage, look: Look) -> None:
    """What the squad does with its thumb stands on the board, on the case's page and in the ledger, word for word."""
    squad, board = open_page("squad", "/squad"), open_page("duty", "/board", size={"width": 1920, "height": 1080})
    expect(squad.get_by_role("heading", name="目前無車可攔")).to_be_visible()
    road.send(road.passage("苏A12345", scale=1.2, ago_s=1))
    sent_s = time.monotonic()
    card = squad.get_by_role("article", name="苏A12345")
    expect(card).to_be_visible(timeout=60_000)
    print(f"card after {time.monotonic() - sent_s:.2f} s")
