"""A stream lane: carries one `Work` from Kafka to the database, exactly once in effect.

It reads with a consumer of its own (`getmany`: 1.5–3 µs a message, against 63–105 µs through a Faust agent) and lives
in the Faust worker as a service. Offsets are the database's: the transaction that keeps a batch's effects first moves
each partition's offset from what this lane read there to the batch's end. Where somebody else has moved it, the batch
is given up and the lane reads on from what the database says.

Nothing here ends through Faust's shutdown: see `service.ending`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import mode
import structlog

from service.ending import NEEDS_A_PERSON, TRY_AGAIN, End, end_process
from service.kafka import Kafka
from service.lanes import dead_letters
from service.lanes.intake import Intake
from service.lanes.liveness import Liveness
from service.lanes.partitions import Held, NeedsDecisionError, Positions
from service.lanes.reading import Reader
from service.lanes.sending import Sender
from service.lanes.work import DeadLetter, Outcome, Partition, Slice, Work
from service.metrics import Metrics
from service.store.engine import Store
from service.store.errors import FencedError

#: A batch in hand gets this long to be kept before its partitions go, so that the next owner need not repeat it …
HAND_OVER_SECONDS = 4.0
#: … and this long when the worker is told to stop: half of the time that a stop has.
FINISH_SECONDS = 4.0
#: Kafka's committed offset is only advice, for tools that show lag: once a second is plenty.
ADVISE_EVERY_SECONDS = 1.0

log = structlog.get_logger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Plant:
    """What a worker's lanes share."""

    kafka: Kafka
    store: Store
    sender: Sender
    metrics: Metrics
    liveness: Liveness
    end: End = end_process


class StreamLane(mode.Service):
    """Reads, judges, publishes and keeps, batch after batch. The work must have been warmed up."""

    def __init__(self, work: Work, plant: Plant, **service: Any) -> None:
        super().__init__(**service)
        self._work = work
        self._plant = plant
        self._intake = Intake(work.patience_s)
        self._positions = Positions(plant.store, work.name)
        self._pulse = plant.liveness.pulse(work.name, work.patience_s)
        # One thread: judging, writing and taking over never overlap, so the work needs no locks.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"lane-{work.name}")
        self._idle = asyncio.Event()
        self._idle.set()
        self._reader: Reader

    async def on_start(self) -> None:
        """Make the consumer, on the loop that will run it."""
        self._reader = Reader(f"wim-{self._work.name}", self._work.topics, self._plant.kafka, self._intake, owner=self)

    async def on_stop(self) -> None:
        """Stop reading, finish the batch in hand or roll it back, leave the group."""
        self._reader.stop_reading()
        if not await self._finished(FINISH_SECONDS):
            log.warning("the batch in hand is rolled back", lane=self._work.name)
        await self._reader.leave()
        self._thread.shutdown(wait=False, cancel_futures=True)

    @mode.Service.task
    async def _carry(self) -> None:
        """The lane's life; whatever ends it ends the process."""
        try:
            await self._reader.join()
            await asyncio.gather(self._reader.read(), self._process(), self._advise())
        except Exception as error:
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End the process, with the reason; nothing of the batch in hand is committed."""
        status = NEEDS_A_PERSON if isinstance(error, NeedsDecisionError) else TRY_AGAIN
        where = {str(partition): held.next_offset for partition, held in self._reader.held.items()}
        detail = None if isinstance(error, NeedsDecisionError) else error
        self._plant.end(
            status, f"lane {self._work.name}: {error or type(error).__name__}", positions=where, exc_info=detail
        )

    async def settle(self, taken: Collection[Partition], reader: Reader) -> dict[Partition, Held]:
        """Where to read on in each of the partitions taken over, checked against the log; resets the work."""
        self._pulse.positions = None
        identity = await self._plant.kafka.identity(partition.topic for partition in taken)
        # First the rows, then the log: another owner may be keeping its last batch, and the log only grows.
        kept = await self._in_thread(self._positions.kept, taken)
        logs = await reader.log_ranges(taken)
        try:
            held = await self._in_thread(self._positions.settle, kept, logs, identity)
        except FencedError:
            # Another worker began the same partition at the same moment: its row is the one that counts.
            return await self.settle(taken, reader)
        await self._in_thread(self._work.assigned, sorted(taken))
        self._pulse.positions = {partition: one.next_offset for partition, one in held.items()}
        self._pulse.progress()
        log.info(
            "partitions taken over", lane=self._work.name, positions={str(p): h.next_offset for p, h in held.items()}
        )
        return held

    async def hand_over(self) -> None:
        """Let the batch in hand be kept, if that is soon."""
        self._pulse.positions = None
        await self._finished(HAND_OVER_SECONDS)

    async def _finished(self, within_s: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), within_s)
        return self._idle.is_set()

    async def _process(self) -> None:
        while (slices := await self._intake.take()) is not None:
            self._idle.clear()
            try:
                await self._handle(slices)
            finally:
                self._idle.set()

    async def _handle(self, slices: Sequence[Slice]) -> None:
        began, epoch = time.perf_counter(), self._reader.epoch
        outcome = await self._in_thread(self._work.judge, slices)
        letters = [*outcome.dead_letters, *(letter for slice_ in slices for letter in slice_.unreadable)]
        at = datetime.now(UTC)
        await self._plant.sender.send([*outcome.messages, *(dead_letters.message(letter, at) for letter in letters)])
        if await self._in_thread(self._keep, slices, outcome, epoch):
            self._note(slices, outcome, letters, time.perf_counter() - began)
        else:
            self._plant.metrics.given_up.labels(self._work.name).inc()
            log.warning("a batch is given up: another worker was ahead with it", lane=self._work.name)
            await self._reader.take_over(list(self._reader.held), epoch)

    def _keep(self, slices: Sequence[Slice], outcome: Outcome, epoch: int) -> bool:
        """The transaction; False where the batch is not ours to keep. In the lane's thread."""
        if epoch != self._reader.epoch:
            return False
        held = self._reader.held
        try:
            with self._plant.store.writing(durable=self._work.durable) as connection:
                self._positions.advance(connection, held, slices)
                began = time.perf_counter()
                outcome.write(connection)
                seconds = time.perf_counter() - began
        except FencedError:
            return False
        self._intake.pace.learn(sum(len(slice_.records) for slice_ in slices), seconds)
        for slice_ in slices:
            held[slice_.partition].next_offset = slice_.end
        outcome.committed()
        return True

    def _note(self, slices: Sequence[Slice], outcome: Outcome, letters: Sequence[DeadLetter], seconds: float) -> None:
        metrics, lane = self._plant.metrics, self._work.name
        metrics.batches.labels(lane).inc()
        metrics.batch_seconds.labels(lane).observe(seconds)
        metrics.progress.labels(lane).set_to_current_time()
        metrics.duplicates.labels(lane).inc(outcome.duplicates)
        for letter in letters:
            metrics.dead_letters.labels(lane, letter.reason).inc()
        self._pulse.progress()
        self._pulse.newest_ms = max(
            (s.records[-1].timestamp for s in slices if s.records), default=self._pulse.newest_ms
        )
        if self._reader.reading:
            self._pulse.positions = {partition: held.next_offset for partition, held in self._reader.held.items()}

    async def _advise(self) -> None:
        advised: object = None
        while not self.should_stop:
            await self.sleep(ADVISE_EVERY_SECONDS)
            positions = self._pulse.positions
            if positions and positions != advised:
                await self._reader.advise(positions)
                advised = positions

    async def _in_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self.loop.run_in_executor(self._thread, functools.partial(function, *arguments))
