"""What a lane has read and not yet judged: bounded in messages and bytes, filled by one task, emptied by another.

While a batch is judged and written the reader goes on, so the next batch is whatever came meanwhile: one message when
the lane keeps up, thousands when it is behind. That is all the batching there is.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from service.lanes.work import Partition, Slice

#: A batch's bytes: some 40 000 passages, 30 ms of work at the speed that the lanes are built for.
MOST_BYTES = 8 * 1024 * 1024
#: A batch's messages at first, and the bounds between which `Pace` moves it.
FIRST_MESSAGES = 2_048
LEAST_MESSAGES = 8
MOST_MESSAGES = 32_768
#: The same for a work that waits for company on purpose: fewer, larger files and transactions.
PATIENT_BYTES = 64 * 1024 * 1024
PATIENT_MESSAGES = 100_000
#: Records of one `getmany`: parsing one costs 1.5 µs, and no turn of the event loop may take 5 ms …
CHUNK_MESSAGES = 2_048
#: … nor check the checksums of more bytes than 2 ms allow.
CHUNK_BYTES = 2 * 1024 * 1024
#: What a message may weigh before one was seen: 256 passages. 2 048 of them would be 100 MB in one read and one batch.
LIKELY_BYTES = 48 * 1024
#: A transaction longer than this keeps other writers of an SQLite file waiting (architecture.md, Storage).
TRANSACTION_SECONDS = 0.05
#: One slow or quick transaction among many is the machine's doing: at most twice or half as many after it.
MOST_CHANGE = 2


class Pace:
    """How many messages make a batch: as many as one transaction writes within its 50 ms."""

    def __init__(self, first: int = FIRST_MESSAGES, most: int = MOST_MESSAGES) -> None:
        self.messages = first
        self._most = most

    def learn(self, messages: int, seconds: float) -> None:
        """Take in that writing the effects of `messages` took `seconds`.

        Not what the transaction costs besides, waiting for its turn and for the disk: smaller batches would not make
        that cheaper, only more frequent.
        """
        if messages >= self.messages or seconds > TRANSACTION_SECONDS:
            fitting = int(messages * TRANSACTION_SECONDS / max(seconds, 1e-9))
            half, twice = self.messages // MOST_CHANGE, self.messages * MOST_CHANGE
            self.messages = max(LEAST_MESSAGES, half, min(self._most, twice, fitting))


class Intake:
    """One reader `put`s after it has waited for `room`; one taker `take`s. Not for threads."""

    def __init__(self, patience_s: float = 0.0) -> None:
        self.pace = Pace(PATIENT_MESSAGES, PATIENT_MESSAGES) if patience_s else Pace()
        self._most_bytes = PATIENT_BYTES if patience_s else MOST_BYTES
        self._patience_s = patience_s
        self._slices: dict[Partition, Slice] = {}
        self._messages = 0
        self._bytes = 0
        self._since = 0.0
        self._mean_bytes = float(LIKELY_BYTES)
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether it holds a whole batch."""
        return self._messages >= self.pace.messages or self._bytes >= self._most_bytes

    @property
    def chunk(self) -> int:
        """How many records the next read may bring, judged by how large the last ones were."""
        return max(1, min(CHUNK_MESSAGES, int(CHUNK_BYTES / self._mean_bytes)))

    def put(self, slices: Sequence[Slice]) -> None:
        """Add what was just read; each slice continues what is already there of its partition."""
        if not slices:
            return
        if not self._slices:
            self._since = time.monotonic()
        messages = sum(len(slice_.records) for slice_ in slices)
        size = sum(record.serialized_value_size for slice_ in slices for record in slice_.records)
        if messages:
            self._mean_bytes = max(1.0, size / messages)
        self._messages += messages
        self._bytes += size
        for slice_ in slices:
            self._append(slice_)
        self._changed.set()

    def _append(self, slice_: Slice) -> None:
        before = self._slices.setdefault(slice_.partition, slice_)
        if before is not slice_:
            before.records += slice_.records
            before.unreadable += slice_.unreadable
            before.end = slice_.end

    async def room(self) -> None:
        """Return once there is room for more."""
        while self.full and not self._closed:
            await self._change(None)

    async def take(self) -> Sequence[Slice] | None:
        """All that is there, at least one slice; None once it is closed."""
        while not self._closed and not self._ripe():
            await self._change(self._until_ripe())
        if self._closed:
            return None
        taken = list(self._slices.values())
        self.clear()
        return taken

    def clear(self) -> None:
        """Forget what was read: it is not ours any more, or will be read again."""
        self._slices = {}
        self._messages = self._bytes = 0
        self._changed.set()

    def close(self) -> None:
        """Nothing more is taken; what is inside was never anybody's but the log's."""
        self._closed = True
        self._changed.set()

    def _ripe(self) -> bool:
        return bool(self._slices) and (self.full or self._until_ripe() == 0.0)

    def _until_ripe(self) -> float | None:
        if not self._slices:
            return None
        return max(0.0, self._since + self._patience_s - time.monotonic())

    async def _change(self, timeout_s: float | None) -> None:
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), timeout_s)
        except TimeoutError:
            return
