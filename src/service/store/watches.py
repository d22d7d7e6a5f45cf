"""What the watch has yet to see, and what it knows of each lane: rows in, states saved, one transaction.

Batches are taken by deleting them, so whatever a transaction saw is gone with what it learnt from it, or stays with
nothing learnt.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, func, literal_column, select, tuple_

from service.store import bulk
from service.store.errors import FencedError
from service.store.observed import LaneKey
from service.store.watch_tables import drift_hours, lane_watches, line_batches, watched_batches, watched_hours


class WatchedBatch(NamedTuple):
    """What the screen lane tells of the lanes of one shard: `rows` and `hours` as `service.watch.rows` packs them."""

    shard: int
    trucks: int
    at_s: int
    series: str
    rows: bytes
    hours: bytes


class LineBatch(NamedTuple):
    """What each line weighed of trucks of one lane, as `service.watch.rows` packs it."""

    shard: int
    site: str
    lane: int
    lines: int
    at_s: int
    rows: bytes


class Waiting(NamedTuple):
    """What waits in one shard."""

    trucks: int
    oldest_s: int


class WatchRow(NamedTuple):
    """What is known of a lane; empty states: the charts begin anew."""

    site: str
    lane: int
    version: int = 0
    reset_ns: int = 0
    figures: str = "{}"
    traffic: bytes = b""
    lines: bytes = b""
    authenticity: bytes = b""


class HourRow(NamedTuple):
    """What is known of the passages of one counted series (`named`: it, as JSON) in one hour."""

    series: int
    hour_s: int
    version: int
    site: str
    lane: int
    passages: int
    flags: bytes
    named: str
    trucks: bytes


class DriftRow(NamedTuple):
    """How the charts of a lane stood after an hour's last truck: JSON, chart to [score, threshold or null]."""

    site: str
    lane: int
    hour_s: int
    charts: str


def add(conn: Connection, batches: Sequence[WatchedBatch]) -> None:
    """Keep what a batch tells, in the transaction of its offsets."""
    if batches:
        conn.execute(watched_batches.insert(), [batch._asdict() for batch in batches])


def add_lines(conn: Connection, batches: Sequence[LineBatch]) -> None:
    """The same of the measure lane."""
    if batches:
        conn.execute(line_batches.insert(), [batch._asdict() for batch in batches])


def waiting(conn: Connection) -> dict[int, Waiting]:
    """What waits, by shard."""
    found: dict[int, Waiting] = {}
    for table, trucks in ((watched_batches, func.sum(watched_batches.c.trucks)), (line_batches, literal_column("0"))):
        for shard, count, oldest_s in conn.execute(
            select(table.c.shard, trucks, func.min(table.c.at_s)).group_by(table.c.shard)
        ):
            before = found.get(shard, Waiting(0, oldest_s))
            found[shard] = Waiting(before.trucks + int(count), min(before.oldest_s, oldest_s))
    return found


def take(conn: Connection, shard: int, limit: int) -> list[WatchedBatch]:
    """The oldest batches of a shard, taken away. Raises `FencedError` where somebody else takes them too."""
    return [_of(WatchedBatch, row) for row in _take(conn, watched_batches, shard, limit)]


def take_lines(conn: Connection, shard: int, limit: int) -> list[LineBatch]:
    """The same of the measure lane's."""
    return [_of(LineBatch, row) for row in _take(conn, line_batches, shard, limit)]


def _take(conn: Connection, table: Table, shard: int, limit: int) -> Sequence[Any]:
    rows = conn.execute(select(table).where(table.c.shard == shard).order_by(table.c.id).limit(limit)).all()
    if rows and conn.execute(delete(table).where(table.c.id.in_([row.id for row in rows]))).rowcount != len(rows):
        raise FencedError(table.name, f"{len(rows)} batches")
    return rows


def load(conn: Connection, lanes: Iterable[LaneKey]) -> dict[LaneKey, WatchRow]:
    """What is known of each lane asked for."""
    found = {lane: WatchRow(*lane) for lane in lanes}
    for row in conn.execute(bulk.having_keys(conn, lane_watches, LaneKey._fields, list(found))) if found else ():
        found[LaneKey(row.site, row.lane)] = _of(WatchRow, row)
    return found


def save(conn: Connection, rows: Sequence[WatchRow]) -> None:
    """Keep rows as the versions that they carry. Raises `FencedError` where one does not follow what is there."""
    bulk.save_next(conn, lane_watches, rows)


