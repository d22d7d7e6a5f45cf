"""One database, two engines: how connections are made and what a transaction promises.

==========  ==========================================  ==============================================
            SQLite (WAL), one worker                    PostgreSQL, any number
==========  ==========================================  ==============================================
reading     BEGIN, `query_only`                         REPEATABLE READ, READ ONLY
writing     BEGIN IMMEDIATE, one at a time              READ COMMITTED
 durable    `synchronous=FULL`                          `synchronous_commit=on`
 else       `synchronous=NORMAL`                        `synchronous_commit=off`
==========  ==========================================  ==============================================

A reading block sees one state of the database throughout. A transaction that is not durable can be lost in a power cut,
never torn and never reordered: right for what is read from Kafka again, because its offset is lost with it; wrong for
whatever was promised to a person. The functions of this package take the connection first and never begin or commit.
`Store` may be shared by threads; a connection may not.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from service.store.errors import DatabaseFileError, DatabaseUrlError, SchemaError, StoreError, UnavailableError
from service.store.schema import UPGRADE, check_revision, newest_revision

_log = structlog.get_logger(__name__)

#: How long a transaction waits for another process's lock. The longest that we know of holds it for 50 ms
#: (architecture.md, Storage); beyond this a person should hear of it.
BUSY_S = 5.0

#: How long a transaction waits for its turn behind the other threads of its own process.
TURN_S = 30.0

#: SQLite moves the write-ahead log into the database after this many pages of 4 KiB. A batch of the screen lane writes
#: about 2 000, and each move costs two fsyncs inside somebody's commit: so one in eight commits pays, not each.
CHECKPOINT_PAGES = 16_000

#: A worker that was stopped in mid-transaction (SIGSTOP, a lost network) must not hold its rows' locks for ever.
IDLE_IN_TRANSACTION_S = 30

#: First and longest wait between two attempts to reach the database.
BACKOFF_S = (0.2, 5.0)

_POSTGRES_OPTIONS = f"-c synchronous_commit=off -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_S}s"


class Store:
    """An open database; make it with `open_store`, close it when done."""

    def __init__(self, url: URL, readers: Engine, writers: Engine) -> None:
        self.url = url
        self.name = url.render_as_string(hide_password=True)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._readers, self._writers = readers, writers
        self._turn = threading.Lock()
        self._closed = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database and can change nothing."""
        with self._given_back(self._readers), self._readers.connect() as conn, conn.begin():
            yield conn

    @contextmanager
    def writing(self, durable: bool = False) -> Iterator[Connection]:
        """A transaction: committed at the end of the block, rolled back by any exception.

        On SQLite the threads of this process queue here rather than in SQLite's busy handler, which sleeps up to
        100 ms between two looks. So a thread must not open a second one inside: that raises StoreError after `TURN_S`.
        """
        if self.is_sqlite:
            with self._my_turn(), self._given_back(self._writers), _sqlite_transaction(self._writers, durable) as conn:
                yield conn
        else:
            with self._given_back(self._writers), _postgres_transaction(self._writers, durable) as conn:
                yield conn

    def close(self) -> None:
        """Close every connection: one that is in use in another thread when its block ends."""
        self._closed = True
        self._readers.dispose()
        self._writers.dispose()

    @contextmanager
    def _given_back(self, engine: Engine) -> Iterator[None]:
        """Around the use of a connection: whoever gives it back to a pool that was closed meanwhile closes it.

        SQLAlchemy gives a closed engine a new pool, and what is given back to the old one is nobody's: it would stay
        open until it is collected.
        """
        pool = engine.pool
        try:
            yield
        finally:
            if self._closed:
                pool.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=TURN_S):
            raise StoreError(f"waited {TURN_S:.0f} s for another writing transaction of this process on {self.name}")
        try:
            yield
        finally:
            self._turn.release()


