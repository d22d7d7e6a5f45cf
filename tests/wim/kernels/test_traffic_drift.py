"""The three charts of a lane's traffic: as the naive ones, on mixed trucks and on the real record."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift.crossings import Road, crossings, with_step
from tests.reference.watching import Traffic
from tests.wim import june
from tests.wim.kernels.charted import assert_same
from wim import charts
from wim.drift import TrafficDrift
from wim.observations import Observations, of_passages

#: Short, so that the naive charts, which keep everything, come to an end.
PLANS = np.concatenate(
    [
        charts.plan(0.05, 1e4, 200, 100, 500, slack=0.5, fleets=1.15),
        charts.plan(0.10, 1e4, 200, 100, 500, slack=0.7, fleets=2.0),
        charts.plan(0.03, 1e4, 200, 100, 500, slack=0.7),
    ]
)


def compare(trucks: Observations) -> Traffic:
    """Both on the same trucks."""
    watch, naive = TrafficDrift(PLANS), Traffic(PLANS)
    watch.update(trucks)
    for truck in trucks:
        naive.see(truck)
    assert watch.steer_axles == naive.steer_axles
    for found, density in zip(watch._arrays["charts"], (naive.steer, naive.sides, naive.ruler), strict=True):
        assert found["learnt"] == len(density.learnt)
        assert_same(found, density.chart)
    return naive


@pytest.mark.parametrize("gain", [1.0, 1.08, 0.9])
def test_as_the_naive_charts(gain: float) -> None:
    """With and without a step of the site; some trucks are unfit, some have no sides."""
    seen = with_step(crossings(Road(six_axle_share=0.7), 2_500, (11,)), 1_500, np.full((2, 2), gain))
    trucks = of_passages(seen.passages)[0]
    rng = np.random.default_rng(2)
    trucks["marks"] = rng.choice([0, 2, 8], len(trucks), p=[0.9, 0.05, 0.05])
    assert (compare(trucks).steer.chart.ring is not None) == (gain != 1.0)


def test_as_the_naive_charts_on_the_real_record(june_csv: Path) -> None:
    """Two modes, copied sides, every class."""
    compare(june.trucks(june_csv, 2)[:2_000])
    compare(june.trucks(june_csv, 1)[:1_000])
