"""What earlier crossings of a plate count for: the history that makes a repeat offender.

Whether and how they count is `dispatch.offenders`; here they are kept and found. Ids are the passage's, or for a record
that was imported whatever the file calls it, so importing a file twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, update

from dispatch.offenders import Identity, Offence
from service.store import bulk
from service.store.tables import outcomes


class OutcomeRow(NamedTuple):
    """What one crossing of a trip counts for, and where we have that from; `document` is JSON, `{}` at least."""

    id: str
    trip: str
    plate: str
    plate_colour: int
    time_ns: int
    decided: bool
    confirmed: bool
    suspected: bool
    simulated: bool
    source: str
    document: str


def keep(conn: Connection, rows: Sequence[OutcomeRow]) -> None:
    """Keep outcomes; one that comes again takes the place of its former self, and stays excluded if it was."""
    bulk.upsert_rows(conn, outcomes, list({row.id: row for row in rows}.values()), _replace)


def get(conn: Connection, ids: Iterable[str]) -> dict[str, OutcomeRow]:
    """The outcomes of these ids that there are, excluded or not."""
    rows = bulk.having_keys(conn, outcomes, ("id",), [(one,) for one in dict.fromkeys(ids)])
    return {row.id: OutcomeRow(*(getattr(row, name) for name in OutcomeRow._fields)) for row in conn.execute(rows)}


def history(conn: Connection, plates: Iterable[str], from_ns: int, to_ns: int) -> dict[str, list[Offence]]:
    """What is known of each plate between two times, both inclusive; plates of every colour, excluded ones marked."""
    found: dict[str, list[Offence]] = {plate: [] for plate in plates}
    rows = bulk.having_keys(conn, outcomes, ("plate",), [(plate,) for plate in found])
    for row in conn.execute(rows.where(outcomes.c.time_ns >= from_ns, outcomes.c.time_ns <= to_ns)):
        found[row.plate].append(_offence(row))
    return found


def found_legal(conn: Connection, plates: Iterable[str], from_ns: int) -> list[OutcomeRow]:
    """Verdicts of squads that these plates carried a legal load, on crossings since a time."""
    rows = bulk.having_keys(conn, outcomes, ("plate",), [(plate,) for plate in dict.fromkeys(plates)])
    legal = rows.where(outcomes.c.time_ns >= from_ns, outcomes.c.source == "squad", ~outcomes.c.confirmed)
    found = conn.execute(legal.where(outcomes.c.excluded_by.is_(None)))
    return [OutcomeRow(*(getattr(row, name) for name in OutcomeRow._fields)) for row in found]


def exclude(conn: Connection, ids: Iterable[str], by: str | None) -> int:
    """Take outcomes out of all counts (`by` names the decision), or back in (None); gives how many."""
    return conn.execute(update(outcomes).where(outcomes.c.id.in_(list(ids))).values(excluded_by=by)).rowcount


def clear_suspicion(conn: Connection, trip: str) -> None:
    """A scale found the vehicle of this trip legal: none of its crossings counts as suspected any more."""
    conn.execute(update(outcomes).where(outcomes.c.trip == trip).values(suspected=False))


def move(conn: Connection, merged: Mapping[str, str]) -> None:
    """Count the outcomes of each merged trip (key) for the trip that stays (value)."""
    for gone, stays in sorted(merged.items()):
        conn.execute(update(outcomes).where(outcomes.c.trip == gone).values(trip=stays))


def _offence(row: Row[Any]) -> Offence:
    return Offence(
        trip=row.trip,
        identity=Identity(row.plate, row.plate_colour),
        time_ns=row.time_ns,
        decided=row.decided,
        confirmed=row.confirmed,
        suspected=row.suspected,
        simulated=row.simulated,
        excluded=row.excluded_by is not None,
    )


def _replace(table: Any, new: Any) -> dict[str, Any]:
    return {name: new[name] for name in OutcomeRow._fields if name != "id"}
