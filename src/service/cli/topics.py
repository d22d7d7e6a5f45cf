"""`wim topics`: what the cluster's topics are, against the table, and setting them right."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Sequence
from typing import Annotated

import typer

from service.awaiting import wait_for_broker
from service.cli.starting import start
from service.kafka import Kafka, reach
from service.provision import Difference, connect
from service.topics import TOPICS

app = typer.Typer(no_args_is_help=True, help="Compare the topics with the table, and set them right.")

Replication = Annotated[int, typer.Option("--replication", min=1, help="Copies of every message (3 in production).")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command()
def plan(replication: Replication = 1, as_json: Json = False) -> None:
    """Show what differs."""
    _show(_on_cluster(replication, apply=False), as_json, "no difference")


@app.command()
def apply(replication: Replication = 1, as_json: Json = False) -> None:
    """Create what is missing and set right what can be without loss."""
    _show(_on_cluster(replication, apply=True), as_json, "nothing to do")


def _on_cluster(replication: int, apply: bool) -> Sequence[Difference]:
    kafka = reach(start().kafka)
    # No topic is asked for: making them is what this is for.
    wait_for_broker(kafka, [])
    return asyncio.run(_run(kafka, replication, apply))


async def _run(kafka: Kafka, replication: int, apply: bool) -> Sequence[Difference]:
    async with connect(kafka, replication) as provision:
        return await (provision.apply(TOPICS) if apply else provision.plan(TOPICS))


def _show(differences: Sequence[Difference], as_json: bool, none: str) -> None:
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(difference) for difference in differences]))
        return
    for difference in differences:
        typer.echo(str(difference))
    if not differences:
        typer.echo(none)
