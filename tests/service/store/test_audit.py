"""Guarantees of the audit log beside that nobody can change it (`test_schema`)."""

from __future__ import annotations

from service.store import audit
from service.store.audit import Entry
from service.store.engine import Store


def test_entries_are_found_by_subject_and_by_page(store: Store) -> None:
    """Every entry is on one page, newest first, and under its subject."""
    entries = [
        Entry(number, "li", "duty", "road", "plate.look_up", f"苏A1234{number % 2}", "case 7", f'{{"n":{number}}}')
        for number in range(5)
    ]
    with store.writing() as conn:
        for entry in entries:
            audit.note(conn, entry)
        assert [found.entry for found in audit.of_subject(conn, "苏A12341")] == [entries[3], entries[1]]
        assert len(audit.of_subject(conn, "苏A12340", limit=2)) == 2
        first = audit.page(conn, None, 3)
        rest = audit.page(conn, first[-1].number, 3)
    assert [found.entry for found in first + rest] == entries[::-1]
