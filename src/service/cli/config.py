"""`wim config`: the settings and the policy in force, secrets left out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from service.documents import toml_value
from service.policy import NOT_IN_USE, Policy, read_policy, to_toml
from service.settings import CONFIG, FILE_SUFFIX, Settings, leaves, read_settings, variable
from service.store.engine import parse_url
from service.store.errors import DatabaseUrlError

config = typer.Typer(no_args_is_help=True, help="Show the settings and the policy in force.")

_REDACTED = "**********"


@config.callback()
def _noun() -> None:
    """Show the settings and the policy in force."""


@config.command()
def show(
    policy: Annotated[
        bool, typer.Option("--policy", help="The numbers of the region instead of the settings.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Print every setting with where it comes from, or the whole policy with its reasons, as TOML."""
    settings = read_settings()
    if policy:
        found = read_policy(settings.policy)
        typer.echo(json.dumps(policy_document(found), indent=2) if as_json else to_toml(found), nl=as_json)
    elif as_json:
        typer.echo(json.dumps(redacted(settings), indent=2))
    else:
        typer.echo("\n".join(_lines(settings)))


def policy_document(policy: Policy) -> dict[str, Any]:
    """Every number, and under `not_in_use_yet` the names of those that decide nothing so far."""
    return policy.model_dump() | {"not_in_use_yet": sorted(NOT_IN_USE)}


def redacted(settings: Settings) -> dict[str, Any]:
    """The settings as plain values, without a secret among them."""
    found: dict[str, Any] = {}
    for keys, _ in leaves():
        section = found
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = _plain(settings, keys)
    return found


def _lines(settings: Settings) -> Iterator[str]:
    section: tuple[str, ...] = ()
    for keys, field in leaves():
        if keys[:-1] != section:
            section = keys[:-1]
            yield from ("", f"[{'.'.join(section)}]")
        value = _plain(settings, keys)
        written = f"# {keys[-1]} is not set" if value is None else f"{keys[-1]} = {toml_value(value)}"
        yield f"{written:<44} # {'; '.join(filter(None, (_source(settings, keys), field.description)))}"


def _source(settings: Settings, keys: tuple[str, ...]) -> str:
    for name in (variable(keys), variable(keys) + FILE_SUFFIX):
        if os.environ.get(name):
            return name
    return CONFIG if keys[-1] in _at(settings, keys[:-1]).model_fields_set else "default"


def _at(settings: Settings, keys: tuple[str, ...]) -> Any:
    value: Any = settings
    for key in keys:
        value = getattr(value, key)
    return value


def _plain(settings: Settings, keys: tuple[str, ...]) -> str | int | None:
    value = _at(settings, keys)
    if keys == ("database", "url"):
        return _without_password(value.get_secret_value())
    if isinstance(value, SecretStr):
        return _REDACTED
    return value if value is None or isinstance(value, int) else str(value)


def _without_password(url: str) -> str:
    """Enough of a database URL to find a mistake: neither password nor parameters, which may hold one too."""
    try:
        return parse_url(url).set(query={}).render_as_string(hide_password=True)
    except DatabaseUrlError:
        return _REDACTED
