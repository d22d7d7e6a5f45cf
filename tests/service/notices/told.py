"""Intercepts as the feed tells them, in states that a test chooses, and a plan with a target of each kind."""

from __future__ import annotations

import json
from typing import Any

from dispatch.network import StopPoint
from service.messages import rfc3339
from service.notices.news import Ground
from service.notices.queue import Plan
from service.notices.targets import SIGN, SMS, WECOM, Target, Targets
from service.store import feed, intercepts, joint_actions
from service.store.engine import Store
from service.store.feed import Entry
from service.store.intercepts import InterceptRow
from service.store.joint_actions import JointRow
from tests.service.told import MINUTE_NS, TIME_NS
from wim.records import Direction

ID = "aabbccddeeff0011"

POINTS = {
    "near": StopPoint("near", "G104", 15.0, Direction.UP),
    "yard": StopPoint("yard", "G104", 21.0, Direction.UP, static_scale=True),
    "behind": StopPoint("behind", "G104", 3.0, Direction.UP, static_scale=True),
    "down": StopPoint("down", "G104", 2.0, Direction.DOWN),
}
HOUR_NS = 60 * MINUTE_NS
GROUND = Ground(POINTS, {"G104": "Asia/Shanghai"}, 15 * MINUTE_NS, 12 * HOUR_NS)


def plan(url: str = "http://127.0.0.1:1", pushes: bool = False) -> Plan:
    """A robot at the road desk, a phone of a squad, a sign at the next stop point; all at one server."""
    entries = (
        Target(WECOM, "room", "key", desk="road", url=f"{url}/robot"),
        Target(WECOM, "police room", "key", desk="police", url=f"{url}/robot"),
        Target(SMS, "car", "+8613000000000", squad="liyang-2"),
        Target(SIGN, "board", f"{url}/sign", stop_point="near"),
    )
    return Plan(Targets(entries, ("127.0.0.1",)), GROUND, pushes)


def document(state: str = "offered", **changed: Any) -> str:
    """An intercept's message."""
    usual = {
        "id": ID,
        "version": 1,
        "time": rfc3339(TIME_NS),
        "state": state,
        "plate": "苏A12345",
        "unverified": False,
        "best": {
            "passage": {"gross_kg": 61_000},
            "limit_high_kg": 26_000,
            "excess_kg": 35_000,
            "rate_percent": 134.6,
            "hundred_tonne": False,
        },
        "sightings": [{"site": "G104-K012", "direction": 0, "corridor": "G104", "chainage_km": 12.4}],
        "alerts": 1,
        "squad": "liyang-2",
        "lead_agency": "road",
    }
    return json.dumps(usual | changed, ensure_ascii=False)


def tell(store: Store, text: str) -> None:
    """Write an intercept as the docket does: its row and the entry of the feed, in one transaction."""
    told = json.loads(text)
    with store.writing() as conn:
        before = intercepts.get(conn, told["id"], corridors=None)
        version = before.version + 1 if before else 1
        place = told["sightings"][-1]
        row = InterceptRow(
            told["id"], version, "case", told["state"], True, place["corridor"] or "", place["site"], told["plate"], 1,
            told["squad"], told["lead_agency"], 1.0, TIME_NS, TIME_NS, text,
        )  # fmt: skip
        intercepts.save(conn, [row])
        feed.append(conn, [Entry("intercept", place["corridor"], place["site"], None, TIME_NS, text)])


def joint_document(**changed: Any) -> str:
    """A joint action's message."""
    sides = [{"agency": "road", "state": "delivered"}, {"agency": "police", "state": "proposed"}]
    usual = {"id": "0011aabbccddeeff", "intercept": ID, "status": "open", "sides": sides, "escalated_at": None}
    return json.dumps(usual | changed)


def tell_joint(store: Store, text: str) -> None:
    """Write a joint action as the docket does: its row and the entry of the feed, in one transaction."""
    told = json.loads(text)
    with store.writing() as conn:
        before = joint_actions.get(conn, told["id"], corridors=None)
        version = before.version + 1 if before else 1
        row = JointRow(
            told["id"], version, told["intercept"], "hundred_tonne", told["status"], True, "G104", "G104-K012",
            "苏A12345", None, None, TIME_NS, text,
        )  # fmt: skip
        joint_actions.save(conn, [row])
        feed.append(conn, [Entry("joint-action", "G104", "G104-K012", None, TIME_NS, text)])
