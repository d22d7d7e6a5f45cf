"""The watch as a service beside the screen lane: one at a time, in whichever worker holds the lease.

A turn sees what has waited long enough (`seeing`), takes back the past of new downgrades and tells the violations that
they took back (`recall`). Each step is one transaction that first asks for the lease; were two watches at work all the
same, the second meets rows that are gone or have moved on, and gives up.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import mode
import structlog
from sqlalchemy import Connection

from service.ending import TRY_AGAIN, End, end_process
from service.lanes.sending import Sender
from service.lanes.work import Message
from service.metrics import Metrics
from service.store import downgrades, leases, watches
from service.store.downgrades import EVERY_LANE
from service.store.engine import Store
from service.store.errors import FencedError
from service.store.leases import Lease
from service.store.watches import Waiting
from service.watch.recall import pending, recall
from service.watch.rows import shard_of
from service.watch.seeing import BATCHES, see

if TYPE_CHECKING:
    from service.worker import Parts

LEASE = "watch"

#: A lane's state is 30 kB and more, so batches gather: a minute of a province is one write a lane, and an alarm that
#: rests on hundreds of trucks loses nothing by it.
GATHER_SECONDS = 60.0
#: … unless there is a backlog: so many trucks are 100 kB of rows.
GATHER_TRUCKS = 2_000

#: Violations that are told anew together.
TOLD_TOGETHER = 256

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """The watch's clocks and spans."""

    #: How long what is known of single trucks is kept; a downgrade takes figures back that far.
    keep_days: int = 30
    gather_s: float = GATHER_SECONDS
    turn_s: float = 1.0
    lease_s: float = 30.0
    clock_ns: Callable[[], int] = time.time_ns

    @property
    def now_s(self) -> int:
        """The clock in seconds."""
        return self.clock_ns() // 10**9


def service(parts: Parts) -> WatchService:
    """The watch of a worker, by its settings."""
    owner = f"{socket.gethostname()}/{os.getpid()}"
    watch = Watch(parts.store, parts.metrics, owner, WatchTimes(parts.policy.keep_days.watch))
    return WatchService(watch, Sender(parts.kafka))


