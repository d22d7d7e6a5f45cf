"""A unit that helps the other agency with one truck is sent to no other."""

from __future__ import annotations

import tomllib

import pytest

from service.docket import joint
from service.docket.actions import RefusedError, act
from service.docket.deeds import Actor, Deed
from service.docket.joint import JointDeed
from service.docket.terms import Terms
from service.messages import Intercept
from service.registry import parse_registry
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.docket.test_offering import ONE, ROADS, sign
from tests.service.told import MINUTE_NS

POLICE, PATROL = Actor("chen", "police", "police"), Actor("zhou", "squad", "police", "patrol")
OTHER = "苏B00001"


@pytest.fixture
def desk(store: Store) -> Desk:
    """Squad one has a 百噸王, the patrol of the police helps with it, and nobody else is on duty."""
    registry = parse_registry(tomllib.loads(ROADS), "here")
    desk = Desk(store, terms=Terms(network=registry.network, forces=registry.forces))
    for squad in ("one", "patrol"):
        sign(desk, squad, True)
    desk.file(desk.violation(hundred_tonne=True, evidence=True))
    do(desk, desk.only_intercept(), ONE, "claim")
    help_with(desk, "accept", unit="patrol")
    return desk


def do(desk: Desk, told: Intercept, actor: Actor, action: str) -> Intercept:
    with desk.store.writing(durable=True) as conn:
        return act(conn, told.id, Deed(action=action), actor, desk.now_ns, desk.terms)


def help_with(desk: Desk, action: str, **given: str) -> None:
    (row,) = desk.rows("joint_actions")
    with desk.store.writing(durable=True) as conn:
        joint.act(conn, row.id, JointDeed(action=action, **given), POLICE, desk.now_ns, desk.terms)


def second(desk: Desk) -> Intercept:
    """Another truck, which only the patrol could catch."""
    desk.now_ns += MINUTE_NS
    desk.file(desk.violation(MINUTE_NS, passage_plate=OTHER))
    return next(told for told in desk.intercepts() if told.plate == OTHER)


def test_it_is_asked_about_no_other_truck(desk: Desk) -> None:
    """What nobody else could stop goes to the desk."""
    told = second(desk)
    assert (told.state, told.squad, told.desk) == ("open", None, True)


def test_it_cannot_claim_another(desk: Desk) -> None:
    """Refused with what it takes part in, for whoever says so; the truck that it helps with it may take over."""
    told = second(desk)
    (row,) = desk.rows("joint_actions")
    for actor in (PATROL, Actor("wang", "duty", "police")):
        with desk.store.writing(durable=True) as conn, pytest.raises(RefusedError, match=row.id):
            act(conn, told.id, Deed(action="claim", squad="patrol"), actor, desk.now_ns, desk.terms)


def test_who_declines_is_asked_about_the_truck_that_waits(desk: Desk) -> None:
    """At once, and not when the next truck comes."""
    assert second(desk).state == "open"
    help_with(desk, "decline", note="called away")
    told = next(told for told in desk.intercepts() if told.plate == OTHER)
    assert (told.state, told.squad) == ("offered", "patrol")


def test_who_declines_is_free(desk: Desk) -> None:
    """From then on it is asked again."""
    help_with(desk, "decline", note="called away")
    assert second(desk).squad == "patrol"
