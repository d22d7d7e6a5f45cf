"""`wim replay`: publish a record of any format to Kafka, at its own speed, faster, or as fast as it goes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from service.awaiting import wait_for_broker
from service.broker.embedded import KEPT_BYTES
from service.cli.progress import progress
from service.cli.reading import Files, Format, Reader, Site, Strict, Units, reader
from service.cli.starting import start
from service.kafka import EMBEDDED_PREFIX, Kafka, reach
from service.lanes.sending import Sender
from service.publishing import Pacer, largest_partition
from service.registry import read_registry
from service.replay import Placement, Shift, placement, shift_to
from service.topics import PASSAGES

Sites = Annotated[Path | None, typer.Option("--sites", help="Registry (default: WIM_REGISTRY).")]
To = Annotated[str | None, typer.Option("--to", help="Site of the registry that the record is published as.")]
Lanes = Annotated[str | None, typer.Option("--lanes", help="Lane of the file = lane of the site: 1=2,2=1.")]
Speed = Annotated[str, typer.Option("--speed", help="full, or how many times as fast as it happened: 1, 60, …")]
ToNow = Annotated[
    bool, typer.Option("--shift-to-now", help="Move it to the present: its end at full speed, else its beginning.")
]
Json = Annotated[bool, typer.Option("--json", help="What was published, as one JSON document on stdout.")]


class TooLargeError(RuntimeError):
    """The embedded broker would drop some of the record before anybody has read it."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"nothing is published: at full speed {size / 1e6:.1f} MB would go to one partition, of which the embedded "
            f"broker keeps the newest {KEPT_BYTES / 1e6:.1f} MB and drops the rest, read or not; add --speed 3600 "
            "while `wim worker` runs, or use a real broker (`make kafka`)"
        )


def replay(
    files: Files,
    to: To = None,
    lanes: Lanes = None,
    speed: Speed = "full",
    shift_to_now: ToNow = False,
    sites: Sites = None,
    format: Format = "auto",
    site: Site = None,
    units: Units = None,
    strict: Strict = False,
    as_json: Json = False,
) -> None:
    """Publish files of passages to Kafka."""
    settings = start()
    registry = sites or settings.registry
    place = placement(read_registry(registry).network if registry else None, to, lanes)
    times = _times(speed)
    read = reader(files, format, site, units, shown=not as_json)
    shift = _shift(read, times) if shift_to_now else None
    kafka, read = reach(settings.kafka), reader(files, format, site, units, shown=False)
    wait_for_broker(kafka, [PASSAGES])
    if times is None:
        _check_room(kafka, reader(files, format, site, units, shown=False), place)
    with progress("acknowledged", shown=not as_json) as shown:
        task = shown.add_task("published", total=None)
        published = asyncio.run(_publish(Sender(kafka), read, place, shift, times, partial(shown.advance, task)))
    typer.echo(
        json.dumps({"published": published, "faults": read.faults}) if as_json else f"{published} passages published"
    )
    read.finish(strict)


def _check_room(kafka: Kafka, read: Reader, place: Placement) -> None:
    """Raises TooLargeError where the broker would drop some of it: at full speed no worker reads as fast."""
    if not asyncio.run(kafka.identity(())).cluster.startswith(EMBEDDED_PREFIX):
        return
    read.quiet = True
    records = (place.put(passages) for passages in read.chunks())
    size = largest_partition(records, asyncio.run(kafka.partitions(PASSAGES)))
    if size > KEPT_BYTES:
        raise TooLargeError(size)


def _shift(read: Reader, times: float | None) -> Shift:
    """The shift to the present, for which a first reading finds the record's ends."""
    read.quiet = True
    ends = [(int(passages["time_ns"].min()), int(passages["time_ns"].max())) for passages in read.chunks()]
    if not ends:
        return Shift(0, 0)
    return shift_to(time.time_ns(), times, min(first for first, _ in ends), max(last for _, last in ends))


async def _publish(
    sender: Sender,
    read: Reader,
    place: Placement,
    shift: Shift | None,
    speed: float | None,
    advance: Callable[[int], object],
) -> int:
    """How many passages were published, all of them acknowledged; `advance` hears of each lot once it is."""
    published = 0

    def acknowledged(count: int) -> None:
        nonlocal published
        published += count
        advance(count)

    await sender.start()
    try:
        # A shifted record is as long as its publishing takes: its times are the clock's.
        pacer, chunks = Pacer(1.0 if shift and speed is not None else speed), read.chunks()
        # A large chunk takes a second to read: not on the loop that keeps the connection alive.
        while (passages := await asyncio.to_thread(next, chunks, None)) is not None:
            moved = place.put(passages)
            await pacer.run(sender, shift.move(moved) if shift else moved, acknowledged)
    finally:
        await sender.stop()
    return published


def _times(speed: str) -> float | None:
    if speed == "full":
        return None
    try:
        times = float(speed)
    except ValueError:
        times = 0.0
    if not 0 < times < 1e6:
        raise typer.BadParameter(f"{speed!r} is neither full nor a number above 0")
    return times
