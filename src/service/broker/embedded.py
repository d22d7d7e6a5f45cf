"""Run the embedded broker in this process, or start it in another and have it end with us."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import IO

from confluent_kafka import KafkaException, Producer

#: The mock cluster serves within milliseconds; the interpreter's start on a busy machine is what takes the time.
START_SECONDS = 30.0
STOP_SECONDS = 5.0

#: What the process prints once it serves; `start` reads the address from it.
READY = "embedded broker: "

#: librdkafka's mock cluster drops a partition's oldest messages beyond 5 MiB, and whole batches of them, so that this
#: much is certain to be there. It has no setting for it.
KEPT_BYTES = 4_600_000

NOTICE = (
    f"It is for the demo and for quick tests: it keeps the newest {KEPT_BYTES / 1e6:.1f} MB of a partition in memory "
    "only, and no figure measured against it counts."
)


class BrokerError(RuntimeError):
    """The embedded broker did not start."""


def told(address: str) -> str:
    """What a person reads, and `start`: the address, and what the broker is not."""
    return f"{READY}{address}\n{NOTICE}"


def serve(output: IO[str], parent: IO[bytes] | None = None, told: Callable[[str], str] = told) -> None:
    """Serves until SIGINT or SIGTERM or, where `parent` is given, until that pipe's other end is closed.

    First it prints to `output` what `told` makes of its address.
    """
    stopped = _signals()
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    try:
        brokers = producer.list_topics(timeout=START_SECONDS).brokers.values()
    except KafkaException as error:
        raise BrokerError(f"librdkafka's mock cluster does not answer: {error}") from error
    print(told(",".join(f"{broker.host}:{broker.port}" for broker in brokers)), file=output, flush=True)
    select.select([stopped, *filter(None, [parent])], [], [])


def _signals() -> IO[bytes]:
    """A pipe that becomes readable at SIGINT or SIGTERM."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.set_wakeup_fd(writable)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _ignore)
    return os.fdopen(readable, "rb")


def _ignore(number: int, frame: FrameType | None) -> None:
    """The byte in the wake-up pipe says it all."""


@contextlib.contextmanager
def start() -> Iterator[str]:
    """An embedded broker in another process, as its `bootstrap_servers`; it ends with the block, or with us."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service.broker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A Ctrl-C is for the demo, which then ends its broker last.
        start_new_session=True,
    )
    try:
        yield _address(process)
    finally:
        _end(process)


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    line = process.stdout.readline() if ready else ""
    if not line.startswith(READY):
        raise BrokerError(f"the embedded broker did not start within {START_SECONDS:.0f} s, status {process.poll()}")
    return line.removeprefix(READY).strip()


def _end(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
