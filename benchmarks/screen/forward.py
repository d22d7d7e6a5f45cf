"""`python -m benchmarks.screen.forward SERVERS FROM TO COUNT`: the yardstick of case 6, a hop that does nothing.

Reads messages and sends each on as it is: two hops, from producer to here and from here to a reader, are what a worker
between two topics cannot do without. Prints `ready` once it reads, and one JSON object when it has sent COUNT.
"""

from __future__ import annotations

import json
import sys

import uvloop

from benchmarks.screen.clients import producer, reader_at_end, say


async def forward(servers: str, source: str, target: str, count: int) -> None:
    """Send on `count` messages, each as soon as it is there; return once all are acknowledged."""
    sender, consumer = producer(servers), await reader_at_end(servers, [source])
    await sender.start()
    say("ready")
    sent = 0
    while sent < count:
        fetched = await consumer.getmany(timeout_ms=200)
        for records in fetched.values():
            for record in records:
                await sender.send(target, record.value, key=record.key)
            sent += len(records)
    await sender.stop()
    await consumer.stop()
    say(json.dumps({"sent": sent}))


if __name__ == "__main__":
    uvloop.run(forward(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
