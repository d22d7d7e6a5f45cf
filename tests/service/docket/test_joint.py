"""Guarantees of joint actions in the docket: proposed once, kept with ledger, feed and outbox, told when late."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from dispatch.joint import DEADLINES_NS, IncompleteError, SideState
from dispatch.ledger import verify
from service.docket import joint
from service.docket.actions import act as act_on_intercept
from service.docket.deeds import Actor, Deed
from service.docket.joint import JointDeed, JointRefusedError, StaleJointError, UnitError, UnknownJointError
from service.docket.timing import fire_due
from service.messages import Intercept, JointAction, decode, rfc3339
from service.store import feed, joint_actions, ledger, outbox, timers
from service.store.engine import Store
from service.store.errors import FencedError
from service.topics import JOINT_ACTION
from tests.service.docket.desk import Desk
from tests.service.told import PLATE, TIME_NS

SQUAD = Actor("li", "squad", "road", "liyang-2")
DUTY = Actor("wang", "duty", "road")
POLICE = Actor("chen", "police", "police")
WEIGHED = {"static_gross_kg": 60_100, "scale_certificate": "SC-9"}
DECIDED = {"outcome": "200 CNY, 6 points", "document_number": "320481-7"}


@pytest.fixture
def desk(store: Store) -> Desk:
    """A 百噸王 that somebody has looked at."""
    desk = Desk(store)
    desk.file(desk.violation(hundred_tonne=True, evidence=True))
    if desk.only_intercept().state == "unverified":
        intercept(desk, DUTY, "verify")
    return desk


def intercept(desk: Desk, actor: Actor, action: str, **given: Any) -> Intercept:
    with desk.store.writing(durable=True) as conn:
        return act_on_intercept(
            conn, desk.only_intercept().id, Deed(action=action, **given), actor, desk.now_ns, desk.terms
        )


def found(desk: Desk) -> list[JointAction]:
    return [decode(JointAction, row.document.encode()) for row in desk.rows("joint_actions")]


def only(desk: Desk) -> JointAction:
    (told,) = found(desk)
    return told


def move(desk: Desk, actor: Actor, action: str, if_version: int | None = None, **given: Any) -> JointAction:
    with desk.store.writing(durable=True) as conn:
        deed = JointDeed(action=action, **given)
        return joint.act(conn, only(desk).id, deed, actor, desk.now_ns, desk.terms, if_version=if_version)


def states(told: JointAction) -> dict[str, str]:
    return {side.agency: side.state.value for side in told.sides}


def actions(desk: Desk) -> list[str]:
    with desk.store.reading() as conn:
        entries = list(ledger.every(conn))
        assert verify(entries, ledger.last_number(conn)) is None
    return [one.entry.action for one in entries if one.entry.action.startswith("joint.")]


def test_a_truck_with_a_trigger_is_proposed_once(desk: Desk) -> None:
    """Police get what they must know to decide, however often the truck is seen again."""
    told = only(desk)
    assert (told.trigger, told.completion, told.status) == ("hundred_tonne", "all", "open")
    assert (told.from_agency, told.to_agency) == ("road", "police")
    assert states(told) == {"road": "delivered", "police": "proposed"}
    assert (told.plate, told.site, told.gross_kg) == (PLATE, "G104-K012", 61_000)
    desk.file(desk.violation(60 * 10**9, hundred_tonne=True, evidence=True))
    assert (only(desk).id, only(desk).proposed_at) == (told.id, told.proposed_at)
    assert actions(desk) == ["joint.propose"]


def test_its_place_moves_with_the_truck(desk: Desk) -> None:
    """Police who drive out read where it was seen last and the best weight, on every way; what is over stays."""
    first = only(desk)
    after_ns = 10 * 60 * 10**9
    desk.now_ns += after_ns
    desk.file(desk.sighting(after_ns, site="G104-K080", direction=1))
    told = only(desk)
    assert (told.site, told.direction, told.seen_at) == ("G104-K080", 1, rfc3339(TIME_NS + after_ns))
    assert (told.version, told.status, told.sides) == (first.version + 1, first.status, first.sides)
    with desk.store.reading() as conn:
        owed = decode(JointAction, outbox.waiting(conn, 10)[-1].owed.document.encode())
        (event, *_) = [one.entry for one in feed.read(conn, 0, 100, kinds=["joint-action"])][::-1]
    assert (owed, decode(JointAction, event.document.encode())) == (told, told)
    assert event.site == "G104-K080"
    assert actions(desk) == ["joint.propose"]
    cancelled = move(desk, DUTY, "cancel", note="escorted")
    desk.file(desk.sighting(after_ns + 1, site="G104-K030"))
    assert only(desk) == cancelled


def test_nothing_is_proposed_of_an_ordinary_truck(store: Store) -> None:
    """Without a trigger nobody else is troubled; nor while nobody has looked at an unverified one."""
    desk = Desk(store)
    desk.file(desk.violation(evidence=True))
    assert found(desk) == []


def test_every_change_is_in_ledger_feed_and_outbox(desk: Desk) -> None:
    """One transaction: what the other agency gets is what stands in the ledger, entry by entry."""
    told = move(desk, POLICE, "accept", unit="patrol-7")
    assert actions(desk) == ["joint.propose", "joint.accept"]
    told_of = [entry.action for entry in told.ledger if entry.action.startswith("joint.")]
    assert told_of == ["joint.propose", "joint.accept"]
    newest = told.ledger[-1]
    assert (newest.actor, newest.agency, newest.from_state, newest.to_state) == (
        "chen",
        "police",
        "proposed",
        "accepted",
    )
    assert PLATE not in msgspec.json.encode(told.ledger).decode()
    with desk.store.reading() as conn:
        owed = [one.owed for one in outbox.waiting(conn, 10)]
        events = [event.entry for event in feed.read(conn, 0, 100, kinds=["joint-action"])]
    assert [(one.topic, one.key) for one in owed] == [(JOINT_ACTION, told.intercept)] * 2
    assert [decode(JointAction, one.document.encode()).version for one in owed] == [1, 2]
    assert decode(JointAction, events[-1].document.encode()) == told


def test_both_sides_bring_their_part(desk: Desk) -> None:
    """Under ALL it is done when road has weighed and police have decided; each side's papers stand in the message."""
    move(desk, POLICE, "accept")
    for action in ("claim", "depart", "stop"):
        intercept(desk, SQUAD, action)
    intercept(desk, SQUAD, "weigh", **WEIGHED)
    assert states(only(desk)) == {"road": "on_scene", "police": "accepted"}
    intercept(desk, SQUAD, "confirm")
    road = only(desk).sides[0]
    assert (road.state, road.static_gross_kg, road.scale_certificate) == ("done", 60_100, "SC-9")
    assert only(desk).status == "open"
    move(desk, POLICE, "on_scene")
    done = move(desk, POLICE, "done", **DECIDED)
    assert (done.status, done.deadline) == ("done", None)
    assert (done.sides[1].outcome, done.sides[1].document_number) == tuple(DECIDED.values())


