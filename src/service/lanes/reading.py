"""The reading half of a stream lane: its consumer, the partitions it holds, and how they come and go.

aiokafka's traps that this module answers, each with a test:

* `getmany` may return records before a slow rebalance listener is done: reading waits behind `_taken`.
* a `getmany` that began under an old assignment returns under the new one: its result is thrown away by `epoch`, and
  every partition is sought again, because the throw-away has moved the consumer's position.
* what a listener raises is logged and swallowed: ours ends the process.
* an exception out of `getmany` loses what other partitions had given to the same call: all are sought again.
* a batch of the log with a wrong checksum raises for ever and says neither where nor how long it is: `log_faults`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.errors import (
    ConsumerStoppedError,
    CorruptRecordException,
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import ConsumerRecord, TopicPartition

from service.kafka import Kafka, close
from service.lanes import log_faults
from service.lanes.intake import Intake
from service.lanes.partitions import Held, LogRange
from service.lanes.work import Partition, Slice

#: An idle `getmany` returns this often to look around.
READ_WAIT_MS = 200
#: A partition is taken over within this time or the process ends. No heartbeat leaves meanwhile, so the group would
#: have given the partition to somebody else long before.
TAKE_OVER_SECONDS = 25.0
#: What leaving the group may take of the time that a stop has.
LEAVE_SECONDS = 1.5
#: A checksum that is wrong in the client and right in the fetch that looks for it was damaged on the way; more often
#: than this in a row, something between us and the broker is broken.
DAMAGED_ON_THE_WAY = 5

log = structlog.get_logger(__name__)

Fetched = Mapping[TopicPartition, Sequence[ConsumerRecord]]


class Owner(Protocol):
    """The lane that a reader reads for."""

    async def settle(self, partitions: Collection[Partition], reader: Reader) -> dict[Partition, Held]:
        """Where to read on in each partition; called while nothing is read."""

    async def hand_over(self) -> None:
        """Partitions are about to go: finish what is in hand, within the time that the group grants."""

    def fail(self, error: BaseException) -> None:
        """End the process: this reader cannot go on."""


class Reader:
    """Fills an `Intake` from the partitions that the group gives to this process."""

    def __init__(self, group: str, topics: Sequence[str], kafka: Kafka, intake: Intake, owner: Owner) -> None:
        self._topics = topics
        self._kafka = kafka
        self._intake = intake
        self._owner = owner
        self._consumer: AIOKafkaConsumer = kafka.reader(group)
        self._taken = asyncio.Event()
        self._taking = asyncio.Lock()
        self._stopping = False
        self._damaged = 0
        #: Grows with every take-over; what was read or begun under a smaller one is void.
        self.epoch = 0
        self.held: dict[Partition, Held] = {}

    @property
    def reading(self) -> bool:
        """Whether an assignment is in force."""
        return self._taken.is_set()

    async def join(self) -> None:
        """Join the group."""
        self._consumer.subscribe(self._topics, listener=_Listener(self, self._owner))
        await self._consumer.start()

    async def leave(self) -> None:
        """Tell the group, shortly, that its partitions are free."""
        await close(self._consumer, LEAVE_SECONDS)

    def stop_reading(self) -> None:
        """Put nothing more into the intake."""
        self._stopping = True
        self._intake.close()

    async def advise(self, positions: Mapping[Partition, int]) -> None:
        """Tell Kafka what is kept, for tools that show lag; nothing of ours believes it."""
        # Not ours any more, or the broker is away: the next advice makes up for it.
        with contextlib.suppress(KafkaError, IllegalStateError, TimeoutError):
            offsets = {TopicPartition(*partition): offset for partition, offset in positions.items()}
            await asyncio.wait_for(self._consumer.commit(offsets), LEAVE_SECONDS)

    async def read(self) -> None:
        """Read until told to stop."""
        epoch = -1
        while not self._stopping:
            await self._taken.wait()
            await self._intake.room()
            if epoch != self.epoch and self._taken.is_set():
                epoch = self.epoch
                self._rewind()
            with contextlib.suppress(ConsumerStoppedError):
                if not await self._read_once(epoch):
                    epoch = -1
            # `getmany` does not yield to the event loop while it has records.
            await asyncio.sleep(0)

    async def take_over(self, partitions: Collection[Partition], seen_epoch: int | None = None) -> None:
        """Hold exactly these partitions, each from where the database says.

        With `seen_epoch`, nothing is done where a newer take-over has come first.
        """
        async with self._taking, asyncio.timeout(TAKE_OVER_SECONDS):
            if seen_epoch is not None and seen_epoch != self.epoch:
                return
            self._taken.clear()
            self._intake.clear()
            self.epoch += 1
            self.held = await self._owner.settle(partitions, self)
            self._rewind()
            self._taken.set()

    async def log_ranges(self, partitions: Collection[Partition]) -> dict[Partition, LogRange]:
        """What Kafka's log holds of each partition now."""
        asked = [TopicPartition(*partition) for partition in partitions]
        starts = await self._consumer.beginning_offsets(asked)
        ends = await self._consumer.end_offsets(asked)
        return {Partition(*one): LogRange(starts[one], ends[one]) for one in asked}

    def let_go(self) -> None:
        """The assignment is over: what was read and not judged belongs to whoever reads it next."""
        self._taken.clear()
        self._intake.clear()

    async def _read_once(self, epoch: int) -> bool:
        """One `getmany` into the intake; False where its result is void and all partitions must be sought again."""
        try:
            fetched = await self._consumer.getmany(timeout_ms=READ_WAIT_MS, max_records=self._intake.chunk)
            if epoch != self.epoch or not self._taken.is_set():
                return False
            await self._accept(fetched)
        except CorruptRecordException:
            await self._isolate(epoch)
            return False
        except (OffsetOutOfRangeError, IllegalStateError) as error:
            # Under an old assignment this is noise. Under ours the log has lost what comes next, which the take-over
            # finds out and names.
            log.info("reading is interrupted", reason=repr(error), assigned=self._taken.is_set())
            await self._retake(epoch)
            return False
        except KafkaError:
            if epoch == self.epoch and self._taken.is_set():
                raise
            return False
        return True

    async def _retake(self, epoch: int) -> None:
        if epoch == self.epoch and self._taken.is_set():
            await self.take_over(list(self.held), epoch)

    async def _accept(self, fetched: Fetched) -> None:
        """Put what was read into the intake, and remember how far that is."""
        positions = {one: await self._consumer.position(one) for one in fetched or self._assigned()}
        slices = []
        for one, position in positions.items():
            held = self.held[Partition(*one)]
            # An empty slice: Kafka's own markers at the end of the log, which must not count as lag for ever.
            if position != held.read_offset:
                held.read_offset = position
                slices.append(Slice(Partition(*one), position, list(fetched.get(one, ()))))
        self._damaged = 0 if fetched else self._damaged
        self._intake.put(slices)

    def _assigned(self) -> list[TopicPartition]:
        return [TopicPartition(*partition) for partition in self.held]

    def _rewind(self) -> None:
        """Go back to the end of what the intake was given."""
        for partition, held in self.held.items():
            # Not ours in the midst of a rebalance: its end seeks again.
            with contextlib.suppress(IllegalStateError):
                self._consumer.seek(TopicPartition(*partition), held.read_offset)

    async def _isolate(self, epoch: int) -> None:
        """Find the faulty batch that stopped `getmany`, hand over what lies before it, then the batch, and pass it."""
        for partition, held in list(self.held.items()):
            faulty = await log_faults.first_faulty_batch(self._kafka, partition, held.read_offset)
            if faulty is None:
                continue
            await self._read_up_to(partition, faulty.start, epoch)
            if epoch == self.epoch and self._taken.is_set():
                log.error("a batch of the log is damaged", partition=str(partition), start=faulty.start, end=faulty.end)
                held.read_offset = faulty.end
                self._intake.put([Slice(partition, faulty.end, [], [faulty.letter(partition)])])
            return
        self._damaged += 1
        log.warning("a batch of the log was damaged on its way here", times=self._damaged)
        if self._damaged > DAMAGED_ON_THE_WAY:
            raise ConnectionError("checksums of Kafka's batches are wrong here and right in the log, again and again")

    async def _read_up_to(self, partition: Partition, offset: int, epoch: int) -> None:
        """The sound records before a faulty batch, one by one: a larger read would run into it and lose them."""
        one = TopicPartition(*partition)
        while self.held[partition].read_offset < offset and not self._stopping:
            await self._intake.room()
            fetched = await self._consumer.getmany(one, timeout_ms=READ_WAIT_MS, max_records=1)
            if epoch != self.epoch or not self._taken.is_set():
                return
            await self._accept(fetched)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Passes the group's word on; whatever fails ends the process, for aiokafka would only log it."""

    def __init__(self, reader: Reader, owner: Owner) -> None:
        self._reader = reader
        self._owner = owner

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """The group is being divided anew."""
        self._reader.let_go()
        await self._guarded(self._owner.hand_over)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """These are ours from now on."""
        partitions = sorted(Partition(*one) for one in assigned)
        await self._guarded(lambda: self._reader.take_over(partitions))

    async def _guarded(self, step: Callable[[], Awaitable[Any]]) -> None:
        try:
            await step()
        except Exception as error:
            self._owner.fail(error)
