"""The login page: in with a token, out again, and what an account may do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.pages.axe import faults
from tests.pages.conftest import Look, OpenPage, Road


def test_a_token_opens_the_page_that_was_asked_for(road: Road, open_page: OpenPage, look: Look) -> None:
    """Nobody is sent to /login and comes back; the token stands in no address, and no script can read the cookie."""
    page = open_page(None, "/squad")
    expect(page.get_by_role("heading", name="公路超限監測")).to_be_visible()
    assert faults(page) == []
    look(page, "login")
    page.get_by_label("令牌").fill(road.accounts.tokens["squad"])
    page.get_by_role("button", name="登入", exact=True).click()
    expect(page.get_by_role("heading", name="目前無車可攔")).to_be_visible()
    assert page.url == f"{road.address}/squad"
    assert page.evaluate("document.cookie") == ""


def test_a_wrong_token_is_said_with_what_to_do(open_page: OpenPage, look: Look) -> None:
    """The words name the remedy, in the language that was chosen."""
    page = open_page(None, "/login")
    page.get_by_role("button", name="English").click()
    page.get_by_label("Token").fill("wim_0000000000_nobody")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Ask your administrator for a new one")
    look(page, "login-wrong-en")


def test_who_is_signed_in_sees_what_the_account_may_do_and_leaves(open_page: OpenPage, look: Look) -> None:
    """After signing out the pages ask who it is."""
    page = open_page("squad", "/login")
    expect(page.get_by_text("接下、放過、攔停")).to_be_visible()
    assert faults(page) == []
    look(page, "login-rights")
    page.get_by_role("button", name="登出").click()
    expect(page.get_by_label("令牌")).to_be_visible()
    page.goto("/squad")
    expect(page.get_by_label("令牌")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_wall_screen_is_let_in_by_its_code(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """It shows a code; duty sees where it is and confirms; it may only read, and is shut out by duty again."""
    wall = open_page(None, "/login", size={"width": 1920, "height": 1080})
    wall.get_by_role("button", name="這是值班室的牆面螢幕").click()
    code = wall.locator("output.code")
    expect(code).to_have_text(re.compile("^[A-Z2-9]{6}$"))
    look(wall, "login-wall")
    desk = open_page("duty", "/login", language=language)
    desk.locator("#code").fill((code.text_content() or "").lower())
    desk.get_by_role("button", name=re.compile("^(查看|Look)$")).click()
    expect(desk.locator(".let-in dl")).to_contain_text("127.0.0.1")
    look(desk, f"login-let-in-{language}")
    assert faults(desk) == []
    desk.get_by_role("button", name=re.compile("確認|Confirm")).click()
    expect(desk.locator(".let-in").get_by_role("status")).to_contain_text(code.text_content() or "?")
    wall.wait_for_url("**/board?kiosk=1")
    assert wall.request.get("/v1/session").json()["read_only"] is True

    row = desk.locator(".sessions li", has_text="wall-")
    expect(row).to_contain_text(re.compile("牆面|wall"), timeout=15_000)
    look(desk, f"login-sessions-{language}")
    row.get_by_role("button").click()
    row.get_by_role("button", name=re.compile("確定|Really")).click()
    expect(row).to_have_count(0)
    expect(wall.locator(".feed-refused")).to_be_visible(timeout=15_000)


def test_a_code_that_no_screen_shows_is_said(open_page: OpenPage) -> None:
    """Nothing is let in by a slip, and the words say where to look."""
    desk = open_page("duty", "/login")
    desk.locator("#code").fill("ABCDEF")
    desk.get_by_role("button", name="查看").click()
    expect(desk.get_by_role("alert")).to_contain_text("請看螢幕上現在的代碼")
    expect(desk.get_by_role("button", name=re.compile("確認"))).to_have_count(0)


def test_a_revoked_phone_is_told_to_sign_in(road: Road, open_page: OpenPage, look: Look) -> None:
    """The feed ends within seconds, and the page says so instead of showing old trucks as live."""
    road.truck()
    page = open_page("squad", "/squad")
    expect(page.locator(".feed")).to_have_text("即時")
    admin = {"Authorization": f"Bearer {road.accounts.tokens['admin']}"}
    sessions = page.request.get("/v1/sessions", headers={**admin, "Cookie": ""}).json()
    (mine,) = [one for one in sessions["items"] if one["squad"] == "liyang-2"]
    assert page.request.delete(f"/v1/sessions/{mine['id']}", headers={**admin, "Cookie": ""}).ok
    expect(page.locator(".feed")).to_have_text("登入已失效，請重新登入", timeout=15_000)
    expect(page.get_by_role("article")).to_have_count(0)
    expect(page.get_by_text("苏A")).to_have_count(0)
    look(page, "squad-revoked")
