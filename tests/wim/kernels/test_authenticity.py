"""The five figures of a lane's data: as the naive ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.reference.watching import figures, repeats
from tests.wim import june
from wim.authenticity import Authenticity
from wim.observations import Observations


def compare(trucks: Observations) -> None:
    """The figures of every single block, and of the first four together."""
    judge = Authenticity()
    judge.update(trucks)
    repeated = np.array(repeats(trucks["loads"].tolist()))
    form = judge._arrays["lanes"]["form_axles"][0]
    for first, last in [(0, 0), (1, 1), (2, 2), (3, 3), (0, 3)]:
        chosen = slice(500 * first, 500 * (last + 1))
        # The class is chosen by the first block, whose spacings are therefore not counted.
        spaced = trucks[slice(max(chosen.start, 500), chosen.stop)]
        wanted = figures(trucks[chosen], None, int(repeated[chosen].sum()))
        wanted[2] = figures(spaced, form, 0)[2] if last else np.nan
        np.testing.assert_allclose(judge._figures(first, last)[0], wanted, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("lane", [1, 2])
def test_as_the_naive_figures_on_the_real_record(june_csv: Path, lane: int) -> None:
    """Both lanes; repeated trucks put in."""
    trucks = june.trucks(june_csv, lane)[:2_000].copy()
    trucks["loads"][700:750] = trucks["loads"][600:650]
    compare(trucks)


@pytest.mark.parametrize("seed", range(3))
def test_as_the_naive_figures_on_any_trucks(june_csv: Path, seed: int) -> None:
    """No limits, no sides, no speeds, no spacings: here and there, and everywhere."""
    rng = np.random.default_rng(seed)
    trucks = june.trucks(june_csv, 2)[seed * 500 : seed * 500 + 2_000].copy()
    for name, value in (
        ("limit_high_kg", 0),
        ("speed_kmh", np.nan),
        ("last_mm", 0),
        ("first_mm", 20_000),
        ("marks", 2),
    ):
        trucks[name][rng.random(2_000) < (0.1, 0.5, 1.0)[seed]] = value
    compare(trucks)
