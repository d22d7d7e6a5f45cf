"""Guarantees of opening a database and of its transactions, on both engines."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from service.store import engine, offsets, schema
from service.store.engine import Store, open_store
from service.store.errors import (
    DatabaseFileError,
    DatabaseUrlError,
    SchemaError,
    SecondWorkerError,
    StoreError,
    UnavailableError,
)
from service.store.worker_lock import only_worker


def test_reading_sees_one_state_throughout(store: Store) -> None:
    """What another transaction commits meanwhile does not show in a reading block that has begun."""
    with store.reading() as reader:
        assert offsets.read_all(reader) == {}
        with store.writing() as writer:
            offsets.start(writer, "screen", "wim.passages.v1", 0, "c", 5)
        assert offsets.read_all(reader) == {}
    with store.reading() as reader:
        assert len(offsets.read_all(reader)) == 1


def test_reading_connection_can_change_nothing(store: Store) -> None:
    """A statement that writes is refused in a reading block."""
    with pytest.raises(DBAPIError), store.reading() as conn:
        offsets.start(conn, "screen", "wim.passages.v1", 0, "c", 5)
    with store.reading() as conn:
        assert offsets.read_all(conn) == {}


def test_exception_rolls_back(store: Store) -> None:
    """An exception that leaves a writing block undoes all of it."""
    with pytest.raises(ZeroDivisionError):
        start_and_fail(store)
    with store.reading() as conn:
        assert offsets.read_all(conn) == {}


def start_and_fail(store: Store) -> None:
    with store.writing() as conn:
        offsets.start(conn, "screen", "wim.passages.v1", 0, "c", 5)
        raise ZeroDivisionError


@pytest.mark.parametrize("block", [Store.reading, Store.writing])
def test_a_connection_in_use_is_closed_when_its_block_ends(store: Store, block: Callable[..., Any]) -> None:
    """A store that closes while a thread still works leaves that thread's connection to nobody's chance."""
    with block(store) as conn:
        driver: Any = conn.connection.dbapi_connection
        store.close()
        assert conn.execute(text("SELECT 1")).scalar_one() == 1
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        driver.execute("SELECT 1")


def test_durable_transaction_is_on_disk_before_it_returns(store: Store) -> None:
    """A durable transaction waits for the disk, the next one that is not durable does not."""
    for durable in (True, False, True):
        with store.writing(durable=durable) as conn:
            if store.is_sqlite:
                assert conn.execute(text("PRAGMA synchronous")).scalar_one() == (2 if durable else 1)
            else:
                assert conn.execute(text("SHOW synchronous_commit")).scalar_one() == ("on" if durable else "off")


def test_threads_take_turns_in_writing(store: Store) -> None:
    """Threads that write at once lose nothing and meet no lock error."""
    with store.writing() as conn:
        offsets.start(conn, "screen", "t", 0, "c", 0)
    failures = []

    def step() -> None:
        try:
            for _ in range(25):
                with store.writing() as conn:
                    here = text("UPDATE offsets SET next_offset = next_offset + 1")
                    conn.execute(here)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=step) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with store.reading() as conn:
        position = offsets.read(conn, "screen", "t", 0)
    assert position is not None
    assert position.next_offset == 100


def test_thread_that_nests_transactions_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On SQLite a second writing block inside the first ends with a sentence instead of hanging."""
    monkeypatch.setattr(engine, "TURN_S", 0.05)
    store = open_store(f"sqlite:///{tmp_path / 'wim.db'}", check=False)
    with pytest.raises(StoreError, match="another writing transaction"), store.writing(), store.writing():
        pass
    store.close()


def test_other_process_sees_what_was_committed(store: Store) -> None:
    """A committed row is there for a process of its own: worker and API share one database."""
    with store.writing() as conn:
        offsets.start(conn, "screen", "t", 0, "cluster-1", 42)
    code = (
        "import sys; from service.store import offsets; from service.store.engine import open_store\n"
        "store = open_store(sys.argv[1])\n"
        "with store.reading() as conn: print(offsets.read(conn, 'screen', 't', 0))\n"
        "store.close()"
    )
    url = store.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Position(next_offset=42, cluster='cluster-1')"


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://host/x", "sqlite+aiosqlite:///x.db", "wim"]
)
def test_unusable_url_is_refused_with_what_to_write(url: str) -> None:
    """A URL that cannot serve says why and what to write instead."""
    with pytest.raises(DatabaseUrlError, match="postgresql\\+psycopg://"):
        open_store(url)


def test_password_is_in_no_message(unused_port: int) -> None:
    """An error about a database shows its URL without the password."""
    url = f"postgresql://wim:hunter2@127.0.0.1:{unused_port}/wim"
    with pytest.raises(UnavailableError) as caught:
        open_store(url, patience_s=0)
    assert "hunter2" not in str(caught.value)
    assert f"127.0.0.1:{unused_port}" in str(caught.value)


def test_absent_database_is_asked_again_with_growing_pauses(unused_port: int) -> None:
    """While the database is away the pauses grow to 5 s, and patience ends in a clear error."""
    pauses: list[float] = []
    with pytest.raises(UnavailableError, match="start it or correct WIM_DATABASE__URL"):
        open_store(f"postgresql://wim@127.0.0.1:{unused_port}/wim", patience_s=12, sleep=pauses.append)
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_database_that_comes_up_is_opened(postgres_url: str) -> None:
    """A database that answers at a later try is opened without an error."""
    later = make_url(postgres_url).set(database=f"{make_url(postgres_url).database}_later")
    pauses: list[float] = []

    def sleep(pause_s: float) -> None:
        pauses.append(pause_s)
        with psycopg.connect(
            make_url(postgres_url).set(drivername="postgresql").render_as_string(), autocommit=True
        ) as c:
            c.execute(f"CREATE DATABASE {later.database}")

    store = open_store(later.render_as_string(), check=False, sleep=sleep)
    with store.reading() as conn:
        assert conn.execute(text("SELECT current_database()")).scalar_one() == later.database
    assert len(pauses) == 1
    store.close()


