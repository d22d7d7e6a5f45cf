"""Scores of a distribution of any shape: as the naive ones, and blind to the mix of two modes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.reference.control_chart import Chart
from tests.reference.watching import Density, scores
from tests.wim.kernels.charted import assert_same
from wim import charts
from wim.kernels.cusum import CHART
from wim.kernels.density import OUT_OF_USE, follow_value, make_scores
from wim.kernels.jit import kernel


@kernel
def _follow(chart: np.void, plan: np.void, table: np.void, rows: np.void, places: np.void, scratch: np.void) -> None:
    for index in range(len(places)):
        row = rows[index]
        three = (row, max(row - 1, 0), row)
        follow_value(chart[0], plan[0], table, three, places[index], 2, index + 1, scratch)


@pytest.mark.parametrize("seed", range(4))
def test_scores_as_the_naive_ones(seed: int) -> None:
    """Of one mode, of two and of single values far off; too few values put a row out of use."""
    rng = np.random.default_rng(seed)
    places = np.concatenate([rng.normal(15, 3, 150), rng.normal(28, 2, 100 * (seed % 2)), [1.0, 38.0]])
    table = np.zeros((2, 40), np.float32)
    np.add.at(table[0], np.clip(places, 0, 39).astype(int), 1)
    table[1, 5] = 19
    counts = table[0].astype(float)
    for row in (0, 1):
        make_scores(table, row, np.empty(40))
    np.testing.assert_allclose(table[0], np.array(scores(counts), np.float32), rtol=1e-5, atol=1e-6)
    assert table[1, 0] == OUT_OF_USE
    assert np.isnan(table[1, 1:]).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_chart_of_scores_as_the_naive_one(seed: int) -> None:
    """Two rows, values beyond the ends, a row that is out of use, and a step."""
    rng = np.random.default_rng(seed)
    rows = rng.choice([0, 1, 2], 1_200, p=[0.6, 0.395, 0.005]).astype(np.int64)
    places = np.floor(rng.normal(20 + 4 * rows, 4.0)).astype(np.int64)
    places[800:] += 2 * seed
    plan = charts.plan(0.1, 1e4, 300, 100, 400, slack=0.5)
    chart, table = np.zeros(1, CHART), np.zeros((3, 40), np.float32)
    _follow(chart, plan, table, rows, places, np.empty(40))
    naive = Density(Chart(100, 400, 1e4, 0.5), 300, 40, 2)
    for index, (row, place) in enumerate(zip(rows.tolist(), places.tolist(), strict=True)):
        naive.follow((row, max(row - 1, 0), row), place, index + 1)
    assert (naive.chart.ring is not None) == (seed > 0)
    assert_same(chart[0], naive.chart)


def test_the_mix_of_two_modes_does_not_move_the_score() -> None:
    """Where the mean of the values moves by two standard deviations of a mode, that of the scores moves by a tenth."""
    rng = np.random.default_rng(5)

    def drawn(share: float) -> np.ndarray:
        return np.floor(np.where(rng.random(20_000) < share, rng.normal(14, 2, 20_000), rng.normal(26, 2, 20_000)))

    table = np.zeros((1, 40), np.float32)
    np.add.at(table[0], drawn(0.5).astype(int), 1)
    make_scores(table, 0, np.empty(40))
    before, after = drawn(0.5), drawn(0.83)
    score_before, score_after = (table[0][values.astype(int)] for values in (before, after))
    assert abs(after.mean() - before.mean()) / 2 > 1.9
    assert abs(np.nanmean(score_after) - np.nanmean(score_before)) < 0.1 * np.nanstd(score_before)
    shifted = table[0][(before + 2).astype(int)]
    assert np.nanmean(shifted) - np.nanmean(score_before) > 0.7 * np.nanstd(score_before)
    assert not math.isnan(table[0][20])
