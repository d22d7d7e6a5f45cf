"""`wim offenders`: fill the history of repeat offenders from papers of before."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from service.cli.reading import MOST_NAMED, Strict
from service.cli.starting import start
from service.offenders import Imported, Importer
from service.offenders_file import read_offenders
from service.store.engine import open_store
from wim.document import WrongValueError
from wim.formats.chunk import Fault
from wim.periods import DEFAULT_TIMEZONE, timezone

app = typer.Typer(no_args_is_help=True, help="Fill the history of repeat offenders.")

File = Annotated[Path, typer.Argument(help="CSV (UTF-8, with a header) or JSON lines; also gzip.", show_default=False)]
Zone = Annotated[str, typer.Option("--zone", help="Of times that carry none.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")]
Json = Annotated[bool, typer.Option("--json", help="The counts as one JSON document on stdout.")]


@app.callback()
def _noun() -> None:
    """Fill the history of repeat offenders."""


@dataclass(slots=True)
class _Complaints:
    """Wrong rows: the first ones named on stderr as they come, and kept for the document."""

    path: Path
    faults: list[Fault] = field(default_factory=list)

    def __call__(self, fault: Fault) -> None:
        if len(self.faults) < MOST_NAMED:
            self.faults.append(fault)
            typer.echo(f"{self.path}: line {fault.line}: {fault.reason}", err=True)


@app.command("import")
def import_command(
    file: File,
    zone: Zone = DEFAULT_TIMEZONE,
    dry_run: DryRun = False,
    as_json: Json = False,
    strict: Strict = False,
) -> None:
    """Keep decided and confirmed overloads of before, so that they count; twice is once.

    Columns: plate, time, kind (decided, confirmed), document_number, source; colour and trip where known.
    """
    zone = _zone(zone)
    store = open_store(start().database.url.get_secret_value())
    complaints = _Complaints(file)
    now_ns = time.time_ns()
    importer = Importer(store, file.name, f"uid {os.getuid()}", now_ns, complaints, dry_run)
    done = importer.run(read_offenders(file, zone, now_ns))
    store.close()
    if as_json:
        faults = [dataclasses.asdict(fault) for fault in complaints.faults]
        counts = {"file": str(file), "dry_run": dry_run, **dataclasses.asdict(done), "faults": faults}
        typer.echo(json.dumps(counts, ensure_ascii=False))
    else:
        typer.echo(_for_people(done, dry_run))
    _finish(file, done, strict)


def _zone(name: str) -> str:
    try:
        return timezone(name)
    except WrongValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--zone") from None


def _for_people(done: Imported, dry_run: bool) -> str:
    counts = f"{done.new} new, {done.changed} changed, {done.unchanged} there already, {done.repeated} repeated"
    return f"nothing was changed; there would be {counts}" if dry_run else counts


def _finish(file: Path, done: Imported, strict: bool) -> None:
    if done.wrong:
        typer.echo(f"{done.wrong} wrong rows left out, {done.right} read", err=True)
    elif not done.right:
        typer.echo(f"{file}: no row in it", err=True)
    if not done.right or (strict and done.wrong):
        raise typer.Exit(1)
