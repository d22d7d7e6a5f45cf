"""The outbox relay: tells the present state of each changed intercept to Kafka (architecture.md, promise 3).

A transaction that changes an intercept leaves its row ahead of what was published. One relay at a time, in whichever
worker holds the lease, sends the state as it is *then* and notes the version once it is acknowledged. What can go
wrong, and what stands against it:

=====================================  ===========================================================================
two relays at once                     a lease with an epoch; it is checked before each send, against the database
                                       and, between two looks, against this process's own clock
an old owner's send arrives late       once the producer's time-out is over, the new owner sends every open
                                       intercept again, and whatever it sent meanwhile: the newest state is last
an old owner was paused in mid-send    when it wakes it finds the lease gone and makes what it just sent due
                                       again, so that the present owner's state comes after its own
a crash between send and note          the same state is sent once more, under the same version
=====================================  ===========================================================================

What joint actions owe to Kafka (`service.store.outbox`) goes the same way: sent while the lease is held, dropped once
it is acknowledged. Readers keep the highest version of an id, so sending twice or out of order is noise and never news.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import mode
import msgspec
import numpy as np
import numpy.typing as npt
import structlog
from sqlalchemy import Connection

from service.docket.keeping import FORGET
from service.docket.terms import Terms
from service.docket.timing import fire_due
from service.ending import TRY_AGAIN, End, end_process
from service.lanes.sending import ACKNOWLEDGED_SECONDS, Sender
from service.lanes.work import Message
from service.messages.envelope import DISPATCH, headers_of, traceparent
from service.metrics import Metrics
from service.store import intercepts, leases, ledger, outbox, timers
from service.store.engine import Store
from service.store.intercepts import Unpublished
from service.store.leases import Lease
from service.store.outbox import Owed, Waiting
from service.store.timers import Timer
from service.topics import INTERCEPTS
from wim.forms.json_form import instant_ns

LEASE = "relay"

#: How long a relay that says nothing keeps the lease; a region's policy may say another (`outbox_lease_seconds`).
LEASE_SECONDS = 15.0

#: The lease is renewed this many times in its life, so that two may fail.
RENEWALS = 3

#: Changes by other processes (a claim in the API) are looked for this often; those of this one wake the relay.
POLL_SECONDS = 0.05

#: Intercepts that are read and sent together.
BATCH = 256

#: Between a look at the lease and a send no more than this may pass.
FRESH_SECONDS = 1.0

#: A state to be told, an intercept to be forgotten, or a message that is owed.
Due = Unpublished | Timer | Waiting

#: What a stopping relay gets to note what it has sent; a send that takes longer is repeated by the next owner.
STOP_SECONDS = 1.0

log = structlog.get_logger(__name__)
T = TypeVar("T")


class _Head(msgspec.Struct):
    """What of an intercept's document the headers and the measure of latency need."""

    time: str
    as_of: str
    schema: str
    best: _Best


class _Best(msgspec.Struct):
    id: str


_HEAD = msgspec.json.Decoder(_Head)


class _Told(msgspec.Struct):
    """What of any other message the headers need."""

    id: str
    version: int
    time: str
    schema: str


_TOLD = msgspec.json.Decoder(_Told)


@dataclass(frozen=True, slots=True)
class Times:
    """The relay's clocks and spans."""

    lease_s: float = LEASE_SECONDS
    #: How long a send of a former owner may still be under way.
    producer_s: float = ACKNOWLEDGED_SECONDS
    poll_s: float = POLL_SECONDS
    clock_ns: Callable[[], int] = time.time_ns
    monotonic_s: Callable[[], float] = time.monotonic

    @property
    def lease_ns(self) -> int:
        """`lease_s` as the database counts."""
        return int(self.lease_s * 1e9)


