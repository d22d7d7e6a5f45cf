"""Identity and earlier trips, against a twin that is too simple to be wrong, and on the edges of both windows."""

from __future__ import annotations

import datetime
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.offenders import (
    History,
    Identity,
    Offence,
    carrier_share,
    count_trips,
    one_year_before,
    plate_is_certain,
)
from wim.records import DAY_NS

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")  # a zone that changes its clock; Shanghai has not since 1991
YELLOW, BLUE, UNKNOWN = 1, 0, 255
TRUCK = Identity("苏A12345", YELLOW)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.datetime(year, month, day, hour, minute, tzinfo=zone).timestamp()) * 10**9


NOW = at(2026, 6, 10, 14)


def decided(time_ns: int, trip: str = "t") -> Offence:
    return Offence(trip, TRUCK, time_ns, decided=True)


@pytest.mark.parametrize(
    ("plate", "confidence", "certain"),
    [
        ("苏A12345", 80, True),
        ("苏A12345", 79, False),
        ("苏A12345", 100, True),
        ("苏A12345", 1, False),
        ("苏A12345", 0, True),
        ("", 0, False),
        ("苏A123", 99, False),
        ("苏A1234", 99, True),
    ],
)
def test_a_plate_is_certain_from_80_or_when_the_unit_does_not_say(plate: str, confidence: int, certain: bool) -> None:
    """Five characters are no plate; 0 is no confidence but silence about it."""
    assert plate_is_certain(plate, confidence) is certain


def test_unknown_colour_matches_any_colour_of_the_same_plate() -> None:
    """Two known colours are two vehicles, an unknown one may be either."""
    assert TRUCK.matches(Identity("苏A12345"))
    assert Identity("苏A12345").matches(TRUCK)
    assert not TRUCK.matches(Identity("苏A12345", BLUE))
    assert not TRUCK.matches(Identity("苏A12346", YELLOW))


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        ((2026, 6, 10, 14), (2025, 6, 10, 14)),
        ((2024, 2, 29, 8), (2023, 2, 28, 8)),
        ((2025, 2, 28, 8), (2024, 2, 28, 8)),
        ((2025, 3, 1, 8), (2024, 3, 1, 8)),
        ((2024, 3, 1, 8), (2023, 3, 1, 8)),
        ((2026, 1, 1, 0), (2025, 1, 1, 0)),
    ],
)
@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN])
def test_one_year_earlier_is_the_same_date_at_the_sites_clock(
    now: tuple[int, int, int, int], earlier: tuple[int, int, int, int], zone: ZoneInfo
) -> None:
    """A year is a calendar year, 365 or 366 days; 29 February goes back to the last day of its month."""
    assert one_year_before(at(*now, zone=zone) + 7, zone) == at(*earlier, zone=zone) + 7


def test_one_year_earlier_keeps_the_clock_where_the_offset_differs() -> None:
    """2026-03-29 12:00 in Berlin is summer time, 2025-03-29 12:00 was not: an hour less than 365 days."""
    now = at(2026, 3, 29, 12, zone=BERLIN)
    assert now - one_year_before(now, BERLIN) == 365 * DAY_NS - 3_600 * 10**9


def test_one_year_earlier_survives_hours_that_the_clock_skipped_or_ran_twice() -> None:
    """02:30 did not exist on 2025-03-30 and came twice on 2025-10-26: both have one answer, the first."""
    skipped = one_year_before(at(2026, 3, 30, 2, 30, zone=BERLIN), BERLIN)
    twice = one_year_before(at(2026, 10, 26, 2, 30, zone=BERLIN), BERLIN)
    assert skipped == int(datetime.datetime(2025, 3, 30, 1, 30, tzinfo=datetime.UTC).timestamp()) * 10**9
    assert twice == int(datetime.datetime(2025, 10, 26, 0, 30, tzinfo=datetime.UTC).timestamp()) * 10**9


