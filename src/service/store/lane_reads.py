"""How many plates each lane read, minute by minute of event time, as far back as a missing plate is judged by.

The rates count whole hours and for years; a camera that died at ten past is to be known by its last two hours, and a
truck not by what crossed after it. What is older than anybody can still act on is never written here, so a record that
is caught up costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, func, select

from dispatch.cases import PLATE_READ_WINDOW_NS, PlateReads
from service.store import bulk
from service.store.spans import Span
from service.store.watch_tables import lane_reads

MINUTE_NS = 60 * 10**9


class MinuteReads(NamedTuple):
    """What crossed one lane in the minute that begins at `minute_s`, seconds since 1970."""

    site: str
    lane: int
    minute_s: int
    passages: int
    plates_read: int


def add(conn: Connection, minutes: Sequence[MinuteReads], forget_before_s: int) -> None:
    """Add what a batch brought, a minute of a lane once; what the same sites had before `forget_before_s` goes.

    A site's passages come through one worker, so two workers never delete the same rows.
    """
    if not minutes:
        return
    bulk.upsert_rows(conn, lane_reads, minutes, _sum)
    sites = sorted({one.site for one in minutes})
    conn.execute(delete(lane_reads).where(lane_reads.c.site.in_(sites), lane_reads.c.minute_s < forget_before_s))


def window(at_ns: int, window_ns: int = PLATE_READ_WINDOW_NS) -> Span:
    """The minutes that a crossing at this time is judged by: whole ones, its own the last."""
    to_s = (at_ns // MINUTE_NS + 1) * 60
    return Span(to_s - window_ns // 10**9, to_s)


def until(conn: Connection, site: str, at_ns: int, window_ns: int = PLATE_READ_WINDOW_NS) -> dict[int, PlateReads]:
    """The reads of each lane of a site in the window up to `at_ns`. A lane without is left out."""
    span = window(at_ns, window_ns)
    counted = (
        select(lane_reads.c.lane, func.sum(lane_reads.c.plates_read), func.sum(lane_reads.c.passages))
        .where(lane_reads.c.site == site, lane_reads.c.minute_s >= span.from_s, lane_reads.c.minute_s < span.to_s)
        .group_by(lane_reads.c.lane)
    )
    return {lane: PlateReads(int(read), int(passages)) for lane, read, passages in conn.execute(counted)}


def _sum(table: Table, new: Any) -> dict[str, Any]:
    return {name: table.c[name] + new[name] for name in ("passages", "plates_read")}
