"""The crossings of every trip, so that a late one finds the trip that it belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select, update

from dispatch.cases import Sighting
from service.store import bulk
from service.store.paging import within
from service.store.tables import sightings


class SightingRow(NamedTuple):
    """A crossing and the case it belongs to; `id` is the passage's, `violation` whether it was one."""

    id: str
    case_id: str
    corridor: str
    site: str
    lane: int
    direction: int
    time_ns: int
    plate: str
    plate_colour: int
    plate_certain: bool
    violation: bool
    document: str


def keep(conn: Connection, rows: Sequence[SightingRow]) -> None:
    """Keep crossings; one that comes again takes the place of its former self."""
    bulk.upsert_rows(conn, sightings, list({row.id: row for row in rows}.values()), bulk.replace)


def known_for(conn: Connection, arrived: Collection[Sighting], gap_ns: int) -> list[tuple[Sighting, str]]:
    """What `dispatch.cases.join` must know of: crossings with the plate of an arrival near it in time, and the arrivals
    that were kept before; each with its case."""
    if not arrived:
        return []
    times = [sighting.time_ns for sighting in arrived]
    plates = sorted({sighting.plate for sighting in arrived if sighting.certain})
    near = bulk.having_keys(conn, sightings, ("plate",), [(plate,) for plate in plates]).where(
        sightings.c.plate_certain,
        sightings.c.time_ns >= min(times) - gap_ns,
        sightings.c.time_ns <= max(times) + gap_ns,
    )
    again = bulk.having_keys(conn, sightings, ("id",), sorted({(sighting.passage,) for sighting in arrived}))
    found = {row.id: row for statement in (near, again) for row in conn.execute(statement)}
    return [(_sighting(row), row.case_id) for row in found.values()]


def of_plates(conn: Connection, plates: Collection[str], from_ns: int, to_ns: int) -> dict[str, list[SightingRow]]:
    """The crossings of certain plates between two times, both inclusive, in the order of time."""
    found: dict[str, list[SightingRow]] = {plate: [] for plate in plates}
    rows = bulk.having_keys(conn, sightings, ("plate",), [(plate,) for plate in sorted(found)]).where(
        sightings.c.plate_certain, sightings.c.time_ns >= from_ns, sightings.c.time_ns <= to_ns
    )
    for row in conn.execute(rows.order_by(sightings.c.time_ns, sightings.c.id)):
        found[row.plate].append(SightingRow(*(getattr(row, name) for name in SightingRow._fields)))
    return found


def of_case(conn: Connection, case_id: str) -> list[SightingRow]:
    """The crossings of one case in the order of time."""
    columns = (sightings.c[name] for name in SightingRow._fields)
    rows = select(*columns).where(sightings.c.case_id == case_id).order_by(sightings.c.time_ns, sightings.c.id)
    return [SightingRow(*row) for row in conn.execute(rows)]


def load(conn: Connection, passages: Collection[str]) -> dict[str, SightingRow]:
    """These crossings, by passage."""
    if not passages:
        return {}
    rows = conn.execute(bulk.having_keys(conn, sightings, ("id",), [(passage,) for passage in sorted(passages)]))
    return {row.id: SightingRow(*(getattr(row, name) for name in SightingRow._fields)) for row in rows}


def case_of(conn: Connection, passage: str) -> str | None:
    """The case that a crossing belongs to."""
    wanted = select(sightings.c.case_id).where(sightings.c.id == passage)
    found: str | None = conn.execute(wanted).scalar_one_or_none()
    return found


def any_within(
    conn: Connection, case_id: str, corridors: Collection[str] | None, sites: Collection[str] | None
) -> bool:
    """Whether any crossing of a case lies in the corridors, and at one of the sites; None: all of them."""
    scope = within(sightings.c.corridor, corridors) + within(sightings.c.site, sites)
    wanted = select(sightings.c.id).where(sightings.c.case_id == case_id, *scope).limit(1)
    return conn.execute(wanted).one_or_none() is not None


def documents(conn: Connection, case_ids: Iterable[str]) -> dict[str, list[str]]:
    """What is kept of all crossings of each of these cases."""
    kept: dict[str, list[str]] = {case: [] for case in case_ids}
    wanted = bulk.having_keys(conn, sightings, ("case_id",), [(case,) for case in kept])
    for row in conn.execute(wanted.with_only_columns(sightings.c.case_id, sightings.c.document)):
        kept[row.case_id].append(row.document)
    return kept


def move(conn: Connection, merged: Mapping[str, str]) -> None:
    """Give the crossings of each merged case (key) to the case that stays (value)."""
    for gone, stays in sorted(merged.items()):
        conn.execute(update(sightings).where(sightings.c.case_id == gone).values(case_id=stays))


def _sighting(row: Row[Any]) -> Sighting:
    return Sighting(row.id, row.time_ns, row.plate, row.plate_colour, row.plate_certain, row.site)