def test_no_plate_stands_in_a_joint_actions_ledger(desk: Desk) -> None:
    """Neither in why a side declined nor in what it did, however it was spelled."""
    spelled = f"{PLATE[0]} {PLATE[1:].lower()}"
    move(desk, POLICE, "accept")
    move(desk, POLICE, "on_scene")
    move(desk, POLICE, "done", **{**DECIDED, "outcome": f"fined {spelled}"})
    move(desk, DUTY, "decline", note=f"{spelled} has left")
    done, declined = only(desk).ledger[-2:]
    assert (done.document["outcome"], declined.note) == ("fined [plate]", "[plate] has left")


def test_done_without_the_papers_is_asked_for_them(desk: Desk) -> None:
    """Each missing field is named and nothing is changed."""
    move(desk, POLICE, "accept")
    with pytest.raises(IncompleteError) as refused:
        move(desk, POLICE, "done", outcome="warned")
    assert refused.value.missing == ("document_number",)
    with pytest.raises(IncompleteError) as refused:
        move(desk, POLICE, "done", outcome="warned", document_number="  ")
    assert refused.value.missing == ("document_number",)
    assert only(desk).version == 2


def test_a_truck_that_is_legal_is_no_joint_matter_any_more(desk: Desk) -> None:
    """What the scale says ends it for both."""
    for action in ("claim", "stop"):
        intercept(desk, SQUAD, action)
    intercept(desk, SQUAD, "weigh", static_gross_kg=24_000, scale_certificate="SC-9")
    intercept(desk, SQUAD, "legal")
    assert (only(desk).status, only(desk).deadline) == ("cancelled", None)
    assert actions(desk)[-1] == "joint.cancel"


def test_the_ledger_has_the_cause_before_what_follows(store: Store) -> None:
    """Whoever reads it from top to bottom finds the truck's intercept first, and then what both agencies make of it."""
    desk = Desk(store)
    desk.file(desk.violation(hundred_tonne=True, evidence=True))
    intercept(desk, SQUAD, "claim")
    intercept(desk, DUTY, "cancel", note="wrong truck")
    with store.reading() as conn:
        told = [one.entry.action for one in ledger.every(conn)]
    assert told == ["open", "joint.propose", "claim", "joint.accept", "cancel", "joint.cancel"]


def test_a_truck_that_drove_off_is_proposed(store: Store) -> None:
    """Stopped and lost: whoever sees it next stops it, and that is enough."""
    desk = Desk(store)
    desk.file(desk.violation(evidence=True))
    for action in ("claim", "stop"):
        intercept(desk, SQUAD, action)
    assert found(desk) == []
    intercept(desk, SQUAD, "lose", note="drove off")
    assert (only(desk).trigger, only(desk).completion) == ("drove_off", "any")


