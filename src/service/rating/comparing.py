"""Two periods of one corridor side by side: each rate minus the other with its interval, and why they may differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rules.rates import Rate, difference
from service.rating import periods
from service.rating.periods import Period
from service.store.rate_table import RateTable, sites_that_changed
from service.store.spans import Span, buckets

Row = Mapping[str, Any]

_ENDS = ("rate_percent", "rate_low_percent", "rate_high_percent")
#: What tells the rows of one bucket apart.
_APART = ("direction", "axles", "band", "site", "lane", "area")


def compared(
    rows: Sequence[Row], before: RateTable, period: Period, other: Period, zone: str, bucket: str | None
) -> list[Row]:
    """The rows, each with what the same row of the other period says; null where that period has none.

    Buckets go by their number: the third day stands against the third day.
    """
    now_number, before_number = _numbers(period, zone, bucket), _numbers(other, zone, bucket)
    earlier = {_key(row, before_number): row for row in before.rows}
    return [{**row, "compared": _against(row, earlier.get(_key(row, now_number)))} for row in rows]


def comparison(now: RateTable, before: RateTable, other: Period, zone: str, how: str) -> dict[str, Any]:
    """The other period, and the sites that counted in one of them only: a rate can move because the network did."""
    changed = sites_that_changed(now, before)
    return {
        "with": how,
        "from": periods.rfc3339(other.from_s, zone),
        "to": periods.rfc3339(other.to_s, zone),
        "sites_came": list(changed["came"]),
        "sites_went": list(changed["went"]),
    }


def _numbers(period: Period, zone: str, bucket: str | None) -> dict[str, int]:
    spans = buckets(Span(period.from_s, period.to_s), zone, bucket)
    return {periods.rfc3339(span.from_s, zone): number for number, span in enumerate(spans)}


def _key(row: Row, number: Mapping[str, int]) -> tuple[Any, ...]:
    return number[row["from"]], *(row.get(name) for name in _APART)


def _against(row: Row, other: Row | None) -> dict[str, Any] | None:
    if other is None:
        return None
    told = {name: other[name] for name in ("from", "to", "trucks", "over_beyond_tolerance", "rate_percent")}
    return told | _difference(row, other)


def _difference(row: Row, other: Row) -> dict[str, float | bool | None]:
    one, two = _rate(row), _rate(other)
    found = difference(one, two) if one and two else None
    points = (None, None, None) if found is None else (found.value, found.low, found.high)
    names = ("difference_points", "difference_low_points", "difference_high_points")
    told = {name: None if at is None else round(at * 100, 4) for name, at in zip(names, points, strict=True)}
    return {**told, "differs": None if found is None else not found.low <= 0 <= found.high}


def _rate(row: Row) -> Rate | None:
    value, low, high = (row[name] for name in _ENDS)
    return None if value is None else Rate(value / 100, low / 100, high / 100)
