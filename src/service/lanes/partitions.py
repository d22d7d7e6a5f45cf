"""Which partitions a lane holds, where each is read on, and why one may not be.

The database is the truth: an offset row says what is kept, of which cluster and which incarnation of the topic. Kafka's
log must still hold what follows. Where it does not, messages are gone or another log stands in its place, and going on
would hide that: the worker stops and a person decides with `wim offsets reset`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.kafka import Identity
from service.lanes.work import Partition, Slice
from service.store import offsets
from service.store.engine import Store
from service.store.offsets import Position

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass
class Held:
    """One partition in this lane's hands."""

    #: What the database says: the next offset whose effects are not kept. The guard's `:start`.
    next_offset: int
    #: The next offset to be read; what lies between the two is in hand.
    read_offset: int


@dataclass(frozen=True)
class LogRange:
    """The offsets that a partition's log holds: start inclusive, end exclusive."""

    start: int
    end: int


class NeedsDecisionError(RuntimeError):
    """A lane cannot go on by itself; a person must decide."""


class LogGapError(NeedsDecisionError):
    """The offset in the database is not in the log."""

    def __init__(self, lane: str, partition: Partition, next_offset: int, log: LogRange) -> None:
        self.partition, self.next_offset, self.log = partition, next_offset, log
        lost = f"messages {next_offset} to {log.start - 1} are gone" if next_offset < log.start else "the log was cut"
        super().__init__(
            f"lane {lane}, {partition}: the database goes on at offset {next_offset}, "
            f"the log holds {log.start} to {log.end} (end exclusive): {lost}. {_way_on(lane, partition)}"
        )


class OtherLogError(NeedsDecisionError):
    """The offset in the database belongs to another cluster, or to a topic that was deleted and made again."""

    def __init__(self, lane: str, partition: Partition, kept: str, found: str) -> None:
        self.partition, self.kept, self.found = partition, kept, found
        same_cluster = kept.split("/")[0] == found.split("/")[0]
        what = "the topic was deleted and made again" if same_cluster else "another cluster answers"
        super().__init__(
            f"lane {lane}, {partition}: {what}: the database's offset is of {kept}, this is {found}. "
            f"{_way_on(lane, partition)}"
        )


def _way_on(lane: str, partition: Partition) -> str:
    return (
        f"Decide where to go on with `wim offsets reset {lane} --topic {partition.topic} "
        f"--partition {partition.number} --to earliest|latest|OFFSET` (or for all its partitions, without --partition)"
    )


class Positions:
    """One lane's rows of offsets. Its methods run in the lane's thread."""

    def __init__(self, store: Store, lane: str) -> None:
        self._store = store
        self._lane = lane

    def kept(self, partitions: Collection[Partition]) -> dict[Partition, Position | None]:
        """What the database says of each partition; None where it was never read."""
        with self._store.reading() as connection:
            return {partition: offsets.read(connection, self._lane, *partition) for partition in partitions}

    def settle(
        self, kept: Mapping[Partition, Position | None], logs: Mapping[Partition, LogRange], identity: Identity
    ) -> dict[Partition, Held]:
        """Where to read on; a partition never read before begins, and is recorded, at its log's beginning.

        Raises `NeedsDecisionError` where a row does not fit the log that is there.
        """
        for partition, position in kept.items():
            if position is not None:
                self._check(partition, position, logs[partition], identity.of(partition.topic))
        new = [partition for partition, position in kept.items() if position is None]
        if new:
            with self._store.writing() as connection:
                for partition in sorted(new):
                    cluster = identity.of(partition.topic)
                    offsets.start(connection, self._lane, *partition, cluster, logs[partition].start)
        begins = {p: logs[p].start if position is None else position.next_offset for p, position in kept.items()}
        return {partition: Held(begin, begin) for partition, begin in begins.items()}

    def advance(self, connection: Connection, held: Mapping[Partition, Held], slices: Sequence[Slice]) -> None:
        """The guard: moves each partition's row from what this lane read there; raises the store's `Fenced`."""
        # In one order everywhere: two workers that meet on two rows must not wait for each other.
        for slice_ in sorted(slices, key=lambda slice_: slice_.partition):
            start = held[slice_.partition].next_offset
            offsets.advance(connection, self._lane, *slice_.partition, start, slice_.end)

    def _check(self, partition: Partition, position: Position, log: LogRange, identity: str) -> None:
        if position.cluster != identity:
            raise OtherLogError(self._lane, partition, position.cluster, identity)
        if not log.start <= position.next_offset <= log.end:
            raise LogGapError(self._lane, partition, position.next_offset, log)
