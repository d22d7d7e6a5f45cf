"""The page of joint actions: what one agency asks of the other, how long it has, and the ledger that both can check."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, OpenPage, Road

DESK: ViewportSize = {"width": 1920, "height": 1080}


def proposed(road: Road) -> None:
    """A 百噸王, which is a matter of both agencies."""
    road.truck(scale=1.2, hundred_tonne=True, severity=6)


def test_police_accept_arrive_and_are_done(road: Road, open_page: OpenPage, look: Look) -> None:
    """A proposal comes by itself with its deadline; each step is one touch; the duty desk sees the same."""
    police, duty = open_page("police", "/joint", size=DESK), open_page("duty", "/joint", size=DESK)
    expect(police.get_by_text("目前沒有聯合行動")).to_be_visible()
    proposed(road)
    side = police.get_by_role("region", name="公安")
    expect(side.locator(".deadline")).to_contain_text(re.compile(r"還有 \d+:\d\d"))
    look(police, "joint-proposed")
    police.locator("[data-move=accept]").click()
    expect(side).to_contain_text("已接受")
    expect(duty.get_by_role("region", name="公安")).to_contain_text("已接受")
    police.locator("[data-move=on_scene]").click()
    expect(side).to_contain_text("在現場")
    police.locator("[data-move=done]").click()
    done = police.get_by_role("dialog").get_by_role("button", name="完成")
    police.get_by_label("處理結果").fill("罰款、責令卸載")
    expect(done).to_be_disabled()
    police.get_by_label("文書編號").fill("320481-7")
    look(police, "joint-done")
    done.click()
    expect(duty.get_by_role("region", name="公安")).to_contain_text("320481-7")


def test_road_under_all_gives_the_weigh_slip(road: Road, open_page: OpenPage, look: Look) -> None:
    """Of road the other side gets weight and certificate; before that nothing is done."""
    proposed(road)
    duty, police = open_page("duty", "/joint"), open_page("police", "/joint")
    side = police.get_by_role("region", name="路政")
    duty.locator("[data-move=accept]").click()
    duty.locator("[data-move=on_scene]").click()
    duty.locator("[data-move=done]").click()
    sheet = duty.get_by_role("dialog")
    done = sheet.get_by_role("button", name="完成")
    sheet.get_by_label("磅單：總重（公斤）").fill("106000")
    expect(done).to_be_disabled()
    sheet.get_by_label("磅秤檢定證號").fill("JJG-S-7")
    sheet.get_by_label("卸載（公斤）").fill("57000")
    look(duty, "joint-slip")
    assert faults(duty) == []
    done.click()
    for words in ("完成", "106.00 t", "JJG-S-7"):
        expect(side).to_contain_text(words)


@pytest.mark.parametrize(("account", "language"), [("police", "zh-CN"), ("duty", "en")])
def test_a_truck_is_proposed_by_hand(road: Road, open_page: OpenPage, look: Look, account: str, language: str) -> None:
    """Police or the duty desk say which truck, why and what was seen; the other agency is asked, and reads it."""
    told = road.truck("苏A10001", severity=4)
    road.truck("苏A10002", severity=4)
    page = open_page(account, "/joint", PHONE, language)
    other = open_page("duty" if account == "police" else "police", "/joint", DESK)
    page.get_by_role("button", name=re.compile("提出聯合行動|Propose a joint action")).click()
    sheet = page.get_by_role("dialog")
    send = sheet.get_by_role("button", name=re.compile("^(提出|Propose)$"))
    sheet.locator(".choice", has_text="10001").click()
    sheet.get_by_label(re.compile("拒絕過磅|Refused the scale")).check()
    expect(send).to_be_disabled()
    sheet.get_by_label(re.compile("看到的情況|What was seen")).fill("司機鎖車門拒絕過磅")
    look(page, f"joint-propose-{language}")
    assert faults(page) == []
    send.click()
    expect(sheet).to_have_count(0)
    expect(page.locator(".proposal")).to_contain_text(re.compile("拒絕過磅|Refused the scale"))
    expect(other.locator(".proposal")).to_contain_text("拒絕過磅")
    assert page.request.get("/v1/joint-actions").json()["items"][0]["intercept"] == told.id
    ledger(other)
    expect(other.locator(".entries")).to_contain_text("司機鎖車門拒絕過磅")


def stale(page: Page) -> list[Route]:
    """The page learns nothing of the joint action after its list: its feed is cut, and its first move waits."""
    held: list[Route] = []
    page.route("**/v1/live*", lambda route: route.abort())
    quiet = {"content_type": "text/event-stream", "body": ": nothing\n\n"}
    page.route("**/v1/live*", lambda route: route.fulfill(**quiet), times=1)
    page.route("**/actions", lambda route: held.append(route), times=1)
    return held


def moved(page: Page, joint: dict[str, Any], action: str, token: str, **told: str) -> None:
    """An agency moves its side as a program."""
    seen = {"Idempotency-Key": f"{action}-1", "If-Match": f'"{joint["version"]}"'}
    answer = page.context.request.post(
        f"/v1/joint-actions/{joint['id']}/actions",
        data={"action": action, **told},
        headers={**seen, "Authorization": f"Bearer {token}"},
    )
    assert answer.ok, answer.text()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_move_that_was_overtaken_is_sent_again_by_hand(
    road: Road, open_page: OpenPage, look: Look, language: str
) -> None:
    """The page shows what the other side did meanwhile and keeps what was typed; the person sends it again, or not."""
    proposed(road)
    page, api = open_page("police", None, PHONE, language), open_page("duty", None)
    held = stale(page)
    page.goto("/joint")
    page.get_by_label(re.compile("派出單位|Unit")).fill("jiaojing-3")
    page.locator("[data-move=accept]").click()
    (joint,) = api.request.get("/v1/joint-actions").json()["items"]
    moved(api, joint, "accept", road.accounts.tokens["duty"], unit="liyang-2")
    held[0].continue_()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(re.compile("還沒送出|was not sent"))
    expect(notice).to_contain_text(re.compile("路政 已送達 → 已接受|road authority Delivered → Accepted"))
    expect(notice).to_contain_text("liyang-2")
    expect(notice).to_contain_text("jiaojing-3")
    look(page, f"joint-moved-{language}")
    assert faults(page) == []
    page.get_by_role("button", name=re.compile("仍要接受|Accept all the same")).click()
    side = page.get_by_role("region", name=re.compile("公安|^police$"))
    expect(side).to_contain_text(re.compile("已接受|Accepted"))
    expect(side).to_contain_text("jiaojing-3")
    expect(notice).to_have_count(0)


def test_a_move_that_is_not_possible_any_more_is_not_offered_again(road: Road, open_page: OpenPage) -> None:
    """Another desk of the same agency was quicker: the page says so, and what it became."""
    proposed(road)
    page, api = open_page("police", None, PHONE), open_page("police", None)
    held = stale(page)
    page.goto("/joint")
    page.locator("[data-move=accept]").click()
    (joint,) = api.request.get("/v1/joint-actions").json()["items"]
    moved(api, joint, "decline", road.accounts.tokens["police"], note="警力不足")
    held[0].continue_()
    notice = page.get_by_role("alert")
    for words in ("公安 已送出 → 拒絕", "警力不足", "現在已不能「接受」"):
        expect(notice).to_contain_text(words)
    expect(notice.get_by_role("button")).to_have_text(["知道了"])


def test_accepting_names_the_unit(road: Road, open_page: OpenPage, look: Look) -> None:
    """Of road one of the registry's squads, by its name; the other agency reads who comes."""
    proposed(road)
    duty, police = open_page("duty", "/joint"), open_page("police", "/joint", DESK)
    duty.get_by_label("派出單位").select_option("溧陽二中隊")
    look(duty, "joint-unit")
    duty.locator("[data-move=accept]").click()
    expect(police.get_by_role("region", name="路政")).to_contain_text("溧陽二中隊")
    ledger(police)
    expect(police.locator(".entries")).to_contain_text("接受")


