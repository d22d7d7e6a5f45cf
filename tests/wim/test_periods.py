"""Dates and times that people write, in nanoseconds."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wim.document import Faults, Table, WrongValueError
from wim.periods import NEVER_NS, in_force, moment, take_period, timezone, to_local, to_ns, until_next

SHANGHAI = "Asia/Shanghai"
ZONES = st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "UTC"])
FIRST, LAST = datetime.fromisoformat("1971-01-01"), datetime.fromisoformat("2260-01-01")
MIDNIGHT_NS = 1_767_196_800 * 10**9  # 2026-01-01T00:00:00+08:00, by date(1)


@dataclass(frozen=True)
class Span:
    """Something in force for a while."""

    from_ns: int
    until_ns: int = NEVER_NS


@pytest.mark.parametrize(
    "written",
    [
        date(2026, 1, 1),
        "2026-01-01",
        datetime.fromisoformat("2026-01-01T00:00:00"),
        "2026-01-01T00:00:00",
        "2026-01-01 00:00",
        "2025-12-31T16:00:00Z",
        "2026-01-01T00:00:00+08:00",
        datetime(2025, 12, 31, 16, tzinfo=UTC),
    ],
)
def test_every_way_to_write_an_instant_means_the_same(written: object) -> None:
    """A bare date is local midnight; a text means what the TOML value means."""
    assert moment(SHANGHAI)(written) == MIDNIGHT_NS


def test_toml_and_json_give_the_same_instant() -> None:
    """A permit from the file and the same permit by PUT are one."""
    document = tomllib.loads("a = 2026-01-01\nb = 2026-03-01T06:30:00\nc = 2026-03-01T06:30:00.5+09:00")
    read = moment(SHANGHAI)
    for value in document.values():
        assert read(value) == read(value.isoformat())


@pytest.mark.parametrize(
    "written",
    ["", "tomorrow", "2026-02-30", "2026-1-1", "20260101", "2026-W01-1", "2026-01-01T25:00", 20260101, 1.5, True, None,
     time(8), "9999-01-01", date(1, 1, 1), datetime(2262, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00+99:00"],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_a_remedy(written: object) -> None:
    """A number is never taken for a time, and a year that 64 bits cannot hold is no end."""
    with pytest.raises(WrongValueError, match="; write"):
        moment(SHANGHAI)(written)


def test_a_local_time_that_clocks_show_twice_or_never_asks_for_its_offset() -> None:
    """A time of day is not guessed where a zone changes its clocks."""
    for written in ("2026-10-25T02:30:00", "2026-03-29T02:30:00"):
        with pytest.raises(WrongValueError, match="add the offset, as 2026-"):
            moment("Europe/Berlin")(written)
    assert moment("Europe/Berlin")("2026-10-25T02:30:00+01:00") == to_ns(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


def test_a_day_without_midnight_begins_where_its_clocks_begin() -> None:
    """In São Paulo 4 November 2018 began at 01:00."""
    found = moment("America/Sao_Paulo")("2018-11-04")
    assert to_local(found, "America/Sao_Paulo").isoformat() == "2018-11-04T01:00:00-02:00"
    assert to_local(found - 1_000, "America/Sao_Paulo").date() == date(2018, 11, 3)


@given(st.datetimes(FIRST, LAST, timezones=ZONES.map(ZoneInfo)))
def test_nanoseconds_are_exact_and_come_back(instant: datetime) -> None:
    """No float ever touches a time."""
    since_1970 = instant.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    exact = (since_1970.days * 86_400 + since_1970.seconds) * 10**9 + since_1970.microseconds * 1_000
    assert to_ns(instant) == exact
    assert to_local(exact, str(instant.tzinfo)).astimezone(UTC) == instant.astimezone(UTC)


@given(st.dates(date(1971, 1, 1), date(2260, 1, 1)), ZONES)
def test_a_day_ends_where_the_next_begins(day: date, zone: str) -> None:
    """Every instant belongs to exactly one local day, whatever the clocks do."""
    begin, end = moment(zone)(day), moment(zone)(day + timedelta(days=1))
    assert to_local(begin, zone).date() == day
    assert to_local(end - 1_000, zone).date() == day
    assert 22 <= (end - begin) / 3.6e12 <= 26


def read_period(values: dict[str, Any]) -> tuple[tuple[int, int], list[str]]:
    """The period of a table, and what was wrong."""
    faults = Faults("f")
    return take_period(Table(values, "p", faults), SHANGHAI), [str(error) for error in faults.errors]


def test_a_period_needs_both_ends_in_order() -> None:
    """An empty or reversed period is an error at its end, not a permit that never holds."""
    (from_ns, until_ns), errors = read_period({"from": date(2026, 1, 1), "until": date(2026, 1, 2)})
    assert (from_ns, until_ns - from_ns, errors) == (MIDNIGHT_NS, 86_400 * 10**9, [])
    for until in (date(2026, 1, 1), date(2025, 12, 31)):
        assert read_period({"from": date(2026, 1, 1), "until": until})[1] == [
            "f: p.until: is not after `from`; write the first day that is no longer inside"
        ]
    assert [line.split(";")[0] for line in read_period({})[1]] == ["f: p.from: is missing", "f: p.until: is missing"]


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=6, unique_by=lambda item: item[0])


@given(SPANS, st.integers(-2, 70))
def test_of_those_that_hold_a_time_the_one_that_began_last_is_in_force(pairs: list[tuple[int, int]], at: int) -> None:
    """Overlapping certificates have one answer at every instant; `from` is inside, `until` is not."""
    spans = [Span(begin, begin + length) for begin, length in sorted(pairs)]
    holding = [span for span in spans if span.from_ns <= at < span.until_ns]
    assert in_force(spans, at) == max(holding, key=lambda span: span.from_ns, default=None)


@given(st.lists(st.integers(0, 40), max_size=6, unique=True), st.integers(-2, 45))
def test_each_is_in_force_until_the_next_begins(begins: list[int], at: int) -> None:
    """Tolerances and calibrations leave no gap after the first and never overlap."""
    chain = until_next([Span(begin) for begin in begins])
    newest = max((begin for begin in begins if begin <= at), default=None)
    found = in_force(chain, at)
    assert (found.from_ns if found else None) == newest


@pytest.mark.parametrize("value", ["", "Asia", "Asia/Shanghia", "../etc/passwd", "\0", "x" * 5_000, "\ud800", 8, None])
def test_what_is_no_zone_is_refused(value: object) -> None:
    """A folder, a path and a typing error are no time zones."""
    with pytest.raises(WrongValueError, match="write an IANA name"):
        timezone(value)


def test_a_mistyped_zone_is_told_the_nearest() -> None:
    """The remedy is a name that works."""
    with pytest.raises(WrongValueError, match='"Asia/Shanghai"'):
        timezone("Asia/Shanghia")