def test_a_late_side_is_told_to_both_desks_once_and_after_a_restart(desk: Desk) -> None:
    """The deadline is a row: whoever looks next, in whatever process, escalates it, and only once."""
    due_ns = TIME_NS + DEADLINES_NS[SideState.PROPOSED]
    with desk.store.writing(durable=True) as conn:
        assert timers.due(conn, due_ns - 1) == []
    for _ in range(2):
        fire_due(desk.store, due_ns, desk.terms)
    told = only(desk)
    assert (told.escalated_at is not None, told.version) == (True, 2)
    assert actions(desk) == ["joint.propose", "joint.escalate"]
    with desk.store.reading() as conn:
        (entry,) = [one.entry for one in ledger.every(conn) if one.entry.action == "joint.escalate"]
    assert (entry.actor, entry.document["late"]) == ("system", ["police"])


def test_what_moved_in_time_is_not_late(desk: Desk) -> None:
    """A move sets the clock anew; what is over has none."""
    move(desk, POLICE, "accept")
    move(desk, DUTY, "accept")
    fire_due(desk.store, TIME_NS + DEADLINES_NS[SideState.DELIVERED], desk.terms)
    assert only(desk).escalated_at is None
    move(desk, DUTY, "cancel", note="wrong truck")
    with desk.store.reading() as conn:
        assert [one for one in timers.due(conn, 2**62) if one.kind == "joint_deadline"] == []


def test_an_old_version_and_a_wrong_step_are_refused_with_the_present_state(desk: Desk) -> None:
    """Nothing is changed, and who asked learns what is possible."""
    move(desk, POLICE, "accept")
    with pytest.raises(StaleJointError) as stale:
        move(desk, POLICE, "decline", if_version=1, note="busy")
    assert stale.value.told.version == 2
    with pytest.raises(JointRefusedError) as refused:
        move(desk, POLICE, "accept")
    assert refused.value.allowed == ("decline", "on_scene", "done")
    with desk.store.writing() as conn, pytest.raises(UnknownJointError):
        joint.act(conn, "f" * 16, JointDeed(action="accept"), POLICE, TIME_NS, desk.terms)
    assert only(desk).version == 2


def test_of_two_desks_at_once_one_is_told_to_look_again(desk: Desk) -> None:
    """However they meet, each version is written by one of them."""
    together, ends = threading.Barrier(2), []

    def accept() -> None:
        together.wait(10)
        try:
            ends.append(move(desk, POLICE, "accept", if_version=1).version)
        except (StaleJointError, FencedError):
            ends.append(0)

    threads = [threading.Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == [0, 2]
    assert actions(desk) == ["joint.propose", "joint.accept"]


def test_the_other_agencys_unit_stands_on_the_intercept(desk: Desk) -> None:
    """The squad sees who comes to help, and that nobody does once they declined."""
    move(desk, POLICE, "accept", unit="patrol-7")
    assert desk.only_intercept().support == "patrol-7"
    move(desk, POLICE, "decline", note="accident on S340")
    assert desk.only_intercept().support is None
    assert only(desk).status == "declined"


def test_a_unit_is_at_one_truck_at_a_time(desk: Desk) -> None:
    """Who takes part elsewhere, or holds another truck, cannot be named."""
    move(desk, POLICE, "accept", unit="patrol-7")
    first = only(desk)
    desk.file(desk.violation(hundred_tonne=True, evidence=True, passage_plate="苏A00002"))
    (second,) = [one for one in desk.intercepts() if one.id != first.intercept]
    with desk.store.writing(durable=True) as conn:
        if second.state == "unverified":
            act_on_intercept(conn, second.id, Deed(action="verify"), DUTY, desk.now_ns, desk.terms)
    (other,) = [one for one in found(desk) if one.id != first.id]
    with desk.store.writing(durable=True) as conn, pytest.raises(UnitError, match="patrol-7"):
        joint.act(conn, other.id, JointDeed(action="accept", unit="patrol-7"), POLICE, desk.now_ns, desk.terms)


def test_a_reader_sees_only_their_corridors(desk: Desk) -> None:
    """A joint action of another corridor is none."""
    with desk.store.reading() as conn:
        assert joint_actions.get(conn, only(desk).id, ["S340"]) is None
        assert joint_actions.page(conn, ["S340"], joint_actions.Wanted(), None, 9) == []
        assert len(joint_actions.page(conn, ["G104"], joint_actions.Wanted(active=True), None, 9)) == 1


def test_a_region_may_agree_otherwise(store: Store) -> None:
    """Without a trigger in its policy nothing is proposed."""
    usual = Desk(store).terms
    desk = Desk(store, terms=replace(usual, agreement=replace(usual.agreement, triggers=frozenset())))
    desk.file(desk.violation(hundred_tonne=True, evidence=True))
    if desk.only_intercept().state == "unverified":
        intercept(desk, DUTY, "verify")
    assert found(desk) == []
