"""Guarantees of speed that do not need a clock: what is asked often is looked up, however long the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from dispatch.cases import Sighting
from service.store import (
    audit,
    cases,
    feed,
    idempotency,
    intercepts,
    joint_actions,
    ledger,
    manifest,
    offsets,
    outcomes,
    register,
    schema,
    seen,
    sightings,
    timers,
    violations,
)
from service.store.engine import Store, open_store
from service.store.observed import Beat, keep_beats
from service.store.paging import Cursor
from service.store.rate_table import Question, query
from service.store.seen import HourKey
from tests.service.store.rows import PLATE
from tests.service.store.test_rates import EXTENTS, FIRST_S

ASKED: dict[str, Callable[[Connection], Any]] = {
    "position": lambda conn: offsets.read(conn, "screen", "t", 0),
    "memory of an hour": lambda conn: seen.load(conn, [HourKey("s", 1, 0), HourKey("s", 2, 0)]),
    "hours to seal": lambda conn: seen.seal(conn, 10**9),
    "health": lambda conn: keep_beats(conn, [Beat("s", 1, 0)]),
    "year of a corridor": lambda conn: query(conn, EXTENTS[:1], Question(FIRST_S, FIRST_S + 8_760 * 3_600)),
    "days of a corridor": lambda conn: query(
        conn, EXTENTS[:1], Question(FIRST_S, FIRST_S + 720 * 3_600, bucket="day", by="axles")
    ),
    "violations of everybody": lambda conn: violations.page(conn, None, violations.Wanted(), Cursor(9, "x"), 9),
    "violations of a corridor": lambda conn: violations.page(conn, ["G104"], violations.Wanted(), None, 9),
    "violations of a plate": lambda conn: violations.page(conn, None, violations.Wanted(plate=PLATE), None, 9),
    "violation": lambda conn: violations.get(conn, "x", ["G104"]),
    "crossings to join": lambda conn: sightings.known_for(conn, [Sighting("x", 1, PLATE, 1, True)], 9),
    "crossings of a case": lambda conn: sightings.of_case(conn, "x"),
    "case": lambda conn: cases.load(conn, ["x"]),
    "cases in progress": lambda conn: cases.plates_since(conn, "open", 9),
    "history of a plate": lambda conn: outcomes.history(conn, [PLATE], 0, 9),
    "merge of trips": lambda conn: (outcomes.move(conn, {"a": "b"}), sightings.move(conn, {"a": "b"})),
    "intercepts of a case": lambda conn: intercepts.of_cases(conn, ["x"]),
    "intercepts to act on": lambda conn: intercepts.page(conn, None, intercepts.Wanted(active=True), None, 9),
    "intercepts by place": intercepts.active_counts,
    "intercepts to publish": lambda conn: intercepts.unpublished(conn, 9),
    "intercepts to publish again": intercepts.republish_active,
    "joint actions of everybody": lambda conn: joint_actions.page(conn, None, joint_actions.Wanted(), None, 9),
    "joint actions of a corridor": lambda conn: joint_actions.page(conn, ["G104"], joint_actions.Wanted(), None, 9),
    "joint actions of an intercept": lambda conn: joint_actions.of_intercepts(conn, ["x"]),
    "joint action of a unit": lambda conn: joint_actions.with_unit(conn, "road", "x"),
    "ledger": lambda conn: ledger.read(conn, 7, 9),
    "ledger of an intercept": lambda conn: ledger.of_intercept(conn, "x"),
    "feed": lambda conn: feed.read(conn, 7, 9, ["G104"]),
    "feed to trim": lambda conn: feed.trim(conn, 9),
    "changes of the register": lambda conn: register.changes(conn, 7),
    "due timers": lambda conn: timers.due(conn, 9),
    "audit of a plate": lambda conn: audit.of_subject(conn, PLATE),
    "answer to a key": lambda conn: idempotency.known(conn, "li", "x"),
    "files of a day": lambda conn: manifest.files(conn, "2026-06-01", "2026-06-02"),
}

#: What is small by its nature may be read whole: lists of keys, what waits, what the statement itself has narrowed.
SMALL = {"wanted", "tallies", "alembic_version", "CONSTANT", "days"}


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'wim.db'}", check=False)
    with store.writing() as conn:
        schema.upgrade(conn)
    yield store
    store.close()


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_often_walks_no_table(sqlite_store: Store, name: str) -> None:
    """Every statement behind a frequent question goes through an index or a key."""
    with sqlite_store.writing() as conn, recorded(conn) as statements:
        ASKED[name](conn)
    assert statements
    walked = [plan for statement in statements for plan in plans(sqlite_store, *statement) if walks(plan)]
    assert walked == []


@contextmanager
def recorded(conn: Connection) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed on the connection meanwhile, with their values."""
    statements: list[tuple[str, Any]] = []

    def record(_conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        statements.append((statement, values[0] if many else values))

    event.listen(conn, "before_cursor_execute", record)
    yield statements
    event.remove(conn, "before_cursor_execute", record)


def plans(store: Store, statement: str, values: Any) -> list[str]:
    with store.reading() as conn:
        return [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]


def walks(plan: str) -> bool:
    """Whether SQLite says that it reads a table from end to end: `SCAN violations`, but not with an index's help."""
    words = plan.split()
    return (
        words[0] == "SCAN" and words[1] not in SMALL and not words[1].startswith(("(", "json")) and "USING" not in words
    )
