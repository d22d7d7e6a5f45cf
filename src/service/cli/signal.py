"""`wim signal`: one frame of a file for a person: what it weighs as a table, and the signal as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from service.registry import read_registry
from service.settings import read_settings
from service.signal_plot import draw, headline, summary
from wim.admission import admit
from wim.forms import to_json
from wim.frames import NO_NOW_NS, Frame, FrameError, Side, decode_frame, read_messages
from wim.measure import Meter
from wim.records import blank
from wim.trace import WINDOW, Trace

File = Annotated[Path, typer.Argument(help="A file of frames (.wimf).", show_default=False)]
Index = Annotated[int, typer.Option("--index", min=0, help="Which frame of the file, from 0.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="The picture: .png, .svg or .pdf.")]
Sites = Annotated[Path | None, typer.Option("--sites", help="Registry (default: WIM_REGISTRY); none: bare signal.")]
Json = Annotated[bool, typer.Option("--json", help="Passages and windows as one JSON document on stdout.")]

#: Of a window, what means something.
_TOLD = [name for name in WINDOW.names or () if name != "reserved"]
#: Wide enough for any table; only what the table needs is used of it.
_WIDEST = 1_000


class NoFrameError(ValueError):
    """A frame of a file that cannot be shown."""

    def __init__(self, path: Path, index: int, what: object) -> None:
        super().__init__(f"{path}: frame {index}: {what}")


def signal(file: File, index: Index = 0, plot: Plot = None, sites: Sites = None, as_json: Json = False) -> None:
    """Show one frame: axles, the load and share of each line, and the signal that they come from."""
    frame = frame_of(file, index)
    trace = _trace(frame, file, index, sites)
    if plot is not None:
        draw(frame, trace, plot, headline(frame))
    typer.echo(json.dumps(_document(frame, index, trace), ensure_ascii=False) if as_json else _text(frame, trace))


def frame_of(path: Path, index: int) -> Frame:
    """The `index`-th frame of a file. Raises NoFrameError and OSError."""
    last = -1
    for last, message in read_messages(path):
        if isinstance(message, FrameError):
            raise NoFrameError(path, last, message)
        if last == index:
            try:
                return decode_frame(message, NO_NOW_NS)
            except FrameError as error:
                raise NoFrameError(path, index, error) from None
    remedy = f"give --index up to {last}, its last frame" if last >= 0 else "it holds none"
    raise NoFrameError(path, index, f"the file ends before it: {remedy}")


def _trace(frame: Frame, path: Path, index: int, sites: Path | None) -> Trace | None:
    """How the frame was weighed; None, with the reason on stderr, where only its bare signal can be shown."""
    registry = sites or read_settings().registry
    try:
        if registry is None:
            raise FrameError("site", "no registry says what the strips are: give --sites or WIM_REGISTRY")
        return Meter(*admit(read_registry(registry).network, frame)).trace(frame)
    except FrameError as error:
        typer.echo(f"{path}: frame {index}: bare signal, not weighed: {error}", err=True)
        return None


def _document(frame: Frame, index: int, trace: Trace | None) -> dict[str, Any]:
    passages, windows = (blank(0), np.empty(0, WINDOW)) if trace is None else (trace.passages, trace.windows)
    return {
        "site": frame.site,
        "lane": frame.lane,
        "frame": index,
        "passages": msgspec.to_builtins(list(to_json(passages))),
        "windows": [{name: row[name].item() for name in _TOLD} for row in windows],
    }


def _text(frame: Frame, trace: Trace | None) -> str:
    """What a person reads: where and when, then each vehicle in a line and its axles in a table."""
    lines = [headline(frame)]
    for vehicle in range(len(trace.passages) if trace else 0):
        assert trace is not None  # it has vehicles
        lines += ["", summary(trace.passages[vehicle : vehicle + 1]), _drawn(axle_table(frame, trace, vehicle))]
    if trace is not None and not len(trace.passages):
        lines += ["", "無車 no vehicle"]
    return "\n".join(lines)


def axle_table(frame: Frame, trace: Trace, vehicle: int) -> Table:
    """One row an axle: its loads, the way to the next, and what each strip says of it with its share, in kg."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    strips = np.unique(trace.windows["channel"][trace.windows["vehicle"] == vehicle]).tolist()
    headings = ["軸\naxle", "左\nleft kg", "右\nright kg", "軸載\naxle kg", "軸距\nspacing mm"]
    for heading in (*headings, *(f"條帶\n{_name(frame.channels[strip])}" for strip in strips)):
        table.add_column(heading, justify="right", no_wrap=True)
    passage = trace.passages[vehicle]
    for axle in range(int(passage["axle_count"])):
        left, right = int(passage["left_kg"][axle]), int(passage["right_kg"][axle])
        last = axle + 1 == passage["axle_count"]
        told = [axle + 1, left, right, left + right, "" if last else int(passage["spacing_mm"][axle])]
        table.add_row(*map(str, told), *(_said(trace, vehicle, axle, strip) for strip in strips))
    return table


def _said(trace: Trace, vehicle: int, axle: int, strip: int) -> str:
    windows = trace.windows
    own = windows[(windows["vehicle"] == vehicle) & (windows["axle"] == axle) & (windows["channel"] == strip)]
    return " ".join(f"{window['load_kg']:.0f} {window['weight']:.0%}" for window in own) or "—"


def _name(channel: np.void) -> str:
    """As calibrations name it: 1L, 2R, 3."""
    return f"{channel['line']}{ {Side.LEFT: 'L', Side.RIGHT: 'R'}.get(Side(channel['side']), '') }"


def _drawn(table: Table) -> str:
    console = Console(width=_WIDEST)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
