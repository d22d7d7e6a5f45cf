"""`python -m benchmarks.screen.drain SERVERS TOPIC MESSAGES FETCH_BYTES`: the yardstick of the lanes, a raw drain.

It does what a lane cannot do without, and nothing else: `getmany` over all partitions until every message was read,
with the worker's event loop, garbage collector and checksum setting. What was read is thrown away. Prints one JSON
object with the messages a second.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time

import uvloop
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from service.topics import MANY_PARTITIONS
from service.worker import GC_THRESHOLDS

#: Nothing came for so long: something is wrong with the topic.
SILENCE_SECONDS = 30.0


async def drain(servers: str, topic: str, messages: int, fetch_bytes: int) -> dict[str, float]:
    """Messages a second and CPU per message."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers,
        group_id=None,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        check_crcs=True,
        max_partition_fetch_bytes=fetch_bytes,
    )
    await consumer.start()
    partitions = [TopicPartition(topic, number) for number in range(MANY_PARTITIONS)]
    consumer.assign(partitions)
    # Leaders and first offsets are found out before the clock starts, and nothing is fetched meanwhile.
    consumer.pause(*partitions)
    for partition in partitions:
        await consumer.position(partition)
    read, began, cpu_began = 0, time.perf_counter(), time.process_time()
    consumer.resume(*partitions)
    while read < messages:
        fetched = await asyncio.wait_for(consumer.getmany(timeout_ms=60_000), SILENCE_SECONDS)
        read += sum(map(len, fetched.values()))
        # `getmany` does not let the fetcher run while it has records.
        await asyncio.sleep(0)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    await consumer.stop()
    return {"per_s": read / seconds, "cpu_us": cpu_s / read * 1e6}


if __name__ == "__main__":
    gc.set_threshold(*GC_THRESHOLDS)
    found = uvloop.run(drain(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    json.dump(found, sys.stdout)
