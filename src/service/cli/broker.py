"""`wim broker`: the embedded broker in the foreground."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from service.broker.embedded import serve, told

Json = Annotated[bool, typer.Option("--json", help="Where it is, as one JSON document on stdout.")]


def run(as_json: Json = False) -> None:
    """Serve an in-memory broker until Ctrl-C; for the demo and quick tests only.

    It keeps the newest 4.6 MB of a partition, some 20 000 passages of one site, and drops what is older, read or not.
    `wim replay` refuses to send it more than that at full speed: give --speed, or run a real broker (`make kafka`).
    """
    serve(sys.stdout, told=_document if as_json else told)


def _document(address: str) -> str:
    return json.dumps({"bootstrap_servers": address})
