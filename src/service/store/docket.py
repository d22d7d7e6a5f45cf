"""What the docket asks in bulk: one statement a batch, however many rows it has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, select, update

from service.store import bulk
from service.store.tables import intercepts, outcomes, sightings, timers, violations


def violation_versions(conn: Connection, ids: Collection[str]) -> dict[str, int]:
    """The versions of those of the violations that are kept."""
    wanted = bulk.having_keys(conn, violations, ("id",), [(one,) for one in ids])
    columns = wanted.with_only_columns(violations.c.id, violations.c.version)
    return {row.id: row.version for row in conn.execute(columns)}


def violation_documents(conn: Connection, ids: Collection[str]) -> list[tuple[str, str]]:
    """Id and document of each of the violations."""
    wanted = bulk.having_keys(conn, violations, ("id",), [(one,) for one in ids])
    columns = wanted.with_only_columns(violations.c.id, violations.c.document)
    return [(row.id, row.document) for row in conn.execute(columns)]


def seen_by_case(conn: Connection, case_ids: Iterable[str]) -> dict[str, list[str]]:
    """The documents of all crossings of these cases."""
    seen: dict[str, list[str]] = {case: [] for case in case_ids}
    wanted = bulk.having_keys(conn, sightings, ("case_id",), [(case,) for case in seen])
    for row in conn.execute(wanted.with_only_columns(sightings.c.case_id, sightings.c.document)):
        seen[row.case_id].append(row.document)
    return seen


def never_publish(conn: Connection, ids: Collection[str]) -> None:
    """Let the relay pass these intercepts over, as they are now: nobody was ever told of them."""
    if ids:
        here = intercepts.c.id.in_(list(ids))
        conn.execute(update(intercepts).where(here).values(published_version=intercepts.c.version))


def publish_again(conn: Connection, ids: Collection[str]) -> None:
    """Make these intercepts due again."""
    if ids:
        conn.execute(update(intercepts).where(intercepts.c.id.in_(list(ids))).values(published_version=0))


def active_published(conn: Connection) -> list[str]:
    """The intercepts that somebody can act on and that were published."""
    wanted = select(intercepts.c.id).where(intercepts.c.active, intercepts.c.published_version > 0)
    return list(conn.execute(wanted).scalars())


def arm(conn: Connection, kind: str, due_ns: Mapping[str, int]) -> None:
    """Set one timer for each subject; one of the same kind and subject is moved."""
    columns = {"kind": [kind] * len(due_ns), "subject": list(due_ns), "due_at_ns": list(due_ns.values())}
    bulk.upsert(conn, timers, columns, bulk.replace)


def clear_suspicion(conn: Connection, trip: str) -> None:
    """A scale found the truck of this trip legal: none of its crossings counts as suspected any more."""
    conn.execute(update(outcomes).where(outcomes.c.trip == trip).values(suspected=False))
