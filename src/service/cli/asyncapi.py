"""`wim asyncapi` and `wim schemas`: the contracts of the topics, made from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service import asyncapi
from service.messages import schemas


def print_asyncapi(
    out: Annotated[Path | None, typer.Option("--out", help="Write it there instead of to stdout.")] = None,
    check: Annotated[Path | None, typer.Option("--check", help="Fail unless this file is up to date.")] = None,
) -> None:
    """Print the AsyncAPI 3 document of the topics."""
    if check is not None:
        asyncapi.check(check)
    elif out is not None:
        out.write_text(asyncapi.text(), "utf-8")
    else:
        typer.echo(asyncapi.text(), nl=False)


def write_schemas(
    out: Annotated[Path | None, typer.Option("--out", help="Folder to bring up to date.")] = None,
    check: Annotated[Path | None, typer.Option("--check", help="Fail unless this folder is up to date.")] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="With --check: an earlier release's folder; fail where it breaks.")
    ] = None,
) -> None:
    """Write or check the JSON Schemas of the messages; a change that breaks their readers is refused."""
    if (out is None) == (check is None) or (against is not None and check is None):
        raise typer.BadParameter("give --out FOLDER, or --check FOLDER with or without --against FOLDER")
    if check is not None:
        schemas.check(check, against)
    elif out is not None:
        schemas.write(out)
