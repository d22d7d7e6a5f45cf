"""`wim replay`: publish a record of any format to Kafka, at its own speed, faster, or as fast as it goes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer

from service.cli.reading import Files, Format, Reader, Site, Strict, Units, reader
from service.kafka import reach
from service.lanes.sending import Sender
from service.publishing import Pacer
from service.registry import read_registry
from service.replay import Placement, Shift, placement
from service.settings import read_settings

Sites = Annotated[Path | None, typer.Option("--sites", help="Registry (default: WIM_REGISTRY).")]
To = Annotated[str | None, typer.Option("--to", help="Site of the registry that the record is published as.")]
Lanes = Annotated[str | None, typer.Option("--lanes", help="Lane of the file = lane of the site: 1=2,2=1.")]
Speed = Annotated[str, typer.Option("--speed", help="full, or how many times as fast as it happened: 1, 60, …")]
ToNow = Annotated[bool, typer.Option("--shift-to-now", help="Move the first passage to the present.")]


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
) -> None:
    """Publish files of passages to Kafka."""
    settings = read_settings()
    registry = sites or settings.registry
    place = placement(read_registry(registry).network if registry else None, to, lanes)
    shift = Shift(time.time_ns() if shift_to_now else None)
    read = reader(files, format, site, units)
    asyncio.run(_publish(Sender(reach(settings.kafka)), read, place, shift, _times(speed)))
    typer.echo(f"{read.rows} passages published", err=True)
    read.finish(strict)


async def _publish(sender: Sender, read: Reader, place: Placement, shift: Shift, speed: float | None) -> None:
    await sender.start()
    try:
        pacer = Pacer(speed)
        for passages in read.chunks():
            await pacer.run(sender, shift.move(place.put(passages)), lambda count: None)
    finally:
        await sender.stop()


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
