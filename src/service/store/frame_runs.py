"""Frames that never came: the sequence numbers of each lane between two batches, and what was lost in each hour.

What a lane's last two starts have shown is one blob, runs one after another, the newest last (`wim.gaps.Run`):

======  ======  =========  ===================================================
offset  type    field      meaning
======  ======  =========  ===================================================
0       u1      run
1       u4      expected   the number after the newest
5       i8      newest_ns  `start_ns` of the newest frame
13      i8      missing    skipped and not come since
21      u1×128  seen       a bit for each of the 1 024 numbers before expected
======  ======  =========  ===================================================
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from service.store import bulk
from service.store.frame_tables import frame_losses, frame_runs
from service.store.observed import LaneKey
from wim.gaps import REMEMBERED, Run

_RUN = struct.Struct(f"<BIqq{REMEMBERED // 8}s")


class LaneRuns(NamedTuple):
    """What is remembered of a lane, and the version that it was loaded with; 0: nothing is kept yet."""

    version: int
    runs: Sequence[Run]


class Loss(NamedTuple):
    """Frames of a lane whose number was skipped, and of those that came late, as told within one hour."""

    site: str
    lane: int
    hour_s: int
    missing: int
    late: int


class Lost(NamedTuple):
    """The same over a period."""

    missing: int
    late: int


class _Row(NamedTuple):
    site: str
    lane: int
    version: int
    runs: bytes


def load(conn: Connection, lanes: Iterable[LaneKey]) -> dict[LaneKey, LaneRuns]:
    """What is remembered of each lane asked for."""
    found = dict.fromkeys(lanes, LaneRuns(0, ()))
    for row in conn.execute(bulk.having_keys(conn, frame_runs, LaneKey._fields, list(found))) if found else ():
        lane = LaneKey(row.site, row.lane)
        found[lane] = LaneRuns(row.version, [_unpacked(lane, one) for one in _RUN.iter_unpack(row.runs)])
    return found


def save(conn: Connection, lanes: Mapping[LaneKey, LaneRuns]) -> None:
    """Keep lanes as the versions that they carry. Raises `FencedError` where one does not follow what is there."""
    rows = [_Row(*lane, version, b"".join(map(_packed, runs))) for lane, (version, runs) in lanes.items()]
    bulk.save_next(conn, frame_runs, rows)


def add_losses(conn: Connection, losses: Sequence[Loss]) -> None:
    """Add what a batch told; a lane and hour may stand only once in it."""
    bulk.upsert_rows(conn, frame_losses, losses, _sum)


def lost(conn: Connection, site: str, from_s: int, to_s: int) -> dict[int, Lost]:
    """What each lane of the site lost in the hours that begin from `from_s` until before `to_s`; others: nothing."""
    table = frame_losses.c
    sums = select(table.lane, func.sum(table.missing), func.sum(table.late)).group_by(table.lane)
    rows = conn.execute(sums.where(table.site == site, table.hour_s >= from_s, table.hour_s < to_s))
    return {lane: Lost(int(missing), int(late)) for lane, missing, late in rows}


def lost_by_hour(conn: Connection, site: str, from_s: int, to_s: int) -> dict[tuple[int, int], Lost]:
    """The same by lane and hour."""
    table = frame_losses.c
    rows = select(table.lane, table.hour_s, table.missing, table.late)
    found = conn.execute(rows.where(table.site == site, table.hour_s >= from_s, table.hour_s < to_s))
    return {(lane, hour_s): Lost(missing, late) for lane, hour_s, missing, late in found}


def _packed(run: Run) -> bytes:
    return _RUN.pack(run.run, run.expected, run.newest_ns, run.missing, run.seen.to_bytes(REMEMBERED // 8, "little"))


def _unpacked(lane: LaneKey, fields: tuple[Any, ...]) -> Run:
    run, expected, newest_ns, missing, seen = fields
    return Run(*lane, run, expected, newest_ns, int.from_bytes(seen, "little"), missing)


def _sum(table: Any, new: Any) -> dict[str, Any]:
    return {name: table.c[name] + new[name] for name in ("missing", "late")}
