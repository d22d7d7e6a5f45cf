"""`python -m benchmarks.screen.produce SERVERS TOPIC SEED COUNT PER_SECOND PRODUCED`: live passages at an even pace.

Each passage is a message of its own, stamped with the moment at which it is handed to the producer (`time_ns` and
`origin_ns`). What was produced is written to the file PRODUCED (.npy), for whoever checks what became of it. Prints
`ready` once it is connected, waits for a line on stdin, and in the end prints one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import numpy as np
import uvloop

from benchmarks.screen import traffic
from benchmarks.screen.clients import producer, say, wait_for_word
from wim import codec
from wim.records import Passages, text


def live_passages(seed: int, count: int) -> Passages:
    """The standard mix in the order in which it is produced, shape (count,); times are still to be stamped."""
    random = np.random.default_rng(seed)
    passages = traffic.placed(random, traffic.standard(random, count))
    return passages[np.argsort(passages["time_ns"], kind="stable")]


async def produce(servers: str, topic: str, passages: Passages, per_second: float) -> dict[str, float]:
    """Send one passage after another; how long that took and how late the latest was."""
    sender = producer(servers)
    await sender.start()
    keys = [text(site).encode() for site in passages["site"].tolist()]
    say("ready")
    await asyncio.to_thread(wait_for_word)
    sent, latest_s, began = [], 0.0, time.perf_counter()
    for number, key in enumerate(keys):
        early_s = began + number / per_second - time.perf_counter()
        latest_s = max(latest_s, -early_s)
        if early_s > 0:
            await asyncio.sleep(early_s)
        passages["time_ns"][number] = passages["origin_ns"][number] = time.time_ns()
        sent.append(await sender.send(topic, codec.encode(passages[number : number + 1]), key=key))
    await asyncio.gather(*sent)
    await sender.stop()
    return {"seconds": time.perf_counter() - began, "latest_ms": latest_s * 1e3}


def main(servers: str, topic: str, seed: int, count: int, per_second: float, produced: str) -> None:
    """Produce, note what was produced, and print how it went."""
    passages = live_passages(seed, count)
    found = uvloop.run(produce(servers, topic, passages, per_second))
    np.save(produced, passages, allow_pickle=False)
    say(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), sys.argv[6])
