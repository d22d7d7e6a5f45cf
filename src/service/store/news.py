"""Waiting for the database to change, from asyncio.

PostgreSQL tells (NOTIFY on `feed.CHANNEL`). SQLite does not, but `PRAGMA data_version` of a connection of its own
changes with every commit of another one, in any process, and costs 2 µs: it is looked at every 20 ms, far below what a
person notices. A wake-up only says *look again*; it may be for nothing, and after a lost connection it is given once
too often rather than once too few.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from typing import Protocol

import psycopg

from service.store.engine import Store
from service.store.feed import CHANNEL

#: How often SQLite is looked at: a reader sees an intercept 10 ms later on average.
POLL_S = 0.02

#: How long a reader waits before it asks a PostgreSQL again that hung up.
RECONNECT_S = 1.0


class News(Protocol):
    """What `watch` gives. Not for two tasks at once; each reader watches for itself, or one wakes the others."""

    async def wait(self, timeout_s: float) -> bool:
        """Return True when something may have changed since the last call (or the beginning), False at the time-out."""


@contextlib.asynccontextmanager
async def watch(store: Store) -> AsyncIterator[News]:
    """Watch the store for changes while the block runs."""
    if store.is_sqlite:
        with contextlib.closing(sqlite3.connect(store.url.database or "", isolation_level=None)) as conn:
            yield _Polled(conn)
        return
    listener = _Notified(store.url.set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        # Inside: a task that is cancelled between connecting and LISTEN must not leave a connection behind.
        await listener.connect()
        yield listener
    finally:
        await listener.close()


class _Polled:
    """SQLite: looks, sleeps, looks."""

    def __init__(self, conn: sqlite3.Connection) -> None:
        self._conn = conn
        self._version = self._look()

    async def wait(self, timeout_s: float) -> bool:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while not self._changed():
            left = deadline - loop.time()
            if left <= 0:
                return False
            await asyncio.sleep(min(POLL_S, left))
        return True

    def _look(self) -> int:
        version: int = self._conn.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _changed(self) -> bool:
        before, self._version = self._version, self._look()
        return self._version != before


class _Notified:
    """PostgreSQL: listens on a connection of its own, and connects again when that is lost."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._conn: psycopg.AsyncConnection[tuple[object, ...]] | None = None

    async def connect(self) -> None:
        self._conn = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, application_name="wim-feed", connect_timeout=5
        )
        await self._conn.execute(f"LISTEN {CHANNEL}")

    async def close(self) -> None:
        if self._conn is not None:
            await self._conn.close()

    async def wait(self, timeout_s: float) -> bool:
        try:
            if self._conn is None:
                await self.connect()
                return True
            return [notice async for notice in self._conn.notifies(timeout=timeout_s, stop_after=1)] != []
        except psycopg.OperationalError:
            await self.close()
            self._conn = None
            await asyncio.sleep(min(RECONNECT_S, timeout_s))
            return False
