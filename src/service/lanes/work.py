"""What a stream lane asks of the work that it carries, and the few words that both speak.

A stream lane (`service.lanes.stream`) knows Kafka, offsets and transactions and nothing of trucks; its work knows
trucks and nothing of Kafka. One batch goes

    fetched slices → judge (in the lane's thread) → messages and dead letters sent and acknowledged
    → one transaction: the offsets' guard, then the outcome's own writes → committed (in the lane's thread)

and either all of it has happened or, after a crash, all of it happens again with the same ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from aiokafka.structs import ConsumerRecord
    from sqlalchemy import Connection


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something refused: the bytes as they came, why, and where they came from."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    #: A word of contracts.md §2 that metrics may carry as a label.
    reason: str
    #: For a person: what exactly was wrong, and the record's index where only one of a message was.
    detail: str


@dataclass(slots=True)
class Slice:
    """What one partition gave to one batch: its records, offsets rising, and where the next batch begins."""

    partition: Partition
    #: The offset to read next once this slice is kept. Larger than the last record's + 1 where Kafka's own markers
    #: of a transaction, or records that compaction removed, lie between.
    end: int
    records: list[ConsumerRecord]
    #: What the log itself could not give: batches whose checksum is wrong.
    unreadable: list[DeadLetter] = field(default_factory=list)


class Message(NamedTuple):
    """One message to be published; times and ids are in the value, CloudEvents attributes in the headers."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


def _nothing(connection: Connection) -> None:
    """No effects beyond the offsets."""


def _unremarkable() -> None:
    """Nothing to remember or to count."""


@dataclass(slots=True)
class Outcome:
    """What became of one batch."""

    messages: Sequence[Message] = ()
    dead_letters: Sequence[DeadLetter] = ()
    #: Crossings that had been counted before, and so were left out.
    duplicates: int = 0
    #: The batch's effects, inside the transaction whose first statements guard the offsets. May run again in a new
    #: transaction after a rolled-back one; raises the store's `Fenced` to give the batch up.
    write: Callable[[Connection], None] = field(default=_nothing)
    #: Called once the transaction is durable: the place to move memory forward and to count metrics.
    committed: Callable[[], None] = field(default=_unremarkable)


class Work(Protocol):
    """The work of one stream lane. All its methods run in one thread, the lane's, never two at once."""

    #: Names the lane: its consumer group, its rows of offsets, its metrics' label.
    name: str
    topics: Sequence[str]
    #: Whether the transaction must survive a power cut before anybody hears of it (outbox, acknowledgements).
    durable: bool
    #: How long a batch may wait for company once its first message is there. 0 for everything that someone waits for.
    patience_s: float

    def warm_up(self) -> None:
        """Called once before the group is joined: compile or load kernels, read registries."""

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """These partitions are ours from now on, and what was kept in memory is void: after a rebalance or a lost race.

        Called before anything of them is judged. May read the database; an exception ends the process.
        """

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """Judge one batch without effects outside of memory that the next `assigned` makes void.

        Bad data becomes a dead letter, never an exception: an exception ends the process.
        """


def records_of(slices: Iterable[Slice]) -> list[ConsumerRecord]:
    """All records of a batch in the order of its slices: what an index into the batch's messages counts."""
    return [record for slice_ in slices for record in slice_.records]


def refused(record: ConsumerRecord, reason: str, detail: str, value: bytes | None = None) -> DeadLetter:
    """A dead letter of a message or, with `value`, of one record in it."""
    partition = Partition(record.topic, record.partition)
    whole = record.value if value is None else value
    return DeadLetter(partition, record.offset, record.key, whole, reason, detail)
