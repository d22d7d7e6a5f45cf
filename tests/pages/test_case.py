"""The case page: one trip from the first strip to the unloading, for a desk, a phone and a sheet of A4."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, ViewportSize, expect

from tests.pages.axe import faults
from tests.pages.conftest import ARTEFACTS, PHONE, Look, OpenPage, Road
from wim.records import Flag

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


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_verdict_is_told_in_the_readers_language(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """Clause and flags by their names in it; dates by the site's clock, and nothing that was measured is certain."""
    told = road.truck(passage_flags=int(Flag.ACCELERATING), flags=["ACCELERATING"])
    page = open_page("duty", f"/cases/{told.case}", DESK, language)
    verdict = page.locator(".verdict")
    words = {
        "zh-CN": ("第62號令第三條第（八）項", "加減速", "自 2025-01-01 起", "超限機率 > 99.9 %"),
        "en": ("Order 62 Art. 3 (8)", "accelerating", "since 2025-01-01)", "P(over) > 99.9 %"),
    }[language]
    for one in words:
        expect(verdict).to_contain_text(one)
    for raw in ("1.000000", "T16:00:00Z"):
        expect(verdict).not_to_contain_text(raw)
    verdict.scroll_into_view_if_needed()
    look(page, f"case-verdict-{language}")


def test_what_is_left_out_says_by_whom_when_and_why(road: Road, open_page: OpenPage, look: Look) -> None:
    """Beside the violation; who may not read what was typed reads who and by which rule."""
    told = road.truck()
    page = open_page("duty", None, size=DESK)
    answer = page.context.request.post(
        f"/v1/violations/{told.best.id}/exclusions",
        data={"rule": "lost_appeal", "reason": "法院撤銷處罰"},
        headers={"Authorization": f"Bearer {road.accounts.tokens['duty']}", "Idempotency-Key": "out"},
    )
    assert answer.ok, answer.text()
    page.goto(f"/cases/{told.case}")
    note = page.locator(".weighed .excluded")
    expect(note).to_contain_text(
        re.compile(r"不計入統計 · \d\d-\d\d \d\d:\d\d:\d\d 路政 duty 排除，依據：申訴成立法院撤銷處罰")
    )
    look(page, "case-excluded")
    assert faults(page) == []
    bare = open_page("analyst", f"/cases/{told.case}").locator(".weighed .excluded")
    expect(bare).to_contain_text("申訴成立")
    expect(bare).not_to_contain_text("法院撤銷處罰")


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
