"""Cases: one trip of one vehicle each. What a case means is `dispatch.cases`; here it is found and kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from service.store import bulk
from service.store.tables import cases


class CaseRow(NamedTuple):
    """A case; `version` is the one to write, `merged_into` the case that goes on in its place."""

    id: str
    version: int
    state: str
    merged_into: str | None
    corridor: str
    site: str
    plate: str
    plate_colour: int
    first_ns: int
    newest_ns: int
    document: str


def load(conn: Connection, ids: Iterable[str]) -> dict[str, CaseRow]:
    """The cases of these ids that there are."""
    wanted = bulk.having_keys(conn, cases, ("id",), [(case_id,) for case_id in dict.fromkeys(ids)])
    return {row.id: CaseRow(*(getattr(row, name) for name in CaseRow._fields)) for row in conn.execute(wanted)}


def save(conn: Connection, rows: Sequence[CaseRow]) -> None:
    """Write each case as the version after the one that it was read with (1 is new); `FencedError` if that moved."""
    bulk.save_next(conn, cases, rows)


def plates_since(conn: Connection, state: str, since_ns: int) -> set[tuple[str, int]]:
    """Plate and colour of every case in a state that was seen since; of these the screen lane reports sightings."""
    wanted = select(cases.c.plate, cases.c.plate_colour).where(
        cases.c.newest_ns >= since_ns, cases.c.state == state, cases.c.plate != ""
    )
    return {(row.plate, row.plate_colour) for row in conn.execute(wanted)}
