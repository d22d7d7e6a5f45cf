"""The Parquet files that are whole. Readers go by this list: a file that is not on it is half written or abandoned."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from service.store import bulk
from service.store.paging import matching
from service.store.tables import manifest


class FileRow(NamedTuple):
    """A file: its path within the archive, the messages [start_offset, end_offset) that it holds, and what is in it.

    `date` is the ISO date of its folder. `purged_until_ns`: plates of passages before that are pseudonyms.
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
    purged_until_ns: int = 0


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
