"""A frame as a picture for a person: the force on each line, what was integrated of it, and the weights.

Drawn by matplotlib, which the extra `plot` installs. No plate is shown: pictures get printed and sent around.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wim.frames import Frame, Kind, Side
from wim.records import Passages, flag_names, passage_ids
from wim.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Told apart by everybody (Okabe and Ito), and in a grey print by their order of brightness.
_COLOURS = {Side.LEFT: "#0072B2", Side.RIGHT: "#D55E00", Side.FULL: "#009E73"}
_VEHICLES = ("#56B4E9", "#E69F00")
_WIDTH_INCHES, _PANEL_INCHES = 10.0, 2.1
#: A frame of seconds at 10 kHz has more samples than any picture has columns.
_MOST_POINTS = 6_000


class NoPlotterError(RuntimeError):
    """matplotlib is not installed."""

    def __init__(self) -> None:
        super().__init__("a picture needs matplotlib: pip install 'wim-overload[plot]'")


class PictureError(ValueError):
    """A picture cannot be written under that name."""

    def __init__(self, path: Path, known: Sequence[str]) -> None:
        super().__init__(f"{path}: no picture is known by that ending; end it in {', '.join(known)}")


def draw(frame: Frame, trace: Trace | None, path: Path, title: str) -> None:
    """Write the picture as `path`'s ending says: .png, .svg, .pdf; without a trace, the bare signal.

    Raises NoPlotterError, PictureError and OSError.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NoPlotterError from None
    lines = _lines(frame)
    figure = Figure(figsize=(_WIDTH_INCHES, _PANEL_INCHES * len(lines) + 1.2), layout="constrained")
    known = [f".{ending}" for ending in figure.canvas.get_supported_filetypes()]
    if path.suffix.lower() not in known:
        raise PictureError(path, known)
    _panels(figure, frame, trace, lines)
    figure.suptitle("\n".join([title, *map(summary, _each(trace.passages if trace else None))]), fontsize=10)
    figure.savefig(path, dpi=120, metadata={} if path.suffix.lower() != ".svg" else {"Date": None})


def _lines(frame: Frame) -> list[list[int]]:
    """The channels of each panel: one for every line of strips, one for all loops."""
    kinds, numbers = frame.channels["kind"], frame.channels["line"]
    strips = kinds == Kind.STRIP
    panels = [np.flatnonzero(strips & (numbers == line)).tolist() for line in np.unique(numbers[strips])]
    loops = np.flatnonzero(~strips).tolist()
    return [*panels, loops] if loops else panels


def _panels(figure: Figure, frame: Frame, trace: Trace | None, lines: list[list[int]]) -> None:
    panels = figure.subplots(len(lines), 1, sharex=True, squeeze=False)[:, 0]
    step = max(1, frame.counts.shape[1] // _MOST_POINTS)
    times_ms = np.arange(0, frame.counts.shape[1], step) * 1e3 / float(frame.head["rate_hz"])
    for panel, channels in zip(panels, lines, strict=True):
        for place, channel in enumerate(channels):
            values = _values(frame, trace, channel)
            # The highest of each stretch: a pulse must not lose its peak to the thinning.
            thinned = np.maximum.reduceat(values, np.arange(0, len(values), step))
            row = frame.channels[channel]
            colour = _COLOURS[Side(row["side"])]
            # Loops share a colour, and one often hides behind another.
            style = "--" if place and row["kind"] == Kind.LOOP else "-"
            panel.plot(times_ms, thinned, style, lw=0.8, color=colour, label=_name(row))
            if trace is not None:
                _windows(panel, frame, trace, channel)
        panel.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1, fontsize=8, ncols=2, frameon=False
        )
        # Room for what is written above and below the pulses.
        panel.margins(x=0.01, y=0.05 if trace is None or frame.channels[channels[0]]["kind"] == Kind.LOOP else 0.45)
        panel.set_ylabel(_label(frame.channels[channels[0]]), fontsize=8)
        panel.grid(alpha=0.25)
    told = (
        ""
        if trace is None
        else "; in each window: axle, its load on the strip in t, share of the line in the axle's load"
    )
    panels[-1].set_xlabel(f"ms from the frame's start{told}", fontsize=8)


def _values(frame: Frame, trace: Trace | None, channel: int) -> Any:
    row = frame.channels[channel]
    if row["kind"] == Kind.LOOP:
        return (frame.counts[channel] - row["offset"]) * row["scale"]
    if trace is None:
        return (frame.counts[channel] - row["offset"]) * row["scale"] / 1e3
    return trace.force_n[channel] / 1e3


def _windows(panel: Axes, frame: Frame, trace: Trace, channel: int) -> None:
    """What was integrated of a channel, shaded by vehicle, with axle, load and share of the line."""
    to_ms = 1e3 / float(frame.head["rate_hz"])
    right = frame.channels[channel]["side"] == Side.RIGHT
    for window in trace.windows[trace.windows["channel"] == channel]:
        first_ms, end_ms = window["first"] * to_ms, window["end"] * to_ms
        panel.axvspan(first_ms, end_ms, alpha=0.18, lw=0, color=_VEHICLES[window["vehicle"] % len(_VEHICLES)])
        # Narrow enough for the two axles of a tandem beside each other.
        text = f"{window['axle'] + 1}\n{window['load_kg'] / 1e3:.2f}\n{window['weight']:.0%}"
        # Left above, right below, or the two would hide each other.
        at = ((first_ms + end_ms) / 2, 0.03 if right else 0.97)
        place = panel.get_xaxis_transform()
        colour = _COLOURS[Side(frame.channels[channel]["side"])]
        panel.text(*at, text, transform=place, fontsize=7, ha="center", va="bottom" if right else "top", color=colour)


def _name(channel: np.void) -> str:
    side = Side(channel["side"]).name.lower()
    name = "loop" if channel["kind"] == Kind.LOOP else f"line {channel['line']} {side}"
    return f"{name}, {channel['position_m']:.2f} m"


def _label(channel: np.void) -> str:
    return "relative inductance" if channel["kind"] == Kind.LOOP else "kN"


def _each(passages: Passages | None) -> list[Passages]:
    return [] if passages is None else [passages[row : row + 1] for row in range(len(passages))]


def summary(one: Passages) -> str:
    """A vehicle in a line; one: shape (1,)."""
    passage = one[0]
    flags = ", ".join(flag_names(int(passage["flags"]))) or "no flags"
    spread = "" if np.isnan(passage["gross_sigma"]) else f" ± {196 * passage['gross_sigma']:.1f} % (95 %)"
    gross = f"{passage['gross_kg'] / 1e3:.2f} t{spread}"
    return f"{passage_ids(one)[0]}: {passage['axle_count']} axles, {gross}, {passage['speed_kmh']:.1f} km/h, {flags}"


def headline(frame: Frame) -> str:
    """Where and when a frame was taken, and how."""
    head = frame.head
    at = datetime.fromtimestamp(int(head["start_ns"]) // 10**9, UTC)
    rate = f"{frame.counts.shape[1]} samples at {head['rate_hz'] / 1e3:g} kHz"
    return f"{frame.site} lane {frame.lane}, {at:%Y-%m-%d %H:%M:%S} UTC, frame {head['sequence']}, {rate}"
