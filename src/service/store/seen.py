"""What each lane has seen, in rows of the database: loaded when an hour is touched, saved with the batch's results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select, tuple_, update

from service.store import bulk
from service.store.seen_keys import SeenHour
from service.store.tables import seen_hours

#: An hour that nobody wrote to for so long, by arrival, takes nothing more (architecture.md, promise 4).
SEAL_AFTER_S = 30 * 86_400


class HourKey(NamedTuple):
    """One lane of one site in one hour of event time."""

    site: str
    lane: int
    hour_s: int


def load(conn: Connection, keys: Iterable[HourKey]) -> dict[HourKey, SeenHour]:
    """The memory of each hour asked for; an hour of which nothing is kept has version 0."""
    hours = dict.fromkeys(keys, SeenHour())
    wanted = bulk.having_keys(conn, seen_hours, HourKey._fields, list(hours))
    for row in conn.execute(wanted) if hours else ():
        key = HourKey(row.site, row.lane, row.hour_s)
        hours[key] = SeenHour(row.version, row.touched_s, row.sealed, row.keys)
    return hours


def save(conn: Connection, grown: Mapping[HourKey, SeenHour], now_s: int) -> dict[HourKey, SeenHour]:
    """Keep each hour as the version after the one that it was loaded with; gives them as they are now kept.

    Raises `FencedError` where somebody else wrote one of them since: then none of the batch may stay.
    """
    # Column by column: a batch of a province has 2 000 hours, and a tuple for each would cost more than its row.
    versions = [hour.version + 1 for hour in grown.values()]
    keys = [hour.keys for hour in grown.values()]
    if not grown:
        return {}
    columns: dict[str, list[Any]] = {
        **dict(zip(HourKey._fields, map(list, zip(*grown, strict=True)), strict=True)),
        "version": versions,
        "touched_s": [now_s] * len(grown),
        "sealed": [False] * len(grown),
        "keys": keys,
    }
    bulk.save_columns(conn, seen_hours, columns)
    return {
        key: SeenHour(version, now_s, False, memory) for key, version, memory in zip(grown, versions, keys, strict=True)
    }


def seal(conn: Connection, now_s: int, after_s: int = SEAL_AFTER_S, limit: int = 10_000) -> int:
    """Seal up to `limit` hours that nobody wrote to for `after_s`, oldest first; gives how many.

    A sealed hour keeps no keys: whatever comes for it is a dead letter, seen or not. Its version grows, so a worker
    that holds the hour in memory is fenced instead of writing to it.
    """
    due = seen_hours.c.touched_s < now_s - after_s, ~seen_hours.c.sealed
    key = tuple_(*seen_hours.primary_key)
    oldest = select(*seen_hours.primary_key).where(*due).order_by(seen_hours.c.touched_s).limit(limit)
    sealed = update(seen_hours).where(key.in_(oldest), *due)
    sealed = sealed.values(sealed=True, keys=b"", version=seen_hours.c.version + 1)
    return conn.execute(sealed).rowcount


def keys_of(conn: Connection, site: str, from_s: int, to_s: int) -> dict[int, dict[int, bytes]]:
    """What was seen of each lane of a site, by hour, of the hours from `from_s` until before `to_s`."""
    table, found = seen_hours.c, dict[int, dict[int, bytes]]()
    rows = select(table.lane, table.hour_s, table["keys"]).order_by(table.lane, table.hour_s)
    for lane, hour_s, keys in conn.execute(rows.where(table.site == site, table.hour_s >= from_s, table.hour_s < to_s)):
        found.setdefault(lane, {})[hour_s] = keys
    return found


def kept(conn: Connection) -> int:
    """How many hours are kept."""
    return conn.execute(select(func.count()).select_from(seen_hours)).scalar_one()
