"""The charts of a lane's lines: as the naive ones."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.drift.crossings import Road, crossings, with_step
from tests.reference.watching import Line
from tests.wim.kernels.charted import assert_same
from wim.line_drift import LineDrift


@pytest.mark.parametrize(
    ("line_m", "gain"),
    [((0.0, 4.0), (1.0, 1.0)), ((0.0, 4.0), (1.08, 1.0)), ((0.0, 1.5, 3.0), (1.08, 1.08))],
)
def test_as_the_naive_charts(line_m: tuple[float, ...], gain: tuple[float, float]) -> None:
    """Two lines and three, whole steps and steps of one side, wheels that were missed, two classes."""
    seen = crossings(Road(line_m, six_axle_share=0.8), 1_100, (21,))
    gains = np.ones((len(line_m), 2))
    gains[0] = gain
    line_kg = with_step(seen, 800, gains).line_kg
    rng = np.random.default_rng(3)
    line_kg[rng.random(line_kg.shape) < 0.002] = np.nan
    line_kg[rng.random(1_100) < 0.01, 0, -1] = np.nan
    watch = LineDrift(len(line_m))
    watch.update(seen.passages, line_kg)
    for line, found in enumerate(watch._arrays["charts"]):
        naive = Line(watch._plans, line)
        for passage, kg in zip(seen.passages, line_kg, strict=True):
            if passage["gross_kg"] >= 4_500:
                naive.see(kg[: passage["axle_count"]], int(passage["time_ns"]))
        for chart, one in zip(found, naive.charts, strict=True):
            assert_same(chart, one)
    assert bool(watch.alarms) == (gain != (1.0, 1.0))


def test_lines_of_full_width_have_no_sides() -> None:
    """The whole axle as left and NaN as right: the lines are compared, their sides are not."""
    seen = crossings(Road(), 1_200, (22,))
    line_kg = seen.line_kg.copy()
    line_kg[..., 0] += line_kg[..., 1]
    line_kg[..., 1] = np.nan
    watch = LineDrift(2)
    watch.update(seen.passages, line_kg)
    learnt = {figures.chart: figures.learnt for figures in watch.figures}
    assert learnt["line 1"] == 900
    assert learnt["line 1 left/right"] == 0
