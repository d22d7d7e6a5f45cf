"""Which hours of a lane were watched: no passage in a watched hour is a zero, in any other it is unknown.

A lane-hour is *observed* when health covers at least 55 minutes of it (contracts.md §5). On a day without any health of
the lane (a file, a unit that sends none) it is observed when the hour, or both of its neighbours, hold a passage. What
is kept for that is one row per lane and month (UTC) with one bit an hour, least significant first, so that a year is
read in twelve rows a lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Row, select

from service.store import bulk
from service.store.spans import HOUR_S, Span, local_starts, next_month
from service.store.tables import health_minutes, lane_months, site_health

#: Minutes of health that make an hour observed (contracts.md §5).
OBSERVED_MINUTES = 55

_MINUTE_S = 60
_DAY_S = 86_400
#: Bytes of one month's hours.
_MONTH_BYTES = 31 * 24 // 8


class LaneKey(NamedTuple):
    """A lane of a site."""

    site: str
    lane: int


class Beat(NamedTuple):
    """The roadside unit said that this lane was up at that time."""

    site: str
    lane: int
    at_s: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of one lane in one month: one bit an hour in the first two, one a day in the third."""

    passage_hours: int = 0
    health_hours: int = 0
    health_days: int = 0

    def __or__(self, other: Marks) -> Marks:
        return Marks(
            self.passage_hours | other.passage_hours,
            self.health_hours | other.health_hours,
            self.health_days | other.health_days,
        )


class MonthKey(NamedTuple):
    """A lane of a site in one month of UTC."""

    site: str
    lane: int
    month_s: int


def keep_beats(conn: Connection, beats: Iterable[Beat]) -> None:
    """Keep minutes of health; the same beat twice changes nothing."""
    minutes: dict[tuple[str, int, int], int] = {}
    for beat in beats:
        hour_s = beat.at_s - beat.at_s % HOUR_S
        key = (beat.site, beat.lane, hour_s)
        minutes[key] = minutes.get(key, 0) | 1 << (beat.at_s - hour_s) // _MINUTE_S
    if not minutes:
        return
    rows = [_Minutes(*key, bits) for key, bits in minutes.items()]
    bulk.upsert_rows(conn, health_minutes, rows, _both_minutes)
    hours = conn.execute(bulk.having_keys(conn, health_minutes, ("site", "lane", "hour_s"), list(minutes)))
    mark(conn, _health_marks(hours))


def keep_health(conn: Connection, site: str, at_ns: int, document: str) -> None:
    """Keep a site's health message if it is its newest."""
    bulk.upsert_rows(conn, site_health, [_Health(site, at_ns, document)], bulk.replace, _later)


