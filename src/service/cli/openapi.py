"""`wim openapi`: the contract of the HTTP API, made from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.api import document
from service.api.app import routed


def print_openapi(
    out: Annotated[Path | None, typer.Option("--out", help="Write it there instead of to stdout.")] = None,
    check: Annotated[Path | None, typer.Option("--check", help="Fail unless this file is up to date.")] = None,
) -> None:
    """Print the OpenAPI 3.1 document of the HTTP API."""
    if check is not None:
        document.check(routed(), check)
    elif out is not None:
        out.write_text(document.text(routed()), "utf-8")
    else:
        typer.echo(document.text(routed()), nl=False)