def test_folder_that_is_not_there_is_not_waited_for(tmp_path: Path) -> None:
    """SQLite in a folder that does not exist is an error at once: no folder comes up by itself."""
    pauses: list[float] = []
    with pytest.raises(UnavailableError, match="unable to open"):
        open_store(f"sqlite:///{tmp_path / 'no' / 'wim.db'}", check=False, sleep=pauses.append)
    assert pauses == []


def test_database_without_tables_names_the_command(empty_url: str) -> None:
    """Opening an empty database says which command makes the tables."""
    with pytest.raises(SchemaError, match="wim db upgrade"):
        open_store(empty_url)


def test_opening_to_use_makes_no_file(tmp_path: Path) -> None:
    """A mistyped path of a SQLite file is an error and leaves no empty file behind."""
    path = tmp_path / "typo.db"
    with pytest.raises(SchemaError, match="wim db upgrade"):
        open_store(f"sqlite:///{path}")
    assert not path.exists()


def test_tables_of_an_older_release_name_the_command(store: Store) -> None:
    """Tables behind this release are refused with the command that brings them up."""
    with store.writing() as conn:
        conn.execute(text("DELETE FROM alembic_version"))
    with pytest.raises(SchemaError, match=r"not made by|wim db upgrade"):
        open_store(store.url.render_as_string(hide_password=False))


def test_neighbouring_releases_run_side_by_side(store: Store) -> None:
    """Tables of the next release are accepted while it says that this one still works with them, and no longer."""
    url = store.url.render_as_string(hide_password=False)
    with store.writing() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9998'"))
    open_store(url).close()
    with store.writing() as conn:
        conn.execute(text("UPDATE schema_reach SET oldest_revision = '9997'"))
    with pytest.raises(SchemaError, match="install a release that knows 9997"):
        open_store(url)


def test_second_worker_on_one_file_is_refused(tmp_path: Path) -> None:
    """Of two workers on one SQLite file the second is refused with the number of the first, until that has ended."""
    first, other = (open_store(f"sqlite:///{tmp_path / 'wim.db'}", check=False) for _ in range(2))
    with only_worker(first), pytest.raises(SecondWorkerError, match=f"process {os.getpid()}"), only_worker(other):
        pass
    with only_worker(other):
        pass
    first.close()
    other.close()


def test_killed_worker_leaves_no_lock(tmp_path: Path) -> None:
    """After kill -9 of a worker the next one starts at once."""
    url = f"sqlite:///{tmp_path / 'wim.db'}"
    code = (
        "import sys, time; from service.store.engine import open_store; from service.store.worker_lock import *\n"
        "with only_worker(open_store(sys.argv[1], check=False)): print('in', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, url], stdout=subprocess.PIPE) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"in\n"
        store = open_store(url, check=False)
        with pytest.raises(SecondWorkerError, match=f"process {worker.pid}"), only_worker(store):
            pass
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    with only_worker(store):
        pass
    store.close()


def test_many_workers_share_postgresql(postgres_url: str) -> None:
    """On PostgreSQL nothing keeps a second worker out."""
    store = open_store(postgres_url, check=False)
    with only_worker(store), only_worker(store):
        pass
    store.close()


def test_transaction_of_a_stopped_worker_is_ended(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that is left idle is ended by the server, so its locks do not stand for ever."""
    monkeypatch.setattr(engine, "_POSTGRES_OPTIONS", "-c idle_in_transaction_session_timeout=50ms")
    store = open_store(postgres_url, check=False)
    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        dawdle(store, postgres_url)
    store.close()


def dawdle(store: Store, url: str) -> None:
    """A transaction that goes on after the server has lost its patience."""
    with store.writing() as conn:
        conn.execute(text("SELECT 1"))
        wait_for_end(url)
        conn.execute(text("SELECT 1"))


def wait_for_end(url: str) -> None:
    """Until the server has no idle transaction any more, as another connection sees it."""
    watcher = open_store(url, check=False)
    idle = text(
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND application_name = 'wim'"
    )
    for _ in range(1_000):
        with watcher.reading() as conn:
            conn.execute(text("SELECT pg_sleep(0.01)"))
            if not conn.execute(idle).scalar_one():
                break
    else:
        pytest.fail("the idle transaction was never ended")
    watcher.close()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def test_upgrade_is_repeatable(store: Store) -> None:
    """Upgrading a database that is up to date changes nothing and says so."""
    with store.writing(durable=True) as conn:
        assert schema.upgrade(conn) == (schema.newest_revision(), schema.newest_revision())


@pytest.mark.parametrize("check", [True, False])
def test_a_file_that_is_no_database_is_named_at_once(tmp_path: Path, check: bool) -> None:
    """Waiting would not mend it: the file is named with the ways out, and stays as it was."""
    path = tmp_path / "wim.db"
    path.write_bytes(b"gross_kg;time\n" * 1000)
    with pytest.raises(DatabaseFileError, match=r"wim\.db .*not a database.*WIM_DATABASE__URL.*wim db upgrade"):
        open_store(f"sqlite:///{path}", check=check, sleep=lambda _: pytest.fail("waited"))
    assert path.read_bytes() == b"gross_kg;time\n" * 1000
