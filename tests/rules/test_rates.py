"""Guarantees of the interval of an overload rate and of the difference of two."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.rates import Z_95, Rate, Spread, design_effect, difference, rate_of, spread_of, wilson

COUNTS = st.integers(1, 5_000).flatmap(lambda trucks: st.tuples(st.integers(0, trucks), st.just(trucks)))


def test_wilson_agrees_with_its_published_example() -> None:
    """81 of 263 gives 0.2553 to 0.3662: Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_difference_agrees_with_its_published_example() -> None:
    """56 of 70 minus 48 of 80 gives 0.0524 to 0.3339: Newcombe, Statistics in Medicine 17 (1998) 873, method 10 (a)."""
    one, other = rate_of(56, 70), rate_of(48, 80)
    assert one is not None
    assert other is not None
    found = difference(one, other)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(COUNTS)
def test_ends_of_the_interval_are_those_where_the_score_test_turns(counts: tuple[int, int]) -> None:
    """Wilson's ends are the rates from which the observed one is exactly 1.96 standard errors away."""
    over, trucks = counts
    for end in wilson(over / trucks, trucks):
        error = math.sqrt(end * (1 - end) / trucks)
        assert abs(over / trucks - end) == pytest.approx(Z_95 * error, abs=1e-9)


@given(COUNTS, st.floats(0.1, 200))
def test_rate_lies_within_its_interval_whatever_the_design_effect(counts: tuple[int, int], effect: float) -> None:
    """The interval holds its own rate, stays within 0 and 1, and never shrinks under a design effect."""
    plain, spread = rate_of(*counts), rate_of(*counts, effect)
    assert plain is not None
    assert spread is not None
    assert 0 <= spread.low <= spread.value <= spread.high <= 1
    assert spread.low <= plain.low + 1e-12
    assert spread.high >= plain.high - 1e-12


def test_no_truck_no_rate() -> None:
    """Without a truck there is no rate, which is not the rate 0."""
    assert rate_of(0, 0) is None
    assert rate_of(0, 5) == Rate(0.0, 0.0, wilson(0.0, 5)[1])


@given(st.lists(COUNTS, min_size=2, max_size=20))
def test_design_effect_is_the_ratio_of_the_two_variances(days: list[tuple[int, int]]) -> None:
    """The design effect is Cochran's variance of a ratio over that of a binomial share, written out."""
    trucks, over = [n for _, n in days], [y for y, _ in days]
    total, rate = sum(trucks), sum(over) / sum(trucks)
    assume(0 < rate < 1)
    scatter = sum((y - rate * n) ** 2 for n, y in zip(trucks, over, strict=True))
    clustered = len(days) / (len(days) - 1) * scatter / total**2
    assert effect_of(trucks, over) == pytest.approx(clustered / (rate * (1 - rate) / total), abs=1e-9)


def test_design_effect_of_independent_trucks_is_about_one() -> None:
    """Trucks that are drawn one by one give a design effect near 1, and days that agree within give a large one."""
    draw = random.Random(1)
    trucks = [draw.randint(200, 400) for _ in range(400)]
    independent = [sum(draw.random() < 0.2 for _ in range(n)) for n in trucks]
    together = [n if draw.random() < 0.2 else 0 for n in trucks]
    assert effect_of(trucks, independent) == pytest.approx(1.0, abs=0.25)
    assert effect_of(trucks, together) > 200


def test_days_without_trucks_say_nothing() -> None:
    """Site-days without a truck neither widen nor narrow the interval, and one day alone has no spread."""
    assert effect_of([100, 0, 120, 0], [10, 0, 40, 0]) == effect_of([100, 120], [10, 40])
    assert effect_of([100, 0], [10, 0]) == 1.0
    assert effect_of([], []) == 1.0


def test_spread_of_a_year_loses_no_digit() -> None:
    """A million site-days that hardly differ give the small effect of a few, not the noise of cancelled sums."""
    alike = effect_of([100_000, 100_001] * 3, [50_000, 50_001] * 3)
    many = Spread(*(part * 200_000 for part in vars_of(total([100_000, 100_001] * 3, [50_000, 50_001] * 3))))
    assert design_effect(many) == pytest.approx(alike * 5 / 6, rel=1e-5)


def test_interval_of_clustered_days_covers_the_truth() -> None:
    """Over 400 periods of 60 days that differ, the interval holds the true rate about 95 times in 100."""
    draw = np.random.default_rng(7)
    hits = 0
    for _ in range(400):
        trucks = draw.integers(50, 150, 60)
        over = draw.binomial(trucks, draw.beta(2, 18, 60))
        rate = rate_of(int(over.sum()), int(trucks.sum()), effect_of(trucks.tolist(), over.tolist()))
        assert rate is not None
        hits += rate.low <= 0.1 <= rate.high
    assert 0.91 <= hits / 400 <= 0.98


@given(COUNTS, COUNTS)
def test_difference_is_antisymmetric_and_holds_its_value(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Swapping the two rates mirrors the interval, which always holds the difference."""
    first, second = rate_of(*one), rate_of(*other)
    assert first is not None
    assert second is not None
    there, back = difference(first, second), difference(second, first)
    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


def effect_of(trucks: Sequence[int], over: Sequence[int]) -> float:
    return design_effect(total(trucks, over))


def total(trucks: Sequence[int], over: Sequence[int]) -> Spread:
    return sum(map(spread_of, trucks, over), Spread())


def vars_of(spread: Spread) -> list[int]:
    return [getattr(spread, field.name) for field in fields(spread)]
