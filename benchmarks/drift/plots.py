"""The pictures of docs/method/watch.md. The same project gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.drift.crossings import Road, crossings, with_step
from benchmarks.drift.run import step_found
from benchmarks.drift.scenarios import SCENARIOS
from wim.charts import Figures
from wim.line_drift import LineDrift

#: Told apart by everybody (Okabe and Ito).
_BLUE, _RED, _GREY = "#0072B2", "#D55E00", "#999999"
#: Identifiers in an SVG come from this and not from chance, text stays text.
_SETTINGS: Any = {"svg.hashsalt": "wim", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}
_RUNS: Final = 120
#: The run of the first picture: a step of 2 % after so many trucks.
_BEGIN, _END, _STRIDE = 2_000, 2_300, 5


def draw_all(folder: Path) -> list[Path]:
    """Write both pictures."""
    folder.mkdir(exist_ok=True)
    paths = [folder / "watch_sum.svg", folder / "watch_found.svg"]
    with rc_context(_SETTINGS):
        for path, draw_one in zip(paths, (_sum, _found), strict=True):
            figure = Figure(figsize=(8.0, 3.4), layout="constrained")
            draw_one(figure)
            figure.savefig(path, metadata={"Date": None})
    return paths


def _sum(figure: Figure) -> None:
    """How the sum of one chart grows after a step."""
    axes = figure.subplots()
    seen = with_step(crossings(Road(), _END, (1,)), _BEGIN, np.array([[1.02, 1.02], [1.0, 1.0]]))
    watch, told = LineDrift(2), list[tuple[int, Figures]]()
    for begin in range(0, _END, _STRIDE):
        watch.update(seen.passages[begin : begin + _STRIDE], seen.line_kg[begin : begin + _STRIDE])
        if begin >= _BEGIN - 600:
            told.append((begin + _STRIDE, watch.figures[0]))
    trucks = [truck for truck, _ in told]
    axes.plot(trucks, [one.score for _, one in told], color=_BLUE, label="sum")
    axes.plot(trucks, [one.threshold or np.nan for _, one in told], color=_RED, linestyle="--", label="threshold H")
    axes.axvline(_BEGIN, color=_GREY, label="line 1: + 2 %")
    alarm = told[-1][1].alarm
    if alarm:
        good = int(np.searchsorted(seen.passages["time_ns"], alarm.good_ns, side="right"))
        axes.axvline(good, color=_GREY, linestyle=":", label="last good time")
    axes.set(xlabel="trucks", ylabel="line 1 against line 2", ylim=(0, None))
    axes.legend(frameon=False)


def _found(figure: Figure) -> None:
    """How many of the runs have found a step, by axles or trucks since."""
    left, right = figure.subplots(1, 2)
    _share(left, {"L01": "+ 2 % of a line", "L06": "rough motion"}, 700, "axles since the step")
    _share(right, {"S01": "+ 5 % of the site", "S02": "− 5 % of the site"}, 100, "six-axle trucks since the step")


def _share(axes: Axes, names: dict[str, str], mark: int, label: str) -> None:
    for (name, text), colour in zip(names.items(), (_BLUE, _RED), strict=True):
        scenario = next(one for one in SCENARIOS if one.id == name)
        after = np.sort(step_found(scenario, _RUNS))
        after = after[~np.isnan(after)]
        axes.step(after, np.arange(1, len(after) + 1) / _RUNS, where="post", color=colour, label=f"{name}: {text}")
    axes.axvline(mark, color=_GREY, linestyle=":")
    axes.axhline(0.5, color=_GREY, linestyle=":")
    axes.set(xlabel=label, ylabel="found, share of runs", xlim=(0, 6 * mark), ylim=(0, 1))
    axes.legend(frameon=False, loc="lower right")