def open_store(
    url: str,
    patience_s: float = 30.0,
    check: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> Store:
    """Open the database at `url`, waiting up to `patience_s` for it to answer.

    Raises `DatabaseUrlError`, `DatabaseFileError`, `UnavailableError`, or (with `check`) `SchemaError` where
    `wim db upgrade` is due.
    """
    parsed = parse_url(url)
    if check:
        _require_file(parsed)
    store = _sqlite_store(parsed) if parsed.get_backend_name() == "sqlite" else _postgres_store(parsed)
    try:
        _wait_for(store, patience_s, sleep)
        if check:
            with store.reading() as conn:
                check_revision(conn, store.name)
    except BaseException:
        store.close()
        raise
    return store


def parse_url(url: str) -> URL:
    """The parts of a database URL. Raises `DatabaseUrlError` for an engine or a form that the store cannot use."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlError("(not shown)", "is not a URL") from error
    shown = parsed.render_as_string(hide_password=True)
    if parsed.drivername == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise DatabaseUrlError(shown, "names no file, and worker and API must see one database")
    elif parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    else:
        raise DatabaseUrlError(shown, f"{parsed.drivername} is not supported")
    return parsed


def _require_file(url: URL) -> None:
    """SQLite makes an empty file of every mistyped path that it is told to open; only `wim db upgrade` may."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise SchemaError(url.render_as_string(), None, newest_revision(), UPGRADE)


def _wait_for(store: Store, patience_s: float, sleep: Callable[[float], None]) -> None:
    wait_s, longest_s = BACKOFF_S
    waited_s = 0.0
    while True:
        try:
            with store.reading() as conn:
                conn.execute(text("SELECT 1"))
            return
        except OperationalError as error:
            cause = str(error.orig).strip().splitlines()[0]
            if waited_s >= patience_s or _hopeless(error.orig):
                raise UnavailableError(store.name, waited_s, cause) from error
        except DatabaseError as error:
            if _unreadable(error.orig):
                raise DatabaseFileError(store.url.database or "", str(error.orig)) from error
            raise
        _log.warning("database away", url=store.name, cause=cause, next_try_s=wait_s)
        sleep(wait_s)
        waited_s += wait_s
        wait_s = min(wait_s * 2, longest_s)


def _hopeless(error: BaseException | None) -> bool:
    """A lock passes and a server comes up, a folder that is not there does neither."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_CANTOPEN


def _unreadable(error: BaseException | None) -> bool:
    """Whether SQLite says of the file itself that it is no database, or a damaged one."""
    if not isinstance(error, sqlite3.DatabaseError):
        return False
    # The low byte is the kind of fault, what is above it says more of that kind.
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def _sqlite_store(url: URL) -> Store:
    readers = create_engine(url, pool_size=5, max_overflow=15, connect_args={"timeout": BUSY_S})
    writers = create_engine(url, pool_size=1, max_overflow=0, connect_args={"timeout": BUSY_S})
    event.listen(readers, "connect", _sqlite_reader)
    event.listen(readers, "begin", _begin_deferred)
    event.listen(writers, "connect", _sqlite_writer)
    event.listen(writers, "begin", _begin_immediate)
    return Store(url, readers, writers)


def _postgres_store(url: URL) -> Store:
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=15,
        pool_pre_ping=True,
        connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": int(BUSY_S), "application_name": "wim"},
    )
    readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Store(url, readers, engine)


def _sqlite_reader(dbapi: sqlite3.Connection, _record: Any) -> None:
    _sqlite_connection(dbapi)
    dbapi.execute("PRAGMA query_only = ON")


def _sqlite_writer(dbapi: sqlite3.Connection, _record: Any) -> None:
    _sqlite_connection(dbapi)
    dbapi.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    # The rows of an open hour of a province (2 000 lanes) stay in memory; negative means KiB.
    dbapi.execute("PRAGMA cache_size = -32768")


def _sqlite_connection(dbapi: sqlite3.Connection) -> None:
    # Python's own transaction handling off: it begins late, and never IMMEDIATE.
    dbapi.isolation_level = None
    mode = dbapi.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise StoreError(f"SQLite answers journal_mode {mode}, not WAL: keep the database on a local disk")
    dbapi.execute("PRAGMA synchronous = NORMAL")
    dbapi.execute("PRAGMA foreign_keys = ON")


def _begin_deferred(conn: Connection) -> None:
    conn.exec_driver_sql("BEGIN")


def _begin_immediate(conn: Connection) -> None:
    conn.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _sqlite_transaction(engine: Engine, durable: bool) -> Iterator[Connection]:
    with engine.connect() as conn:
        # SQLite ignores this pragma inside a transaction, so it goes past SQLAlchemy's begin.
        dbapi: Any = conn.connection.dbapi_connection
        dbapi.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        with conn.begin():
            yield conn


@contextmanager
def _postgres_transaction(engine: Engine, durable: bool) -> Iterator[Connection]:
    with engine.connect() as conn, conn.begin():
        if durable:
            conn.exec_driver_sql("SET LOCAL synchronous_commit = on")
        yield conn
