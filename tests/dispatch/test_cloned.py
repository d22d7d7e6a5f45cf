"""One plate on two vehicles: scored by time and place and by the tractor, never above what a misread allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.cloned import (
    CLONED_FROM,
    CLONES,
    MISREADS,
    OTHER_COUNT_RATIO,
    Elsewhere,
    PlateSeen,
    can_drive,
    cloned,
    needed_kmh,
    same_tractor,
    tractor,
)

MINUTE_NS = 60 * 10**9
NOW_NS = 1_780_000_000 * 10**9
#: A 6×4 tractor with a three-axle semi-trailer, and another one.
RIG = (3_300, 1_350, 6_900, 1_310, 1_310)
OTHER_RIG = (3_900, 1_400, 6_900, 1_310, 1_310)


def seen(minutes: float = 0.0, spacings: tuple[int, ...] = (), clock_locked: bool = True) -> PlateSeen:
    """A crossing so many minutes from now."""
    return PlateSeen(f"at{minutes:g}", NOW_NS + round(minutes * MINUTE_NS), spacings, clock_locked)


def history(spacings: tuple[int, ...] = RIG, days: int = 3) -> list[Elsewhere]:
    """Days on which the plate passed 50 km from here."""
    return [Elsewhere(seen(-1_440.0 * (day + 1), spacings), 50.0) for day in range(days)]


def test_a_plate_at_two_places_at_once_is_called_cloned() -> None:
    """60 km in 14 minutes, and one in the driver's favour: 240 km/h."""
    found = cloned(seen(), [Elsewhere(seen(-14), 60.0), *history(())])
    assert (found.kmh, found.other, found.same_tractor) == (pytest.approx(240.0), "at-14", None)
    assert found.called
    assert found.score == pytest.approx(CLONES / (CLONES + MISREADS))


def test_a_fast_truck_is_no_clone() -> None:
    """95 km/h on the average is against the law with this load, and is driven."""
    found = cloned(seen(), [Elsewhere(seen(-39), 63.3)])
    assert found.kmh == pytest.approx(94.95)
    assert not found.called
    assert found.score < 0.002


def test_the_later_of_two_crossings_may_arrive_first() -> None:
    """A late message about an earlier crossing is compared with what came after it."""
    assert cloned(seen(), [Elsewhere(seen(14), 60.0)]).score == cloned(seen(), [Elsewhere(seen(-14), 60.0)]).score


def test_another_tractor_under_the_plate_is_called_cloned() -> None:
    """3.9 m where it has always been 3.3 m, at an ordinary time of day."""
    found = cloned(seen(spacings=OTHER_RIG), history())
    assert found.called
    assert found.same_tractor is not None
    assert found.same_tractor < 1e-6
    assert not cloned(seen(spacings=RIG), history()).called


def test_another_trailer_or_a_lifted_axle_is_no_clone() -> None:
    """The tractor pulls what it is hitched to; an axle that is up is an axle less."""
    other_trailer = (*RIG[:2], 5_200, 1_250)
    assert not cloned(seen(spacings=other_trailer), history()).called
    found = cloned(seen(spacings=(3_300, 8_250, 1_310, 1_310)), history())
    assert (found.same_tractor, found.called) == (1 / OTHER_COUNT_RATIO, False)


def test_one_earlier_crossing_does_not_make_a_history() -> None:
    """It may have been measured badly."""
    assert cloned(seen(spacings=OTHER_RIG), history(days=1)).same_tractor is None
    assert cloned(seen(), history()).same_tractor is None


def test_a_tractor_that_passed_before_is_known() -> None:
    """One crossing of the history that fits is enough: in doubt for the driver."""
    assert not cloned(seen(spacings=OTHER_RIG), [*history(), *history(OTHER_RIG, 1)]).called


@pytest.mark.parametrize(
    ("spacings", "expected"),
    [
        ((5_200,), (5_200,)),
        (RIG, (3_300, 1_350)),
        ((1_900, 3_600, 1_350), (1_900, 3_600, 1_350)),
        ((3_600, 1_350, 1_350, 7_000), (3_600, 1_350, 1_350)),
        ((1_900, 2_500, 6_000, 1_300), (1_900, 2_500)),
        ((1_300, 1_300), (1_300, 1_300)),
    ],
)
def test_the_tractor_ends_where_the_trailer_begins(spacings: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Steering group, wheelbase, drive group: rigid trucks whole, rigs without their trailer."""
    assert tractor(spacings) == expected


def test_a_clock_that_nobody_trusts_proves_no_speed() -> None:
    """Neither does a distance that nobody knows."""
    assert cloned(seen(), [Elsewhere(seen(-14, clock_locked=False), 60.0)]).kmh is None
    assert cloned(seen(clock_locked=False), [Elsewhere(seen(-14), 60.0)]).kmh is None
    assert cloned(seen(), [Elsewhere(seen(-14), None)]) == cloned(seen(), [])
    assert cloned(seen(), []).score == pytest.approx(CLONES / (CLONES + MISREADS + 1))


def test_two_reads_of_one_place_are_no_journey() -> None:
    """The same site twice within a second needs no speed."""
    assert needed_kmh(seen(), Elsewhere(seen(0.01), 0.0)) == 0.0


def test_both_signs_together_say_more_than_one() -> None:
    """110 km/h alone is unlikely, a lifted axle alone is nothing; the score takes both."""
    fast = Elsewhere(seen(-59, RIG), 120.0)
    spacings = (3_300, 8_250, 1_310, 1_310)
    one, both = cloned(seen(spacings=RIG), [fast, *history()]), cloned(seen(spacings=spacings), [fast, *history()])
    assert one.kmh == both.kmh == pytest.approx(120.0)
    assert one.score < both.score


@given(
    st.lists(
        st.tuples(st.floats(-600, 600), st.none() | st.floats(0, 500), st.sampled_from([(), RIG, OTHER_RIG])),
        max_size=6,
    ),
    st.sampled_from([(), RIG, OTHER_RIG]),
)
def test_the_score_is_a_probability_that_a_misread_bounds(
    others: list[tuple[float, float | None, tuple[int, ...]]], spacings: tuple[int, ...]
) -> None:
    """Between 0 and 0.91 whatever is seen, and in whatever order."""
    known = [Elsewhere(seen(minutes, axles), km) for minutes, km, axles in others]
    found = cloned(seen(spacings=spacings), known)
    assert 0 <= found.score <= CLONES / (CLONES + MISREADS) < 0.91
    assert cloned(seen(spacings=spacings), known[::-1]) == found


@given(st.floats(0, 300), st.floats(0, 300))
def test_the_faster_the_less_likely_driven(one: float, other: float) -> None:
    """A higher speed is never easier, and at 100 km/h it is even."""
    slow, fast = sorted((one, other))
    assert can_drive(fast) <= can_drive(slow)
    assert can_drive(100.0) == 0.5


def test_measured_twice_the_same_truck_is_not_called_cloned() -> None:
    """5 000 rigs of all sizes, each measured three times with the scatter of sites: none is called."""
    random = np.random.default_rng(5)
    for _ in range(5_000):
        truth = np.array(RIG) * random.uniform(0.9, 1.1, 5)
        scales = 1 + random.normal(0, 0.01, (3, 1))
        measured = truth * scales * (1 + random.normal(0, 0.005, (3, 5))) + random.normal(0, 15, (3, 5))
        first, *before = [PlateSeen(str(at), NOW_NS, tuple(map(int, row))) for at, row in enumerate(measured)]
        ratio = same_tractor(first, before)
        assert ratio is not None
        assert CLONES / (CLONES + MISREADS + ratio) < CLONED_FROM
