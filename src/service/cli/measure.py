"""`wim measure`: weigh files of frames through the very estimator of the measure lane, without Kafka."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from service.cli.framed_files import framed_file
from service.cli.progress import progress
from service.cli.reading import Strict
from service.measuring import Measuring, Meters
from service.registry import read_registry
from service.settings import read_settings
from wim.frames import FrameError
from wim.measure import Meter
from wim.sites import Network

Files = Annotated[list[Path], typer.Argument(help="Files of frames (.wimf).", show_default=False)]
Sites = Annotated[Path | None, typer.Option("--sites", help="Registry file (default: WIM_REGISTRY).")]
Out = Annotated[Path | None, typer.Option("--out", help="One row a passage: .parquet or .jsonl.")]
Json = Annotated[bool, typer.Option("--json", help="What was counted, as one JSON document on stdout.")]


def measure(files: Files, sites: Sites = None, out: Out = None, as_json: Json = False, strict: Strict = False) -> None:
    """Weigh files of frames."""
    measuring = Measuring(network_of(sites), Meters(Meter), _complain)
    with framed_file(out) as write, progress(shown=not as_json) as shown:
        for path in files:
            task = shown.add_task(path.name, total=None)
            for framed in measuring.file(path):
                write(framed)
                shown.update(task, advance=len(framed.passages))
    typer.echo(json.dumps(measuring.document()) if as_json else _for_people(measuring))
    _finish(measuring, files, strict)


def network_of(sites: Path | None) -> Network:
    """The sites of a registry file, or of the one that is set; without strips and their widths nothing is weighed."""
    path = sites or read_settings().registry
    if path is None:
        raise typer.BadParameter("give the registry with --sites or WIM_REGISTRY: it says what the strips are")
    return read_registry(path).network


def _complain(path: Path, index: int, error: FrameError) -> None:
    typer.echo(f"{path}: frame {index}: {error}", err=True)


def _finish(measuring: Measuring, files: list[Path], strict: bool) -> None:
    """Say how many frames were bad, and exit with 1 if none was good, or if `strict` and any was bad."""
    bad = measuring.refused.total()
    if bad:
        typer.echo(f"{bad} bad frames left out, {measuring.frames - bad} measured", err=True)
    if not measuring.frames:
        typer.echo(f"{', '.join(map(str, files))}: empty, no frame was read", err=True)
    if bad == measuring.frames or (strict and bad):
        raise typer.Exit(1)


def _for_people(measuring: Measuring) -> str:
    """The counts as lines."""
    lines = []
    for name, value in measuring.document().items():
        if isinstance(value, dict):
            value = ", ".join(f"{key} {count}" for key, count in value.items()) or "—"
        lines.append(f"{name:>10}  {value}")
    return "\n".join(lines)
