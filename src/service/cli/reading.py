"""What every command that reads a file of passages shares: its options, what it says of wrong rows, how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import typer

from service.cli.progress import progress
from service.units import read_units
from wim.formats import FORMATS, ReadOptions, open_passages
from wim.records import Passages

Files = Annotated[list[Path], typer.Argument(help="Files of passages, in any of the formats.", show_default=False)]
Format = Annotated[str, typer.Option("--format", help=f"auto, {', '.join(FORMATS)}.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 if any row was wrong.")]
Site = Annotated[str | None, typer.Option("--site", help="Site id, where the file names none.")]
Units = Annotated[Path | None, typer.Option("--units", help="TOML with units and plate colours of cn-station files.")]

#: Wrong rows that are named; beyond them only their number.
MOST_NAMED = 20


@dataclass(slots=True)
class Reader:
    """Reads files one after another and keeps count of what was wrong."""

    files: list[Path]
    format: str = "auto"
    options: ReadOptions = field(default_factory=ReadOptions)
    rows: int = 0
    faults: int = 0
    asides: int = 0
    quiet: bool = False
    #: Whether a person sees how far the reading is; who does more with passages than judge them shows that instead.
    shown: bool = True

    def chunks(self) -> Iterator[Passages]:
        """The passages of every file; wrong rows go to stderr. Raises FormatError where nothing can be read."""
        with progress(shown=self.shown) as shown:
            for path in self.files:
                task = shown.add_task(path.name, total=None)
                for chunk in open_passages(path, self.format, self.options):
                    self.rows += len(chunk.passages)
                    self.asides += len(chunk.asides)
                    shown.update(task, advance=len(chunk.passages))
                    for fault in chunk.faults:
                        self._complain(f"{path}: line {fault.line}: {fault.reason}")
                    if len(chunk.passages):
                        yield chunk.passages

    def finish(self, strict: bool) -> None:
        """Say how many rows were wrong, and exit with 1 if nothing was read, or if `strict` and any was wrong."""
        if self.faults:
            typer.echo(f"{self.faults} wrong rows left out, {self.rows} read", err=True)
        if self.asides:
            typer.echo(f"{self.asides} rows tell of no crossing: hours without trucks or data, re-weighings", err=True)
        if not self.rows and not self.faults and not self.asides:
            typer.echo(f"{', '.join(map(str, self.files))}: empty, no row was read", err=True)
        if not (self.rows or self.asides) or (strict and self.faults):
            raise typer.Exit(1)

    def _complain(self, sentence: str) -> None:
        self.faults += 1
        if self.faults <= MOST_NAMED and not self.quiet:
            typer.echo(sentence, err=True)


def reader(files: list[Path], format: str, site: str | None, units: Path | None, shown: bool = True) -> Reader:
    """A reader by a command's options."""
    options = ReadOptions() if site is None else replace(ReadOptions(), site=site)
    if units is not None:
        options = replace(options, cn_station=read_units(units))
    return Reader(files, format, options, shown=shown)
