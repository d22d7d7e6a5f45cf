"""Guarantees of the list of violations."""

from __future__ import annotations

import random
from typing import Any

import pytest

from service.store import violations
from service.store.engine import Store
from service.store.paging import LONGEST_PAGE, Cursor
from service.store.violations import ViolationRow, Wanted
from tests.service.store.rows import violation


def every_page(store: Store, wanted: Wanted, limit: int, corridors: Any = None) -> list[ViolationRow]:
    found: list[ViolationRow] = []
    cursor = None
    while True:
        with store.reading() as conn:
            page = violations.page(conn, corridors, wanted, cursor, limit)
        found += page
        if len(page) < limit:
            return found
        cursor = Cursor(page[-1].time_ns, page[-1].id)


def test_same_violation_twice_is_one_and_the_highest_version_stays(store: Store) -> None:
    """In whatever order versions of a violation come, alone or in one batch, the highest is kept."""
    with store.writing() as conn:
        assert violations.keep(conn, [violation(1, version=2, severity=5), violation(1)]) == 1
        assert violations.keep(conn, [violation(1)]) == 0
        assert violations.keep(conn, [violation(1, version=2)]) == 0
        assert violations.keep(conn, []) == 0
        assert violations.get(conn, violation(1).id, None) == violation(1, version=2, severity=5)
        assert violations.keep(conn, [violation(1, version=3)]) == 1
        assert violations.get(conn, violation(1).id, None) == violation(1, version=3)


def test_pages_hold_every_violation_once_newest_first(store: Store) -> None:
    """Page after page shows every row once, newest first, though many have the same time."""
    draw = random.Random(2)
    rows = [violation(number, time_ns=draw.randrange(7)) for number in range(50)]
    with store.writing() as conn:
        violations.keep(conn, rows)
    expected = sorted(rows, key=lambda row: (row.time_ns, row.id), reverse=True)
    for limit in (1, 7, 50, 60):
        assert every_page(store, Wanted(), limit) == expected


def test_row_that_arrives_between_two_pages_shifts_nothing(store: Store) -> None:
    """New violations between two pages neither repeat nor hide a row of the second."""
    with store.writing() as conn:
        violations.keep(conn, [violation(number) for number in range(10)])
        first = violations.page(conn, None, Wanted(), None, 5)
        violations.keep(conn, [violation(number) for number in range(10, 20)])
        rest = violations.page(conn, None, Wanted(), Cursor(first[-1].time_ns, first[-1].id), 5)
    assert [row.time_ns // 10**9 for row in first + rest] == list(range(9, -1, -1))


def test_reader_sees_only_their_corridors(store: Store) -> None:
    """Neither a list nor an id gives a row of another corridor, and no corridor gives nothing."""
    with store.writing() as conn:
        violations.keep(conn, [violation(1), violation(2, corridor="S340")])
        assert [row.corridor for row in violations.page(conn, ["S340"], Wanted(), None, 9)] == ["S340"]
        assert violations.get(conn, violation(1).id, ["S340"]) is None
        assert violations.get(conn, violation(2).id, ["S340", "G2"]) == violation(2, corridor="S340")
        assert violations.page(conn, [], Wanted(), None, 9) == []


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (Wanted(from_ns=5 * 10**9), lambda row: row.time_ns >= 5 * 10**9),
        (Wanted(to_ns=5 * 10**9), lambda row: row.time_ns < 5 * 10**9),
        (Wanted(site="G104-K055"), lambda row: row.site == "G104-K055"),
        (Wanted(direction=1), lambda row: row.direction == 1),
        (Wanted(plate="苏B99999"), lambda row: row.plate == "苏B99999"),
        (Wanted(zone="watch"), lambda row: row.zone == "watch"),
        (Wanted(grade="evidence"), lambda row: row.grade == "evidence"),
        (Wanted(severity_from=4), lambda row: row.severity >= 4),
        (Wanted(hundred_tonne=True), lambda row: row.hundred_tonne),
        (Wanted(hundred_tonne=False, severity_from=2), lambda row: not row.hundred_tonne and row.severity >= 2),
    ],
)
def test_list_shows_what_is_wanted(store: Store, wanted: Wanted, fits: Any) -> None:
    """Each condition, alone and with another, keeps exactly the rows that meet it."""
    draw = random.Random(3)
    rows = [
        violation(
            number,
            site=draw.choice(("G104-K012", "G104-K055")),
            direction=draw.randrange(2),
            plate=draw.choice(("苏A12345", "苏B99999")),
            zone=draw.choice(("watch", "intercept")),
            grade=draw.choice(("evidence", "count")),
            severity=draw.randrange(7),
            hundred_tonne=draw.random() < 0.3,
        )
        for number in range(40)
    ]
    with store.writing() as conn:
        violations.keep(conn, rows)
        found = violations.page(conn, None, wanted, None, 99)
    expected = [row for row in reversed(rows) if fits(row)]
    assert found == expected
    assert 0 < len(expected) < len(rows)


def test_page_has_a_longest_length(store: Store) -> None:
    """However many are asked for, a page ends at the limit."""
    with store.writing() as conn:
        violations.keep(conn, [violation(number) for number in range(LONGEST_PAGE + 1)])
        assert len(violations.page(conn, None, Wanted(), None, 10**9)) == LONGEST_PAGE


def test_exclusion_survives_a_new_judgement(store: Store) -> None:
    """A violation that a person excluded stays so when a newer version of it arrives, until it is put back."""
    mark = violations.violations.c.excluded_by
    with store.writing() as conn:
        violations.keep(conn, [violation(1)])
        assert violations.exclude(conn, [violation(1).id], "appeal 7") == 1
        violations.keep(conn, [violation(1, version=2)])
        assert conn.execute(violations.violations.select().with_only_columns(mark)).scalar_one() == "appeal 7"
        violations.exclude(conn, [violation(1).id], None)
        assert conn.execute(violations.violations.select().with_only_columns(mark)).scalar_one() is None
