"""Crossings without a certain plate that moved on the intercept of an earlier one, because they probably are of one
vehicle. Each stays in a case of its own; only this says that they belong together, so that a person can undo it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from service.store import bulk
from service.store.dispatch_tables import resemblances


class Resemblance(NamedTuple):
    """A crossing, the one that it resembles, and the intercept that it moved on; `apart_ns` is when a person said that
    it is another vehicle. `document` (JSON): what it was charged with, see `service.docket.resembling.Charges`."""

    passage: str
    earlier: str
    intercept: str
    score: float
    at_ns: int
    apart_ns: int | None
    document: str


def keep(conn: Connection, rows: Sequence[Resemblance]) -> None:
    """Write them; one that is there takes what is new of it."""
    bulk.upsert_rows(conn, resemblances, rows, bulk.replace)


def of_passages(conn: Connection, passages: Iterable[str]) -> dict[str, Resemblance]:
    """What is known of these crossings, by passage."""
    keys = [(passage,) for passage in dict.fromkeys(passages)]
    if not keys:
        return {}
    rows = conn.execute(bulk.having_keys(conn, resemblances, ("passage",), keys))
    return {row.passage: Resemblance(*(getattr(row, name) for name in Resemblance._fields)) for row in rows}


def of_intercepts(conn: Connection, intercepts: Iterable[str]) -> list[Resemblance]:
    """The crossings that moved these intercepts on, those that were told apart since too, the first first."""
    columns = (resemblances.c[name] for name in Resemblance._fields)
    here = resemblances.c.intercept.in_(sorted(intercepts))
    rows = conn.execute(select(*columns).where(here).order_by(resemblances.c.at_ns, resemblances.c.passage))
    return [Resemblance(*row) for row in rows]
