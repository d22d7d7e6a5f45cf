"""What is known of a site's sensors in a period: the rows behind `GET /v1/sites/{site}/health`, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from service import messages
from service.store import downgrades, frame_runs, observed, seen, seen_keys, watches
from service.store.downgrades import Downgrade
from service.store.frame_runs import Lost
from service.store.observed import LaneKey
from service.store.spans import HOUR_S, Span
from service.watch.rows import FLAGS, KEPT
from wim.periods import to_local
from wim.records import Flag
from wim.sites import Site

#: From 06:00 until 18:00 of the site's clock a camera sees by daylight, between the equinoxes and all over China.
DAY_HOURS = range(6, 18)

_NO_PLATE = Flag.NO_PLATE.bit_length() - 1


#: Chart to its score and what that has to pass; None: it is learning.
Charts = dict[str, tuple[float, float | None]]


@dataclass(frozen=True, slots=True)
class LaneHour:
    """One hour of a lane; `records_missing` None where the lane's numbers cannot tell."""

    hour_s: int
    observed: bool
    passages: int
    trucks: int
    plates_read: int
    frames: Lost
    records_missing: int | None
    flags: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LaneReport:
    """One lane in the period: its hours, how many passages had each flag, and the watchers' figures (JSON's values)."""

    lane: int
    hours: Sequence[LaneHour]
    flags: Mapping[str, int]
    figures: Mapping[str, Any]
    #: By hour, those without a truck left out.
    drift: Mapping[int, Charts]

    def plates(self, zone: str, by_day: bool) -> tuple[int, int]:
        """Passages by day, or by night, and those of them with a plate."""
        wanted = [one for one in self.hours if (_hour(one.hour_s, zone) in DAY_HOURS) == by_day]
        return sum(one.passages for one in wanted), sum(one.plates_read for one in wanted)

    @property
    def passages(self) -> int:
        """All passages of the period."""
        return sum(one.passages for one in self.hours)


@dataclass(frozen=True, slots=True)
class SiteReport:
    """A site in the period; `beat` is its unit's newest."""

    beat: messages.Health | None
    downgrades: Sequence[Downgrade]
    recalled: Mapping[str, int]
    lanes: Sequence[LaneReport]


def report(conn: Connection, site: Site, span: Span) -> SiteReport:
    """What is known of a site; `conn` must be a reading one, because it is read in several statements."""
    newest = observed.newest_health(conn, [site.id]).get(site.id)
    beat = messages.decode(messages.Health, newest[1].encode()) if newest else None
    doubted = downgrades.overlapping(conn, site.id, span.from_s * 10**9, span.to_s * 10**9)
    recalled = downgrades.recalled_counts(conn, [one.id for one in doubted])
    return SiteReport(beat, doubted, recalled, _lanes(conn, site, span, beat))


def _lanes(conn: Connection, site: Site, span: Span, beat: messages.Health | None) -> list[LaneReport]:
    keys = [LaneKey(site.id, lane) for lane in sorted(site.lanes)]
    counts, trucks = _counts(conn, site.id, span)
    passages: dict[LaneKey, set[int]] = {}
    for lane, hour_s in counts:
        passages.setdefault(LaneKey(site.id, lane), set()).add(hour_s)
    watched = observed.observed_hours(conn, keys, span, passages)
    frames = frame_runs.lost_by_hour(conn, site.id, span.from_s, span.to_s)
    records = _records_missing(conn, site.id, span, _numbered(beat))
    known = watches.load(conn, keys)
    drift = _drift(conn, site.id, span)
    return [
        LaneReport(
            key.lane,
            [
                _lane_hour(
                    hour_s,
                    bool(seen_),
                    counts.get((key.lane, hour_s)),
                    trucks.get((key.lane, hour_s), 0),
                    frames.get((key.lane, hour_s), Lost(0, 0)),
                    records.get(key.lane),
                )
                for hour_s, seen_ in zip(range(span.from_s, span.to_s, HOUR_S), row.tolist(), strict=True)
            ],
            _flags(key.lane, counts),
            msgspec.json.decode(known[key].figures),
            drift.get(key.lane, {}),
        )
        for key, row in zip(keys, watched, strict=True)
    ]


def _drift(conn: Connection, site: str, span: Span) -> dict[int, dict[int, Charts]]:
    found: dict[int, dict[int, Charts]] = {}
    for row in watches.drift_of(conn, site, span.from_s, span.to_s):
        found.setdefault(row.lane, {})[row.hour_s] = msgspec.json.decode(row.charts, type=Charts)
    return found


def _counts(
    conn: Connection, site: str, span: Span
) -> tuple[dict[tuple[int, int], npt.NDArray[np.int64]], dict[tuple[int, int], int]]:
    """Passages and flags, shape (1 + FLAGS,), and trucks, by lane and hour."""
    counts: dict[tuple[int, int], npt.NDArray[np.int64]] = {}
    trucks: dict[tuple[int, int], int] = {}
    for row in watches.figures_of(conn, site, span.from_s, span.to_s):
        key = row.lane, row.hour_s
        news = np.concatenate([[row.passages], np.frombuffer(row.flags, "<i8")])
        counts[key] = counts.get(key, np.zeros(1 + FLAGS, np.int64)) + news
        trucks[key] = trucks.get(key, 0) + row.truck_bytes // KEPT.itemsize
    return counts, trucks


def _numbered(beat: messages.Health | None) -> set[int]:
    """The lanes whose unit numbers its records; where passages come from frames the numbers are the frames'."""
    lanes = beat.lanes if beat else []
    return {lane.lane for lane in lanes if lane.passage_sequence is not None and lane.frame_sequence is None}


def _records_missing(conn: Connection, site: str, span: Span, lanes: set[int]) -> dict[int, dict[int, int]]:
    if not lanes:
        return {}
    found = seen.keys_of(conn, site, span.from_s, span.to_s)
    return {lane: seen_keys.records_missing(found.get(lane, {})) for lane in lanes}


def _lane_hour(
    hour_s: int,
    watched: bool,
    counts: npt.NDArray[np.int64] | None,
    trucks: int,
    frames: Lost,
    records: Mapping[int, int] | None,
) -> LaneHour:
    passages = 0 if counts is None else int(counts[0])
    unread = 0 if counts is None else int(counts[1 + _NO_PLATE])
    missing = None if records is None else records.get(hour_s, 0)
    flags = {} if counts is None else _named(counts)
    return LaneHour(hour_s, watched, passages, trucks, passages - unread, frames, missing, flags)


def _flags(lane: int, counts: Mapping[tuple[int, int], npt.NDArray[np.int64]]) -> dict[str, int]:
    total = sum((row for (number, _), row in counts.items() if number == lane), np.zeros(1 + FLAGS, np.int64))
    return _named(total)


def _named(counts: npt.NDArray[np.int64]) -> dict[str, int]:
    """How many had each flag, of counts of shape (1 + FLAGS,); those that none had are left out."""
    return {str(flag.name): int(counts[flag.bit_length()]) for flag in Flag if counts[flag.bit_length()]}


def _hour(at_s: int, zone: str) -> int:
    return to_local(at_s * 10**9, zone).hour
