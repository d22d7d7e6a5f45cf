"""The arithmetic of the figures of effectiveness: counts that add up, and nothing made of nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.effectiveness import (
    BINS,
    ZONES,
    KeyTrip,
    Weighed,
    by_trip,
    calibration,
    handling,
    hours_of,
    is_key,
    precision,
    reaches,
    serves,
    share,
    zone_of,
)
from dispatch.network import Duty, Squad, SquadSection
from dispatch.roads import Place, Roads
from wim.periods import DEFAULT_TIMEZONE
from wim.records import HOUR_NS
from wim.sites import Section

QUARRY = Section(30.0, 55.0, "quarry")


@given(st.integers(0, 500), st.integers(0, 500), st.integers(1, 100))
def test_a_share_is_between_its_ends_and_knows_what_is_missing(one: int, other: int, target: int) -> None:
    """With so many more of the same denominator the target is met, and with one less it is not; of nothing: nothing."""
    numerator, denominator = min(one, other), max(one, other)
    found = share(numerator, denominator, target)
    if denominator == 0:
        assert (found.value, found.low, found.high, found.missing) == (None, None, None, 0)
        return
    low, value, high = found.low, found.value, found.high
    assert low is not None
    assert value is not None
    assert high is not None
    assert 0 <= low <= value <= high <= 1
    reached = Fraction(numerator + found.missing, denominator)
    assert reached >= Fraction(target, 100)
    if found.missing:
        assert reached - Fraction(1, denominator) < Fraction(target, 100)


def test_a_census_has_no_interval() -> None:
    """Hours are all there are."""
    found = share(3, 4, 100, sampled=False)
    assert (found.value, found.low, found.high, found.missing) == (0.75, None, None, 1)


def test_key_vehicles_are_those_of_the_design() -> None:
    """百噸王, repeat, cloned or no plate; a heavy stranger on a watch list is none."""
    assert all(is_key([reason]) for reason in ("hundred_tonne", "repeat_suspected", "cloned_plate", "no_plate"))
    assert not is_key(["severity", "watch_list"])


def trip(case: str, handled: bool, intercept: str = "i", time_ns: int = 0) -> KeyTrip:
    return KeyTrip(case, intercept, time_ns, "G104", ("hundred_tonne",), handled, None if handled else "expired")


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans(), st.sampled_from("xyz")), max_size=20), st.randoms())
def test_trips_count_once_in_any_order(found: list[tuple[str, bool, str]], chance: object) -> None:
    """A trip with several intercepts is one, and handled if any of them was."""
    trips = [trip(case, handled, intercept) for case, handled, intercept in found]
    shuffled = list(trips)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    whole = handling(by_trip(trips))
    assert by_trip(shuffled) == by_trip(trips)
    assert whole.denominator == len({case for case, _, _ in found})
    assert whole.numerator == len({case for case, handled, _ in found if handled})


def test_a_squad_serves_a_key_section_that_it_holds_whole() -> None:
    """Half of it is not enough, another road is none."""
    squad = Squad("s", "road", (SquadSection("G104", 0.0, 54.0),), "yard", DEFAULT_TIMEZONE)
    assert not serves(squad, "G104", QUARRY)
    assert serves(squad, "G104", Section(30.0, 54.0, None))
    assert not serves(squad, "S340", Section(30.0, 40.0, None))


@pytest.mark.parametrize(("km", "most_km", "reached"), [(40.0, 0.0, True), (21.0, 9.0, True), (21.0, 8.9, False)])
def test_a_section_is_reached_at_its_nearer_end(km: float, most_km: float, reached: bool) -> None:
    """A base within it is there already."""
    ways = Roads({"G104": None}, ()).distances_km(Place("G104", km))
    assert reaches(ways, "G104", QUARRY, most_km) is reached
    assert not reaches(ways, "S340", QUARRY, 1_000.0)


_TURNS = st.lists(
    st.tuples(st.integers(0, 600), st.integers(1, 300)).map(lambda t: Duty(t[0], t[0] + t[1])), max_size=8
)


@given(_TURNS)
def test_an_hour_is_covered_if_every_moment_of_it_is(turns: list[Duty]) -> None:
    """Against looking at each minute; turns overlap, touch and leave gaps."""
    minute = HOUR_NS // 60
    duties = [Duty(turn.from_ns * minute, turn.until_ns * minute) for turn in turns]
    for hour in hours_of("G104", QUARRY, duties, 0, 10 * HOUR_NS):
        moments = range(hour.from_ns, hour.from_ns + HOUR_NS, minute)
        assert hour.covered == all(any(d.from_ns <= at < d.until_ns for d in duties) for at in moments)


def weighed(p_over: float, confirmed: bool) -> Weighed:
    return Weighed("i", 0, "G104", "K012", p_over, confirmed)


@given(st.lists(st.builds(weighed, st.floats(0, 1), st.booleans()), max_size=60))
def test_zones_and_bins_hold_every_truck_once(trucks: list[Weighed]) -> None:
    """Both add up to the whole, and a bin's mean lies within it."""
    whole = precision(trucks)
    bins = calibration(trucks)
    assert sum(one.found.denominator for one in bins) == whole.denominator == len(trucks)
    assert sum(one.found.numerator for one in bins) == whole.numerator
    assert all(one.from_p <= one.mean_p <= one.to_p + 1e-12 for one in bins if one.mean_p is not None)
    assert [one.mean_p is None for one in bins] == [one.found.denominator == 0 for one in bins]


def test_zones_are_written_with_their_ends() -> None:
    """The lower end inside, the upper outside, 1 inside the last."""
    assert [zone_of(p) for p in (0.9, 0.95, 0.98999, 0.99, 0.999, 1.0)] == [
        "[0,0.95)",
        "[0.95,0.99)",
        "[0.95,0.99)",
        "[0.99,0.999)",
        "[0.999,1]",
        "[0.999,1]",
    ]
    assert ZONES[0] == BINS[0] == 0.0