def reset(conn: Connection, lanes: Collection[LaneKey], at_ns: int) -> None:
    """Let the charts of lanes begin anew with the trucks that cross from a time on."""
    bulk.upsert_rows(conn, lane_watches, [WatchRow(*lane, version=1, reset_ns=at_ns) for lane in lanes], _anew)


def load_hours(conn: Connection, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], HourRow]:
    """The hours (series, hour_s) that are kept already."""
    wanted = bulk.having_keys(conn, watched_hours, ("series", "hour_s"), list(keys))
    return {(row.series, row.hour_s): _of(HourRow, row) for row in conn.execute(wanted)} if keys else {}


def hours_of(conn: Connection, site: str, lane: int | None, from_s: int, to_s: int) -> list[HourRow]:
    """The hours of a lane, or of all lanes of a site, that begin from `from_s` until before `to_s`."""
    here = [watched_hours.c.site == site, watched_hours.c.hour_s >= from_s, watched_hours.c.hour_s < to_s]
    here += [watched_hours.c.lane == lane] if lane is not None else []
    rows = select(watched_hours).where(*here).order_by(watched_hours.c.hour_s, watched_hours.c.series)
    return [_of(HourRow, row) for row in conn.execute(rows)]


def next_hour(conn: Connection, site: str, from_s: int) -> int | None:
    """The first hour of a site, not before `from_s`, of which anything is kept."""
    hours = select(func.min(watched_hours.c.hour_s)).where(watched_hours.c.site == site)
    found: int | None = conn.execute(hours.where(watched_hours.c.hour_s >= from_s)).scalar_one()
    return found


def save_hours(conn: Connection, rows: Sequence[HourRow]) -> None:
    """Keep hours as the versions that they carry. Raises `FencedError` where one does not follow what is there."""
    bulk.save_next(conn, watched_hours, rows)


def keep_drift(conn: Connection, rows: Sequence[DriftRow]) -> None:
    """Keep how charts stand; of an hour the newest stays."""
    bulk.upsert_rows(conn, drift_hours, rows, bulk.replace)


def drift_of(conn: Connection, site: str, from_s: int, to_s: int) -> list[DriftRow]:
    """How the charts of a site's lanes stood in the hours from `from_s` until before `to_s`, oldest first."""
    table = drift_hours.c
    here = table.site == site, table.hour_s >= from_s, table.hour_s < to_s
    rows = select(drift_hours).where(*here).order_by(table.lane, table.hour_s)
    return [_of(DriftRow, row) for row in conn.execute(rows)]


def forget(conn: Connection, before_s: int, limit: int = 500) -> int:
    """Drop up to `limit` hours from before a time, and batches that nobody came to see since; gives how many rows."""
    gone = 0
    for table in (watched_hours, drift_hours):
        old = select(*table.primary_key).where(table.c.hour_s < before_s).limit(limit)
        gone += conn.execute(delete(table).where(tuple_(*table.primary_key).in_(old))).rowcount
    for table in (watched_batches, line_batches):
        old = select(table.c.id).where(table.c.at_s < before_s).limit(limit)
        gone += conn.execute(delete(table).where(table.c.id.in_(old))).rowcount
    return gone


def _of(kind: Any, row: Any) -> Any:
    return kind(*(getattr(row, name) for name in kind._fields))


def _anew(table: Any, new: Any) -> dict[str, Any]:
    blank = {name: new[name] for name in WatchRow._fields if name not in ("site", "lane", "version")}
    return {**blank, "version": table.c.version + literal_column("1")}


class HourFigures(NamedTuple):
    """What is told of a lane's hour: its passages, how many had each flag (8 bytes each), bytes of its trucks."""

    lane: int
    hour_s: int
    passages: int
    flags: bytes
    truck_bytes: int


def figures_of(conn: Connection, site: str, from_s: int, to_s: int) -> list[HourFigures]:
    """The hours of a site's lanes that begin from `from_s` until before `to_s`, without the trucks themselves."""
    table = watched_hours.c
    wanted = (table.lane, table.hour_s, table.passages, table.flags, func.length(table.trucks))
    rows = select(*wanted).where(table.site == site, table.hour_s >= from_s, table.hour_s < to_s)
    return [HourFigures(*row) for row in conn.execute(rows)]
