"""`wim offsets`: where the stream lanes stand, and the way on where a lane stopped before a gap.

Nothing is read twice or left out without a person saying so; what is said here is that.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import typer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from service.awaiting import wait_for_broker
from service.cli.starting import start
from service.kafka import ANSWER_SECONDS, BrokerAwayError, Identity, Kafka, close, reach
from service.lanes.partitions import LogRange
from service.lanes.work import Partition
from service.settings import Settings
from service.store import offsets
from service.store.engine import Store, open_store
from service.store.offsets import Position

app = typer.Typer(no_args_is_help=True, help="Show where the stream lanes stand; decide where one goes on.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


class ResetError(RuntimeError):
    """The wish cannot be fulfilled."""


@dataclass(frozen=True)
class Wish:
    """`wim offsets reset` as it was asked for."""

    lane: str
    topic: str
    partition: int | None
    to: str

    def target(self, partition: Partition, log: LogRange) -> int:
        """The offset that is meant in a partition whose log is this."""
        if self.to in ("earliest", "latest"):
            return log.start if self.to == "earliest" else log.end
        offset = int(self.to)
        if not log.start <= offset <= log.end:
            held = f"{log.start} to {log.end} (end exclusive)"
            raise ResetError(f"{partition}: {offset} is not in the log, which holds {held}")
        return offset


@app.command()
def show(as_json: Json = False) -> None:
    """Show the position of every lane in every partition."""
    with _store(start()).reading() as connection:
        positions = offsets.read_all(connection)
    rows = [_row(lane, Partition(topic, number), at) for (lane, topic, number), at in positions.items()]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        typer.echo("{stream_lane:8} {topic}/{partition}: {next_offset}  ({cluster})".format_map(row))
    if not rows:
        typer.echo("no lane has read anything yet")


@app.command()
def reset(
    lane: Annotated[str, typer.Argument(help="The stream lane, as the worker names it.")],
    topic: Annotated[str, typer.Option("--topic")],
    to: Annotated[str, typer.Option("--to", help="earliest, latest or an offset.")],
    partition: Annotated[int | None, typer.Option("--partition", help="Default: all of the topic.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Put a lane at an offset of the log that is there now. Stop the workers first."""
    if to not in ("earliest", "latest") and not to.isdecimal():
        raise typer.BadParameter(f"{to!r} is neither earliest, latest nor an offset", param_hint="--to")
    if partition is None and to.isdecimal():
        raise typer.BadParameter("one offset cannot fit all partitions: add --partition", param_hint="--to")
    if as_json and not yes:
        raise typer.BadParameter("with --json nobody is asked: add --yes", param_hint="--json")
    settings = start()
    wish = Wish(lane, topic, partition, to)
    kafka, store = reach(settings.kafka), _store(settings)
    wait_for_broker(kafka, [])
    logs, identity = asyncio.run(_logs(kafka, wish))
    targets = {one: wish.target(one, log) for one, log in logs.items()}
    _show_change(store, lane, targets, as_json)
    if not yes:
        typer.confirm("Go on there, and neither read what lies between nor mind what is read again?", abort=True)
    with store.writing(durable=True) as connection:
        for one, offset in targets.items():
            offsets.reset(connection, lane, *one, identity.of(topic), offset)


def _store(settings: Settings) -> Store:
    return open_store(settings.database.url.get_secret_value())


def _row(lane: str, partition: Partition, position: Position) -> Mapping[str, object]:
    return {
        "stream_lane": lane,
        "topic": partition.topic,
        "partition": partition.number,
        "next_offset": position.next_offset,
        "cluster": position.cluster,
    }


def _show_change(store: Store, lane: str, targets: Mapping[Partition, int], as_json: bool) -> None:
    with store.reading() as connection:
        before = {one: offsets.read(connection, lane, *one) for one in targets}
    if as_json:
        changes = [
            {"topic": one.topic, "partition": one.number, "from": at.next_offset if at else None, "to": targets[one]}
            for one, at in before.items()
        ]
        typer.echo(json.dumps(changes))
        return
    for one, at in before.items():
        typer.echo(f"{lane} {one}: {at.next_offset if at else 'never read'} → {targets[one]}")


async def _logs(kafka: Kafka, wish: Wish) -> tuple[dict[Partition, LogRange], Identity]:
    """What the log holds of the wished partitions, and whose log it is."""
    numbers = await kafka.partitions(wish.topic)
    if wish.partition is not None and wish.partition not in numbers:
        raise ResetError(f"{wish.topic} has no partition {wish.partition}; it has {len(numbers)}, from 0")
    wanted = [TopicPartition(wish.topic, number) for number in numbers if wish.partition in (None, number)]
    client = kafka.gauge()
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await client.start()
            starts, ends = await client.beginning_offsets(wanted), await client.end_offsets(wanted)
    except (TimeoutError, KafkaError) as error:
        raise BrokerAwayError(kafka.bootstrap_servers, repr(error)) from None
    finally:
        await close(client, 1.0)
    return {Partition(*one): LogRange(starts[one], ends[one]) for one in wanted}, await kafka.identity([wish.topic])
