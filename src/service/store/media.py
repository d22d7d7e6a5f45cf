"""Recordings of passages: which are in the archive, under what name, and whether a plate still shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, or_, select, update

from service.store import bulk
from service.store.frame_tables import media
from service.store.tables import violations


class MediaRow(NamedTuple):
    """One recording; `kind` is a word of `service.messages.vocabulary.MediaKind`, `href` its path in the archive.

    `time_ns` is when the passage crossed. `purged` 1: no plate shows any more.
    """

    passage_id: str
    kind: str
    sha256: str
    href: str
    bytes: int
    time_ns: int
    purged: int = 0


def keep(conn: Connection, rows: Sequence[MediaRow]) -> None:
    """List recordings, in the transaction that moves the offset past them; the newest of a passage and kind stays."""
    bulk.upsert_rows(conn, media, list({(row.passage_id, row.kind): row for row in rows}.values()), bulk.replace)


def of_passages(conn: Connection, ids: Collection[str]) -> dict[str, list[MediaRow]]:
    """The recordings of those of the passages that have any, by kind."""
    wanted = bulk.having_keys(conn, media, ("passage_id",), [(one,) for one in ids]).order_by(media.c.kind)
    found: dict[str, list[MediaRow]] = {}
    for row in conn.execute(wanted) if ids else ():
        found.setdefault(row.passage_id, []).append(MediaRow(*row))
    return found


def due(conn: Connection, kind: str, older_than_ns: int, limit: int) -> list[MediaRow]:
    """Recordings of passages from before a time that may still show a plate, the oldest first."""
    old = media.c.purged == 0, media.c.kind == kind, media.c.time_ns < older_than_ns
    return [MediaRow(*row) for row in conn.execute(select(media).where(*old).order_by(media.c.time_ns).limit(limit))]


def due_pictures(
    conn: Connection, kinds: Collection[str], violations_before_ns: int, others_before_ns: int, limit: int
) -> list[MediaRow]:
    """Pictures whose time is over: of violations from before one time, of other passages from before another."""
    known = select(violations.c.id).where(violations.c.id == media.c.passage_id).exists()
    over = or_(media.c.time_ns < violations_before_ns, and_(media.c.time_ns < others_before_ns, ~known))
    rows = select(media).where(media.c.purged == 0, media.c.kind.in_(sorted(kinds)), over)
    return [MediaRow(*row) for row in conn.execute(rows.order_by(media.c.time_ns).limit(limit))]


def remove(conn: Connection, rows: Sequence[MediaRow]) -> None:
    """Take recordings off the list."""
    for row in rows:
        conn.execute(delete(media).where(media.c.passage_id == row.passage_id, media.c.kind == row.kind))


def note_purged(conn: Connection, row: MediaRow, sha256: str, size: int) -> None:
    """Note that no plate shows any more, and what the file is now."""
    here = media.c.passage_id == row.passage_id, media.c.kind == row.kind
    conn.execute(update(media).where(*here).values(purged=1, sha256=sha256, bytes=size))
