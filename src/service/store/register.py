"""Permits, vehicles, exemptions and watched plates that were put without a restart.

Whoever judges keeps them in memory and asks `revision` between two batches, one small look-up; when it has grown, what
changed is read with `changes`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from service.store import bulk, counters
from service.store.errors import FencedError
from service.store.tables import register

_COUNTER = "register"


@dataclass(frozen=True, slots=True)
class Entry:
    """One permit, vehicle, exemption or watched plate; `document` is its JSON. `removed`: no longer in force."""

    kind: str
    key: str
    version: int
    revision: int
    removed: bool
    document: str


def put(conn: Connection, kind: str, key: str, document: str, if_version: int | None = None) -> Entry:
    """Write an entry. With `if_version` (0: there is none yet) raises `FencedError` unless that is the present one."""
    return _write(conn, kind, key, document, removed=False, if_version=if_version)


def remove(conn: Connection, kind: str, key: str, if_version: int | None = None) -> Entry:
    """Take an entry out of force; its document stays. Raises `FencedError` as `put` does."""
    present = get(conn, kind, key)
    return _write(conn, kind, key, present.document if present else "{}", removed=True, if_version=if_version)


def get(conn: Connection, kind: str, key: str) -> Entry | None:
    """One entry, removed or not."""
    row = conn.execute(select(register).where(register.c.kind == kind, register.c.key == key)).one_or_none()
    return _entry(row) if row else None


def revision(conn: Connection) -> int:
    """A number that grows with every change; 0 before the first."""
    return counters.last(conn, _COUNTER)


def changes(conn: Connection, since: int = 0, kinds: Collection[str] | None = None) -> list[Entry]:
    """The entries whose last change came after revision `since`, in the order of change; removed ones too."""
    rows = select(register).where(register.c.revision > since).order_by(register.c.revision)
    if kinds is not None:
        rows = rows.where(register.c.kind.in_(sorted(kinds)))
    return [_entry(row) for row in conn.execute(rows)]


def _write(conn: Connection, kind: str, key: str, document: str, removed: bool, if_version: int | None) -> Entry:
    # Drawing the number first makes writers queue, so nobody changes the entry between the look and the write.
    number = counters.draw(conn, _COUNTER)
    present = get(conn, kind, key)
    version = present.version if present else 0
    if if_version is not None and version != if_version:
        raise FencedError(f"{kind} {key}", f"version {if_version}, it is {version}")
    entry = Entry(kind, key, version + 1, number, removed, document)
    columns: dict[str, list[Any]] = {name: [getattr(entry, name)] for name in Entry.__slots__}
    bulk.upsert(conn, register, columns, bulk.replace)
    return entry


def _entry(row: Row[Any]) -> Entry:
    return Entry(*(getattr(row, name) for name in Entry.__slots__))