def test_declining_needs_a_reason(road: Road, open_page: OpenPage) -> None:
    """The other side reads it."""
    proposed(road)
    police, duty = open_page("police", "/joint"), open_page("duty", "/joint")
    police.locator("[data-move=decline]").click()
    sheet = police.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="拒絕")).to_be_disabled()
    sheet.get_by_label("原因").fill("警力不足")
    sheet.get_by_role("button", name="拒絕").click()
    expect(duty.get_by_role("region", name="公安")).to_contain_text("警力不足")


def ledger(page: Page) -> Page:
    """Open the ledger of the only proposal."""
    page.get_by_text("雙方紀錄").click()
    return page


def test_the_ledger_is_checked_in_the_browser(road: Road, open_page: OpenPage, look: Look) -> None:
    """Every entry is hashed again; one that was changed on the way is named."""
    proposed(road)
    page = ledger(open_page("police", "/joint", size=DESK))
    expect(page.get_by_text(re.compile(r"\d+ 筆紀錄逐筆驗證無誤"))).to_be_visible()
    look(page, "joint-ledger")

    def forged(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('"role":"', '"role":"x', 1))

    other = open_page("police", None, size=DESK)
    other.route("**/v1/ledger*", forged)
    other.goto("/joint")
    ledger(other)
    expect(other.get_by_text(re.compile(r"第 \d+ 筆紀錄被改動過"))).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_joint_action_on_a_phone(road: Road, open_page: OpenPage, look: Look, language: str) -> None:
    """Nothing is wider than the phone, axe finds nothing serious, each language says it."""
    proposed(road)
    page = open_page("police", "/joint", size=PHONE, language=language)
    expect(page.locator(".proposal")).to_be_visible()
    page.locator("summary").click()
    expect(page.locator(".entries li").first).to_be_visible()
    look(page, f"joint-phone-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert faults(page) == []
