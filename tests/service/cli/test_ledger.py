"""Guarantees of `wim ledger verify`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from service.cli import main
from service.store import ledger
from service.store.engine import Store, open_store
from tests.service.store.test_ledger import allow_changes, fill


@pytest.fixture
def store(sqlite_ready: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A database that the settings name, with three entries."""
    monkeypatch.setenv("WIM_DATABASE__URL", sqlite_ready)
    store = open_store(sqlite_ready)
    fill(store, 3)
    yield store
    store.close()


def verify(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["ledger", "verify", *arguments])
    return int(ended.value.code or 0)


def spoil(store: Store, statement: str) -> None:
    allow_changes(store)
    with store.writing() as conn:
        conn.execute(text(statement))


def test_a_whole_chain_is_said_to_be_whole(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0, and the newest hash to keep, which the next run takes as it was printed."""
    assert verify() == 0
    kept = capsys.readouterr().out.split()[-1]
    assert verify("--known", kept, "--json") == 0
    with store.reading() as conn:
        newest = ledger.read(conn, 2, 1)[0]
    told = {"whole": True, "entries": 3, "hash": newest.hash, "broken": None}
    assert json.loads(capsys.readouterr().out) == told


def test_a_changed_entry_is_named(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 and the entry, for people and for programs."""
    spoil(store, "UPDATE ledger SET actor = 'zhao' WHERE number = 2")
    assert verify() == 1
    assert "entry 2 was changed" in capsys.readouterr().out
    assert verify("--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["whole"], told["broken"]) == (False, {"entry": 2, "problem": "was changed"})


@pytest.mark.parametrize("damage", ["note = CAST(x'ff' AS TEXT)", "note = x'ff'", "document = CAST(x'7bff7d' AS TEXT)"])
def test_bytes_that_are_no_text_are_named(store: Store, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    """Exit status 1 and the entry, not a crash without a place."""
    spoil(store, f"UPDATE ledger SET {damage} WHERE number = 2")
    assert verify() == 1
    assert "entry 2 was changed" in capsys.readouterr().out


def test_a_missing_entry_is_named(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest entry is missed although nothing stands behind it."""
    spoil(store, "DELETE FROM ledger WHERE number = 3")
    assert verify() == 1
    assert "entry 3 is missing" in capsys.readouterr().out


def test_a_hash_from_before_that_no_longer_stands_is_named(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """A chain that holds by itself is not the one whose hash was kept."""
    assert verify("--known", f"2:{'0' * 64}") == 1
    assert "entry 2 was changed" in capsys.readouterr().out


def test_a_kept_hash_that_is_none_is_wrong_use(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and what it should look like."""
    assert verify("--known", "2") == 2
    assert "NUMBER:HASH" in capsys.readouterr().err
