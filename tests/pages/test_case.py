"""The case page: one trip from the first strip to the unloading, for a desk, a phone and a sheet of A4."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, ViewportSize, expect

from tests.pages.axe import faults
from tests.pages.conftest import ARTEFACTS, PHONE, Look, OpenPage, Road

DESK: ViewportSize = {"width": 1920, "height": 1080}


def act(road: Road, context: APIRequestContext, action: str, **more: Any) -> None:
    """Do it at the duty desk, as a program would."""
    told = road.told()
    answer = context.post(
        f"{road.address}/v1/intercepts/{told.id}/actions",
        data={"action": action, **more},
        headers={
            "Authorization": f"Bearer {road.accounts.tokens['duty']}",
            "Idempotency-Key": f"{action}-{told.version}",
            "If-Match": f'"{told.version}"',
        },
    )
    assert answer.ok, answer.text()


def weighed(road: Road, context: APIRequestContext) -> str:
    """A truck that was stopped, weighed and confirmed; gives its case."""
    told = road.truck(scale=1.2, severity=5)
    act(road, context, "claim", squad="liyang-2")
    act(road, context, "stop", squad="liyang-2")
    act(road, context, "weigh", squad="liyang-2", static_gross_kg=106_000, scale_certificate="JJG-S-7")
    act(road, context, "confirm", squad="liyang-2", document_number="A-2026-17")
    return told.case


def test_the_whole_story_stands_on_one_page(road: Road, open_page: OpenPage, look: Look) -> None:
    """Weights, the verdict with its limit, sigma and certificate, the crossing, and the ledger with its hashes."""
    page = open_page("duty", None, size=DESK)
    case = weighed(road, page.context.request)
    page.goto(f"/cases/{case}")
    verdict = page.locator(".verdict")
    for words in ("49.00 t", "標準不確定度 σ", "JJG-1", "條款"):
        expect(verdict).to_contain_text(words)
    summary = page.locator(".summary")
    for words in ("苏A", "確認超限", "106.00 t", "+57.00 t", "JJG-S-7", "A-2026-17"):
        expect(summary).to_contain_text(words)
    ledger = page.locator(".timeline li.ledger")
    expect(ledger.filter(has_text="過磅完成")).to_contain_text(re.compile(r"#\d+ [0-9a-f]{12}"))
    expect(ledger.filter(has_text="過磅完成")).to_contain_text("靜態磅 106.00 t · 磅秤檢定證號 JJG-S-7")
    expect(ledger.filter(has_text="已派 → 已接下")).to_contain_text("代 liyang-2")
    expect(page.get_by_text("未保留訊號")).to_be_visible()
    look(page, "case-desk")
    page.screenshot(path=ARTEFACTS / "case-desk-whole.png", full_page=True)
    assert faults(page) == []


def test_a_case_prints_on_white_paper(road: Road, open_page: OpenPage) -> None:
    """In print the buttons are gone, the paper is white and each hash stands there whole."""
    page = open_page("duty", None, size={"width": 794, "height": 1123})
    page.goto(f"/cases/{weighed(road, page.context.request)}")
    expect(page.locator(".verdict")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="列印")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    shown = page.locator(".timeline .whole").last
    expect(shown).to_be_visible()
    assert re.fullmatch("[0-9a-f]{64}", shown.inner_text())
    page.screenshot(path=ARTEFACTS / "case-print.png", full_page=True)
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_signal_is_drawn_with_its_windows(road: Road, open_page: OpenPage, look: Look) -> None:
    """Each channel is a chart; who cannot see it hears which axle weighed what."""
    page = open_page("duty", None, size=DESK)
    window = {"vehicle": 1, "axle": 1, "first_ms": 40.0, "end_ms": 60.0, "load_kg": 3_550.0, "share": 1.0}
    channel = {"name": "1L", "kind": "strip", "unit": "N", "windows": [window]}
    times = [float(ms) for ms in range(200)]
    values = [20_000.0 if 42 <= ms <= 58 else 30.0 for ms in times]
    signal = {
        "start": "2026-05-29T03:12:40Z",
        "rate_hz": 10_000,
        "samples": 2_000,
        "thinned": True,
        "sha256": "0" * 64,
        "unweighed": None,
        "times_ms": times,
        "channels": [{**channel, "values": values}],
    }
    page.route("**/v1/violations/*/signal", lambda route: route.fulfill(json=signal))
    page.goto(f"/cases/{weighed(road, page.context.request)}")
    chart = page.get_by_role("img", name="1L；第 1 軸 3550 公斤")
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_visible()
    look(page, "case-signal")


def test_a_foreign_case_is_none(open_page: OpenPage) -> None:
    """The page says that there is none, and nothing else."""
    page = open_page("foreign", "/cases/0123456789abcdef")
    expect(page.get_by_role("alert")).to_contain_text("沒有這個案卷")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_case_on_a_phone(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """Nothing is wider than the phone, axe finds nothing serious, each language says it."""
    page = open_page("police", None, size=PHONE, language=language)
    page.goto(f"/cases/{weighed(road, page.context.request)}")
    expect(page.locator(".verdict")).to_be_visible()
    look(page, f"case-phone-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert faults(page) == []
