"""Several trucks and squads at once: together they stop what is worth most, and nobody is sent twice."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.assignment import Wish, assign, greatest_columns
from dispatch.reach import Tier, Verdict, Weighed, decide

MANY = {"yard": 9, "lay-by": 9}


def able(squad: str, p_catch: float, stop_point: str = "yard", tier: Tier = Tier.OWN_CORRIDOR) -> Weighed:
    """A squad that could catch a truck."""
    return Weighed(squad, Verdict.LESS_LIKELY, tier, stop_point, False, p_catch, 100, 50)


def test_a_squad_is_left_to_the_truck_that_only_it_can_reach() -> None:
    """Squad a is the better one for both trucks; only a reaches the second."""
    first = Wish(3.0, (able("a", 0.9), able("b", 0.8)))
    second = Wish(2.0, (able("a", 0.9), Weighed("b", Verdict.TOO_LATE)))
    one, two = assign([first, second], MANY)
    assert (one.squad, two.squad) == ("b", "a")
    assert [(found.squad, found.verdict) for found in one.considered] == [("a", Verdict.BUSY), ("b", Verdict.CHOSEN)]


def test_of_two_trucks_and_one_squad_the_one_worth_more_is_stopped() -> None:
    """Priority times chance decides, and the other learns that the squad is busy."""
    one, two = assign([Wish(6.0, (able("a", 0.5),)), Wish(4.0, (able("a", 0.7),))], MANY)
    assert (one.squad, two.squad, two.tier) == ("a", None, Tier.EVIDENCE_ONLY)
    assert two.considered[0].verdict is Verdict.BUSY


def test_a_stop_point_takes_no_more_than_it_has_places() -> None:
    """One place: the truck worth more has it, the other is stopped where there is room, or not at all."""
    places = {"yard": 1, "lay-by": 1}
    wishes = [Wish(2.0, (able("a", 0.9),)), Wish(1.0, (able("b", 0.9), able("b", 0.5, "lay-by")))]
    one, two = assign(wishes, places)
    assert ((one.squad, one.stop_point), (two.squad, two.stop_point)) == (("a", "yard"), ("b", "lay-by"))
    assert two.considered[0].verdict is Verdict.CAPACITY
    assert assign(wishes, {"yard": 1})[1].squad is None


def test_police_are_not_sent_while_road_squads_can() -> None:
    """A later tier is asked for the trucks that the earlier one left, however good its chance."""
    police = able("p", 1.0, tier=Tier.POLICE)
    one, two = assign([Wish(2.0, (able("a", 0.4), police)), Wish(1.0, (able("a", 0.4), police))], MANY)
    assert ((one.squad, one.tier), (two.squad, two.tier)) == (("a", Tier.OWN_CORRIDOR), ("p", Tier.POLICE))
    assert one.considered[1].verdict is Verdict.BUSY


def test_places_that_an_earlier_tier_filled_are_full_for_the_later() -> None:
    """The last place of the yard goes to the road squad."""
    wishes = [Wish(1.0, (able("a", 0.5),)), Wish(9.0, (able("p", 1.0, tier=Tier.POLICE),))]
    one, two = assign(wishes, {"yard": 1})
    assert (one.squad, two.squad) == ("a", None)
    assert two.considered[0].verdict is Verdict.CAPACITY


def test_a_truck_of_no_priority_is_still_better_than_an_idle_squad() -> None:
    """A weight of 0 puts it last and not off the list."""
    assert assign([Wish(0.0, (able("a", 0.5),))], MANY)[0].squad == "a"


def test_nothing_to_assign_is_nothing() -> None:
    """No trucks, no choices; a truck that nobody can catch is evidence."""
    assert assign([], MANY) == ()
    assert assign([Wish(1.0, ())], MANY)[0].tier is Tier.EVIDENCE_ONLY
    assert greatest_columns([]) == []


@given(
    st.integers(0, 4).flatmap(
        lambda rows: st.lists(
            st.lists(st.integers(0, 20), min_size=rows + 1, max_size=rows + 1), min_size=rows, max_size=rows
        )
    )
)
def test_the_sum_is_the_greatest(worth: list[list[int]]) -> None:
    """As trying every order of columns finds it, and no column is used twice."""
    found = greatest_columns(worth)
    assert len(set(found)) == len(worth)
    columns = range(len(worth) + 1)
    best = max(
        (
            sum(row[column] for row, column in zip(worth, order, strict=False))
            for order in itertools.permutations(columns)
        ),
        default=0,
    )
    assert sum(row[column] for row, column in zip(worth, found, strict=True)) == pytest.approx(best if worth else 0)


rows = st.lists(
    st.builds(
        able,
        st.sampled_from("abc"),
        st.floats(0.1, 1),
        st.sampled_from(["yard", "lay-by"]),
        st.sampled_from([Tier.OWN_CORRIDOR, Tier.NEXT_CORRIDOR, Tier.POLICE]),
    ),
    max_size=6,
    unique_by=lambda found: (found.squad, found.stop_point),
)
wishes = st.lists(st.builds(Wish, st.floats(0.5, 9), rows.map(tuple)), max_size=4)


@given(wishes, st.fixed_dictionaries({"yard": st.integers(0, 3), "lay-by": st.integers(0, 3)}))
def test_no_squad_is_sent_twice_and_no_place_overfilled(given: list[Wish], places: dict[str, int]) -> None:
    """Every truck is accounted for, and whoever was left without could not have been served."""
    choices = assign(given, places)
    sent = [choice.squad for choice in choices if choice.squad]
    stops = [choice.stop_point for choice in choices if choice.squad]
    assert len(choices) == len(given)
    assert len(sent) == len(set(sent))
    assert all(stops.count(point) <= places[point] for point in places)
    for wish, choice in zip(given, choices, strict=True):
        assert len(choice.considered) == len(wish.considered)
        assert (choice.squad is not None) or all(
            found.verdict in (Verdict.BUSY, Verdict.CAPACITY) for found in choice.considered
        )


@given(rows)
def test_one_truck_alone_gets_what_choosing_for_it_finds(considered: list[Weighed]) -> None:
    """Where nobody competes and there is room, assignment agrees on the tier and on the greatest chance."""
    [choice] = assign([Wish(1.0, tuple(considered))], MANY)
    alone = decide(considered)
    assert choice.tier is alone.tier
    assert choice.p_catch == pytest.approx(alone.p_catch, abs=0.011)
