"""`wim broker`: the embedded broker in the foreground."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from service.broker.embedded import serve, told

Json = Annotated[bool, typer.Option("--json", help="Where it is, as one JSON document on stdout.")]


def run(as_json: Json = False) -> None:
    """Serve an in-memory broker until Ctrl-C; for the demo and quick tests only."""
    serve(sys.stdout, told=_document if as_json else told)


def _document(address: str) -> str:
    return json.dumps({"bootstrap_servers": address})
