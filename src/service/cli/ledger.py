"""`wim ledger`: check that nobody changed what both agencies did."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from dispatch.ledger import BEGINNING, Broken, Stamped, verify
from service.cli.starting import start
from service.store import ledger
from service.store.engine import open_store

app = typer.Typer(no_args_is_help=True, help="Look after the ledger of what both agencies did.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Known = Annotated[
    list[str] | None,
    typer.Option("--known", help="NUMBER:HASH of an entry as you kept it from before; may be repeated."),
]

_KNOWN = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@app.callback()
def _noun() -> None:
    """Look after the ledger of what both agencies did."""


@dataclass(slots=True)
class _Head:
    """The newest entry that was looked at: what to keep, and to check against the next time."""

    number: int = 0
    hash: str = BEGINNING

    def through(self, entries: Iterator[Stamped]) -> Iterator[Stamped]:
        """The entries, noted as they pass."""
        for entry in entries:
            self.number, self.hash = entry.number, entry.hash
            yield entry


@app.command("verify")
def verify_chain(known: Known = None, as_json: Json = False) -> None:
    """Check every entry against the one before; exit status 1 where the chain is broken, and where."""
    kept = _kept(known or [])
    store = open_store(start().database.url.get_secret_value())
    head = _Head()
    with store.reading() as conn:
        broken = verify(head.through(ledger.every(conn)), ledger.last_number(conn), kept)
    store.close()
    typer.echo(_for_programs(broken, head) if as_json else _for_people(broken, head))
    raise typer.Exit(1 if broken else 0)


def _kept(given: list[str]) -> dict[int, str]:
    found = [_KNOWN.fullmatch(one) for one in given]
    for one, match in zip(given, found, strict=True):
        if match is None:
            remedy = f"{one!r} is not NUMBER:HASH; copy what an earlier `wim ledger verify` printed"
            raise typer.BadParameter(remedy, param_hint="--known")
    return {int(match[1]): match[2] for match in found if match}


def _for_programs(broken: Broken | None, head: _Head) -> str:
    told = {"entry": broken.number, "problem": broken.problem} if broken else None
    return json.dumps({"whole": broken is None, "entries": head.number, "hash": head.hash, "broken": told})


def _for_people(broken: Broken | None, head: _Head) -> str:
    if broken is not None:
        return f"broken: {broken}; what stands before it holds. Compare with a backup and with what police received"
    return f"whole: {head.number} entries; keep this to check against the next time: {head.number}:{head.hash}"