class Watch:
    """The database side of the watch; in one thread."""

    def __init__(self, store: Store, metrics: Metrics, owner: str, times: WatchTimes | None = None) -> None:
        self._store, self._metrics, self._owner = store, metrics, owner
        self.times = times or WatchTimes()
        self._lease: Lease | None = None
        self._forgot_s = 0

    def turn(self) -> list[Message] | None:
        """Do what is due; gives the violations to be told anew (`told` notes them), None without the lease."""
        if not self._hold():
            return None
        try:
            self._see()
            self._take_back()
            self._forget()
            return self._to_tell()
        except FencedError as error:
            log.warning("another watch is at work", owner=self._owner, problem=str(error))
            self._lease = None
            return None

    def told(self, messages: Sequence[Message]) -> None:
        """These were acknowledged."""
        with self._writing() as conn:
            downgrades.mark_sent(conn, [_id(message) for message in messages])

    def release(self) -> None:
        """Let the next owner begin at once."""
        if self._lease is not None:
            with self._store.writing() as conn:
                leases.release(conn, self._lease)
            self._lease = None

    def _hold(self) -> bool:
        now_ns, hold_ns = self.times.clock_ns(), int(self.times.lease_s * 1e9)
        with self._store.writing() as conn:
            if self._lease is not None:
                self._lease = leases.renew(conn, self._lease, now_ns, hold_ns)
            if self._lease is None:
                former = leases.current(conn, LEASE)
                # An SQLite file has one worker (`store.worker_lock`): whoever had the lease is dead.
                if former is not None and self._store.is_sqlite:
                    leases.release(conn, former)
                self._lease = leases.acquire(conn, LEASE, self._owner, now_ns, hold_ns)
        return self._lease is not None

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction of the owner. Raises `FencedError` where that is somebody else by now."""
        with self._store.writing() as conn:
            if self._lease is None or not leases.holds(conn, self._lease, self.times.clock_ns()):
                raise FencedError("the watch's lease", self._owner)
            yield conn

    def _see(self) -> None:
        with self._store.reading() as conn:
            waiting = watches.waiting(conn)
            urgent = {shard_of(one.site) for one in downgrades.to_recall(conn)}
        self._gauge(waiting)
        for shard, waits in sorted(waiting.items()):
            long = self.times.now_s - waits.oldest_s >= self.times.gather_s
            if long or waits.trucks >= GATHER_TRUCKS or shard in urgent:
                self._see_all(shard)

    def _see_all(self, shard: int) -> None:
        """See all that waits in a shard, as often as it takes."""
        batches = BATCHES
        while batches >= BATCHES:
            with self._writing() as conn:
                seen = see(conn, shard, self.times.clock_ns())
            batches = seen.batches
            for one in seen.opened:
                self._metrics.downgrades.labels(one.source, one.cause).inc()
                log.warning("a lane is downgraded", site=one.site, lane=one.lane, reason=one.reason, since=one.from_ns)

    def _take_back(self) -> None:
        with self._store.reading() as conn:
            due = [one.id for one in downgrades.to_recall(conn)]
        for downgrade in due:
            whole = False
            while not whole:
                with self._writing() as conn:
                    whole = recall(conn, downgrades.get(conn, [downgrade])[downgrade], self.times.clock_ns())

    def _to_tell(self) -> list[Message]:
        with self._store.reading() as conn:
            due = pending(conn, TOLD_TOGETHER)
        told, untouched = due.told_anew()
        # Told before a crash, or purged since: nothing is left to be told.
        done = due.left.keys() - {_id(message) for message in told} - set(untouched)
        if done or untouched:
            with self._writing() as conn:
                downgrades.mark_sent(conn, done, untouched)
        return told

    def _forget(self) -> None:
        """Once an hour: what is older than the policy keeps."""
        now_s = self.times.now_s
        if now_s - self._forgot_s < 3_600:
            return
        self._forgot_s = now_s
        forgotten = 1
        while forgotten:
            with self._writing() as conn:
                forgotten = watches.forget(conn, now_s - self.times.keep_days * 86_400)

    def _gauge(self, waiting: dict[int, Waiting]) -> None:
        oldest_s = min((one.oldest_s for one in waiting.values()), default=self.times.now_s)
        self._metrics.watch_lag.set(self.times.now_s - oldest_s)
        with self._store.reading() as conn:
            self._metrics.recalls_unsent.set(downgrades.unsent_count(conn))
            standing = downgrades.open_ones(conn)
        self._metrics.downgraded.clear()
        for one in standing:
            lane = "all" if one.lane == EVERY_LANE else str(one.lane)
            self._metrics.downgraded.labels(one.site, lane, one.source).inc()


def _id(message: Message) -> str:
    return next(value.decode() for name, value in message.headers if name == "ce_id")


class WatchService(mode.Service):
    """A watch with its own producer as a service of the worker; whatever ends it ends the process."""

    def __init__(self, watch: Watch, sender: Sender, end: End = end_process, **service: Any) -> None:
        super().__init__(**service)
        self._watch, self._sender, self._end = watch, sender, end
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")

    async def on_stop(self) -> None:
        """Give the lease back once the turn in hand is over, so that the next worker need not wait for it."""
        with contextlib.suppress(TimeoutError, FencedError):
            await asyncio.wait_for(self._in_thread(self._watch.release), 2.0)
        self._thread.shutdown(wait=False, cancel_futures=True)
        await self._sender.stop()

    @mode.Service.task
    async def _carry(self) -> None:
        try:
            await self._sender.start()
            while not self.should_stop:
                await self._turn()
        except Exception as error:
            if not self.should_stop:
                self._end(TRY_AGAIN, f"watch: {error or type(error).__name__}", exc_info=error)

    async def _turn(self) -> None:
        to_tell = await self._in_thread(self._watch.turn)
        if to_tell:
            await self._sender.send(to_tell)
            await self._in_thread(self._watch.told, to_tell)
        else:
            await self.sleep(self._watch.times.turn_s)

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(function, *arguments))
