"""Clock times of a zone and UTC nanoseconds, whole columns at once.

A zone's offset is asked once for each quarter of an hour that occurs: no zone changes its clocks at any other moment
since 1970, and ten million rows have few quarters. Where the clocks go back an hour occurs twice; a file without offset
does not say which, and the first is taken. A time that the clocks skipped is read as the clock that had not yet been
put forward shows it. Neither exists in China since 1991.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

_QUARTER_S = 900
_EPOCH = datetime.datetime(1970, 1, 1)  # noqa: DTZ001 — the zero of clock times, which have no zone

#: Years whose nanoseconds fit into 64 bits, with a day to spare for the offset.
_FIRST_YEAR, _LAST_YEAR = 1970, 2261


def clock_seconds(
    year: npt.NDArray[np.int64],
    month: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    hour: npt.NDArray[np.int64],
    minute: npt.NDArray[np.int64] | int = 0,
    second: npt.NDArray[np.int64] | int = 0,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Seconds between 1970-01-01 00:00 and a clock time, both on the same clock, shape (n,), and which times exist."""
    right = (year >= _FIRST_YEAR) & (year <= _LAST_YEAR) & (month >= 1) & (month <= 12)
    months = np.where(right, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first = months.astype("datetime64[D]")
    days = ((months + 1).astype("datetime64[D]") - first).astype(np.int64)
    right &= (day >= 1) & (day <= days)
    right &= (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60) & (second >= 0) & (second < 60)
    seconds = (first.astype(np.int64) + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    return np.where(right, seconds, 0), right


def utc_ns(clock_s: npt.NDArray[np.int64], zone: ZoneInfo) -> npt.NDArray[np.int64]:
    """UTC nanoseconds of times on the zone's clocks, shape (n,)."""
    offsets = _offsets(clock_s, lambda moment: moment.replace(tzinfo=zone).utcoffset())
    return (clock_s - offsets) * 10**9


_CLOCK_TEXT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?", re.ASCII)


def text_ns(value: str, zone: ZoneInfo) -> int | None:
    """UTC nanoseconds of ``2026-05-28 20:26:40.123`` on the zone's clocks; None where it is no such time."""
    match = _CLOCK_TEXT.fullmatch(value)
    if match is None:
        return None
    *civil, digits = match.groups()
    seconds, exists = clock_seconds(*(np.array([int(part)]) for part in civil))
    return int(utc_ns(seconds, zone)[0]) + int((digits or "0").ljust(9, "0")) if exists[0] else None


def zone_clock_s(time_ns: npt.NDArray[np.int64], zone: ZoneInfo) -> npt.NDArray[np.int64]:
    """What the zone's clocks show at UTC nanoseconds, in whole seconds since their 1970-01-01 00:00, shape (n,)."""
    seconds = time_ns // 10**9
    return seconds + _offsets(seconds, lambda moment: moment.replace(tzinfo=datetime.UTC).astimezone(zone).utcoffset())


def _offsets(
    seconds: npt.NDArray[np.int64], offset: Callable[[datetime.datetime], datetime.timedelta | None]
) -> npt.NDArray[np.int64]:
    """The offset in seconds of each time, shape (n,), from `offset` of the quarter that holds it."""
    quarters, index = np.unique(seconds // _QUARTER_S, return_inverse=True)
    moments = (_EPOCH + datetime.timedelta(seconds=quarter * _QUARTER_S) for quarter in quarters.tolist())
    spans = (offset(moment) or datetime.timedelta(0) for moment in moments)
    each = np.fromiter((int(span.total_seconds()) for span in spans), np.int64, len(quarters))
    return each[index]
