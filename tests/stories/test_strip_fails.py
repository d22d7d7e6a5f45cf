"""A strip fails in mid-shift: the watch finds it, a technician takes the lane out; its trucks are statistics then."""

from __future__ import annotations

from typing import Any

import numpy as np
from playwright.sync_api import expect

from tests.kafka.counting import wait_for
from tests.pages.conftest import Look, OpenPage
from tests.stories.world import SECONDS, SIX_AXLES_KG, SPACINGS_MM, World
from wim.records import Passages

SITE = "/v1/sites/G104-K012"
DESK = {"width": 1920, "height": 1080}
HEAVY = 1.05


def traffic(road: World, count: int, from_s_ago: float, to_s_ago: float, left: float = 1.0) -> list[Passages]:
    """Trucks within their limit as a sound scale weighs them; `left` is what the left side weighs of its load."""
    rng = np.random.default_rng(count)
    made = []
    for ago_s in np.linspace(from_s_ago, to_s_ago, count):
        loads = np.array(SIX_AXLES_KG) * rng.normal(0.40, 0.05) * rng.normal(1, 0.06, 6)
        sides = rng.normal(0.5, 0.015, 6)
        padded: dict[str, Any] = {"left_kg": np.zeros((1, 16)), "right_kg": np.zeros((1, 16))}
        padded["left_kg"][0, :6], padded["right_kg"][0, :6] = loads * sides * left, loads * (1 - sides)
        one = road.passage(f"苏C{road.sequence:05d}", ago_s=ago_s)
        one["left_kg"], one["right_kg"] = padded["left_kg"].round(), padded["right_kg"].round()
        one["gross_kg"] = int(one["left_kg"].sum() + one["right_kg"].sum())
        one["spacing_mm"][0, :5] = (np.array(SPACINGS_MM) + rng.normal(0, 25, 5)).round()
        one["speed_kmh"] = 88 - float(one["gross_kg"][0]) / 1_500 + rng.normal(0, 4)
        made.append(one)
    return made


def lane(road: World) -> dict[str, Any]:
    """What the technician's program reads of the lane."""
    (found,) = road.get("technician", f"{SITE}/health")["lanes"]
    return dict(found)


def told(road: World, violation: str) -> dict[str, Any]:
    """A violation, once it is filed."""
    wait_for(lambda: road.ask("duty", "GET", f"/v1/violations/{violation}")[0] == 200, SECONDS, "a violation")
    return dict(road.get("duty", f"/v1/violations/{violation}"))


def rings_again(road: World) -> bool:
    """Another heavy truck, and whether somebody was sent after any of them."""
    road.send(road.passage(f"苏A3{road.sequence:04d}", ago_s=1, scale=HEAVY))
    return any(one["plate"].startswith("苏A3") for one in road.intercepts())


def test_a_strip_fails_in_mid_shift(road: World, open_page: OpenPage, look: Look) -> None:
    """Found, shown, taken out, told anew as version 2; nobody is sent by it; restored, the next truck rings again."""
    phones = [open_page("squad", "/squad"), open_page("rival", "/squad")]
    road.send(*traffic(road, 1_400, 60_000, 9_000))
    (before,) = road.send(road.passage("苏A12345", ago_s=5, scale=HEAVY))
    assert road.intercept("苏A12345")["best"]["grade"] in ("intercept", "evidence")
    road.send(*traffic(road, 300, 9_000, 90, left=0.8))

    wait_for(lambda: lane(road)["downgraded"], SECONDS, "the watch")
    wait_for(lambda: told(road, before)["version"] == 2, SECONDS, "the violation that is told anew")
    assert (told(road, before)["grade"], "SITE_DOUBTED" in told(road, before)["flags"]) == ("count", True)
    (drift,) = road.get("technician", f"{SITE}/health")["downgrades"]
    assert (drift["source"], drift["cause"]) == ("drift", "sides")
    listed = road.get("duty", f"/v1/violations?downgrade={drift['id']}")["items"]
    assert before in {one["id"] for one in listed}
    technician = open_page("technician", "/sites", size=DESK)
    expect(technician.locator("main > .problem")).to_contain_text("車道 1", timeout=60_000)
    expect(technician.locator(".lane h2")).to_contain_text("存疑")
    look(technician, "story-strip-found")

    out = {"lane": 1, "reason": "左側條帶脫膠，停用待換"}
    assert road.ask("technician", "POST", f"{SITE}/downgrades", out, Idempotency_Key="out-1")[0] == 200
    (silent,) = road.send(road.passage("苏A22222", ago_s=1, scale=HEAVY))
    after = told(road, silent)
    assert (after["severity"], after["grade"], after["zone"]) == (5, "count", "watch")
    assert road.intercepts("苏A22222") == []
    for phone in phones:
        expect(phone.get_by_text("即時")).to_be_visible(timeout=60_000)
        expect(phone.get_by_text("苏A22222")).to_have_count(0)
    (row,) = [one for one in road.get("analyst", "/v1/corridors/G104/rates?by=lane")["rows"] if one["trucks"]]
    assert row["excluded"]["SITE_DOUBTED"] > 0
    assert row["net"]["trucks"] < row["trucks"]

    standing = [one["id"] for one in road.get("technician", f"{SITE}/health")["downgrades"] if one["until"] is None]
    back = {"downgrades": standing, "reason": "已換條帶，以標準車復核"}
    assert road.ask("technician", "POST", f"{SITE}/restores", back, Idempotency_Key="back-1")[0] == 200
    wait_for(lambda: rings_again(road), SECONDS, "a truck that rings")
    assert not lane(road)["downgraded"]
    technician.reload()
    expect(technician.locator(".lane h2")).not_to_contain_text("存疑", timeout=60_000)
    look(technician, "story-strip-restored")
