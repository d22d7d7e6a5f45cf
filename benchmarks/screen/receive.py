"""`python -m benchmarks.screen.receive SERVERS RECEIVED TOPIC…`: when a message could be read.

Prints `ready` once it stands at the end of every topic, and reads until a line comes on stdin. Then it writes the file
RECEIVED (JSON): for each topic a list of [id, origin_ns, received_ns], one entry an id, when that was first read:

=====================  ==================================  ===============================================
topic                  id                                  origin_ns
=====================  ==================================  ===============================================
violations             of the violation                    of its passage
intercepts             of its strongest violation          of that violation's passage
any other              none                                of the passage record that the message holds
=====================  ==================================  ===============================================
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import uvloop
from aiokafka.structs import ConsumerRecord

from benchmarks.screen.clients import reader_at_end, say, wait_for_word
from service.topics import INTERCEPTS, VIOLATIONS
from wim.codec import HEAD
from wim.records import PASSAGE

_ORIGIN = struct.Struct("<q")
_ORIGIN_AT = HEAD.size + int(PASSAGE.fields["origin_ns"][1])  # type: ignore[index]  # a record has fields


class Crossing(msgspec.Struct):
    """Of a passage only its origin."""

    origin_ns: int


class Violation(msgspec.Struct):
    """Of a violation what tells when it was produced."""

    id: str
    passage: Crossing


class Intercept(msgspec.Struct):
    """Of an intercept its strongest violation."""

    best: Violation


_violation, _intercept = msgspec.json.Decoder(Violation).decode, msgspec.json.Decoder(Intercept).decode


def _of_violation(value: bytes) -> tuple[str, int]:
    found = _violation(value)
    return found.id, found.passage.origin_ns


def _of_intercept(value: bytes) -> tuple[str, int]:
    found = _intercept(value).best
    return found.id, found.passage.origin_ns


def _of_record(value: bytes) -> tuple[str, int]:
    origin_ns = int(_ORIGIN.unpack_from(value, _ORIGIN_AT)[0])
    return str(origin_ns), origin_ns


_READ: dict[str, Callable[[bytes], tuple[str, int]]] = {VIOLATIONS: _of_violation, INTERCEPTS: _of_intercept}


async def receive(servers: str, topics: Sequence[str]) -> dict[str, list[tuple[str, int, int]]]:
    """Read until told to stop."""
    consumer = await reader_at_end(servers, topics)
    told = asyncio.ensure_future(asyncio.to_thread(wait_for_word))
    read: list[tuple[ConsumerRecord, int]] = []
    say("ready")
    while not told.done():
        fetched = await consumer.getmany(timeout_ms=100)
        now_ns = time.time_ns()
        read += [(record, now_ns) for records in fetched.values() for record in records]
    await consumer.stop()
    found: dict[str, dict[str, tuple[str, int, int]]] = {topic: {} for topic in topics}
    for record, at_ns in read:
        name, origin_ns = _READ.get(record.topic, _of_record)(record.value)
        found[record.topic].setdefault(name, (name, origin_ns, at_ns))
    return {topic: list(rows.values()) for topic, rows in found.items()}


def main(servers: str, received: str, topics: Sequence[str]) -> None:
    """Receive, and write down when what came."""
    found = uvloop.run(receive(servers, topics))
    Path(received).write_text(json.dumps(found))
    say(json.dumps({topic: len(rows) for topic, rows in found.items()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
