"""Corridor counts into the database: exact from the moment a batch commits, cheap while millions are caught up.

A batch touches some cells of thousands of lanes. Each cell stands in three rows of its lane (hour, day, month) and one
of its site, and at 2 µs a row that would cost more than judging the batch. So a batch is kept as it came, in one row of
`tallies` per shard, and the same transaction *spreads* the fullest shard over the rows of `rates`: by then many batches
are in it, and what they have in common is written once. A reader adds what waits to what is spread (`rate_counts`), so
a figure never depends on how far that is. All four rows of a cell change in one transaction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, bindparam, delete, func, literal_column, select

from service.store import bulk, tally
from service.store.observed import LaneKey, mark_passages
from service.store.spans import HOUR_S
from service.store.tables import rate_revisions, rate_series, rates, tallies
from service.store.tally import COUNTS, Series, Tally

#: Sites are dealt to so many shards. A transaction spreads one of them, so the work of a batch is divided by as many.
SHARDS = 16

#: Fewer waiting cells than this are not worth a transaction's time: 2 000 cells are about 7 000 rows, 15 ms on SQLite
#: (a transaction has 50), and reading them costs a query 1 ms.
SPREAD_FROM_CELLS = 2_000

#: A passage normally arrives within this of its hour's end; what comes later changes a period that was reported.
CLOSED_AFTER_S = 300


_CELLS = func.sum(tallies.c.cells)

#: The shard in which most waits. Built once: building it costs ten times its execution, in every transaction.
_FULLEST = (
    select(tallies.c.shard)
    .group_by(tallies.c.shard)
    .having(bindparam("at_least") <= _CELLS)
    .order_by(_CELLS.desc())
    .limit(1)
)


def add(
    conn: Connection,
    counted: Tally,
    now_s: int,
    closed_after_s: int = CLOSED_AFTER_S,
    spread_from: int = SPREAD_FROM_CELLS,
) -> None:
    """Add the counts of a batch; call it once in a transaction, near its end.

    A corridor's revision grows by one when any of its cells belongs to an hour that was over `closed_after_s` ago. The
    fullest shard is spread if at least `spread_from` cells wait in it.
    """
    if not len(counted.cells):
        return
    parts = tally.shards(counted, SHARDS)
    encoded = [(shard, len(part.cells), *tally.encode(part)) for shard, part in parts.items()]
    names = ("shard", "cells", "series", "counts")
    conn.execute(tallies.insert(), [dict(zip(names, row, strict=True)) for row in encoded])
    shard = _fullest(conn, spread_from)
    if shard is not None:
        spread(conn, shard)
    _revise(conn, counted, now_s - HOUR_S - closed_after_s)


def correct(conn: Connection, changed: Tally, now_s: int, closed_after_s: int = CLOSED_AFTER_S) -> None:
    """Add cells that may take away (signed counts), past the waiting tallies: they are few, and add up all the same."""
    if not len(changed.cells):
        return
    _keep_series(conn, changed.series)
    rows = tally.rows(changed)
    columns = {name: rows[name].tolist() for name in rates.columns.keys()}  # noqa: SIM118
    bulk.upsert(conn, rates, columns, _sum)
    _revise(conn, changed, now_s - HOUR_S - closed_after_s)


def spread(conn: Connection, shard: int) -> int:
    """Move what waits in a shard into the rows of `rates`; gives how many rows that were.

    On PostgreSQL another worker may spread the same shard at the same time: each takes the tallies that it can lock.
    """
    waiting = select(tallies).where(tallies.c.shard == shard).order_by(tallies.c.id)
    batches = conn.execute(waiting.with_for_update(skip_locked=True)).all()
    counted = tally.join(tally.decode(row.series, row.counts) for row in batches)
    if not len(counted.cells):
        return 0
    _keep_series(conn, counted.series)
    rows = tally.rows(counted)
    columns = {name: rows[name].tolist() for name in rates.columns.keys()}  # noqa: SIM118
    bulk.upsert(conn, rates, columns, _sum)
    mark_passages(conn, passage_hours(counted))
    conn.execute(delete(tallies).where(tallies.c.id.in_([row.id for row in batches])))
    return len(rows)


def spread_all(conn: Connection) -> int:
    """Move everything that waits, however little; gives how many rows that were. No figure needs it."""
    return sum(spread(conn, shard) for shard in range(SHARDS))


def passage_hours(counted: Tally) -> dict[LaneKey, set[int]]:
    """The hours in which each lane had a passage."""
    merged = tally.merge(counted).cells
    found: dict[LaneKey, set[int]] = {}
    for number, start_s, passages in merged[["series", "start_s", "passages"]].tolist():
        if passages:
            series = counted.series[number]
            found.setdefault(LaneKey(series.site, series.lane), set()).add(start_s)
    return found


def _fullest(conn: Connection, at_least: int) -> int | None:
    return conn.execute(_FULLEST, {"at_least": at_least}).scalar_one_or_none()


def _revise(conn: Connection, counted: Tally, closed_from_s: int) -> None:
    late = np.unique(counted.cells["series"][counted.cells["start_s"] <= closed_from_s])
    corridors = sorted({counted.series[number].corridor for number in late.tolist()})
    bulk.upsert(conn, rate_revisions, {"corridor": corridors, "revision": [1] * len(corridors)}, _one_more)


def _keep_series(conn: Connection, series: tuple[Series, ...]) -> None:
    known = {one.id: one for real in series for one in (real, real.whole_site())}
    names = ("corridor", "site", "lane", "direction", "rule_set")
    columns: dict[str, list[Any]] = {"id": list(known)}
    columns |= {name: [getattr(one, name) for one in known.values()] for name in names}
    bulk.upsert(conn, rate_series, columns, bulk.keep)


def _sum(table: Table, new: Any) -> dict[str, Any]:
    return {name: table.c[name] + new[name] for name in COUNTS}


def _one_more(table: Table, new: Any) -> dict[str, Any]:
    return {"revision": table.c.revision + literal_column("1")}
