"""Guarantees of what an agency's own system says: done once, under the topic's agency, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dispatch.network import Forces, Squad, SquadSection
from service.docket.responses import Answered, take
from service.messages import JointAction, Refusal, Response, decode
from service.store import audit, outbox
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.docket.test_joint import DECIDED, DUTY, SQUAD, actions, intercept, move, only, states
from tests.service.docket.test_joint import desk as desk  # the fixture
from tests.service.told import TIME_NS


def respond(desk: Desk, action: str, agency: str = "police", key: str = "key-1", **given: Any) -> bool:
    response = Response(action=action, actor="chen", idempotency_key=key, **given)
    with desk.store.writing(durable=True) as conn:
        return take(conn, Answered(agency, desk.only_intercept().id, response), desk.now_ns, desk.terms)


def refusals(store: Store) -> list[Refusal]:
    with store.reading() as conn:
        owed = [one.owed.document.encode() for one in outbox.waiting(conn, 100)]
    return [decode(Refusal, one) for one in owed if b"dispatch.refusal.v1" in one]


def last(desk: Desk) -> Refusal:
    return refusals(desk.store)[-1]


def test_police_systems_move_their_side(desk: Desk) -> None:
    """Receipt, yes, arrival and decision come in as if police had clicked; the ledger names the person."""
    for number, (action, given) in enumerate(
        [("receive", {}), ("accept", {"unit": "patrol-7"}), ("on_scene", {}), ("done", DECIDED)]
    ):
        assert respond(desk, action, key=f"key-{number}", **given)
    side = only(desk).sides[1]
    assert (side.state, side.unit, side.document_number) == ("done", "patrol-7", DECIDED["document_number"])
    newest = only(desk).ledger[-1]
    assert (newest.action, newest.actor, newest.agency, newest.role) == ("joint.done", "chen", "police", "police")
    assert refusals(desk.store) == []


def test_the_same_key_twice_is_once(desk: Desk) -> None:
    """However often Kafka delivers it; with another content it is refused."""
    assert respond(desk, "accept")
    assert not respond(desk, "accept")
    assert refusals(desk.store) == []
    assert not respond(desk, "decline", note="busy")
    assert last(desk).code == "idempotency_key_reused"
    assert actions(desk) == ["joint.propose", "joint.accept"]


def test_a_refusal_says_what_is_possible_and_leaves_the_key_free(desk: Desk) -> None:
    """Code, present version and allowed actions go to the joint-action topic under the intercept's key."""
    assert not respond(desk, "on_scene")
    refused = last(desk)
    assert (refused.code, refused.agency, refused.idempotency_key) == ("action_not_allowed", "police", "key-1")
    assert (refused.state, refused.present_version) == ("proposed", 1)
    assert refused.allowed == ["receive", "accept", "decline"]
    assert respond(desk, "accept", key="key-0")
    assert respond(desk, "on_scene")
    with desk.store.reading() as conn:
        (entry,) = [one for _, one in audit.page(conn, None, 100) if one.action.startswith("response.")]
    assert (entry.actor, entry.agency, entry.action) == ("chen", "police", "response.on_scene.refused")


def test_an_old_version_is_refused_with_the_present_one(desk: Desk) -> None:
    """Who based it on what is no longer so looks again."""
    move(desk, DUTY, "accept")
    assert not respond(desk, "accept", if_version=1)
    assert (last(desk).code, last(desk).present_version) == ("version_conflict", 2)
    assert respond(desk, "accept", if_version=2)


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("decline", {}, "body_invalid"),
        ("accept", {"done_at": "soon"}, "body_invalid"),
        ("accept", {"done_at": "2099-01-01T00:00:00Z"}, "body_invalid"),
        ("accept", {"after": "never"}, "after_unknown"),
        ("accept", {"joint": "f" * 16}, "joint_unknown"),
        ("fly", {}, "body_invalid"),
        ("stop", {"unit": "nobody"}, "body_invalid"),
        ("weigh", {}, "action_not_allowed"),
    ],
)
def test_what_cannot_be_done_changes_nothing(desk: Desk, action: str, given: dict[str, Any], code: str) -> None:
    """Each wrong response has its code; intercept, joint action and ledger stay as they were."""
    before, at = only(desk), desk.only_intercept().version
    assert not respond(desk, action, **given)
    assert last(desk).code == code
    assert (only(desk), desk.only_intercept().version) == (before, at)


def test_a_chain_of_responses_keeps_its_order(desk: Desk) -> None:
    """One that names the one before it waits for that."""
    assert not respond(desk, "on_scene", key="b", after="a")
    assert respond(desk, "accept", key="a")
    assert respond(desk, "on_scene", key="b", after="a")


@pytest.mark.parametrize("waited", [{"done_at": "2026-05-28T20:25:00Z"}, {"after": "lost-on-the-way"}])
def test_a_fact_of_the_roadside_is_never_refused(desk: Desk, waited: dict[str, Any]) -> None:
    """Stopped by a patrol without network, while the desk had cancelled it: kept, and marked for the desk."""
    section = SquadSection("G104", 0.0, 60.0)
    patrol = Squad("liyang-2", "road", (section,), base="yard", timezone="Asia/Shanghai")
    desk.terms = replace(desk.terms, forces=Forces(squads={patrol.id: patrol}))
    intercept(desk, DUTY, "cancel", note="escort vehicle")
    assert respond(desk, "stop", agency="road", unit="liyang-2", **waited)
    told = desk.only_intercept()
    assert (told.state, told.conflict) == ("cancelled", True)
    assert not respond(desk, "claim", agency="road", key="key-2", unit="liyang-2", **waited)
    assert last(desk).code in ("action_not_allowed", "after_unknown")


def test_one_agencys_topic_never_moves_the_others_side(desk: Desk) -> None:
    """The road's topic moves the road's side, whatever the message says of itself."""
    assert respond(desk, "accept", agency="road")
    assert states(only(desk)) == {"road": "accepted", "police": "proposed"}


def test_a_desk_hands_over_by_topic(desk: Desk) -> None:
    """What is no action of a side is one on the intercept, within what the life cycle gives that agency."""
    assert respond(desk, "hand_over", note="accident, police take it")
    assert desk.only_intercept().state == "handed_over"


def test_an_intercept_without_joint_action_is_answered(store: Store) -> None:
    """Who moves a side that is not there is told so."""
    plain = Desk(store)
    plain.file(plain.violation(evidence=True))
    intercept(plain, SQUAD, "claim")
    assert not respond(plain, "accept")
    assert (last(plain).code, last(plain).present_version) == ("joint_unknown", None)


def test_a_message_of_the_topic_is_what_was_owed(desk: Desk) -> None:
    """States and refusals share the topic and are told apart by their schema."""
    respond(desk, "on_scene")
    respond(desk, "accept", key="key-2")
    with desk.store.reading() as conn:
        owed = [one.owed for one in outbox.waiting(conn, 100)]
    kinds = [Refusal if "dispatch.refusal.v1" in one.document else JointAction for one in owed]
    assert kinds == [JointAction, Refusal, JointAction]
    assert {one.key for one in owed} == {desk.only_intercept().id}
    assert all(one.at_ns == TIME_NS for one in owed)