@pytest.mark.parametrize(("offset_ns", "counted"), [(-1, 0), (0, 0), (1, 1)])
def test_the_legal_window_leaves_its_first_instant_out(offset_ns: int, counted: int) -> None:
    """(same date one year earlier, now]: the date itself is out, one nanosecond later is in."""
    offence = decided(at(2025, 6, 10, 14) + offset_ns)
    assert count_trips([offence], TRUCK, "own", NOW, SHANGHAI).decided_1y == counted


@pytest.mark.parametrize(("offset_ns", "counted"), [(-1, 0), (0, 1), (1, 1)])
def test_the_dispatch_window_takes_its_first_instant_in(offset_ns: int, counted: int) -> None:
    """[now - 365 * 86 400 s, now]: exactly 365 days ago still counts."""
    offence = replace(decided(NOW - 365 * DAY_NS + offset_ns), decided=False, confirmed=True)
    assert count_trips([offence], TRUCK, "own", NOW, SHANGHAI).confirmed_365d == counted


@pytest.mark.parametrize(("offset_ns", "counted"), [(-1, 1), (0, 1), (1, 0)])
def test_both_windows_end_at_the_crossing(offset_ns: int, counted: int) -> None:
    """What happened after the crossing cannot have been known at it."""
    history = count_trips([decided(NOW + offset_ns)], TRUCK, "own", NOW, SHANGHAI)
    assert (history.decided_1y, history.confirmed_365d) == (counted, counted)


@pytest.mark.parametrize(("days", "legal", "dispatch"), [(364, 1, 1), (365, 1, 1), (366, 0, 0)])
def test_days_back_over_a_29_february(days: int, legal: int, dispatch: int) -> None:
    """From 2024-06-10 one calendar year is 366 days: day 365 is inside both windows, day 366 inside neither."""
    now = at(2024, 6, 10, 14)
    history = count_trips([decided(now - days * DAY_NS)], TRUCK, "own", now, SHANGHAI)
    assert (history.decided_1y, history.confirmed_365d) == (legal, dispatch)


def test_a_leap_year_makes_the_legal_window_one_day_longer_than_the_dispatch_window() -> None:
    """A trip 365 days and one hour ago is within one calendar year and outside 365 days."""
    now = at(2024, 6, 10, 14)
    history = count_trips([decided(now - 365 * DAY_NS - 3_600 * 10**9)], TRUCK, "own", now, SHANGHAI)
    assert (history.decided_1y, history.confirmed_365d) == (1, 0)
    assert history.last_ns == now - 365 * DAY_NS - 3_600 * 10**9


def test_the_crossing_itself_and_its_own_trip_count_for_nothing() -> None:
    """A truck is not its own repeat offender, however many sites saw this trip."""
    own = [decided(NOW - 60 * 10**9, "own"), decided(NOW, "own")]
    assert count_trips(own, TRUCK, "own", NOW, SHANGHAI) == History()


def test_trips_are_counted_and_not_crossings() -> None:
    """Five crossings of two trips are two."""
    offences = [decided(NOW - hour * 3_600 * 10**9, f"trip{hour // 12}") for hour in (1, 2, 3, 13, 14)]
    assert count_trips(offences, TRUCK, "own", NOW, SHANGHAI).decided_1y == 2


def test_legal_repeat_is_the_fourth_decided_trip() -> None:
    """More than three in one year: three before are enough only when this one is decided too."""
    three = History(decided_1y=3)
    assert three.legal_repeat(this_decided=True)
    assert not three.legal_repeat(this_decided=False)
    assert not History(decided_1y=2).legal_repeat(this_decided=True)


@pytest.mark.parametrize(
    ("history", "repeat"),
    [
        (History(), False),
        (History(confirmed_365d=1), True),
        (History(suspected_365d=2), False),
        (History(suspected_365d=3), True),
    ],
)
def test_dispatch_repeat_is_one_confirmed_or_three_suspected(history: History, repeat: bool) -> None:
    """Policy of decision.md §8."""
    assert history.dispatch_repeat() is repeat


