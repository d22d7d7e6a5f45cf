"""Hours, days and months of a zone, and the coarsest of them that make up a period.

Everything in seconds since 1970. A day or month is the one of the zone's wall clock, so it may have 23 or 25 hours.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Span:
    """From inclusive, to exclusive."""

    from_s: int
    to_s: int

    def __bool__(self) -> bool:
        return self.from_s < self.to_s


@dataclass(frozen=True, slots=True)
class Parts:
    """A period as whole months, whole days and hours that do not overlap; empty ones are left out."""

    months: tuple[Span, ...]
    days: tuple[Span, ...]
    hours: tuple[Span, ...]


@lru_cache(maxsize=65_536)
def local_starts(at_s: int, zone: str) -> tuple[int, int]:
    """Start of the day and of the month that holds `at_s` at the zone's wall clock."""
    local = datetime.datetime.fromtimestamp(at_s, ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, fold=0)
    return int(midnight.timestamp()), int(midnight.replace(day=1).timestamp())


def next_day(day_s: int, zone: str) -> int:
    """Start of the day after the one that starts at `day_s`."""
    # 36 h later it is the next day everywhere, however long this one was.
    return local_starts(day_s + 36 * HOUR_S, zone)[0]


def next_month(month_s: int, zone: str) -> int:
    """Start of the month after the one that starts at `month_s`."""
    return local_starts(month_s + 32 * 24 * HOUR_S, zone)[1]


def parts(span: Span, zone: str, coarsest: str = "month") -> Parts:
    """The period in the coarsest pieces, none coarser than `coarsest` (hour, day or month).

    Unless all of it is hours, no run of hours goes past midnight.
    """
    if coarsest == "hour":
        return Parts((), (), _some(span))
    days = _whole(span, zone, 0)
    # Each run of hours lies in one day, so what it adds up to is part of one day.
    hours = tuple(day for run in _around(span, days) for day in buckets(run, zone, "day"))
    if coarsest == "day":
        return Parts((), _some(days), hours)
    months = _whole(days, zone, 1)
    return Parts(_some(months), _around(days, months), hours)


def buckets(span: Span, zone: str, bucket: str | None) -> list[Span]:
    """The period cut at each hour, day or month of the zone; first and last may be short; uncut without `bucket`."""
    edges = [span.from_s]
    while bucket and edges[-1] < span.to_s:
        edges.append(min(span.to_s, _next(edges[-1], zone, bucket)))
    if not bucket:
        edges.append(span.to_s)
    return [Span(one, other) for one, other in pairwise(edges)]


def bucket_of(starts: Sequence[int], at_s: int) -> int:
    """Index of the bucket that holds `at_s`, from the sorted starts of all."""
    return bisect_right(starts, at_s) - 1


def _next(at_s: int, zone: str, bucket: str) -> int:
    day_s, month_s = local_starts(at_s, zone)
    if bucket == "day":
        return next_day(day_s, zone)
    if bucket == "month":
        return next_month(month_s, zone)
    return at_s - at_s % HOUR_S + HOUR_S


def _whole(span: Span, zone: str, unit: int) -> Span:
    """The part of a period that is whole days (`unit` 0) or whole months (1)."""
    if not span:
        return span
    after = (next_day, next_month)[unit]
    first = local_starts(span.from_s, zone)[unit]
    if first < span.from_s:
        first = after(first, zone)
    last = local_starts(span.to_s, zone)[unit]
    return Span(first, last) if first < last else Span(span.to_s, span.to_s)


def _around(whole: Span, inner: Span) -> tuple[Span, ...]:
    if not inner:
        return _some(whole)
    return tuple(span for span in (Span(whole.from_s, inner.from_s), Span(inner.to_s, whole.to_s)) if span)


def _some(span: Span) -> tuple[Span, ...]:
    return (span,) if span else ()
