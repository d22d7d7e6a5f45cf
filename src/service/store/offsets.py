"""Where each stream lane stands in each partition: the first statement of every transaction of results."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, select, update

from service.store import bulk
from service.store.errors import FencedError
from service.store.tables import offsets


@dataclass(frozen=True, slots=True)
class Position:
    """The next message to judge, in the log of one cluster."""

    next_offset: int
    cluster: str


def read(conn: Connection, stream_lane: str, topic: str, partition: int) -> Position | None:
    """Where the lane stands; None where it never was."""
    wanted = select(offsets.c.next_offset, offsets.c.cluster).where(*_is(stream_lane, topic, partition))
    row = conn.execute(wanted).one_or_none()
    return Position(*row) if row else None


def read_all(conn: Connection, stream_lane: str | None = None) -> dict[tuple[str, str, int], Position]:
    """Every position of a lane, or of all, by (lane, topic, partition)."""
    wanted = select(offsets).order_by(*offsets.primary_key)
    if stream_lane is not None:
        wanted = wanted.where(offsets.c.stream_lane == stream_lane)
    rows = conn.execute(wanted)
    return {(row.stream_lane, row.topic, row.partition): Position(row.next_offset, row.cluster) for row in rows}


def start(conn: Connection, stream_lane: str, topic: str, partition: int, cluster: str, offset: int) -> None:
    """Keep the first position of a lane in a partition. Raises `FencedError` where there is one already."""
    if bulk.upsert(conn, offsets, _row(stream_lane, topic, partition, cluster, offset), bulk.keep) != 1:
        raise FencedError(f"the position of {stream_lane} in {topic}/{partition}", "none")


def advance(conn: Connection, stream_lane: str, topic: str, partition: int, start: int, end: int) -> None:
    """Move from `start`, where the lane read that it stands, to `end`. Raises `FencedError` unless it still does."""
    here = _is(stream_lane, topic, partition)
    moved = conn.execute(update(offsets).where(*here, offsets.c.next_offset == start).values(next_offset=end))
    if moved.rowcount != 1:
        raise FencedError(f"the position of {stream_lane} in {topic}/{partition}", start)


def reset(conn: Connection, stream_lane: str, topic: str, partition: int, cluster: str, offset: int) -> None:
    """Put the lane at `offset` of the log of `cluster`, wherever it stood: what `wim offsets reset` does."""
    bulk.upsert(conn, offsets, _row(stream_lane, topic, partition, cluster, offset), bulk.replace)


def _is(stream_lane: str, topic: str, partition: int) -> tuple[ColumnElement[bool], ...]:
    return offsets.c.stream_lane == stream_lane, offsets.c.topic == topic, offsets.c.partition == partition


def _row(stream_lane: str, topic: str, partition: int, cluster: str, offset: int) -> dict[str, list[object]]:
    return {
        "stream_lane": [stream_lane],
        "topic": [topic],
        "partition": [partition],
        "cluster": [cluster],
        "next_offset": [offset],
    }
