"""Clock times of a zone and UTC nanoseconds."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wim.formats.local_time import clock_seconds, text_ns, utc_ns, zone_clock_s

ZONES = [
    ZoneInfo(name) for name in ("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
]
MOMENTS = st.datetimes(timezones=st.just(datetime.UTC)).filter(lambda moment: 1971 < moment.year < 2260)


def columns(*values: int) -> list[np.ndarray]:
    return [np.array([value]) for value in values]


@given(MOMENTS, st.sampled_from(ZONES))
def test_the_clock_of_a_zone_is_the_calendars(moment: datetime.datetime, zone: ZoneInfo) -> None:
    """Both ways the offsets are those of the calendar, the first of two equal times included."""
    moment = moment.replace(microsecond=0)
    local = moment.astimezone(zone)
    ns = int(moment.timestamp()) * 10**9
    seconds, exists = clock_seconds(
        *columns(local.year, local.month, local.day, local.hour, local.minute, local.second)
    )
    assert exists.all()
    assert zone_clock_s(np.array([ns]), zone).tolist() == seconds.tolist()
    first = int(local.replace(fold=0).timestamp()) * 10**9
    assert utc_ns(seconds, zone).tolist() == [first]
    assert text_ns(f"{local:%Y-%m-%d %H:%M:%S}.25", zone) == first + 250_000_000


@pytest.mark.parametrize(
    "parts",
    [(2021, 2, 29, 0), (2021, 13, 1, 0), (2021, 0, 1, 0), (2021, 6, 0, 0), (2021, 6, 1, 24), (1969, 1, 1, 0)],
)
def test_a_time_that_is_not_there_is_told(parts: tuple[int, ...]) -> None:
    """No date is bent into a neighbour."""
    assert clock_seconds(*columns(*parts))[1].tolist() == [False]
    year, month, day, hour = parts
    assert text_ns(f"{year:04d}-{month:02d}-{day:02d} {hour:02d}:00:00", ZONES[0]) is None


def test_a_time_that_the_clocks_skipped_is_before_the_step() -> None:
    """A clock that was not put forward shows such a time, and is read as it shows it."""
    seconds, _ = clock_seconds(*columns(2021, 3, 14, 2, 30, 0))
    assert utc_ns(seconds, ZoneInfo("America/New_York")).tolist() == [1_615_707_000 * 10**9]  # 02:30-05:00
