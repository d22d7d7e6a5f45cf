"""A 百噸王: road weighs it, police decide, each at its own screen, and both have to be done."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import ViewportSize, expect

from tests.kafka.counting import wait_for
from tests.pages.axe import faults
from tests.pages.conftest import Look, OpenPage
from tests.pages.hand import expect_sent
from tests.stories.roadside import confirm, put_on_scale, stop, take
from tests.stories.world import PATIENT_MS, SECONDS, World

DESK: ViewportSize = {"width": 1920, "height": 1080}


def joint_of(road: World, intercept: str) -> dict[str, Any]:
    """The joint action about a truck, once there is one."""

    def found() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = road.get("police", "/v1/joint-actions")["items"]
        return [one for one in items if one["intercept"] == intercept]

    wait_for(lambda: bool(found()), SECONDS, "the joint action")
    (joint,) = found()
    return joint


def accept_as(road: World, account: str, joint: dict[str, Any], unit: str) -> tuple[int, Any]:
    """Take part with a unit, by an agency's own program."""
    return road.ask(
        account,
        "POST",
        f"/v1/joint-actions/{joint['id']}/actions",
        {"action": "accept", "unit": unit},
        If_Match=f'"{joint["version"]}"',
        Idempotency_Key=f"{joint['id']}-{unit}",
    )


def test_both_agencies_at_one_truck(road: World, open_page: OpenPage, look: Look) -> None:
    """Police accept, arrive and decide, the squad weighs; only together it is done, and no unit is sent twice."""
    squad, police = open_page("squad", "/squad"), open_page("police", "/joint", size=DESK)
    expect(police.get_by_text("目前沒有聯合行動")).to_be_visible(timeout=PATIENT_MS)
    road.send(road.passage("苏A88888", scale=1.2, ago_s=1))
    told = road.intercept("苏A88888")
    assert "hundred_tonne" in told["reasons"]
    joint = joint_of(road, told["id"])
    desk = police.locator(f"[data-joint='{joint['id']}']")
    ours, theirs = (desk.get_by_role("region", name=name) for name in ("路政", "公安"))
    expect(theirs.locator(".deadline")).to_contain_text(re.compile(r"\d+:\d\d"), timeout=PATIENT_MS)
    status, accepted = accept_as(road, "police", joint_of(road, told["id"]), "jiaojing-7")
    assert status == 200, accepted
    expect(theirs).to_contain_text("已接受", timeout=PATIENT_MS)

    take(squad)
    expect(squad.get_by_role("article")).to_contain_text("jiaojing-7", timeout=PATIENT_MS)
    expect(ours).to_contain_text("已接受", timeout=PATIENT_MS)
    # A second one meanwhile: whoever is at the first is not sent there.
    road.send(road.passage("苏A99999", scale=1.2, ago_s=1))
    second = road.intercept("苏A99999")
    status, refused = accept_as(road, "police", joint_of(road, second["id"]), "jiaojing-7")
    assert status == 422, refused
    assert "takes part in the joint action" in str(refused)
    assert second["squad"] != "liyang-2"

    stop(squad)
    expect(ours).to_contain_text("在現場")
    desk.locator("[data-move=on_scene]").click(timeout=PATIENT_MS)
    expect(theirs).to_contain_text("在現場")
    desk.locator("[data-move=done]").click(timeout=PATIENT_MS)
    police.get_by_label("處理結果").fill("罰款、責令卸載")
    police.get_by_label("文書編號").fill("320481-7")
    police.get_by_role("dialog").get_by_role("button", name="完成").click()
    wait_for(lambda: "320481-7" in str(joint_of(road, told["id"])), SECONDS, "the decision")
    assert joint_of(road, told["id"])["status"] == "open", "the scale has said nothing yet"
    look(police, "story-both-half")
    assert faults(police) == []

    put_on_scale(squad, 107_900)
    confirm(squad)
    expect_sent(squad)
    wait_for(lambda: joint_of(road, told["id"])["status"] == "done", SECONDS, "both sides")
    expect(ours).to_contain_text("確認超限 · 107.90 t · JJG-S-7")
    look(police, "story-both-done")
    assert faults(police) == []
    said = [(one["agency"], one["action"]) for one in road.entries(told["id"]) if one["action"].startswith("joint.")]
    assert [action for agency, action in said if agency == "police"] == ["joint.accept", "joint.on_scene", "joint.done"]
    assert said[-1][1] == "joint.done"
    assert "whole" in road.ledger_is_whole()
