"""`wim tokens`: entries for the token file of one box."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from service.access import Role, issue, parse_tokens
from service.documents import toml_value
from service.registry import Registry, read_registry
from service.settings import read_settings
from wim.document import RegistryErrors

tokens = typer.Typer(no_args_is_help=True)

#: A year: long enough not to be a nuisance, short enough that forgotten phones drop out.
_USUAL_LIFE = timedelta(days=365)


@tokens.callback()
def _noun() -> None:
    """Make access tokens for one box (mode `tokens`)."""


@tokens.command()
def new(
    name: Annotated[str, typer.Argument(help="Who holds it; stands in the ledger and the audit log.")],
    role: Annotated[Role, typer.Option(help="What they do.")],
    agency: Annotated[str | None, typer.Option(help="road or police.")] = None,
    squad: Annotated[str | None, typer.Option(help="The squad's id, for the role squad.")] = None,
    corridor: Annotated[list[str] | None, typer.Option(help="Only this corridor; may be repeated.")] = None,
    plates: Annotated[bool | None, typer.Option(help="Whether plates are shown; by role where left out.")] = None,
    until: Annotated[str | None, typer.Option(help="The first day on which it ends; else a year from now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Print an entry for the token file on stdout and the token, this once, on stderr."""
    registry = read_registry(read_settings().registry)
    end = until or (datetime.now(UTC) + _USUAL_LIFE).date().isoformat()
    wanted = {"name": name, "role": role.value, "agency": agency, "squad": squad, "corridors": corridor or None}
    token, entry = make({**wanted, "plates": plates, "until": end}, registry)
    if as_json:
        typer.echo(json.dumps({"token": token, "entry": entry}))
        return
    typer.echo(f"token, shown this once: {token}", err=True)
    typer.echo(entry, nl=False)


def make(wanted: dict[str, Any], registry: Registry) -> tuple[str, str]:
    """A new token and the entry that knows it; `wanted` has an entry's keys without id and hash, None = left out.

    Raises:
        BadParameter: the entry would be refused.
    """
    token, key, digest = issue()
    entry = {name: value for name, value in wanted.items() if value is not None} | {"id": key, "hash": str(digest)}
    try:
        parse_tokens({"token": [entry]}, "wim tokens new", registry)
    except RegistryErrors as errors:
        raise typer.BadParameter(str(errors)) from None
    lines = (f"{name} = {toml_value(value)}" for name, value in entry.items())
    return token, "\n".join(("[[token]]", *lines, ""))