def test_exclusion_takes_a_trip_out_of_all_counts_and_its_reversal_puts_it_back() -> None:
    """A lost appeal leaves no trace in a count, and undoing it restores the count exactly."""
    offence = replace(decided(NOW - DAY_NS), suspected=True)
    before = count_trips([offence], TRUCK, "own", NOW, SHANGHAI)
    excluded = replace(offence, excluded=True)
    assert count_trips([excluded], TRUCK, "own", NOW, SHANGHAI) == History()
    assert count_trips([replace(excluded, excluded=False)], TRUCK, "own", NOW, SHANGHAI) == before


def test_simulated_trips_count_only_where_policy_says_so() -> None:
    """Nobody becomes an offender by a drill."""
    offence = replace(decided(NOW - DAY_NS), simulated=True)
    assert count_trips([offence], TRUCK, "own", NOW, SHANGHAI) == History()
    assert count_trips([offence], TRUCK, "own", NOW, SHANGHAI, simulated_counts=True).decided_1y == 1


def test_a_carrier_is_over_strictly_above_ten_percent_of_its_fleet() -> None:
    """One decided vehicle of ten is not over, one of nine is; its second decided trip is no second vehicle."""
    fleet = [Identity(f"苏A{number:05d}", YELLOW) for number in range(10)]
    offences = {
        fleet[0].plate: [Offence("a", fleet[0], NOW - DAY_NS, decided=True), Offence("b", fleet[0], NOW, decided=True)]
    }
    share = carrier_share(fleet, offences, NOW, SHANGHAI)
    assert (share.fleet, share.decided, share.over) == (10, 1, False)
    assert carrier_share(fleet[:9], offences, NOW, SHANGHAI).over
    assert not carrier_share([], offences, NOW, SHANGHAI).over


OFFENCES = st.lists(
    st.builds(
        Offence,
        trip=st.sampled_from(["own", "a", "b", "c", "d"]),
        identity=st.builds(
            Identity, plate=st.sampled_from(["苏A12345", "苏A12346"]), colour=st.sampled_from([YELLOW, BLUE, UNKNOWN])
        ),
        time_ns=st.integers(NOW - 368 * DAY_NS, NOW + DAY_NS)
        | st.sampled_from([NOW, NOW + 1, NOW - 365 * DAY_NS, NOW - 365 * DAY_NS - 1]),
        decided=st.booleans(),
        confirmed=st.booleans(),
        suspected=st.booleans(),
        simulated=st.booleans(),
        excluded=st.booleans(),
    ),
    max_size=12,
)


def naive_counts(offences: list[Offence], identity: Identity, simulated_counts: bool) -> tuple[int, int, int]:
    """Trip by trip, condition by condition, as the design says it."""
    trips = {offence.trip for offence in offences} - {"own"}
    totals = [0, 0, 0]
    for trip in trips:
        hits = [False, False, False]
        for o in offences:
            same = o.identity.plate == identity.plate and (
                o.identity.colour == identity.colour or o.identity.colour == UNKNOWN or identity.colour == UNKNOWN
            )
            if o.trip != trip or not same or o.excluded or (o.simulated and not simulated_counts) or o.time_ns > NOW:
                continue
            hits[0] |= o.decided and o.time_ns > at(2025, 6, 10, 14)
            hits[1] |= (o.decided or o.confirmed) and o.time_ns >= NOW - 365 * 86_400 * 10**9
            hits[2] |= o.suspected and o.time_ns >= NOW - 365 * 86_400 * 10**9
        totals = [total + hit for total, hit in zip(totals, hits, strict=True)]
    return totals[0], totals[1], totals[2]


@given(offences=OFFENCES, colour=st.sampled_from([YELLOW, BLUE, UNKNOWN]), simulated_counts=st.booleans())
def test_counts_agree_with_the_naive_twin(offences: list[Offence], colour: int, simulated_counts: bool) -> None:
    """Every condition at once, on random histories."""
    identity = Identity("苏A12345", colour)
    history = count_trips(offences, identity, "own", NOW, SHANGHAI, simulated_counts)
    counted = (history.decided_1y, history.confirmed_365d, history.suspected_365d)
    assert counted == naive_counts(offences, identity, simulated_counts)
