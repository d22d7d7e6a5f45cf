"""Guarantees of joint actions: what each side may do, when the whole is done, and who hears of a delay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dispatch.joint import (
    DEADLINES_NS,
    POLICE,
    PROOF,
    ROAD,
    SIDE_LIFE,
    Agreement,
    Completion,
    IncompleteError,
    Joint,
    Mover,
    NotAllowedError,
    SideState,
    Status,
    Trigger,
    allowed,
    escalate,
    move,
    next_actions,
    propose,
    trigger_of,
)
from dispatch.life import Role

AGREED = Agreement()
DUTY, DESK = Mover(Role.DUTY, ROAD), Mover(Role.POLICE, POLICE)
SQUAD, PATROL = Mover(Role.SQUAD, ROAD, "liyang-2"), Mover(Role.SQUAD, POLICE, "patrol-7")
EVERYTHING = {"note", "outcome", "document_number", "static_gross_kg", "scale_certificate"}
MOVERS = [DUTY, DESK, SQUAD, PATROL, Mover(Role.SQUAD, ROAD, "other"), Mover(Role.SYSTEM, POLICE)]
ACTIONS = [*(step.action for step in SIDE_LIFE), "cancel"]


def proposed(trigger: Trigger = Trigger.HUNDRED_TONNE, now_ns: int = 0) -> Joint:
    return propose("j" * 16, "i" * 16, trigger, ROAD, now_ns, AGREED)


def after(joint: Joint, *moves: tuple[str, Mover], now_ns: int = 0) -> Joint:
    for action, mover in moves:
        joint = move(joint, action, mover, EVERYTHING, now_ns, AGREED)
    return joint


def state(joint: Joint, agency: str) -> SideState:
    side = joint.side(agency)
    assert side is not None
    return side.state


def test_the_proposer_has_it_and_the_other_must_confirm() -> None:
    """Delivered means that the side's own system has it: at once for the one that proposed, not for the other."""
    joint = proposed()
    assert (state(joint, ROAD), state(joint, POLICE)) == (SideState.DELIVERED, SideState.PROPOSED)
    assert state(after(joint, ("receive", DESK)), POLICE) == SideState.DELIVERED


def test_police_that_lead_propose_to_the_road() -> None:
    """Whoever leads proposes; the other is asked."""
    joint = propose("j" * 16, "i" * 16, Trigger.DROVE_OFF, POLICE, 0, AGREED)
    assert [side.agency for side in joint.sides] == [POLICE, ROAD]


def test_under_all_both_sides_must_be_done() -> None:
    """The weigh slip alone, or the decision alone, leaves it open."""
    joint = after(proposed(), ("accept", DUTY), ("accept", DESK), ("done", DUTY))
    assert joint.status == Status.OPEN
    assert after(joint, ("done", DESK)).status == Status.DONE


def test_under_any_one_side_is_enough() -> None:
    """A plate is found to be false once."""
    joint = after(proposed(Trigger.CLONED_PLATE), ("accept", DESK), ("on_scene", DESK), ("done", DESK))
    assert (joint.status, state(joint, ROAD)) == (Status.DONE, SideState.DELIVERED)
    assert joint.deadline_ns is None


@pytest.mark.parametrize(("mover", "missing"), [(DUTY, PROOF[ROAD]), (DESK, PROOF[POLICE])])
def test_under_all_done_needs_what_the_other_side_is_owed(mover: Mover, missing: tuple[str, ...]) -> None:
    """Road owes static weight and certificate, police the decision and its number; each missing field is named."""
    joint = after(proposed(), ("accept", mover))
    with pytest.raises(IncompleteError) as refused:
        move(joint, "done", mover, {"note"}, 0, AGREED)
    assert refused.value.missing == missing


def test_a_reason_goes_with_every_no() -> None:
    """Neither a decline nor a cancellation without a note."""
    for action, mover in (("decline", DESK), ("cancel", DUTY)):
        with pytest.raises(IncompleteError):
            move(proposed(), action, mover, (), 0, AGREED)


def test_a_decline_that_leaves_nothing_to_wait_for_is_told_to_both_desks() -> None:
    """Under ALL one no is enough, under ANY it takes two; the side may think again, and then the clock runs anew."""
    joint = after(proposed(), ("decline", DESK), now_ns=7)
    assert (joint.status, joint.escalated_ns) == (Status.DECLINED, 7)
    again = after(joint, ("accept", DESK), now_ns=9)
    assert (again.status, again.escalated_ns) == (Status.OPEN, None)
    either = after(proposed(Trigger.DROVE_OFF), ("decline", DESK))
    assert (either.status, either.escalated_ns) == (Status.OPEN, None)
    assert after(either, ("decline", DUTY)).status == Status.DECLINED


def test_a_squad_acts_for_its_side_only_where_it_is_the_unit() -> None:
    """On scene and done are for the unit that the desk named; whether to take part is the desk's."""
    joint = move(proposed(), "accept", DESK, (), 0, AGREED, unit="patrol-7")
    assert allowed(joint, PATROL) == ("on_scene", "done")
    assert allowed(joint, Mover(Role.SQUAD, POLICE, "patrol-8")) == ()
    assert allowed(proposed(), PATROL) == ()
    gone = after(joint, ("decline", DESK)).side(POLICE)
    assert gone is not None
    assert gone.unit is None


