"""The feed table as this process follows it: read once, shown to every live reader.

One task waits for the store's news and reads what is new; each reader takes from memory what follows its own number.
A reader that comes back with an old number, or is slower than the feed, is served from the table until it caught up.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.store import feed, news
from service.store.engine import Store
from service.store.errors import StoreError
from service.store.feed import Event

if TYPE_CHECKING:
    from service.api.live_stats import Snapshot

log = structlog.get_logger(__name__)

#: Events in memory, some 5 kB each: two minutes of a province at ten a second.
KEPT = 1_000

#: One read of the table.
PAGE = 500

#: How long the feed stands still when the database went away, before the next look.
RETRY_SECONDS = 1.0

#: News can be lost with a connection; this often the table is looked at without any.
LOOK_SECONDS = 5.0

#: Live readers of one process: each costs a connection, a task and some 100 kB.
MOST_READERS = 500

#: Of which one account may have so many: a duty room with all its screens stays far below, and a phone gone mad leaves
#: room for the others.
MOST_OF_ONE = 100

#: What a database that went away looks like.
FAILURES = (SQLAlchemyError, StoreError, psycopg.Error, sqlite3.Error, OSError)


class LiveFeed:
    """For one event loop: `run` in a task, any number of readers beside it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._newest: int | None = None
        self._moved = asyncio.Event()
        self._running: anyio.CancelScope | None = None
        self._visited = asyncio.Event()
        self._closed = asyncio.Event()
        self.readers = 0
        self._of: Counter[str] = Counter()
        self.closing = False
        #: The newest figures for those who read now.
        self.stats: Snapshot | None = None

    async def run(self) -> None:
        """Follow the table until closed; a database that went away is waited for."""
        # Not asyncio's cancel: that would leave a thread behind that reads from the store.
        with anyio.CancelScope() as self._running:
            while not self.closing:
                try:
                    await self._follow()
                except FAILURES as error:
                    log.warning("live_feed_stands", problem=type(error).__name__, next_try_s=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)

    def close(self) -> None:
        """Send every reader home: the process ends."""
        self.closing = True
        self._closed.set()
        self._visited.set()
        if self._running is not None:
            self._running.cancel()
        self._wake()

    def full_for(self, name: str) -> bool:
        """Whether an account must wait for a place."""
        return self.readers >= MOST_READERS or self._of[name] >= MOST_OF_ONE

    @contextlib.contextmanager
    def reader(self, name: str) -> Iterator[None]:
        """Counts a reader of this account while the block runs."""
        self.readers += 1
        self._of[name] += 1
        self._visited.set()
        try:
            yield
        finally:
            self.readers -= 1
            self._of -= Counter((name,))
            if not self.readers and not self.closing:
                # Whoever comes next shall not begin with figures of an hour ago.
                self.stats = None
                self._visited.clear()

    async def somebody(self) -> bool:
        """Return True once there is a reader, False once the feed closes."""
        await self._visited.wait()
        return not self.closing

    async def closed_within(self, seconds: float) -> bool:
        """Wait some time, or until the feed closes; says whether it did."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closed.wait()
        return self.closing

    def tell_stats(self, stats: Snapshot) -> None:
        """Give the readers new figures."""
        if self.readers:
            self.stats = stats
            self._wake()

    async def after(self, number: int, timeout_s: float) -> Sequence[Event]:
        """What follows a number, in order; nothing where nothing came within the time, or new figures, or the end."""
        if self._newest is None or self._newest <= number:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._moved.wait()
        if self.closing or self._newest is None or self._newest <= number:
            return ()
        if self._kept and self._kept[0].number <= number + 1:
            return [event for event in self._kept if event.number > number]
        try:
            return await anyio.to_thread.run_sync(self._read, number)
        except FAILURES:
            # The reader stays, and asks again for what follows the same number.
            await asyncio.sleep(RETRY_SECONDS)
            return ()

    async def _follow(self) -> None:
        async with news.watch(self._store) as told:
            while True:
                await self._catch_up()
                await told.wait(LOOK_SECONDS)

    async def _catch_up(self) -> None:
        if self._newest is None:
            self._newest = await anyio.to_thread.run_sync(self._bound)
            self._wake()
        while found := await anyio.to_thread.run_sync(self._read, self._newest):
            self._kept.extend(found)
            self._newest = found[-1].number
            self._wake()

    def _bound(self) -> int:
        with self._store.reading() as conn:
            return feed.bounds(conn).newest

    def _read(self, number: int) -> list[Event]:
        with self._store.reading() as conn:
            return feed.read(conn, number, PAGE)

    def _wake(self) -> None:
        """Wake whoever waits now; who comes later waits for the next."""
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
