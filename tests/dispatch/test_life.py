"""The life cycle is its table: what it does not say cannot happen."""

from __future__ import annotations

import itertools

import pytest

from dispatch.life import (
    ACTIVE_STATES,
    CLOSED_STATES,
    DORMANT_STATES,
    FACTS,
    LIFE,
    PERSONS_ACTIONS,
    IncompleteError,
    NotAllowedError,
    Role,
    State,
    advance,
    allowed,
    by_system,
    next_actions,
    progress,
)

ACTIONS = tuple(dict.fromkeys(step.action for step in LIFE))
SCALE = ("static_gross_kg", "scale_certificate")


@pytest.mark.parametrize(("state", "action", "role"), list(itertools.product(State, ACTIONS, Role)))
def test_a_step_is_taken_exactly_where_the_table_has_a_row(state: State, action: str, role: Role) -> None:
    """Every state × action × role: allowed as the table says, else refused with what is allowed instead."""
    rows = [s for s in LIFE if s.action == action and state in s.from_states and role in s.who]
    if rows:
        assert advance(state, action, role, given=rows[0].needs) == rows[0].to_state
    else:
        with pytest.raises(NotAllowedError) as refused:
            advance(state, action, role)
        assert refused.value.allowed == allowed(state, role)
        assert action not in refused.value.allowed


def test_no_row_stands_twice() -> None:
    """From one state one action leads to one place, whoever takes it."""
    found = [(step.action, state) for step in LIFE for state in step.from_states]
    assert len(found) == len(set(found))


def test_every_state_is_active_dormant_or_closed() -> None:
    """No intercept falls between the lists by which it is shown, sent and forgotten."""
    assert sorted((*ACTIVE_STATES, *DORMANT_STATES, *CLOSED_STATES)) == sorted(State)


@pytest.mark.parametrize("state", CLOSED_STATES)
def test_nothing_leaves_a_closed_state(state: State) -> None:
    """A court's file does not open by itself."""
    assert [step.action for step in LIFE if state in step.from_states] == []


@pytest.mark.parametrize("state", State)
def test_every_state_that_is_not_the_first_can_be_reached(state: State) -> None:
    """No state is there that nothing leads to."""
    assert state == State.UNVERIFIED or any(step.to_state == state for step in LIFE)


def test_a_truck_is_verified_claimed_stopped_weighed_confirmed_and_unloaded() -> None:
    """The way of dispatch.md §3 from the desk's look to the emptied truck."""
    state: str = State.UNVERIFIED
    for action, role in [
        ("verify", Role.DUTY),
        ("claim", Role.SQUAD),
        ("depart", Role.SQUAD),
        ("stop", Role.SQUAD),
        ("weigh", Role.SQUAD),
        ("confirm", Role.SQUAD),
        ("unload", Role.SQUAD),
    ]:
        state = advance(state, action, role, given=(*SCALE, "unloaded_kg"))
    assert state == State.UNLOADED


def test_the_second_of_two_claims_is_refused_with_what_is_left() -> None:
    """Who comes second hears that it is claimed, and may do nothing to what another squad has."""
    with pytest.raises(NotAllowedError, match="claimed") as refused:
        advance(State.CLAIMED, "claim", Role.SQUAD, holds=False)
    assert refused.value.allowed == ()


def test_a_squad_moves_only_what_it_has_and_duty_moves_it_for_it() -> None:
    """A squad cannot end another squad's work; duty acts on behalf of the squad that calls by radio."""
    assert allowed(State.CLAIMED, Role.SQUAD, holds=False) == ()
    assert allowed(State.CLAIMED, Role.SQUAD, holds=True) == ("pass", "depart", "stop", "lose")
    assert advance(State.CLAIMED, "lose", Role.DUTY, holds=False) == State.LOST


@pytest.mark.parametrize("state", DORMANT_STATES)
def test_any_squad_may_stop_a_truck_that_nobody_is_after_any_more(state: State) -> None:
    """It stood at the roadside after all: the fact counts, not who had it."""
    assert advance(state, "stop", Role.SQUAD, holds=False) == State.STOPPED


def test_a_weighing_needs_its_scale_and_the_error_names_what_is_missing() -> None:
    """A weight without the certificate of its scale proves nothing."""
    with pytest.raises(IncompleteError, match="scale_certificate") as missing:
        advance(State.STOPPED, "weigh", Role.SQUAD, given=("static_gross_kg",))
    assert missing.value.missing == ("scale_certificate",)


def test_a_squad_cannot_cancel() -> None:
    """Only duty takes an intercept back."""
    with pytest.raises(NotAllowedError):
        advance(State.CLAIMED, "cancel", Role.SQUAD, given=("note",))


def test_messages_offer_the_actions_of_persons_only() -> None:
    """Nobody is told that they may merge or expire; what is closed offers nothing."""
    assert next_actions(State.OPEN) == ("claim", "hand_over", "cancel")
    assert next_actions(State.EXPIRED) == ("stop", "cancel")
    assert [next_actions(state) for state in CLOSED_STATES] == [()] * len(CLOSED_STATES)
    assert set(PERSONS_ACTIONS).isdisjoint({"open", "offer", "escalate", "expire", "reopen", "merge"})


def test_facts_are_actions_of_squads() -> None:
    """What is never refused to a phone without network is something that a squad can do."""
    assert {step.action for step in LIFE if Role.SQUAD in step.who} >= FACTS


def test_only_the_system_offers_and_expires() -> None:
    """No person can move an offer on but by passing it."""
    assert by_system(State.OFFERED, "offer") == State.OFFERED
    with pytest.raises(NotAllowedError):
        advance(State.OFFERED, "expire", Role.DUTY)
    with pytest.raises(NotAllowedError):
        by_system(State.CLAIMED, "expire")


def test_what_people_brought_furthest_comes_first() -> None:
    """Where two turn out to be one trip a weighed truck goes on before a claimed one, and that before an open one."""
    states = [State.EXPIRED, State.OPEN, State.WEIGHED, State.LOST, State.CLAIMED]
    assert sorted(states, key=progress) == [State.WEIGHED, State.CLAIMED, State.OPEN, State.LOST, State.EXPIRED]
