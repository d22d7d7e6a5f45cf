"""Guarantees of kept offender history."""

from __future__ import annotations

from dispatch.offenders import Identity, Offence
from service.store import outcomes
from service.store.engine import Store
from tests.service.store.rows import outcome


def test_history_is_that_of_the_plate_within_the_time(store: Store) -> None:
    """Both ends of the time are inside, every colour is given, and other plates are not."""
    rows = [outcome(number) for number in range(1, 6)]
    rows += [outcome(7, time_ns=3 * 10**9, plate_colour=2), outcome(8, time_ns=3 * 10**9, plate="苏B99999")]
    with store.writing() as conn:
        outcomes.keep(conn, rows)
        found = outcomes.history(conn, ["苏A12345", "苏C88888"], 2 * 10**9, 4 * 10**9)
    assert sorted(offence.trip for offence in found["苏A12345"]) == ["case-2", "case-3", "case-4", "case-7"]
    assert found["苏C88888"] == []
    assert set(found) == {"苏A12345", "苏C88888"}


def test_offence_is_what_was_kept(store: Store) -> None:
    """Every mark of an outcome reaches the rules that count it."""
    row = outcome(1, decided=True, suspected=True, simulated=True)
    with store.writing() as conn:
        outcomes.keep(conn, [row])
        (offence,) = outcomes.history(conn, ["苏A12345"], 0, 10**10)["苏A12345"]
    assert offence == Offence(row.trip, Identity(row.plate, 1), row.time_ns, True, True, True, True, False)


def test_import_twice_counts_once_and_exclusion_survives_it(store: Store) -> None:
    """The same record again changes nothing, and does not bring back what was excluded."""
    with store.writing() as conn:
        outcomes.keep(conn, [outcome(1), outcome(1)])
        assert outcomes.exclude(conn, [outcome(1).id], "appeal 7") == 1
        outcomes.keep(conn, [outcome(1)])
        (offence,) = outcomes.history(conn, ["苏A12345"], 0, 10**10)["苏A12345"]
        assert offence.excluded
        outcomes.exclude(conn, [outcome(1).id], None)
        (offence,) = outcomes.history(conn, ["苏A12345"], 0, 10**10)["苏A12345"]
        assert not offence.excluded


def test_outcomes_follow_their_trip(store: Store) -> None:
    """When trips turn out to be one, what they counted for counts for the one that stays."""
    with store.writing() as conn:
        outcomes.keep(conn, [outcome(1), outcome(2)])
        outcomes.move(conn, {"case-2": "case-1"})
        found = outcomes.history(conn, ["苏A12345"], 0, 10**10)["苏A12345"]
    assert {offence.trip for offence in found} == {"case-1"}
