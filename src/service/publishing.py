"""Passages as Kafka messages: how they are packed, and how they are sent in step with a clock."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from aiokafka.partitioner import DefaultPartitioner

from service.lanes.sending import Sender
from service.lanes.work import Message
from service.topics import PASSAGES
from wim import codec
from wim.records import Passages, text

#: Passages of one message: 48 kB, at which a broker's cost per message no longer counts.
PACK = 256
#: What a roadside unit packs (contracts.md §2); waiting longer would be seen on a squad's phone.
PACK_NS = 50_000_000
#: Messages in flight at full speed: 3 MB, acknowledged before the next go.
FLIGHT = 64


def pack(passages: Passages) -> Iterator[Message]:
    """Messages of `passages`, shape (n,), in their order: each of one site, its key, and of up to `PACK` records."""
    sites, site_of = np.unique(passages["site"], return_inverse=True)
    for row, site in enumerate(sites.tolist()):
        own = passages[site_of == row]
        for start in range(0, len(own), PACK):
            yield Message(PASSAGES, text(site).encode(), codec.encode(own[start : start + PACK]))


def largest_partition(records: Iterable[Passages], partitions: Sequence[int]) -> int:
    """Bytes that publishing all of `records` adds to the one of the topic's `partitions` that gets most of them."""
    choose, sizes = DefaultPartitioner(), Counter[int]()
    for passages in records:
        for message in pack(passages):
            sizes[choose(message.key, list(partitions), list(partitions))] += len(message.value or b"")
    return max(sizes.values(), default=0)


async def publish(sender: Sender, passages: Passages) -> None:
    """Send passages, and return once all are acknowledged. Raises SendFailedError."""
    messages = list(pack(passages))
    for start in range(0, len(messages), FLIGHT):
        await sender.send(messages[start : start + FLIGHT])


class Pacer:
    """Lets passages go when their time has come: `speed` times as fast as they happened, None at full speed."""

    def __init__(self, speed: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._speed, self._clock = speed, clock
        self._start_ns: int | None = None
        self._started = 0.0

    def begin(self, time_ns: int) -> None:
        """Let what happens at `time_ns` go now; without it, the first passage goes at once."""
        self._start_ns, self._started = time_ns, self._clock()

    async def run(self, sender: Sender, passages: Passages, sent: Callable[[int], None]) -> None:
        """Publish passages, ordered by time; `sent` hears how many went each time."""
        if self._speed is None:
            await publish(sender, passages)
            sent(len(passages))
            return
        for group in self._groups(passages):
            await self.wait_for(int(group["time_ns"][0]))
            await publish(sender, group)
            sent(len(group))

    def _groups(self, passages: Passages) -> Iterator[Passages]:
        """What happened within one packing time goes out together."""
        steps = passages["time_ns"] // int(PACK_NS * max(1.0, self._speed or 1.0))
        edges = np.flatnonzero(np.diff(steps)) + 1
        yield from np.split(passages, edges) if len(passages) else ()

    async def wait_for(self, time_ns: int) -> None:
        """Return when the time of what happens at `time_ns` has come; at full speed that is always."""
        if self._speed is None:
            return
        if self._start_ns is None:
            self.begin(time_ns)
        due = self._started + (time_ns - (self._start_ns or 0)) / 1e9 / self._speed
        await asyncio.sleep(max(0.0, due - self._clock()))
