"""How fast a lane of a real worker drains a full topic, seen from outside.

The clock runs from the moment at which the database first holds an offset of the lane beyond the start until it holds
the last one, so it sees neither start-up nor the first batch.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.screen.processes import Worker, cpu_seconds, peak_memory_mb

#: How often the database is asked how far it is: a look costs 20 µs, so this takes 0.2 % of a core.
LOOK_SECONDS = 0.01
#: No progress for so long: the worker hangs.
STALL_SECONDS = 60.0
#: A first batch that is more than this share of all leaves too little to be measured.
MOST_UNSEEN = 0.25


@dataclass(frozen=True)
class Drained:
    """Messages a second, CPU of the whole worker for each of them, and the most memory that it ever had."""

    per_s: float
    cpu_us: float
    peak_memory_mb: float


def watch(worker: Worker, database: Path, stream_lane: str, messages: int) -> Drained:
    """Look at the lane's offsets in the database until the last of `messages` is kept."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as looking:
        first = _wait_beyond(looking, worker, stream_lane, 0)
        began, cpu_began = time.perf_counter(), cpu_seconds(worker.process.pid)
        kept = first
        while kept < messages:
            kept = _wait_beyond(looking, worker, stream_lane, kept)
        seconds, cpu_s = time.perf_counter() - began, cpu_seconds(worker.process.pid) - cpu_began
    if first > MOST_UNSEEN * messages:
        raise RuntimeError(f"the first batch was {first} of {messages} messages: fill the topic with more")
    done = messages - first
    return Drained(done / seconds, cpu_s / done * 1e6, peak_memory_mb(worker.process.pid))


def _wait_beyond(looking: sqlite3.Connection, worker: Worker, stream_lane: str, kept: int) -> int:
    deadline = time.monotonic() + STALL_SECONDS
    while (now := _kept(looking, stream_lane)) <= kept:
        worker.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"the worker kept {kept} messages and then nothing for {STALL_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    return now


def _kept(looking: sqlite3.Connection, stream_lane: str) -> int:
    """How many messages the lane has kept: every partition of a new topic begins at offset 0."""
    asked = "select coalesce(sum(next_offset), 0) from offsets where stream_lane = ?"
    return int(looking.execute(asked, (stream_lane,)).fetchone()[0])
