"""Sends what is due, beside the lanes and never in their way.

One sender at a time, in whichever worker holds the lease. A look takes what is due, counts the try and lets it be due
again should this process die; then each notice goes by itself, so that a slow gateway holds up nobody else. Before it
goes, the intercept is read as it is now: what somebody has acted on, or what is out of reach, is dropped.

What can go wrong, and what follows:

============================  =======================================================================================
the other side                the notice
============================  =======================================================================================
answers slowly, or not        is tried again after 1, 2, 4 … 60 s, or after what the other side asks for
refuses for good              is given up: counted, logged, listed by `GET /v1/notices`
refuses too often             the same, after `notice_tries`
was told a moment ago         waits `notice_cool_down_seconds` from then
dies after taking it          is sent again to be safe; it carries the same id
============================  =======================================================================================

A fault of ours or of the database is logged and tried again: no truck waits for a notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import mode
import structlog

from service.metrics import Metrics
from service.notices import queue
from service.notices.news import facts_of
from service.notices.notice import Code, Facts, Notice, NoticeError, Port
from service.notices.ports import Ports
from service.notices.queue import Plan
from service.store import feed, leases, notices
from service.store.engine import Store
from service.store.leases import Lease
from service.store.notices import DROPPED, GIVEN_UP, SENT, NoticeRow

LEASE = "notices"
#: As the relay's: three renewals in its life.
LEASE_S, RENEWALS = 15.0, 3
#: What a phone shows is of a minute ago at best; a quarter of a second is nothing beside that.
POLL_S = 0.25
#: After a fault of ours.
FAULT_S = 5.0
#: Notices under way at once, over all targets.
MOST_UNDER_WAY = 32
#: Longer than a send can take (`posting.ANSWER_SECONDS`), so that nobody else takes a notice that is under way.
CLAIM_S = 30.0
#: The first wait and the longest.
BACKOFF_S = (1.0, 60.0)
#: What a stopping sender gets for what is under way; the rest is sent again by the next.
STOP_S = 1.0

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Manners:
    """How patient a sender is (policy), and its clock."""

    tries: int = 5
    cool_down_s: float = 3.0
    backoff_s: tuple[float, float] = BACKOFF_S
    poll_s: float = POLL_S
    lease_s: float = LEASE_S
    clock_ns: Callable[[], int] = time.time_ns

    def wait_s(self, tries: int, asked_s: float) -> float:
        """How long after the try of that number the next one may come."""
        first, longest = self.backoff_s
        return max(asked_s, min(longest, first * 2.0 ** (tries - 1)))


@dataclass(frozen=True, slots=True)
class Taken:
    """A notice with the port by which it goes."""

    row: NoticeRow
    notice: Notice
    port: Port


class Sender:
    """One worker's sender of notices."""

    def __init__(
        self, store: Store, ports: Ports, plan: Plan, metrics: Metrics, owner: str, manners: Manners | None = None
    ) -> None:
        self._store, self._ports, self._plan, self._metrics = store, ports, plan, metrics
        self._owner, self._manners = owner, manners or Manners()
        self._stopping = asyncio.Event()
        self._lease: Lease | None = None
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}
        # One thread, so that what this sender does to the database never overlaps.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="notices")

    def stop(self) -> None:
        """Let `run` return soon. On the loop of `run`."""
        self._stopping.set()

    async def run(self) -> None:
        """Follow the news and send what is due, until `stop`."""
        async with self._ports:
            while not self._stopping.is_set():
                await self._pause(await self._look())
            if self._busy:
                await asyncio.wait(self._busy.values(), timeout=STOP_S)
            for task in self._busy.values():
                task.cancel()
            await self._give_back()
        self._thread.shutdown(wait=False)

    async def _look(self) -> float:
        """Begin to send what is due; gives how long to wait then."""
        try:
            for taken in await self._in_thread(self._take, frozenset(self._busy)):
                target = taken.row.adapter, taken.row.target
                self._busy[target] = task = asyncio.ensure_future(self._send(taken))
                task.add_done_callback(functools.partial(self._free, target))
        except Exception as error:
            log.error("notices_not_looked_at", problem=type(error).__name__, exc_info=error)
            return FAULT_S
        return self._manners.poll_s

    def _free(self, target: tuple[str, str], task: asyncio.Task[None]) -> None:
        del self._busy[target]

    async def _send(self, taken: Taken) -> None:
        row = taken.row
        try:
            await taken.port.send(taken.notice)
        except NoticeError as error:
            settle = functools.partial(self._failed, row, error)
        except Exception as error:
            log.error("notice_adapter_failed", adapter=row.adapter, problem=type(error).__name__, exc_info=error)
            settle = functools.partial(self._failed, row, NoticeError(type(error).__name__, retryable=True))
        else:
            settle = functools.partial(self._settled, row, SENT)
        try:
            await self._in_thread(settle)
        except Exception as error:
            # It is sent once more when its claim is over.
            log.error("notice_not_noted", notice=row.id, problem=type(error).__name__)

    def _take(self, busy: frozenset[tuple[str, str]]) -> list[Taken]:
        """In the thread: what is to be sent now, each counted as tried."""
        now_ns = self._manners.clock_ns()
        if not self._ours(now_ns):
            return []
        self._follow(now_ns)
        with self._store.reading() as conn:
            due = notices.due(conn, now_ns, MOST_UNDER_WAY)
        if not due:
            return []
        taken: dict[tuple[str, str], Taken] = {}
        with self._store.writing(durable=True) as conn:
            for row in due:
                target = row.adapter, row.target
                if target not in busy and target not in taken and len(busy) + len(taken) < MOST_UNDER_WAY:
                    found = self._one(conn, row, now_ns)
                    if found is not None:
                        taken[target] = found
        return list(taken.values())

    def _follow(self, now_ns: int) -> None:
        with self._store.reading() as conn:
            behind = feed.bounds(conn).newest > notices.followed(conn)
        while behind:
            with self._store.writing() as conn:
                behind = queue.follow(conn, self._plan, now_ns) == queue.BATCH

    def _one(self, conn: Any, row: NoticeRow, now_ns: int) -> Taken | None:
        """The notice of a row, if it is still wanted and its target may be told again."""
        facts = self._wanted(conn, row, now_ns)
        port = self._ports.of(conn, row.adapter, row.target)
        if facts is None or port is None:
            # A target that is in the file no more wants nothing either.
            notices.settle(conn, row.id, DROPPED, now_ns)
            self._metrics.notices.labels(row.adapter, DROPPED).inc()
            return None
        last_ns = notices.last_sent_ns(conn, row.adapter, row.target)
        cooled_ns = 0 if last_ns is None else last_ns + int(self._manners.cool_down_s * 1e9)
        if cooled_ns > now_ns:
            notices.postpone(conn, row.id, cooled_ns)
            return None
        if not notices.begin_try(conn, row, now_ns + int(CLAIM_S * 1e9)):
            return None
        seconds = max(1, (row.until_ns - now_ns) // 10**9)
        return Taken(
            row._replace(tries=row.tries + 1), Notice(row.id, Code(row.code), row.intercept, facts, seconds), port
        )

    def _wanted(self, conn: Any, row: NoticeRow, now_ns: int) -> Facts | None:
        """What its words are made of, as it is now; None where it is news no more."""
        ground = self._plan.ground
        told = queue.present(conn, row.intercept)
        one = None if told is None else queue.still(conn, row, told, ground, now_ns)
        return None if told is None or one is None else facts_of(told, one, ground)

    def _failed(self, row: NoticeRow, error: NoticeError) -> None:
        now_ns = self._manners.clock_ns()
        next_ns = now_ns + int(self._manners.wait_s(row.tries, error.wait_s) * 1e9)
        if error.gone and self._ports.forget(self._store, row.adapter, row.target):
            return self._settled(row, DROPPED, error.word)
        if not error.retryable or row.tries >= self._manners.tries or next_ns >= row.until_ns:
            log.error("notice_given_up", notice=row.id, adapter=row.adapter, target=row.target, problem=error.word)
            return self._settled(row, GIVEN_UP, error.word)
        with self._store.writing() as conn:
            notices.postpone(conn, row.id, next_ns, error.word)
        self._metrics.notices.labels(row.adapter, "tried_again").inc()
        return None

    def _settled(self, row: NoticeRow, state: str, error: str | None = None) -> None:
        with self._store.writing() as conn:
            notices.settle(conn, row.id, state, self._manners.clock_ns(), error)
        self._metrics.notices.labels(row.adapter, state).inc()

    def _ours(self, now_ns: int) -> bool:
        """Whether this sender has the lease; taken or renewed where it is time to."""
        hold_ns = int(self._manners.lease_s * 1e9)
        if self._lease is not None and now_ns < self._lease.until_ns - hold_ns + hold_ns // RENEWALS:
            return True
        with self._store.writing() as conn:
            if self._lease is not None:
                self._lease = leases.renew(conn, self._lease, now_ns, hold_ns)
            if self._lease is None:
                former = leases.current(conn, LEASE)
                if former is not None and self._store.is_sqlite and former.owner != self._owner:
                    # An SQLite file has one worker: whoever had the lease is dead.
                    leases.release(conn, former)
                self._lease = leases.acquire(conn, LEASE, self._owner, now_ns, hold_ns)
        return self._lease is not None

    async def _give_back(self) -> None:
        lease = self._lease
        if lease is not None:
            with contextlib.suppress(Exception):
                await self._in_thread(self._release, lease)

    def _release(self, lease: Lease) -> None:
        with self._store.writing() as conn:
            leases.release(conn, lease)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(function, *arguments))


class NoticeService(mode.Service):
    """The sender as a service of the worker; its end ends nothing else."""

    def __init__(self, sender: Sender, **service: Any) -> None:
        super().__init__(**service)
        self._sender, self._over = sender, asyncio.Event()

    async def on_stop(self) -> None:
        """Give what is under way a moment, and the lease back."""
        self._sender.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), 2 * STOP_S)

    @mode.Service.task
    async def _carry(self) -> None:
        try:
            await self._sender.run()
        except Exception as error:
            log.critical("notices_stopped", problem=type(error).__name__, exc_info=error)
        finally:
            self._over.set()
