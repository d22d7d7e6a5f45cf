"""Guarantees of the kept ledger: one chain however many write, and a database that refuses to change it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from dispatch.ledger import BEGINNING, Broken, Entry, Stamped, stamp, verify
from service.pseudonyms import Pseudonyms
from service.store import ledger
from service.store.engine import Store
from service.store.errors import LedgerTakenError
from service.store.ledger_tables import ledger as ledger_table
from service.store.purge import Keep, purge

INTERCEPT, OTHER = f"{1:016x}", f"{2:016x}"


def entry(at_ns: int = 1, intercept: str = INTERCEPT, corridor: str = "G104") -> Entry:
    weighed = {"static_gross_kg": 61_200, "scale_certificate": "秤-7"}
    who = ("wang", "duty", "road")
    return Entry(at_ns, intercept, corridor, *who, "weigh", "weighed", "stopped", "liyang-2", "無線電", weighed)


def fill(store: Store, count: int) -> None:
    with store.writing(durable=True) as conn:
        ledger.append(conn, [entry(number) for number in range(count)])


def broken(store: Store) -> Broken | None:
    with store.reading() as conn:
        return verify(ledger.every(conn, page=3), ledger.last_number(conn))


def allow_changes(store: Store) -> None:
    """What somebody does first who has the database to himself."""
    with store.writing() as conn:
        for name in ("ledger_refuses_update", "ledger_refuses_delete") if store.is_sqlite else ():
            conn.execute(text(f"DROP TRIGGER {name}"))
        if not store.is_sqlite:
            conn.execute(text("DROP TRIGGER ledger_is_append_only ON ledger"))


def test_what_is_read_is_what_was_appended(store: Store) -> None:
    """Every field comes back, under numbers from 1 and with the hash of the entry before."""
    with store.writing(durable=True) as conn:
        first = ledger.append(conn, [entry(1), entry(2)])
        second = ledger.append(conn, [entry(3, OTHER, "S340")])
        assert ledger.append(conn, []) == []
    assert [one.number for one in first + second] == [1, 2, 3]
    assert [one.previous for one in first + second] == [BEGINNING, first[0].hash, first[1].hash]
    with store.reading() as conn:
        assert ledger.read(conn, 0, 9) == first + second
        assert ledger.read(conn, 1, 1) == first[1:]
        assert ledger.of_intercept(conn, INTERCEPT) == first
        assert ledger.read(conn, 0, 9, intercept=OTHER) == second
    assert broken(store) is None


def test_a_reader_sees_only_their_corridors(store: Store) -> None:
    """Entries of other corridors are left out in the query."""
    with store.writing(durable=True) as conn:
        ledger.append(conn, [entry(1), entry(2, corridor="S340")])
    with store.reading() as conn:
        assert [one.number for one in ledger.read(conn, 0, 9, ["S340"])] == [2]
        assert ledger.read(conn, 0, 9, []) == []
        assert [one.number for one in ledger.of_intercept(conn, INTERCEPT, ["G104"])] == [1]


def test_many_writers_make_one_chain(store: Store) -> None:
    """However many append at once, no two write behind the same entry and no number is left out."""

    def write(writer: int) -> None:
        for number in range(15):
            with store.writing(durable=True) as conn:
                ledger.append(conn, [entry(writer * 1_000 + number), entry(writer * 1_000 + number)])

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, writer) for writer in range(4)]:
            done.result()
    with store.reading() as conn:
        assert len(list(ledger.every(conn, page=7))) == 120
    assert broken(store) is None


def test_a_rolled_back_entry_leaves_no_gap(store: Store) -> None:
    """A transaction that is given up uses no number."""
    fill(store, 1)
    with pytest.raises(ZeroDivisionError):
        append_and_fail(store)
    fill(store, 1)
    assert broken(store) is None


def append_and_fail(store: Store) -> None:
    with store.writing(durable=True) as conn:
        ledger.append(conn, [entry()])
        raise ZeroDivisionError


@pytest.mark.parametrize("change", [update(ledger_table).values(note=None), delete(ledger_table)])
def test_the_database_refuses_a_change(store: Store, change: object) -> None:
    """Neither a program's mistake nor a hurried hand changes or deletes an entry."""
    fill(store, 2)
    with pytest.raises(DBAPIError, match="the ledger is append-only"), store.writing() as conn:
        conn.execute(change)  # type: ignore[call-overload]
    assert broken(store) is None


