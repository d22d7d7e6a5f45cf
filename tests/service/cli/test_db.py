"""Guarantees of `wim db`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.cli import main
from service.store import violations
from service.store.engine import open_store
from tests.service.store.rows import PLATE, violation


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the settings name, not there yet."""
    url = f"sqlite:///{tmp_path / 'wim.db'}"
    monkeypatch.setenv("WIM_DATABASE__URL", url)
    return url


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["db", *arguments])
    return int(ended.value.code or 0)


def test_upgrade_makes_the_tables_and_says_what_it_did(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty database gets the newest tables, and a second run changes nothing."""
    assert run("upgrade") == 0
    assert "was empty" in capsys.readouterr().out
    assert run("upgrade") == 0
    assert "was" not in capsys.readouterr().out
    open_store(url).close()


def test_upgrade_tells_programs_the_same(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One document: the database, where it was and where it is; `from` is null for an empty one."""
    assert run("upgrade", "--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert (first["database"], first["from"]) == (url, None)
    assert run("upgrade", "--json") == 0
    assert json.loads(capsys.readouterr().out) == first | {"from": first["to"]}


def test_purge_without_a_key_is_refused_with_the_setting(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A purge with a key that nobody keeps would be worthless: it says which setting is missing."""
    assert run("upgrade") == 0
    assert run("purge") == 1
    assert "WIM_AUTH__PSEUDONYM_KEY" in capsys.readouterr().err


def test_purge_makes_pseudonyms_by_the_policy(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the policy no longer keeps has pseudonyms afterwards, in the database and the count that is printed."""
    monkeypatch.setenv("WIM_AUTH__PSEUDONYM_KEY", "a key of sixteen or more")
    monkeypatch.setenv("WIM_ARCHIVE", str(tmp_path / "archive"))
    assert run("upgrade") == 0
    store = open_store(url)
    with store.writing() as conn:
        violations.keep(conn, [violation(1)])
    capsys.readouterr()
    assert run("purge", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["violations"], done["archive files"]) == (1, 0)
    with store.reading() as conn:
        kept = violations.get(conn, violation(1).id, None)
    assert kept is not None
    assert PLATE not in kept.plate + kept.document
    store.close()
    assert run("purge") == 0
    assert "violations" in capsys.readouterr().out
