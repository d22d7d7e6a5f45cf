"""Exclusions that lean are found, and those that do not are left alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.exclusions import LEAST, Excluded, leans, upper_tail


def excluded(severity: int = 2, corridor: str = "G104", day: int = 10) -> Excluded:
    return Excluded(severity, corridor, day, 30)


SHARES = {"G104": 0.7, "S340": 0.3}


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.01, 0.99))
def test_the_tail_is_the_sum_of_its_parts(least: int, trials: int, share: float) -> None:
    """Against the plain formula with exact coefficients."""
    plain = sum(
        math.comb(trials, count) * share**count * (1 - share) ** (trials - count) for count in range(least, trials + 1)
    )
    assert upper_tail(least, trials, share) == pytest.approx(plain, rel=1e-9, abs=1e-12)


def test_the_tail_at_its_ends() -> None:
    """None of them is certain to be reached, what cannot happen has no chance, and thousands are no overflow."""
    assert upper_tail(0, 10, 0.2) == 1.0
    assert upper_tail(1, 10, 0.0) == 0.0
    assert upper_tail(10, 10, 1.0) == 1.0
    assert 0 < upper_tail(1_100, 5_000, 0.2) < 0.001


def test_ordinary_exclusions_lean_nowhere() -> None:
    """As grave as all violations, on the roads where they are, all through the month."""
    month = [excluded(severity=5 if day % 5 == 0 else 2, day=day) for day in range(1, 31)]
    month = [Excluded(one.severity, "S340" if one.day % 3 == 0 else "G104", one.day, 30) for one in month]
    assert leans(month, 0.2, SHARES, 0.01) == ()


def test_exclusions_of_the_heaviest_are_found() -> None:
    """Nine of ten grave where one in five is."""
    (lean,) = leans([excluded(severity=5)] * 9 + [excluded()], 0.2, {"G104": 1.0}, 0.01)
    assert (lean.kind, lean.leaning, lean.excluded) == ("severity", 9, 10)
    assert lean.chance < 1e-5


def test_exclusions_at_the_end_of_the_month_are_found() -> None:
    """When the figures are about to be read."""
    (lean,) = leans([excluded(day=day) for day in (28, 29, 29, 30, 30, 7)], 0.2, {"G104": 1.0}, 0.01)
    assert (lean.kind, lean.leaning) == ("month_end", 5)


def test_exclusions_of_one_road_are_found() -> None:
    """All on the road that has a third of the violations; a road without any of them is the plainest case."""
    (lean,) = leans([excluded(corridor="S340", day=day) for day in range(1, 8)], 0.2, SHARES, 0.01)
    assert (lean.kind, lean.value) == ("corridor", "S340")
    assert leans([excluded(corridor="X1")] * LEAST, 0.2, SHARES, 0.01)[0].chance == 0.0


def test_a_handful_says_nothing() -> None:
    """Four exclusions of the heaviest are four exclusions."""
    assert leans([excluded(severity=6)] * (LEAST - 1), 0.2, SHARES, 0.01) == ()
