"""Find the batch of the log whose checksum is wrong, and what lies behind it.

aiokafka raises on such a batch, says neither where it is nor where it ends, and would raise for ever. So the bytes are
fetched once more and walked by their framing. A Kafka record batch, version 2, big-endian:

======  ====  ===================  ========================================================
offset  type  field                meaning
======  ====  ===================  ========================================================
0       i8    base_offset          offset of its first record
8       i4    length               bytes after this field
12      i4    leader_epoch
16      i1    magic                2
17      u4    crc                  CRC-32C of everything from offset 21
21      i2    attributes
23      i4    last_offset_delta    last record's offset − base_offset
======  ====  ===================  ========================================================
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

from service.kafka import PARTITION_FETCH_BYTES, Kafka
from service.lanes.work import DeadLetter, Partition

HEAD = struct.Struct(">qiibIhi")
#: Bytes before those that `length` counts.
UNCOUNTED = 12
#: Where the checksummed part begins.
CHECKED = 21

#: The word for metrics and dead letters; the message-level `crc` is that of our own codec.
REASON = "kafka_crc"

#: ListOffsets' and Fetch's isolation level that leaves aborted transactions out.
READ_COMMITTED = 1
WAIT_MS = 500


@dataclass(frozen=True)
class FaultyBatch:
    """A batch of the log that no reader can believe."""

    start: int
    #: The first offset behind it.
    end: int
    raw: bytes

    def letter(self, partition: Partition) -> DeadLetter:
        """The dead letter that keeps it: the whole batch as it lies in the log."""
        detail = f"the checksum of the log's batch of offsets {self.start} to {self.end - 1} is wrong"
        return DeadLetter(partition, self.start, None, self.raw, REASON, detail)


async def first_faulty_batch(kafka: Kafka, partition: Partition, offset: int) -> FaultyBatch | None:
    """The first faulty batch that one fetch from `offset` brings; None where all of it is sound."""
    raw, log_end = await _fetch(kafka, partition, offset)
    return find(raw, offset, log_end)


def find(raw: bytes, offset: int, log_end: int) -> FaultyBatch | None:
    """The first faulty batch in what a fetch from `offset` brought of a log that ends at `log_end`."""
    batches = list(_framed(raw))
    for index, (at, size, base, crc, last_delta) in enumerate(batches):
        if calc_crc32c(memoryview(raw)[at + CHECKED : at + size]) == crc:
            continue
        start = max(base, offset)
        # Where the next batch begins is sure; the faulty one's own count may be what is faulty.
        following = [batch[2] for batch in batches[index + 1 : index + 2]]
        claimed = following[0] if following else base + last_delta + 1
        end = claimed if start < claimed <= log_end else start + 1
        return FaultyBatch(start, end, raw[at : at + size])
    return None


def _framed(raw: bytes) -> Iterator[tuple[int, int, int, int, int]]:
    """Position, size, base offset, checksum and last offset's delta of each whole batch in `raw`."""
    at = 0
    while at + HEAD.size <= len(raw):
        base, length, _, _, crc, _, last_delta = HEAD.unpack_from(raw, at)
        size = UNCOUNTED + length
        if length <= 0 or at + size > len(raw):
            return
        yield at, size, base, crc, last_delta
        at += size


async def _fetch(kafka: Kafka, partition: Partition, offset: int) -> tuple[bytes, int]:
    """The log's bytes from the batch that holds `offset`, and where the log ends."""
    client = AIOKafkaClient(bootstrap_servers=kafka.bootstrap_servers, client_id="wim-log-faults", **kafka.security)
    await client.bootstrap()
    try:
        await client.set_topics([partition.topic])
        node = client.cluster.leader_for_partition(TopicPartition(*partition))
        wanted = [(partition.topic, [(partition.number, offset, PARTITION_FETCH_BYTES)])]
        response = await client.send(node, FetchRequest(WAIT_MS, 1, PARTITION_FETCH_BYTES, READ_COMMITTED, wanted))
        ((_, ((_, code, log_end, *_, raw),)),) = response.topics
        if code:
            raise KafkaError(f"fetching {partition} from {offset}: error code {code}")
        return bytes(raw or b""), log_end
    finally:
        await client.close()
