"""What the docket makes of a truck reaches phones, room and sign: offer, next squad, desk, claim, in its own words."""

from __future__ import annotations

import tomllib

import pytest

from service.docket.actions import act
from service.docket.deeds import Deed
from service.docket.terms import Terms
from service.notices.news import Ground
from service.notices.queue import Plan, follow
from service.notices.targets import SIGN, SMS, WECOM, Target, Targets
from service.registry import parse_registry
from service.store import notices
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.docket.test_offering import ONE, ROADS, TWO, do, sign, wait
from tests.service.told import MINUTE_NS

REGISTRY = parse_registry(tomllib.loads(ROADS), "here")
PLAN = Plan(
    Targets(
        (
            Target(SMS, "car of one", "1", squad="one"),
            Target(SMS, "car of two", "2", squad="two"),
            Target(WECOM, "room", "k", desk="road"),
            Target(WECOM, "police", "k", desk="police"),
            Target(SIGN, "board", "u", stop_point="near"),
        )
    ),
    Ground(REGISTRY.forces.stop_points, {"G104": "Asia/Shanghai"}, 15 * MINUTE_NS, 12 * 60 * MINUTE_NS),
)


@pytest.fixture
def desk(store: Store) -> Desk:
    """A road with two squads on duty."""
    made = Desk(store, terms=Terms(network=REGISTRY.network, forces=REGISTRY.forces))
    for squad in ("one", "two"):
        sign(made, squad, True)
    return made


def told(desk: Desk) -> list[tuple[str, str]]:
    """All notices so far: code and target."""
    with desk.store.writing() as conn:
        follow(conn, PLAN, desk.now_ns)
    with desk.store.reading() as conn:
        return sorted((row.code, row.target) for row in notices.page(conn, None, (), None, None, 100))


def test_an_offer_goes_from_phone_to_phone_to_the_desk(desk: Desk) -> None:
    """As nobody answers: each squad once, then the room; the sign once for all of it."""
    desk.file(desk.violation())
    first = [("offered", "car of one"), ("passing", "board")]
    assert told(desk) == first
    assert desk.only_intercept().state == "offered"
    wait(desk, 61)
    assert told(desk) == sorted([*first, ("offered", "car of two")])
    wait(desk, 125)
    assert told(desk) == sorted([*first, ("offered", "car of two"), ("desk", "room")])


def test_who_passes_hands_the_notice_on_and_who_claims_ends_it(desk: Desk) -> None:
    """The claim itself is no news to a phone."""
    desk.file(desk.violation())
    told(desk)
    do(desk, ONE, action="pass", note="at another truck")
    after = told(desk)
    assert ("offered", "car of two") in after
    do(desk, TWO, action="claim")
    assert told(desk) == after


def test_a_late_truck_is_filed_and_nobody_is_told(desk: Desk) -> None:
    """The backlog after an outage."""
    desk.file(desk.violation(-60 * MINUTE_NS))
    assert desk.only_intercept().state == "expired"
    assert told(desk) == []


def test_a_fact_that_does_not_fit_reaches_the_desk_hours_after_the_truck_was_in_reach(desk: Desk) -> None:
    """Two squads of one agency say that they stopped it; the phone of one had no network for two hours."""
    desk.file(desk.violation())
    do(desk, TWO, action="claim")
    told(desk)
    desk.now_ns += 120 * MINUTE_NS
    with desk.store.writing(durable=True) as conn:
        act(conn, desk.only_intercept().id, Deed(action="stop"), ONE, desk.now_ns, desk.terms, offline=True)
    assert ("conflict", "room") in told(desk)
    assert ("conflict", "police") not in told(desk)


def test_a_side_that_is_late_reaches_both_desks(desk: Desk) -> None:
    """Police do not confirm receipt of a 百噸王 within the minute that was agreed."""
    desk.file(desk.violation(hundred_tonne=True, grade="evidence"))
    wait(desk, 61)
    late = [one for one in told(desk) if one[0] == "joint_late"]
    assert late == [("joint_late", "police"), ("joint_late", "room")]
