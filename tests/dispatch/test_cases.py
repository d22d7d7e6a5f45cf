"""Trips do not depend on the order of arrival; intercepts open for the reasons of the design and no other."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.cases import (
    REACH_HORIZON_NS,
    TRIP_GAP_NS,
    Charge,
    Opening,
    PlateReads,
    Reason,
    Sighting,
    case_id,
    is_late,
    join,
    opening_reasons,
)
from dispatch.offenders import History
from wim.records import HOUR_NS

START = 1_780_000_000 * 10**9
YELLOW, BLUE, UNKNOWN = 1, 0, 255


def seen(passage: str, hours: float, colour: int = YELLOW, plate: str = "苏A12345") -> Sighting:
    return Sighting(passage, START + int(hours * 3_600) * 10**9, plate, colour, certain=True)


def unread(passage: str, hours: float = 0) -> Sighting:
    return Sighting(passage, START + int(hours * 3_600) * 10**9)


def trips(case_of: dict[str, str]) -> set[frozenset[str]]:
    """The passages that share a case, without the name of the case."""
    return {frozenset(p for p, case in case_of.items() if case == name) for name in case_of.values()}


def naive_trips(sightings: list[Sighting], gap_ns: int) -> set[frozenset[str]]:
    """Join any two linked sightings until nothing changes."""
    groups = [{s} for s in {s.passage: s for s in sightings}.values()]
    for one, other in itertools.product(list(sightings), repeat=2):
        linked = (
            one.certain
            and other.certain
            and one.plate == other.plate
            and (one.colour == other.colour or UNKNOWN in (one.colour, other.colour))
            and abs(one.time_ns - other.time_ns) <= gap_ns
        )
        first = next(g for g in groups if one in g)
        second = next(g for g in groups if other in g)
        if linked and first is not second:
            groups.remove(second)
            first |= second
    return {frozenset(s.passage for s in group) for group in groups}


@pytest.mark.parametrize(("apart_ns", "together"), [(0, True), (TRIP_GAP_NS, True), (TRIP_GAP_NS + 1, False)])
def test_sightings_not_more_than_four_hours_apart_are_one_trip(apart_ns: int, together: bool) -> None:
    """Exactly four hours still belong together, one nanosecond more does not."""
    first = Sighting("a", START, "苏A12345", YELLOW, certain=True)
    second = Sighting("b", START + apart_ns, "苏A12345", YELLOW, certain=True)
    assert (len(trips(join([first, second]).case_of)) == 1) is together


def test_a_chain_of_sightings_is_one_trip_however_long() -> None:
    """What counts is the distance to the next sighting, not to the first."""
    assert len(trips(join([seen(str(n), 3 * n) for n in range(10)]).case_of)) == 1


def test_two_known_colours_are_two_vehicles() -> None:
    """The same characters in blue and in yellow are two plates."""
    assert len(trips(join([seen("a", 0, YELLOW), seen("b", 1, BLUE)]).case_of)) == 2


def test_an_unknown_colour_joins_the_trip_of_any_colour() -> None:
    """A camera that cannot tell the colour still saw this plate."""
    assert len(trips(join([seen("a", 0, YELLOW), seen("b", 1, UNKNOWN)]).case_of)) == 1


def test_passages_without_a_certain_plate_are_their_own_trips() -> None:
    """Two unread plates at one site in one minute are two trucks; so are two reads that nobody can be sure of."""
    doubtful = [Sighting(name, START, "苏A12345", YELLOW, certain=False) for name in "cd"]
    assert len(trips(join([unread("a"), unread("b"), *doubtful]).case_of)) == 4


def test_a_case_is_named_after_the_first_passage_seen() -> None:
    """The second sighting takes the name that the first gave."""
    first, second = seen("a", 1), seen("b", 0)
    joined = join([first, second])
    assert joined.case_of == {"a": case_id(first), "b": case_id(first)}
    assert joined.opened == (case_id(first),)
    assert joined.merged == {}


def test_the_name_of_a_case_says_nothing_of_the_plate() -> None:
    """Who knows the passage cannot find the plate by trying all of them."""
    names = {
        case_id(Sighting("a", START, plate, YELLOW, certain=bool(plate))) for plate in ("苏A12345", "苏B00001", "")
    }
    assert len(names) == 1


def test_a_crossing_that_leaves_the_case_named_after_it_opens_another() -> None:
    """The trip that it had opened goes on without it, under its name."""
    first, second = seen("a", 0), seen("b", 1)
    known = [(one, case_id(first)) for one in (first, second)]
    corrected = Sighting("a", START, "苏B00001", YELLOW, certain=True)
    joined = join([corrected], known)
    assert joined.opened == (joined.case_of["a"],)
    assert joined.case_of["a"] != case_id(first)
    assert joined.merged == {}


def test_a_late_sighting_joins_two_trips_and_the_smallest_case_id_stays() -> None:
    """The case that goes is reported with the one that stays, so that its rows can follow."""
    ends = [seen("a", 0), seen("b", 6)]
    before = join(ends)
    assert len(trips(before.case_of)) == 2
    after = join([seen("c", 3)], [(s, before.case_of[s.passage]) for s in ends])
    smallest, largest = sorted(before.case_of.values())
    assert after.case_of == {"c": smallest}
    assert after.opened == ()
    assert after.merged == {largest: smallest}


def test_arriving_again_changes_nothing() -> None:
    """A violation that Kafka delivers twice stays where it is and opens nothing."""
    first = join([seen("a", 0), unread("b")])
    known = [(seen("a", 0), first.case_of["a"]), (unread("b"), first.case_of["b"])]
    again = join([seen("a", 0), unread("b"), unread("b")], known)
    assert again.case_of == first.case_of
    assert (again.opened, again.merged) == ((), {})


def test_a_crossing_measured_anew_stays_in_its_case() -> None:
    """A better kernel may shift the time by a millisecond; the case keeps its name."""
    first = join([seen("a", 0)])
    shifted = Sighting("a", START + 10**6, "苏A12345", YELLOW, certain=True)
    assert join([shifted], [(seen("a", 0), first.case_of["a"])]).case_of == first.case_of


def test_a_crossing_whose_plate_is_read_anew_moves_to_the_other_vehicles_trip() -> None:
    """A corrected read belongs to the corrected plate."""
    other = seen("x", 1, plate="苏B12345")
    known = [(seen("a", 0), "case-a"), (other, "case-x")]
    assert join([seen("a", 0, plate="苏B12345")], known).case_of == {"a": "case-x"}


SIGHTINGS = st.lists(
    st.builds(
        Sighting,
        passage=st.uuids().map(str),
        time_ns=st.integers(0, 24).map(lambda h: START + h * HOUR_NS) | st.integers(START, START + 24 * HOUR_NS),
        plate=st.sampled_from(["苏A12345", "苏A12346"]),
        colour=st.sampled_from([YELLOW, BLUE, UNKNOWN]),
        certain=st.sampled_from([True, True, True, False]),
    ),
    max_size=14,
    unique_by=lambda s: s.passage,
)


@given(data=st.data(), sightings=SIGHTINGS)
def test_trips_are_the_same_in_any_order_batching_and_repetition(
    data: st.DataObject, sightings: list[Sighting]
) -> None:
    """Shuffled, repeated and cut into batches at random, the same sightings make the trips of the naive twin."""
    arrivals = data.draw(
        st.permutations(sightings + data.draw(st.lists(st.sampled_from(sightings)) if sightings else st.just([])))
    )
    kept: dict[str, tuple[Sighting, str]] = {}
    while arrivals:
        size = data.draw(st.integers(1, len(arrivals)))
        batch, arrivals = arrivals[:size], arrivals[size:]
        joined = join(batch, kept.values())
        kept = {p: (s, joined.merged.get(case, case)) for p, (s, case) in kept.items()}
        kept |= {s.passage: (s, joined.case_of[s.passage]) for s in batch}
    assert trips({p: case for p, (_, case) in kept.items()}) == naive_trips(sightings, TRIP_GAP_NS)


@given(sightings=SIGHTINGS)
def test_every_case_that_holds_a_sighting_was_opened_once(sightings: list[Sighting]) -> None:
    """No sighting points to a case that nobody was told of."""
    joined = join(sightings)
    assert set(joined.case_of.values()) == set(joined.opened)
    assert len(joined.opened) == len(set(joined.opened))


WORKING, DARK = PlateReads(read=50, passages=100), PlateReads(read=49, passages=100)


def charge(**changed: object) -> Charge:
    usual: dict[str, object] = {"intercept_zone": True, "hundred_tonne": False, "severity": 3, "plate_read": True}
    return Charge(**(usual | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given_charge", "history", "reasons"),
    [
        (charge(), History(), ()),
        (charge(hundred_tonne=True, severity=6), History(), (Reason.HUNDRED_TONNE, Reason.SEVERITY)),
        (charge(), History(confirmed_365d=1), (Reason.REPEAT_CONFIRMED,)),
        (charge(), History(suspected_365d=3), (Reason.REPEAT_SUSPECTED,)),
        (charge(), History(suspected_365d=2, decided_1y=9), ()),
        (charge(severity=4), History(), (Reason.SEVERITY,)),
        (charge(watched=True), History(), (Reason.WATCH_LIST,)),
        (charge(plate_read=False), History(), (Reason.NO_PLATE,)),
        (charge(intercept_zone=False, severity=6, watched=True), History(confirmed_365d=5), ()),
    ],
)
def test_reasons_that_open_an_intercept(given_charge: Charge, history: History, reasons: tuple[Reason, ...]) -> None:
    """Each reason of dispatch.md §1 alone, and none outside zone intercept."""
    assert opening_reasons(given_charge, history, WORKING, Opening()) == reasons


@pytest.mark.parametrize(
    ("reads", "severity", "hundred_tonne", "reasons"),
    [
        (WORKING, 2, False, (Reason.NO_PLATE,)),
        (WORKING, 4, False, (Reason.SEVERITY, Reason.NO_PLATE)),
        (DARK, 2, False, ()),
        (DARK, 4, False, ()),
        (DARK, 5, False, (Reason.SEVERITY,)),
        (DARK, 4, True, (Reason.HUNDRED_TONNE,)),
        (PlateReads(0, 0), 4, False, ()),
        (PlateReads(0, 0), 5, False, (Reason.SEVERITY,)),
    ],
)
def test_a_missing_plate_is_a_reason_only_while_the_camera_reads(
    reads: PlateReads, severity: int, hundred_tonne: bool, reasons: tuple[Reason, ...]
) -> None:
    """From half of the plates read on the truck hides; below, the camera is at fault and only the worst open one."""
    blind = charge(plate_read=False, severity=severity, hundred_tonne=hundred_tonne)
    assert opening_reasons(blind, History(), reads, Opening()) == reasons


def test_a_dark_camera_does_not_silence_a_truck_whose_plate_was_read() -> None:
    """The plate-read rate is asked only where the plate is missing."""
    assert opening_reasons(charge(severity=4), History(), DARK, Opening()) == (Reason.SEVERITY,)


@pytest.mark.parametrize(
    ("hundred_tonne", "count_grade", "unverified"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_only_a_hundred_tonne_truck_of_grade_count_is_unverified(
    hundred_tonne: bool, count_grade: bool, unverified: bool
) -> None:
    """It is never dropped, and never sent out as if it were sure."""
    assert charge(hundred_tonne=hundred_tonne, count_grade=count_grade).unverified is unverified


@pytest.mark.parametrize(
    ("age_ns", "late"),
    [(REACH_HORIZON_NS - 1, False), (REACH_HORIZON_NS, False), (REACH_HORIZON_NS + 1, True), (-HOUR_NS, False)],
)
def test_a_case_is_late_beyond_the_reach_horizon(age_ns: int, late: bool) -> None:
    """Fifteen minutes are still in reach, a clock ahead is no lateness."""
    assert is_late(START - age_ns, START) is late