def newest_health(conn: Connection, sites: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Time and document of the newest health message of each site that ever sent one."""
    rows = conn.execute(select(site_health).where(site_health.c.site.in_(sites)))
    return {row.site: (row.at_ns, row.document) for row in rows}


def mark_passages(conn: Connection, hours: Mapping[LaneKey, Iterable[int]]) -> None:
    """Note the hours (seconds of their start) in which each lane had a passage."""
    marks: dict[MonthKey, Marks] = {}
    for lane, starts in hours.items():
        for hour_s in starts:
            key, hour = _place(lane, hour_s)
            marks[key] = marks.get(key, Marks()) | Marks(passage_hours=1 << hour)
    mark(conn, marks)


def mark(conn: Connection, marks: Mapping[MonthKey, Marks]) -> None:
    """Add marks to the lanes' months. Most are there already: those rows are neither locked nor written."""
    kept = _read(conn, list(marks), lock=False)
    news = {key: added for key, added in marks.items() if kept.get(key, Marks()) | added != kept.get(key)}
    if not news:
        return
    bulk.upsert_rows(conn, lane_months, [_row(key, Marks()) for key in news], bulk.keep)
    kept = _read(conn, list(news), lock=True)
    bulk.upsert_rows(conn, lane_months, [_row(key, kept[key] | added) for key, added in news.items()], bulk.replace)


def observed_hours(
    conn: Connection, lanes: Sequence[LaneKey], span: Span, passages: Mapping[LaneKey, Iterable[int]]
) -> npt.NDArray[np.bool_]:
    """Whether each hour of the span was observed, shape (lanes, hours).

    `passages` are hours with a passage that are not in the database's months yet.
    """
    # One hour more at each end: a neighbour counts even outside of what was asked.
    wide = Span(span.from_s - HOUR_S, span.to_s + HOUR_S)
    number = {lane: index for index, lane in enumerate(lanes)}
    passage, health, has_health = _months(conn, number, wide)
    for lane, starts in passages.items():
        hours = [(hour_s - wide.from_s) // HOUR_S for hour_s in starts if wide.from_s <= hour_s < wide.to_s]
        if lane in number:
            passage[number[lane], hours] = True
    beside = passage[:, :-2] & passage[:, 2:]
    seen: npt.NDArray[np.bool_] = np.where(has_health[:, 1:-1], health[:, 1:-1], passage[:, 1:-1] | beside)
    return seen


def _months(
    conn: Connection, number: Mapping[LaneKey, int], span: Span
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Hours with a passage, hours covered by health, hours of days with any health; shape (lanes, hours) each."""
    hours = -(-(span.to_s - span.from_s) // HOUR_S)
    passage, health, has_health = (np.zeros((len(number), hours), np.bool_) for _ in range(3))
    by_month: dict[int, list[Row[Any]]] = {}
    for row in conn.execute(_overlapping(conn, list(number), span)) if number else ():
        by_month.setdefault(row.month_s, []).append(row)
    for month_s, rows in by_month.items():
        index = [number[LaneKey(row.site, row.lane)] for row in rows]
        skip = (span.from_s - month_s) // HOUR_S
        bits = _bits([row.passage_hours for row in rows]), _bits([row.health_hours for row in rows])
        days = np.repeat(_bits([row.health_days.to_bytes(4, "little") for row in rows])[:, :31], 24, axis=1)
        width = (next_month(month_s, "UTC") - month_s) // HOUR_S
        first, last = max(0, -skip), min(hours, width - skip)
        for target, source in zip((passage, health, has_health), (*bits, days), strict=True):
            target[index, first:last] = source[:, first + skip : last + skip]
    return passage, health, has_health


def _overlapping(conn: Connection, lanes: Sequence[LaneKey], span: Span) -> Any:
    months = lane_months.c.month_s
    first = local_starts(span.from_s, "UTC")[1]
    return bulk.having_keys(conn, lane_months, LaneKey._fields, lanes).where(months >= first, months < span.to_s)


def _bits(blobs: Sequence[bytes]) -> npt.NDArray[np.bool_]:
    """The bits of equally long blobs, least significant first, shape (blobs, bits)."""
    raw = np.frombuffer(b"".join(blobs), np.uint8).reshape(len(blobs), -1)
    return np.unpackbits(raw, axis=1, bitorder="little").view(np.bool_)


def _health_marks(hours: Iterable[Row[Any]]) -> dict[MonthKey, Marks]:
    marks: dict[MonthKey, Marks] = {}
    for row in hours:
        key, hour = _place(LaneKey(row.site, row.lane), row.hour_s)
        covered = row.minutes.bit_count() >= OBSERVED_MINUTES
        added = Marks(health_hours=int(covered) << hour, health_days=1 << hour // 24)
        marks[key] = marks.get(key, Marks()) | added
    return marks


def _place(lane: LaneKey, hour_s: int) -> tuple[MonthKey, int]:
    """The month of an hour, and the hour's number in it."""
    month_s = local_starts(hour_s, "UTC")[1]
    return MonthKey(*lane, month_s), (hour_s - month_s) // HOUR_S


def _read(conn: Connection, keys: Sequence[MonthKey], lock: bool) -> dict[MonthKey, Marks]:
    wanted = bulk.having_keys(conn, lane_months, MonthKey._fields, keys)
    if lock:
        # SQLite has the whole database locked and leaves this clause out.
        wanted = wanted.order_by(*lane_months.primary_key).with_for_update(of=lane_months)
    return {MonthKey(row.site, row.lane, row.month_s): _marks(row) for row in conn.execute(wanted)}


def _marks(row: Row[Any]) -> Marks:
    passage_hours, health_hours = (int.from_bytes(bits, "little") for bits in (row.passage_hours, row.health_hours))
    return Marks(passage_hours, health_hours, row.health_days)


class _Minutes(NamedTuple):
    site: str
    lane: int
    hour_s: int
    minutes: int


class _Health(NamedTuple):
    site: str
    at_ns: int
    document: str


class _LaneMonth(NamedTuple):
    site: str
    lane: int
    month_s: int
    passage_hours: bytes
    health_hours: bytes
    health_days: int


def _row(key: MonthKey, marks: Marks) -> _LaneMonth:
    passage_hours, health_hours = (
        bits.to_bytes(_MONTH_BYTES, "little") for bits in (marks.passage_hours, marks.health_hours)
    )
    return _LaneMonth(*key, passage_hours, health_hours, marks.health_days)


def _both_minutes(table: Any, new: Any) -> dict[str, Any]:
    return {"minutes": table.c.minutes.bitwise_or(new.minutes)}


def _later(table: Any, new: Any) -> Any:
    return table.c.at_ns < new.at_ns
