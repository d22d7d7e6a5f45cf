"""Scale and strips: what is far apart by the strips' own uncertainty."""

from __future__ import annotations

import math

import pytest

from dispatch.weighings import USUAL_SIGMA, far_apart, sigma_of


@pytest.mark.parametrize("sigma", [None, math.nan, 0.0, -0.1, 0.4, math.inf])
def test_a_passage_without_a_believable_sigma_gets_that_of_class_5(sigma: float | None) -> None:
    """As the verdict did (decision.md §5)."""
    assert sigma_of(sigma) == USUAL_SIGMA


@pytest.mark.parametrize(("static_kg", "far"), [(50_000, False), (54_000, False), (54_001, True), (45_999, True)])
def test_far_is_beyond_so_many_sigmas_either_way(static_kg: int, far: bool) -> None:
    """4 σ of 2 % of 50 t are 4 t."""
    assert far_apart(static_kg, 50_000, 0.02, 4.0) is far
