"""Violations that a person took out of all figures: who, when, why, what was moved, and whether it was put back.

Two move single trucks between the cells of the rates: whoever excludes or restores, and the watch that takes back the
past of a downgrade. Each first locks one counter (`hold`, `lock`) until its transaction ends, so neither misses what
the other moved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from service.store import counters
from service.store.dispatch_tables import weighings
from service.store.effect_tables import exclusions
from service.store.tables import counters as counters_table
from service.store.tables import outcomes, violations

_COUNTER = "exclusions"


class Exclusion(NamedTuple):
    """One exclusion: `time_ns` is when the vehicle crossed, `at_ns` when it was excluded.

    Without `restored_ns` it stands. `document` is JSON (`service.excluding.Moved`).
    """

    id: str
    version: int
    violation: str
    corridor: str
    site: str
    lane: int
    time_ns: int
    severity: int
    rule: str
    reason: str
    at_ns: int
    actor: str
    agency: str | None
    restored_ns: int | None = None
    restored_by: str | None = None
    restored_reason: str | None = None
    document: str = "{}"


def identity(violation: str, earlier: int) -> str:
    """The id of an exclusion of a violation that was excluded so often before."""
    return hashlib.blake2b(f"{violation}/{earlier}".encode(), digest_size=8).hexdigest()


def lock(conn: Connection) -> None:
    """Keep everybody else from moving single trucks until this transaction ends."""
    counters.draw(conn, _COUNTER)


def hold(conn: Connection) -> None:
    """Keep exclusions as they are until this transaction ends. SQLite has the whole database locked anyway."""
    wanted = select(counters_table.c.value).where(counters_table.c.name == _COUNTER)
    conn.execute(wanted.with_for_update(read=True)).scalar_one()


def add(conn: Connection, one: Exclusion, outcome_ids: Collection[str], intercept: str | None) -> None:
    """Keep an exclusion, and mark with it what it takes out: the violation, outcomes, what a scale said."""
    conn.execute(exclusions.insert().values(one._asdict()))
    conn.execute(update(violations).where(violations.c.id == one.violation).values(excluded_by=one.id))
    for table, key, wanted in ((outcomes, "id", sorted(outcome_ids)), (weighings, "intercept", [intercept])):
        counted = table.c[key].in_(wanted), table.c.excluded_by.is_(None)
        conn.execute(update(table).where(*counted).values(excluded_by=one.id))


def restore(conn: Connection, one: Exclusion, outcome_ids: Collection[str], intercepts: Collection[str]) -> None:
    """Note that `one` (as it is then) does not stand any more, and count again what it alone took out."""
    told = {name: getattr(one, name) for name in ("version", "restored_ns", "restored_by", "restored_reason")}
    conn.execute(update(exclusions).where(exclusions.c.id == one.id).values(told))
    ids = (
        (violations, "id", [one.violation]),
        (outcomes, "id", sorted(outcome_ids)),
        (weighings, "intercept", sorted(intercepts)),
    )
    for table, key, wanted in ids:
        mine = table.c[key].in_(wanted), table.c.excluded_by == one.id
        conn.execute(update(table).where(*mine).values(excluded_by=None))


def of_violation(conn: Connection, violation: str) -> list[Exclusion]:
    """The exclusions of a violation, newest first: the first may still stand."""
    rows = select(exclusions).where(exclusions.c.violation == violation)
    return [_exclusion(row) for row in conn.execute(rows.order_by(exclusions.c.at_ns.desc(), exclusions.c.id))]


def standing_at(conn: Connection, site: str, from_ns: int, to_ns: int) -> set[tuple[int, int]]:
    """Lane and time of each crossing of a site that is excluded, of a span."""
    table = exclusions.c
    here = table.restored_ns.is_(None), table.site == site, table.time_ns >= from_ns, table.time_ns < to_ns
    return {(row.lane, row.time_ns) for row in conn.execute(select(table.lane, table.time_ns).where(*here))}


def made_between(conn: Connection, from_ns: int, to_ns: int) -> list[Exclusion]:
    """The exclusions of a span of time that still stand, oldest first."""
    table = exclusions.c
    wanted = select(exclusions).where(table.restored_ns.is_(None), table.at_ns >= from_ns, table.at_ns < to_ns)
    return [_exclusion(row) for row in conn.execute(wanted.order_by(table.at_ns, table.id))]


def _exclusion(row: object) -> Exclusion:
    return Exclusion(*(getattr(row, name) for name in Exclusion._fields))
