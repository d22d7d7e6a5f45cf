"""`wim api`: the HTTP API in the foreground."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from service.api.serving import Opened, serve
from service.settings import read_settings


def run(
    as_json: Annotated[bool, typer.Option("--json", help="Where it listens as one JSON document on stdout.")] = False,
) -> None:
    """Serve the HTTP API until Ctrl-C; in demo mode it prints the tokens of this start."""
    serve(read_settings(), _print_json if as_json else _print)


def _print(opened: Opened) -> None:
    typer.echo(f"API at {opened.url}")
    for holder, token in opened.tokens.items():
        typer.echo(f"  {holder:<24} {token}")
    if opened.tokens:
        typer.echo(f"  curl -H 'Authorization: Bearer TOKEN' {opened.url}/v1/rates")


def _print_json(opened: Opened) -> None:
    typer.echo(json.dumps({"url": opened.url, "tokens": dict(opened.tokens)}))
