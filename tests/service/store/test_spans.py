"""Guarantees of days, months and the coarsest pieces of a period, against a walk hour by hour."""

from __future__ import annotations

import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store.spans import HOUR_S, Span, bucket_of, buckets, local_starts, next_day, next_month, parts

ZONES = st.sampled_from(["Asia/Shanghai", "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])
#: 2021 to 2024: a leap day and eight clock changes of each zone that has them.
HOURS = st.integers(447_000, 482_000)


@given(ZONES, HOURS)
def test_day_and_month_start_at_the_wall_clock_of_the_zone(zone: str, hour: int) -> None:
    """The start of a day or month shows midnight, on the same date or the first, and is not later than the time."""
    day_s, month_s = local_starts(hour * HOUR_S, zone)
    at, day, month = (wall(second, zone) for second in (hour * HOUR_S, day_s, month_s))
    assert month_s <= day_s <= hour * HOUR_S
    assert (day.date(), day.time()) == (at.date(), datetime.time())
    assert (month.date(), month.time()) == (at.date().replace(day=1), datetime.time())


@given(ZONES, HOURS)
def test_next_day_and_month_follow_without_a_gap(zone: str, hour: int) -> None:
    """The next day starts on the next date and the next month on the next first, whatever the clock does between."""
    day_s, month_s = local_starts(hour * HOUR_S, zone)
    assert wall(next_day(day_s, zone), zone).date() == wall(day_s, zone).date() + datetime.timedelta(days=1)
    assert local_starts(next_day(day_s, zone) - 1, zone)[0] == day_s
    assert local_starts(next_month(month_s, zone) - 1, zone)[1] == month_s
    assert wall(next_month(month_s, zone), zone).day == 1


@given(ZONES, HOURS, st.integers(1, 3_000), st.sampled_from(["hour", "day", "month"]))
def test_pieces_make_up_the_period_and_are_whole(zone: str, hour: int, length: int, coarsest: str) -> None:
    """The pieces of a period cover it once, and each claimed day or month begins and ends where one does."""
    span = Span(hour * HOUR_S, (hour + length) * HOUR_S)
    pieces = parts(span, zone, coarsest)
    in_order = sorted((*pieces.months, *pieces.days, *pieces.hours), key=lambda piece: piece.from_s)
    assert in_order[0].from_s == span.from_s
    assert in_order[-1].to_s == span.to_s
    assert all(one.to_s == other.from_s for one, other in pairwise(in_order))
    assert all(local_starts(edge, zone)[0] == edge for day in pieces.days for edge in (day.from_s, day.to_s))
    assert all(local_starts(edge, zone)[1] == edge for month in pieces.months for edge in (month.from_s, month.to_s))


@given(ZONES, HOURS, st.integers(24, 3_000))
def test_hours_are_left_only_at_the_edges(zone: str, hour: int, length: int) -> None:
    """No more than a day's hours are left at each end of a period, so a year is never read hour by hour."""
    pieces = parts(Span(hour * HOUR_S, (hour + length) * HOUR_S), zone)
    assert sum(piece.to_s - piece.from_s for piece in pieces.hours) < 2 * 25 * HOUR_S


@given(ZONES, HOURS, st.integers(1, 200), st.sampled_from(["hour", "day", "month"]))
def test_every_hour_lies_in_the_bucket_of_its_wall_clock(zone: str, hour: int, length: int, bucket: str) -> None:
    """Buckets cover the period once, and each hour is in the one that its date or month says."""
    span = Span(hour * HOUR_S, (hour + length) * HOUR_S)
    cut = buckets(span, zone, bucket)
    starts = [one.from_s for one in cut]
    for at_s in range(span.from_s, span.to_s, HOUR_S):
        inside = cut[bucket_of(starts, at_s)]
        assert inside.from_s <= at_s < inside.to_s
        unit = {"day": 0, "month": 1}.get(bucket)
        if unit is not None:
            assert local_starts(inside.from_s, zone)[unit] == local_starts(at_s, zone)[unit]


def test_day_of_a_clock_change_has_23_or_25_hours() -> None:
    """In a zone with summer time the two days of the change are shorter and longer, and both are one bucket."""
    spring, autumn = second(2021, 3, 28, "Europe/Berlin"), second(2021, 10, 31, "Europe/Berlin")
    assert next_day(spring, "Europe/Berlin") - spring == 23 * HOUR_S
    assert next_day(autumn, "Europe/Berlin") - autumn == 25 * HOUR_S


@pytest.mark.parametrize(("bucket", "count"), [("hour", 24), ("day", 1), ("month", 1), (None, 1)])
def test_one_day_is_one_bucket_unless_cut_by_hours(bucket: str | None, count: int) -> None:
    """A whole day is cut into 24 hours, and into nothing else."""
    day_s = second(2021, 6, 1, "Asia/Shanghai")
    assert len(buckets(Span(day_s, day_s + 24 * HOUR_S), "Asia/Shanghai", bucket)) == count


def wall(at_s: int, zone: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at_s, ZoneInfo(zone))


def second(year: int, month: int, day: int, zone: str) -> int:
    return int(datetime.datetime(year, month, day, tzinfo=ZoneInfo(zone)).timestamp())
