"""A squad's view of its corridor: `python squad_consumer.py G104 127.0.0.1:9092`.

Every start reads the topic from its beginning (it is compacted: one state an intercept) and then goes on as states
change. A state may come twice or late, so the highest version of an id is the one that counts.
"""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer


async def watch(corridor: str, servers: str) -> None:
    """Print each intercept on the corridor as it opens, changes and ends."""
    newest: dict[str, int] = {}
    topic = AIOKafkaConsumer("dispatch.intercepts.v1", bootstrap_servers=servers, auto_offset_reset="earliest")
    async with topic:
        async for message in topic:
            told = json.loads(message.value) if message.value else None  # no value: closed long ago, forgotten
            if told is None or told["version"] <= newest.get(told["id"], 0):
                continue
            newest[told["id"]] = told["version"]
            place, best = told["sightings"][-1], told["best"]
            if place["corridor"] != corridor:
                continue
            unsure = "未核實 unverified, " if told["unverified"] else ""
            print(
                f"{told['state']:8} {told['plate'] or '(no plate)'} {best['passage']['gross_kg'] / 1000:.1f} t, "
                f"limit {best['limit_high_kg'] / 1000:.0f} t, {unsure}{', '.join(told['reasons'])}; "
                f"{place['site']} {place['time'][11:19]} UTC, until {(told['expires_at'] or '—')[11:19]}",
                flush=True,
            )


if __name__ == "__main__":
    asyncio.run(watch(*sys.argv[1:]))
