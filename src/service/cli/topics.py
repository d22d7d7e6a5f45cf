"""`wim topics`: what the cluster's topics are, against the table, and setting them right."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Sequence
from typing import Annotated

import typer

from service.kafka import reach
from service.provision import Difference, Provision, connect
from service.settings import read_settings
from service.topics import TOPICS

app = typer.Typer(no_args_is_help=True, help="Compare the topics with the table, and set them right.")

Replication = Annotated[int, typer.Option("--replication", min=1, help="Copies of every message (3 in production).")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command()
def plan(replication: Replication = 1, as_json: Json = False) -> None:
    """Show what differs."""
    _show(asyncio.run(_on_cluster(replication, apply=False)), as_json, "no difference")


@app.command()
def apply(replication: Replication = 1, as_json: Json = False) -> None:
    """Create what is missing and set right what can be without loss."""
    _show(asyncio.run(_on_cluster(replication, apply=True)), as_json, "nothing to do")


async def _on_cluster(replication: int, apply: bool) -> Sequence[Difference]:
    async with connect(reach(read_settings().kafka), replication) as provision:
        return await _run(provision, apply)


async def _run(provision: Provision, apply: bool) -> Sequence[Difference]:
    return await (provision.apply(TOPICS) if apply else provision.plan(TOPICS))


def _show(differences: Sequence[Difference], as_json: bool, none: str) -> None:
    if as_json:
        typer.echo(json.dumps([dataclasses.asdict(difference) for difference in differences]))
        return
    for difference in differences:
        typer.echo(str(difference))
    if not differences:
        typer.echo(none)
