"""The Parquet files that are whole. Readers go by this list: a file that is not on it is half written or abandoned."""

from __future__ import annotations

import enum
import operator
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from service.store import bulk
from service.store.paging import matching
from service.store.tables import manifest


class Purged(enum.IntEnum):
    """How far the plates of a file are gone."""

    NOTHING = 0
    #: Those of passages without violation.
    PASSAGES = 1
    ALL = 2


class FileRow(NamedTuple):
    """A file: its path within the archive, the messages [start_offset, end_offset) that it holds, and what is in it.

    `date` is the ISO date of its folder. `purged`: which of its plates are pseudonyms, see `Purged`.
    """

    path: str
    topic: str
    partition: int
    start_offset: int
    end_offset: int
    date: str
    site: str
    first_ns: int
    last_ns: int
    passages: int
    bytes: int
    purged: int = 0


def keep(conn: Connection, files: Sequence[FileRow]) -> None:
    """List files, in the transaction that moves the offset past them; one that was listed before stays as it was."""
    bulk.upsert_rows(conn, manifest, files, bulk.keep)


def files(
    conn: Connection, from_date: str | None = None, to_date: str | None = None, site: str | None = None
) -> list[FileRow]:
    """The files of the dates from `from_date` to `to_date` (exclusive), and of one site, ordered by path."""
    wanted = matching(
        (manifest.c.date, operator.ge, from_date),
        (manifest.c.date, operator.lt, to_date),
        (manifest.c.site, operator.eq, site),
    )
    rows = select(*(manifest.c[name] for name in FileRow._fields)).where(*wanted).order_by(manifest.c.path)
    return [FileRow(*row) for row in conn.execute(rows)]


def due(conn: Connection, older_than_ns: int, purged: Purged, limit: int) -> list[FileRow]:
    """Files all of whose passages are older than a time and that are not purged so far, the oldest first."""
    due = manifest.c.last_ns < older_than_ns, manifest.c.purged < purged
    rows = select(*(manifest.c[name] for name in FileRow._fields)).where(*due).order_by(manifest.c.last_ns)
    return [FileRow(*row) for row in conn.execute(rows.limit(limit))]


def note_purged(conn: Connection, path: str, purged: Purged, size: int) -> None:
    """Note how far a file is purged, and its new size in bytes."""
    here = manifest.c.path == path
    conn.execute(update(manifest).where(here).values(purged=purged, bytes=size))
