"""Guarantees of permits, vehicles, exemptions and watched plates that are put while the system runs."""

from __future__ import annotations

import pytest

from service.store import register
from service.store.engine import Store
from service.store.errors import FencedError


def test_who_polls_by_revision_hears_of_every_change_once(store: Store) -> None:
    """Each put and removal raises the revision, and the changes since a revision are exactly those after it."""
    with store.writing() as conn:
        assert register.revision(conn) == 0
        register.put(conn, "permit", "苏交 1", "{}")
        register.put(conn, "watch", "苏A12345", '{"reason":"x"}')
        seen = register.revision(conn)
        assert seen == 2
        assert register.changes(conn, seen) == []
        register.remove(conn, "watch", "苏A12345")
        register.put(conn, "permit", "苏交 1", '{"gross_kg":98000}')
        changed = [(entry.kind, entry.version, entry.removed) for entry in register.changes(conn, seen)]
        assert changed == [("watch", 2, True), ("permit", 2, False)]
        assert [entry.kind for entry in register.changes(conn, seen, ["permit"])] == ["permit"]
        assert [entry.document for entry in register.changes(conn)] == ['{"reason":"x"}', '{"gross_kg":98000}']


def test_writer_that_saw_an_older_version_is_fenced(store: Store) -> None:
    """Of two people who change one entry the second is told; 0 means that there must be none yet."""
    with store.writing() as conn:
        assert register.put(conn, "permit", "1", "{}", if_version=0).version == 1
        assert register.put(conn, "permit", "1", "{}", if_version=1).version == 2
    for wrong in (0, 1, 3):
        with pytest.raises(FencedError), store.writing() as conn:
            register.put(conn, "permit", "1", "{}", if_version=wrong)
    with pytest.raises(FencedError), store.writing() as conn:
        register.remove(conn, "permit", "1", if_version=1)
    with store.reading() as conn:
        assert register.revision(conn) == 2
        assert register.get(conn, "permit", "2") is None


def test_removed_entry_can_be_put_again(store: Store) -> None:
    """An entry comes back as its next version, so nobody mistakes it for the old one."""
    with store.writing() as conn:
        register.put(conn, "exempt", "苏A0T001", '{"kind":"crane"}')
        gone = register.remove(conn, "exempt", "苏A0T001")
        assert (gone.removed, gone.document) == (True, '{"kind":"crane"}')
        back = register.put(conn, "exempt", "苏A0T001", "{}")
        assert (back.version, back.removed) == (3, False)
        assert register.get(conn, "exempt", "苏A0T001") == back
