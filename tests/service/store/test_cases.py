"""Guarantees of kept cases."""

from __future__ import annotations

import pytest

from service.store import cases
from service.store.engine import Store
from service.store.errors import FencedError
from tests.service.store.rows import case


def test_case_is_written_only_as_the_next_version(store: Store) -> None:
    """A case goes from version to version; who skips one or repeats one is fenced."""
    with store.writing() as conn:
        cases.save(conn, [case(1), case(2)])
        cases.save(conn, [case(1, version=2, state="closed")])
    for version in (1, 2, 4):
        with pytest.raises(FencedError), store.writing() as conn:
            cases.save(conn, [case(1, version=version)])
    with store.reading() as conn:
        found = cases.load(conn, ["case-1", "case-2", "case-9"])
    assert found == {"case-1": case(1, version=2, state="closed"), "case-2": case(2)}


def test_nothing_to_save_or_load(store: Store) -> None:
    """No case is a batch like any other."""
    with store.writing() as conn:
        cases.save(conn, [])
        assert cases.load(conn, []) == {}


def test_plates_of_cases_in_a_state(store: Store) -> None:
    """The plates that sightings are reported for are those of cases in the state, seen lately, with a plate."""
    rows = [
        case(1, newest_ns=10),
        case(2, newest_ns=5, plate="苏B99999"),
        case(3, newest_ns=10, plate=""),
        case(4, newest_ns=10, plate="苏C88888", state="closed"),
    ]
    with store.writing() as conn:
        cases.save(conn, rows)
        assert cases.plates_since(conn, "open", 6) == {("苏A12345", 1)}
        assert cases.plates_since(conn, "open", 5) == {("苏A12345", 1), ("苏B99999", 1)}
