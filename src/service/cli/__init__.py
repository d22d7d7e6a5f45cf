"""The `wim` command.

A command lives in a module of its own and is imported only when it is called: numba alone takes a second to import,
and `wim --help` must not wait for it. Its target is a function (one command) or a `typer.Typer` (a noun with verbs).

Exit status: 0 done, 1 failed, 2 wrong use. An error class of our own packages is a message to a person (place and
remedy) and is printed as such; anything else that escapes is a defect and keeps its traceback.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

#: name -> (module:attribute, the line that `wim --help` shows). Order: what one does first, first.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("service.cli.demo:demo", "See all of it live, with simulated traffic: broker, worker, API and a view."),
    "worker": ("service.cli.worker:run", "Carry stream lanes: judge passages, file cases, archive."),
    "api": ("service.cli.api:run", "Serve the HTTP API: rates, violations, intercepts, live feed."),
    "broker": ("service.cli.broker:run", "Serve an in-memory broker, for the demo and quick tests."),
    "simulate": ("service.cli.simulate:simulate", "Publish simulated traffic, live."),
    "replay": ("service.cli.replay:replay", "Publish a record to Kafka, at its own speed or faster."),
    "measure": ("service.cli.measure:measure", "Weigh files of frames, without Kafka."),
    "signal": ("service.cli.signal:signal", "Show one frame of a file: its signal, axles and weights."),
    "screen": ("service.cli.screen:screen", "Judge files of passages, without Kafka."),
    "rules": ("service.cli.rules:app", "Check rule sets, explain a verdict, compare two rule sets."),
    "rates": ("service.cli.rates:rates", "Show the overload rates of corridors."),
    "offenders": ("service.cli.offenders:app", "Fill the history of repeat offenders from papers of before."),
    "topics": ("service.cli.topics:app", "Compare Kafka's topics with the table, and set them right."),
    "db": ("service.cli.db:app", "Bring the database up to date, and forget plates whose time is over."),
    "ledger": ("service.cli.ledger:app", "Check that nobody changed what both agencies did."),
    "offsets": ("service.cli.offsets:app", "Show where the stream lanes stand; decide where one goes on."),
    "config": ("service.cli.config:config", "Show the settings and the policy in force."),
    "doctor": ("service.cli.doctor:doctor", "Check what this machine needs, and say how to mend what is missing."),
    "tokens": ("service.cli.tokens:tokens", "Make access tokens for one box (mode `tokens`)."),
    "openapi": ("service.cli.openapi:print_openapi", "Print the OpenAPI document of the HTTP API."),
    "asyncapi": ("service.cli.asyncapi:print_asyncapi", "Print the AsyncAPI document of the topics."),
    "schemas": ("service.cli.asyncapi:write_schemas", "Write or check the JSON Schemas of the messages."),
}

#: Packages whose exceptions are messages to a person.
_OWN = frozenset({"wim", "rules", "dispatch", "service", "sensors"})


class _Deferred(TyperCommand):
    """A row of `COMMANDS`; the real command takes over as soon as its arguments are parsed."""

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self.target = target

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the command behind the name, which is imported here."""
        return _load(self.name or "", self.target).make_context(info_name, args, parent, **extra)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `wim` with `arguments` (default: the process's own); always ends in `SystemExit`."""
    try:
        _root().main(args=arguments, prog_name="wim")
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        _complain(sentence)
        raise SystemExit(1) from None


def _sentence(error: Exception) -> str | None:
    """What to tell a person, or None where the error is a defect of ours."""
    if type(error).__module__.partition(".")[0] in _OWN:
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return None


def _complain(sentence: str) -> None:
    # rich, because it knows NO_COLOR and the width; imported here, because only failures need it.
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, soft_wrap=True).print(Text.assemble(("error: ", "bold red"), sentence), highlight=False)


def _load(name: str, target: str) -> Any:
    module, _, attribute = target.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return typer.main.get_group(found)
    single = typer.Typer(add_completion=False)
    single.command(name)(found)
    return typer.main.get_command(single)


def _root() -> TyperGroup:
    app = typer.Typer(no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
    app.callback()(_wim)
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)  # it has a callback
    for name, (target, summary) in COMMANDS.items():
        root.add_command(_Deferred(name, target, summary))
    return root


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wim {version('wim-overload')}")
        raise typer.Exit


def _wim(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Weigh-in-motion overload detection: from the strip in the road to the squad beside it."""
