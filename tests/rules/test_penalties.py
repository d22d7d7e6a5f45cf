"""Penalty indications: the law's arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.penalties import FineRange, dimension_fine, mass_fine_yuan
from rules.ruleset import load_book

PENALTY = load_book().rule_sets[0].penalty


@pytest.mark.parametrize(
    ("excess_kg", "yuan"),
    [(-5, 0), (0, 0), (1_000, 0), (1_001, 500), (1_999, 500), (2_000, 1_000), (57_180, 28_500), (60_000, 30_000)],
)
def test_only_whole_tonnes_above_the_first_count(excess_kg: int, yuan: int) -> None:
    """The published case of 57 180 kg is 28 500 yuan."""
    assert mass_fine_yuan(excess_kg, PENALTY) == yuan


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_fine_grows_with_the_excess_up_to_its_cap(one: int, other: int) -> None:
    """Never more than 30 000 yuan, never less for more."""
    low, high = (mass_fine_yuan(excess, PENALTY) for excess in sorted((one, other)))
    assert low <= high <= 30_000


@pytest.mark.parametrize(
    ("size_mm", "fine"),
    [
        ((20_000, 3_000, 4_200), FineRange(0, 200)),
        ((20_001, 3_000, 4_200), FineRange(200, 1_000)),
        ((28_000, 3_750, 4_500), FineRange(200, 1_000)),
        ((18_000, 3_000, 4_501), FineRange(1_000, 3_000)),
    ],
)
def test_dimensions_fall_into_the_first_band_that_holds_them(size_mm: tuple[int, int, int], fine: FineRange) -> None:
    """Art. 43: the largest dimension decides."""
    assert dimension_fine(*size_mm, PENALTY) == fine