def test_a_change_past_the_guard_is_named(store: Store) -> None:
    """Who has the database to himself can change an entry, and is found out."""
    fill(store, 8)
    allow_changes(store)
    with store.writing() as conn:
        conn.execute(update(ledger_table).where(ledger_table.c.number == 5).values(document='{"static_gross_kg":1}'))
    assert broken(store) == Broken(5, "was changed")


@pytest.mark.parametrize("number", [1, 4, 8])
def test_a_deletion_past_the_guard_is_named(store: Store, number: int) -> None:
    """The first, a middle and the newest entry are missed alike."""
    fill(store, 8)
    allow_changes(store)
    with store.writing() as conn:
        conn.execute(delete(ledger_table).where(ledger_table.c.number == number))
    assert broken(store) == Broken(number, "is missing")


@pytest.mark.parametrize("number", [0, -7])
def test_an_entry_under_a_number_that_is_never_drawn_is_named(store: Store, number: int) -> None:
    """No guard keeps a hand with the database's password from adding one before the first."""
    fill(store, 8)
    add_past_the_guard(store, number)
    assert broken(store) == Broken(number, "was added: no such number is drawn")


def test_an_entry_where_the_next_belongs_takes_no_other_out(store: Store) -> None:
    """What a person did is refused aloud rather than lost behind a row that somebody else put there."""
    fill(store, 2)
    add_past_the_guard(store, 3)
    with pytest.raises(LedgerTakenError, match="wim ledger verify"):
        fill(store, 1)
    assert broken(store) == Broken(3, "was added past the number that was drawn last")


def add_past_the_guard(store: Store, number: int) -> None:
    """A well-made entry behind the newest, under a number of the forger's choice."""
    with store.writing() as conn:
        newest = ledger.read(conn, ledger.last_number(conn) - 1, 1)[0]
        conn.execute(insert(ledger_table).values(told(stamp(entry(), number, newest.hash))))


def told(stamped: Stamped) -> dict[str, object]:
    """An entry as its row."""
    columns = {name: getattr(stamped.entry, name) for name in Entry.__dataclass_fields__}
    hashes = {"previous_hash": stamped.previous, "hash": stamped.hash}
    document = json.dumps(stamped.entry.document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {**columns, **hashes, "document": document, "number": stamped.number}


#: JSON that a reader takes for the document that was written, and that is another text.
TWICE = '{"scale_certificate":"秤-7","static_gross_kg":1,"static_gross_kg":61200}'
DEEP = '{"kg": ' + "[" * 50_000 + "]" * 50_000 + "}"


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"kg": NaN}', '{"kg": 1.5}', TWICE, DEEP])
def test_a_damaged_document_is_named_not_raised(store: Store, damage: str) -> None:
    """A text that is no document of ours any more is a broken entry, not a crash."""
    fill(store, 2)
    allow_changes(store)
    with store.writing() as conn:
        conn.execute(update(ledger_table).where(ledger_table.c.number == 2).values(document=damage))
    assert broken(store) == Broken(2, "was changed")


def test_a_purge_leaves_the_ledger_alone(store: Store) -> None:
    """However old the entries, forgetting plates takes none of them."""
    fill(store, 2)
    purge(store, Keep(1, 1, 1, 1), 2**62, Pseudonyms("a key of sixteen or more"))
    assert broken(store) is None
    with store.reading() as conn:
        assert replace(ledger.read(conn, 1, 1)[0].entry, at_ns=0) == entry(0)
