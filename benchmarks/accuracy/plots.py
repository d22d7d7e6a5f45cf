"""The pictures of a run, for docs/method/accuracy.md. The same lines give the same bytes."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.accuracy.crossings import network_of
from benchmarks.accuracy.run import Line
from benchmarks.accuracy.scenarios import read_scenarios
from sensors.simulator.signals.layouts import LAYOUTS
from service.signal_plot import draw, headline
from wim.frames import NO_NOW_NS, decode_frame

#: Told apart by everybody (Okabe and Ito); full-width lanes are dashed in the colour of their two-sided ones.
_COLOURS: Final = {
    "1": "#999999",
    "2x4.0": "#D55E00",
    "4x1.5": "#0072B2",
    "6x1.2": "#009E73",
    "3x1.5": "#CC79A7",
    "2x1.0": "#E69F00",
}
_WIDTH, _HEIGHT = 8.0, 4.2
#: Identifiers in an SVG come from this and not from chance, text stays text.
_SETTINGS: Any = {"svg.hashsalt": "wim", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}
#: The frame of the annotated picture: the first of four lines at 60 km/h.
_ANNOTATED: Final = "A19"
#: A page of documentation need not load more for a picture; above, pixels are smaller than lines.
_MOST_SVG_BYTES: Final = 300_000
METER: Final = "wim.measure:Meter"


def draw_all(lines: Sequence[Line], folder: Path) -> list[Path]:
    """Write every picture; the names are those of docs/method/accuracy.md."""
    return [*draw_figures(lines, folder), annotated(folder / "accuracy_signal.svg")]


def draw_figures(lines: Sequence[Line], folder: Path) -> list[Path]:
    """Write those that show the figures of the steady scenarios."""
    steady = [line for line in lines if line["group"] == "steady"]
    folder.mkdir(exist_ok=True)
    paths = [folder / f"accuracy_{name}.svg" for name in ("error", "ratio", "coverage")]
    with rc_context(_SETTINGS):
        for path, draw_one in zip(paths, (_error, _ratio, _coverage), strict=True):
            figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
            draw_one(figure.subplots(), steady)
            figure.savefig(path, metadata={"Date": None})
    return paths


def annotated(path: Path) -> Path:
    """Write the annotated signal of a frame as SVG, or as PNG where that would be too large."""
    scenario = next(row for row in read_scenarios() if row.id == _ANNOTATED)
    (captured,) = scenario.captured(0, 1)
    site = network_of(scenario.recipe.tau_s).sites[LAYOUTS[scenario.layout].site]
    module, _, name = METER.partition(":")
    meter = getattr(importlib.import_module(module), name)(site, site.lanes[1])
    frame = decode_frame(captured.message, NO_NOW_NS)
    trace = meter.trace(frame)
    true_t = captured.truth.vehicles[0].gross_kg / 1e3
    title = f"{headline(frame)}; true gross weight {true_t:.2f} t"
    with rc_context(_SETTINGS):
        draw(frame, trace, path, title)
    if path.stat().st_size <= _MOST_SVG_BYTES:
        return path
    path.unlink()
    draw(frame, trace, path.with_suffix(".png"), title)
    return path.with_suffix(".png")


def _by_layout(axes: Axes, lines: Sequence[Line], name: str) -> None:
    """One figure over speed, a curve a layout, with bars of one standard error."""
    layouts = [layout for layout in LAYOUTS if any(line["layout"] == layout for line in lines)]
    for place, layout in enumerate(layouts):
        own = sorted((line for line in lines if line["layout"] == layout), key=lambda line: line["speed_kmh"][0])
        # Side by side, or bars would hide each other.
        speed = np.array([line["speed_kmh"][0] for line in own]) * (1 + 0.006 * (place - len(layouts) / 2))
        found = [line["figures"][name] for line in own]
        value, bar = _floats(found, "value"), _floats(found, "se")
        full = layout.endswith("-full")
        axes.errorbar(
            speed,
            value,
            bar,
            label=layout,
            color=_COLOURS[layout.removesuffix("-full")],
            ls="--" if full else "-",
            marker="s" if full else "o",
            mfc="white" if full else None,
            ms=4,
            lw=1.1,
            capsize=2,
        )
    axes.set_xscale("log")
    speeds = sorted({line["speed_kmh"][0] for line in lines})
    axes.set_xticks(speeds, [f"{speed:g}" for speed in speeds])
    axes.minorticks_off()
    axes.set_xlabel("speed, km/h")
    axes.grid(alpha=0.25)


def _floats(found: Sequence[Line], key: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([np.nan if one[key] is None else one[key] for one in found])


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, title="lines × metres")


def _error(axes: Axes, lines: Sequence[Line]) -> None:
    axes.axhspan(-0.2, 0.2, color="#000000", alpha=0.07, lw=0)
    _by_layout(axes, lines, "mean_error_percent")
    axes.set_ylabel("mean error of the gross weight, %")
    axes.set_title("Mean error by speed, after calibration (bars: 1 standard error; grey: limit)", fontsize=10)
    _legend(axes)


def _ratio(axes: Axes, lines: Sequence[Line]) -> None:
    """Ours and the best linear one, each as a part of the plain mean, by layout, at 60 and 80 km/h."""
    chosen = [line for line in lines if line["speed_kmh"][0] in (60, 80) and LAYOUTS[line["layout"]].lines > 1]
    chosen.sort(key=lambda line: (list(LAYOUTS).index(line["layout"]), line["speed_kmh"][0]))
    at = np.arange(len(chosen))
    found = [line["figures"]["sigma_ratio"] for line in chosen]
    best = [line["computed"]["best_percent"] / line["computed"]["plain_percent"] for line in chosen]
    axes.axhline(1, color="#555555", lw=0.8)
    axes.bar(
        at, _floats(found, "value"), 0.62, color="#56B4E9", yerr=_floats(found, "se"), capsize=2, label="ours, seen"
    )
    axes.plot(at, best, "D", ms=5, color="#000000", label="best linear, computed")
    for place, one in zip(at, found, strict=True):
        if one.get("from") == "design":
            # Not widened: the picture shows what the design asks.
            limit = next(row for row in _limits() if row[0] == chosen[place]["scenario"])[1]
            axes.plot([place - 0.4, place + 0.4], [limit, limit], color="#D55E00", lw=2)
    axes.plot([], [], color="#D55E00", lw=2, label="limit of the design")
    axes.set_xticks(at, [_named(line) for line in chosen], fontsize=7)
    axes.set_xlabel("lines × metres, km/h")
    axes.set_ylabel("σ ÷ σ of the plain mean")
    axes.set_ylim(0, 1.25)
    axes.set_title("Scatter of the gross weight beside the plain mean on the same frames", fontsize=10)
    axes.legend(loc="upper center", fontsize=8, ncols=3, frameon=False)


def _named(line: Line) -> str:
    layout, _, full = line["layout"].partition("-")
    return f"{layout}\n{line['speed_kmh'][0]:g}" + (f"\n{full}" if full else "")


def _limits() -> list[tuple[str, float]]:
    return [(row.id, row.limits["sigma_ratio"].most) for row in read_scenarios() if "sigma_ratio" in row.limits]


def _coverage(axes: Axes, lines: Sequence[Line]) -> None:
    axes.axhspan(93.5, 96.5, color="#000000", alpha=0.07, lw=0)
    axes.axhline(95, color="#555555", lw=0.8)
    _by_layout(axes, lines, "coverage_percent")
    axes.set_ylabel("true weight inside ± 1.96 gross_sigma, %")
    axes.set_title("Coverage of the stated uncertainty (bars: 1 standard error; grey: limit)", fontsize=10)
    _legend(axes)
