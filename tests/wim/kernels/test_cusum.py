"""The control chart: as the naive one, and as often wrong as it says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.reference.control_chart import Chart
from tests.wim.kernels.charted import assert_same
from wim import charts
from wim.kernels import cusum
from wim.kernels.cusum import CHART
from wim.kernels.jit import kernel


@kernel
def _follow(chart: np.void, plan: np.void, values: np.void, lifts: np.void, until: int) -> int:
    """Follow values at times 1, 2 …; the number of the one that rang, 0 where none did."""
    for index in range(until):
        cusum.follow(chart[0], plan[0], values[index], lifts[index], index + 1)
        if chart[0].alarm != 0:
            return index + 1
    return 0


def run(values: np.ndarray, plan: np.ndarray, lift: float) -> tuple[np.void, int]:
    """The chart after all values, and which rang."""
    chart = np.zeros(1, CHART)
    rang = _follow(chart, plan, values, np.full(len(values), lift), len(values))
    return chart[0], rang


@pytest.mark.parametrize("seed", range(6))
def test_as_the_naive_chart(seed: int) -> None:
    """Values with a step, outliers, fleets and unknown lifts: the same alarm at the same value with the same sums."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0.0, 1.0, 900) + np.repeat(rng.normal(0.0, 0.3, 30), 30)
    values[600:] += (-1) ** seed * (1.0 if seed < 4 else 0.0)
    values[rng.random(900) < 0.02] *= 20
    lifts = np.where(rng.random(900) < 0.1, math.nan, 0.5)
    plan = charts.plan(0.5, 1e4, 0, 100, 700, slack=0.5, fleets=1.2)
    chart, naive = np.zeros(1, CHART), Chart(100, 700, 1e4, 0.5, 1.2)
    _follow(chart, plan, values, lifts, 900)
    for index, (y, lift) in enumerate(zip(values.tolist(), lifts.tolist(), strict=True)):
        naive.follow(y, lift, index + 1)
    assert (naive.ring is not None) == (seed < 4)
    assert_same(chart[0], naive)


@pytest.mark.parametrize("slack", [0.5, 0.7])
def test_it_rings_by_chance_as_rarely_as_was_asked_for(slack: float) -> None:
    """Of normal values without a step, once in about `run_length` values: at most one and a half times as often."""
    run_length, values_each, chance = 2_000.0, 4_000, []
    plan = charts.plan(0.5, run_length, 0, 500, 10_000, slack=slack)
    rng = np.random.default_rng(7)
    for _ in range(200):
        _, rang = run(rng.standard_normal(500 + values_each), plan, 0.4)
        chance.append((rang - 500 if rang else values_each, bool(rang)))
    watched, alarms = sum(one for one, _ in chance), sum(rang for _, rang in chance)
    assert 0.4 < alarms * run_length / watched < 1.5


@pytest.mark.parametrize("sign", [1, -1])
def test_a_step_is_found_with_its_size_and_its_beginning(sign: int) -> None:
    """In the median: within what `found_after` promises, the last good time within 15 values, the size to a quarter."""
    plan = charts.plan(0.05, 1e5, 0, 2_000, 2_000, slack=0.5)
    rng, found = np.random.default_rng(3), []
    for _ in range(100):
        values = rng.standard_normal(4_000)
        values[2_000:] += sign * 0.5
        chart, rang = run(values, plan, 0.5)
        said = charts.figures("x", chart, plan[0])
        if rang > 2_000:
            assert said.alarm is not None
            found.append((rang - 2_000, said.alarm.good_ns - 2_000, said.alarm.step_percent))
    after, good, step = np.median(np.array(found, float), axis=0)
    assert len(found) > 95
    assert after < 90
    assert abs(good) < 15
    assert sign * step == pytest.approx(5.0, rel=0.25)


def test_strangers_ring_without_a_size() -> None:
    """A value that hardly ever occurred, more often than not: the chart says strange, since when, and no percent."""
    chart, plan = np.zeros(1, CHART), charts.plan(0.05, 1e5, 0, 10, 20, slack=0.5)
    _follow(chart, plan, np.arange(20.0), np.full(20, 1e-9), 20)
    naive = Chart(10, 20, 1e5, 0.5)
    for index in range(20):
        naive.follow(float(index), 1e-9, index + 1)
    pattern = [True, False] * 20 + [True, True, False] * 40
    for index, strange in enumerate(pattern):
        _see(chart, plan, strange, 100 + index)
        naive.see(strange, 100 + index)
    assert_same(chart[0], naive)
    said = charts.figures("x", chart[0], plan[0])
    assert said.stage is charts.Stage.ALARM
    assert said.alarm is not None
    assert (said.alarm.sign, said.alarm.step_percent) == (charts.Sign.STRANGE, None)
    assert 100 <= said.alarm.good_ns <= 142


@kernel
def _see(chart: np.void, plan: np.void, strange: bool, time_ns: int) -> None:
    cusum.follow_strangers(chart[0], plan[0], strange, time_ns)


def test_a_constant_value_never_rings() -> None:
    """Without scatter there is nothing to measure a step by; the chart goes on learning."""
    chart, rang = run(np.ones(3_000), charts.plan(0.05, 1e4, 0, 100, 1_000, slack=0.5), 0.5)
    assert rang == 0
    assert chart["watched"] == 0
    assert charts.figures("x", chart, charts.plan(0.05, 1e4, 0, 100, 1_000, slack=0.5)[0]).threshold is None
