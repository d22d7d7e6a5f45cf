"""A driver disputes: the case says what it rests on, the authority loses, and the violation leaves all counts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.kafka.counting import wait_for
from tests.pages.conftest import ARTEFACTS, Look, OpenPage
from tests.stories.world import SECONDS, Shift, World, registry

A4 = {"width": 794, "height": 1123}
PLATE = "苏A12345"

CALIBRATED = """direction = "up"
[[site.lane.calibration]]
version = 3
from = 2026-01-01T00:00:00+08:00
[[site]]
id = "G104-K032"
"""


@pytest.fixture
def sites() -> str:
    """The usual road, whose first lane says when it was calibrated."""
    return registry([Shift("liyang-2")]).replace('direction = "up"\n[[site]]\nid = "G104-K032"\n', CALIBRATED)


def confirmed(road: World) -> dict[str, Any]:
    """A 百噸王 that was stopped, weighed and confirmed; its intercept."""
    road.send(road.passage(PLATE, ago_s=2, scale=1.2, calibration=3, gross_sigma=0.021))
    told = road.intercept(PLATE)
    if told["state"] == "unverified":
        told = road.act("duty", told, "verify")
    told = road.act("squad", road.intercept(PLATE), "claim")
    told = road.act("squad", told, "stop")
    told = road.act("squad", told, "weigh", static_gross_kg=106_300, scale_certificate="JJG-S-7")
    return road.act("squad", told, "confirm", document_number="A-2026-17")


def figures(road: World) -> dict[str, Any]:
    """Every figure that the violation stands in."""
    (row,) = [one for one in road.get("analyst", "/v1/corridors/G104/rates")["rows"] if one["passages"]]
    past = road.get("duty", f"/v1/offenders/{quote(PLATE)}?reason=appeal")
    effects = road.get("duty", "/v1/effectiveness?corridor=G104")["figures"]
    of = {one["figure"]: (one["numerator"], one["denominator"], one["left_out"]["excluded"]) for one in effects}
    return {
        "raw": (row["trucks"], row["over_beyond_tolerance"], row["hundred_tonne"], row["rate_percent"]),
        "net": (row["net"]["trucks"], row["net"]["over_beyond_tolerance"], row["net"]["rate_percent"]),
        "by_person": row["excluded"].get("BY_PERSON", 0),
        "history": (past["confirmed_365d"], past["suspected_365d"], past["repeat"]),
        "precision": of["precision"],
        "on_site_handling": of["on_site_handling"],
    }


def decide(road: World, violation: str, what: str, **body: str) -> None:
    """What the duty room enters of a violation."""
    path = f"/v1/violations/{violation}/{what}"
    status, answer = road.ask("duty", "POST", path, body, Idempotency_Key=f"{what}-1")
    assert status == 200, answer


def test_a_driver_disputes_and_wins(road: World, open_page: OpenPage, look: Look) -> None:
    """The sheet names limit, clause, sigma, calibration, certificate; excluded it is in no figure, restored in each."""
    told = confirmed(road)
    violation = told["best"]["id"]
    page = open_page("duty", f"/cases/{told['case']}", size=A4)
    verdict = page.locator(".verdict")
    for words in ("46.00 – 49.00 t", "條款", "標準不確定度 σ", "2.10 %", "校準版本", "JJG-1，5 級，至 2027-12-31"):
        expect(verdict).to_contain_text(words, timeout=60_000)
    expect(verdict.locator("dt", has_text="條款").locator("xpath=following-sibling::dd")).to_contain_text(
        "第三條第（八）項"
    )
    expect(verdict.locator("dt", has_text="校準版本").locator("xpath=following-sibling::dd")).to_have_text("3")
    for words in (PLATE[:2], "確認超限", "106.30 t", "+57.30 t", "JJG-S-7", "A-2026-17"):
        expect(page.locator(".summary")).to_contain_text(words)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="列印")).to_be_hidden()
    assert re.fullmatch("[0-9a-f]{64}", page.locator(".timeline .whole").last.inner_text())
    page.screenshot(path=ARTEFACTS / "story-dispute-print.png", full_page=True)
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen")

    before = figures(road)
    assert before == {
        "raw": (1, 1, 1, 100.0),
        "net": (1, 1, 100.0),
        "by_person": 0,
        "history": (1, 0, True),
        "precision": (1, 1, 0),
        "on_site_handling": (1, 1, 0),
    }
    decide(road, violation, "exclusions", rule="lost_appeal", reason="複議決定：秤台接縫異常，證據不足")
    wait_for(lambda: figures(road)["by_person"] == 1, SECONDS, "the appeal")
    assert figures(road) == {
        "raw": (1, 0, 0, 0.0),
        "net": (0, 0, None),
        "by_person": 1,
        "history": (0, 0, False),
        "precision": (0, 0, 1),
        "on_site_handling": (0, 0, 1),
    }
    page.reload()
    expect(page.locator(".weighed")).to_contain_text("不計入統計", timeout=60_000)
    expect(page.locator(".timeline li.ledger").filter(has_text="證據不足")).to_be_visible()
    look(page, "story-dispute-excluded")
    (kept,) = road.get("duty", f"/v1/violations/{violation}/exclusions")["items"]
    assert (kept["rule"], kept["by"]) == ("lost_appeal", "duty")

    decide(road, violation, "restorations", reason="法院撤銷複議決定")
    assert figures(road) == before
    page.reload()
    expect(page.locator(".weighed")).not_to_contain_text("不計入統計", timeout=60_000)
    assert "whole" in road.ledger_is_whole()