def test_only_the_proposer_takes_it_back() -> None:
    """The other side declines instead."""
    assert "cancel" in allowed(proposed(), DUTY)
    assert "cancel" not in allowed(proposed(), DESK)
    over = after(proposed(), ("cancel", DUTY))
    assert (over.status, over.deadline_ns, allowed(over, DUTY), allowed(over, DESK)) == (Status.CANCELLED, None, (), ())


def test_one_agency_never_moves_the_others_side() -> None:
    """Whoever acts, the other side stands as it stood."""
    joint = after(proposed(), ("accept", DUTY))
    assert state(joint, POLICE) == SideState.PROPOSED
    with pytest.raises(NotAllowedError) as refused:
        move(joint, "accept", Mover(Role.DUTY, "customs"), (), 0, AGREED)
    assert refused.value.allowed == ()


def test_a_late_side_is_told_once() -> None:
    """After its deadline both desks hear of it, and not again until somebody moves."""
    joint = proposed(now_ns=1_000)
    due_ns = 1_000 + DEADLINES_NS[SideState.PROPOSED]
    assert joint.deadline_ns == due_ns
    assert escalate(joint, due_ns - 1) is joint
    late = escalate(joint, due_ns)
    assert (late.escalated_ns, late.version) == (due_ns, 2)
    assert late.deadline_ns == 1_000 + DEADLINES_NS[SideState.DELIVERED]
    assert escalate(late, due_ns + 1) is late
    moved = after(late, ("accept", DESK), now_ns=due_ns + 5)
    assert moved.escalated_ns is None


def test_first_things_come_first() -> None:
    """Of several reasons the gravest proposes it; a region that left one out is not asked for it."""
    assert trigger_of(["no_plate", "hundred_tonne"], True, AGREED.triggers) == Trigger.HUNDRED_TONNE
    assert trigger_of(["severity"], True, AGREED.triggers) == Trigger.LEGAL_REPEAT
    assert trigger_of(["cloned_plate"], False, AGREED.triggers) == Trigger.CLONED_PLATE
    assert trigger_of(["no_plate"], False, AGREED.triggers) == Trigger.COVERED_PLATE
    assert trigger_of(["severity"], False, AGREED.triggers) is None
    assert trigger_of(["hundred_tonne"], False, {Trigger.REFUSED}) is None


def test_what_a_message_offers_is_what_somebody_may_do() -> None:
    """The actions told to everybody are those of the desks and of the side's unit."""
    joint = move(proposed(), "accept", DESK, (), 0, AGREED, unit="patrol-7")
    assert next_actions(joint, POLICE) == ("decline", "on_scene", "done")
    assert next_actions(joint, ROAD) == ("accept", "decline", "cancel")


class Any(RuleBasedStateMachine):
    """Whatever anybody tries, in whatever order, at whatever time."""

    def __init__(self) -> None:
        super().__init__()
        self.joint, self.now_ns = proposed(), 0
        self.moves = 1

    @rule(
        action=st.sampled_from(ACTIONS),
        mover=st.sampled_from(MOVERS),
        given=st.sets(st.sampled_from(sorted(EVERYTHING))),
        unit=st.sampled_from([None, "liyang-2", "patrol-7"]),
    )
    def act(self, action: str, mover: Mover, given: set[str], unit: str | None) -> None:
        possible, before = allowed(self.joint, mover), self.joint
        if action not in possible:
            with pytest.raises(NotAllowedError) as refused:
                move(before, action, mover, given, self.now_ns, AGREED, unit)
            assert refused.value.allowed == possible
            return
        try:
            self.joint = move(before, action, mover, given, self.now_ns, AGREED, unit)
        except IncompleteError:
            return
        assert before.status not in (Status.DONE, Status.CANCELLED)
        for side, was in zip(self.joint.sides, before.sides, strict=True):
            assert side.agency == mover.agency or replace(side, deadline_ns=was.deadline_ns) == was
        self.moves += 1

    @rule(step_ns=st.integers(0, 5 * 3_600 * 10**9))
    def wait(self, step_ns: int) -> None:
        self.now_ns += step_ns
        late = escalate(self.joint, self.now_ns)
        self.moves += late is not self.joint
        self.joint = late
        assert late.deadline_ns is None or late.status != Status.OPEN or late.deadline_ns > self.now_ns

    @invariant()
    def holds(self) -> None:
        joint = self.joint
        assert joint.version == self.moves
        states = [side.state for side in joint.sides]
        both = joint.completion == Completion.ALL
        assert (joint.status == Status.DONE) == (all if both else any)(one == SideState.DONE for one in states)
        if joint.status in (Status.DONE, Status.CANCELLED):
            assert joint.deadline_ns is None
            assert all(allowed(joint, mover) == () for mover in MOVERS)


test_whatever_anybody_tries = Any.TestCase
test_whatever_anybody_tries.__doc__ = (
    "Every change is of the table, of one's own side, one version on; what is over stays."
)


@given(st.sampled_from(list(Trigger)))
def test_every_trigger_has_its_completion(trigger: Trigger) -> None:
    """No trigger is without an agreement about when it is done."""
    assert proposed(trigger).completion in Completion