class Relay:
    """One worker's relay; at any time at most one of all workers' relays has the lease.

    An exception out of `run` must end the process, as that of a lane must: the database or the broker failed.
    """

    def __init__(
        self, store: Store, sender: Sender, metrics: Metrics, terms: Terms, owner: str, times: Times | None = None
    ) -> None:
        self._store, self._sender, self._metrics, self._terms = store, sender, metrics, terms
        self._owner, self._times = owner, times or Times()
        # An SQLite file has one worker (`store.worker_lock`): whoever had the lease is dead, and nobody waits for it.
        self._alone = store.is_sqlite
        self._woken = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        # One thread, so that what a tenure does to the database never overlaps.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="relay")

    def wake(self) -> None:
        """There is something to send. From any thread; without effect before `run`."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    def stop(self) -> None:
        """Let `run` give the lease back and return, once what is under way is noted. On the loop of `run`."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Wait for the lease, relay for as long as it is ours, wait again; until `stop`."""
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stopping:
                lease = await self._in_thread(self._acquire)
                if lease is None:
                    await self._pause(self._times.lease_s / RENEWALS)
                    continue
                log.info("relay begins", owner=self._owner, epoch=lease.epoch)
                await self._serve(_Tenure(self._store, self._terms, self._times, lease))
                log.info("relay ends", owner=self._owner, epoch=lease.epoch)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _acquire(self) -> Lease | None:
        with self._store.writing(durable=True) as conn:
            former = leases.current(conn, LEASE)
            if former is not None and self._alone:
                leases.release(conn, former)
            return leases.acquire(conn, LEASE, self._owner, self._times.clock_ns(), self._times.lease_ns)

    async def _serve(self, tenure: _Tenure) -> None:
        while not self._stopping:
            due = await self._in_thread(tenure.look)
            if due is None:
                return
            if not due:
                await self._pause(self._times.poll_s)
            elif tenure.fresh:
                await self._sender.send([_message(one) for one in due])
                self._metrics.relayed.inc(len(due))
                self._metrics.vehicle_latency.observe("intercept", self._ages_s(due))
                if not await self._in_thread(tenure.note, due):
                    return
        await self._in_thread(tenure.release)

    def _ages_s(self, due: Sequence[Due]) -> npt.NDArray[np.float64]:
        """How long ago the crossings were that made those intercepts of which nobody had been told before; shape (n,).

        Not where the state is sent again, nor where it came of an action: that is as old as people let it be.
        """
        first = [one.document for one in due if isinstance(one, Unpublished) and one.noted == 0]
        crossed_ns = [instant_ns("as_of", _HEAD.decode(document).as_of) for document in first]
        return (self._times.clock_ns() - np.array(crossed_ns, np.int64)) / 1e9

    async def _pause(self, seconds: float) -> None:
        """Until woken, at most `seconds`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)
        if not self._stopping:
            self._woken.clear()

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(function, *arguments))


class _Tenure:
    """The database side of one relay's time with the lease; in the relay's thread."""

    def __init__(self, store: Store, terms: Terms, times: Times, lease: Lease) -> None:
        self._store, self._terms, self._times, self._lease = store, terms, times, lease
        now_s = times.monotonic_s()
        self._renew_s = now_s + times.lease_s / RENEWALS
        #: When no send of a former owner can be under way any more; None: there was none, or it was seen to.
        self._again_s = now_s + times.producer_s if lease.epoch > 1 else None
        self._sent: set[str] = set()
        self._looked_s = now_s

    @property
    def fresh(self) -> bool:
        """Whether the last look was just now: a process that was paused since may not be the owner any more."""
        return self._times.monotonic_s() - self._looked_s <= FRESH_SECONDS

    def look(self) -> Sequence[Due] | None:
        """What is to be sent: changes, and where there are none what is to be forgotten. None: the lease is gone."""
        self._looked_s = self._times.monotonic_s()
        if self._looked_s >= self._renew_s and not self._renew():
            return None
        if self._again_s is not None and self._looked_s >= self._again_s:
            self._send_again()
        with self._store.reading() as conn:
            if not self._held(conn):
                return None
            due: list[Due] = [*intercepts.unpublished(conn, BATCH), *outbox.waiting(conn, BATCH)]
            timer_ns = timers.next_due_ns(conn)
        if timer_ns is None or timer_ns > self._times.clock_ns():
            return due
        # However much there is to send: a squad that does not answer costs the next one its time.
        return [*due, *self._fire()]

    def note(self, sent: Sequence[Due]) -> bool:
        """What was just acknowledged; False where the lease was gone before, and the present owner must send again."""
        states = [one for one in sent if isinstance(one, Unpublished)]
        if self._again_s is not None:
            self._sent.update(one.id for one in states)
        with self._store.writing() as conn:
            ledger.hold(conn)
            if held := self._held(conn):
                intercepts.mark_published(conn, states)
                outbox.drop(conn, [one.number for one in sent if isinstance(one, Waiting)])
                for timer in sent:
                    if isinstance(timer, Timer):
                        timers.fire(conn, timer)
            else:
                intercepts.publish_again(conn, [one.id for one in states])
        return held

    def release(self) -> None:
        """Let the next owner begin at once."""
        with self._store.writing() as conn:
            leases.release(conn, self._lease)

    def _held(self, conn: Connection) -> bool:
        return leases.holds(conn, self._lease, self._times.clock_ns())

    def _renew(self) -> bool:
        with self._store.writing(durable=True) as conn:
            renewed = leases.renew(conn, self._lease, self._times.clock_ns(), self._times.lease_ns)
        if renewed is not None:
            self._lease, self._renew_s = renewed, self._times.monotonic_s() + self._times.lease_s / RENEWALS
        return renewed is not None

    def _send_again(self) -> None:
        with self._store.writing() as conn:
            ledger.hold(conn)
            intercepts.republish_active(conn)
            intercepts.publish_again(conn, self._sent)
        self._again_s = None
        self._sent.clear()

    def _fire(self) -> Sequence[Due]:
        """Do what time asks for; gives the timers of what is to be taken off the topic."""
        now_ns = self._times.clock_ns()
        fire_due(self._store, now_ns, self._terms)
        with self._store.writing() as conn:
            ledger.hold(conn)
            over = timers.due(conn, now_ns, BATCH, (FORGET,))
            active = [timer for timer in over if _is_active(conn, timer.subject)]
            for timer in active:
                timers.fire(conn, timer)
        return [timer for timer in over if timer not in active]


def _is_active(conn: Connection, intercept: str) -> bool:
    row = intercepts.get(conn, intercept, corridors=None)
    return row is not None and row.active


def _message(one: Due) -> Message:
    if isinstance(one, Timer):
        # Compaction drops a key whose last value is null.
        return Message(INTERCEPTS, one.subject.encode(), None)
    if isinstance(one, Waiting):
        return _owed(one.owed)
    value = one.document.encode()
    head = _HEAD.decode(value)
    trace = traceparent(head.best.id, "cases")
    headers = headers_of(one.id, one.version, head.time, head.schema, DISPATCH, trace)
    return Message(INTERCEPTS, one.id.encode(), value, headers)


def _owed(owed: Owed) -> Message:
    value = owed.document.encode()
    told = _TOLD.decode(value)
    headers = headers_of(told.id, told.version, told.time, told.schema, DISPATCH, traceparent(owed.key, "joint"))
    return Message(owed.topic, owed.key.encode(), value, headers)


class RelayService(mode.Service):
    """A relay with its own producer as a service of the worker; whatever ends it ends the process."""

    def __init__(self, relay: Relay, sender: Sender, end: End = end_process, **service: Any) -> None:
        super().__init__(**service)
        self._relay, self._sender, self._end = relay, sender, end
        self._over = asyncio.Event()

    async def on_stop(self) -> None:
        """Give the lease back, so that the next worker need not wait for it."""
        self._relay.stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), STOP_SECONDS)
        await self._sender.stop()

    @mode.Service.task
    async def _carry(self) -> None:
        try:
            await self._sender.start()
            await self._relay.run()
        except Exception as error:
            self._end(TRY_AGAIN, f"relay: {error or type(error).__name__}", exc_info=error)
        finally:
            self._over.set()
