"""From runs to a line of a result."""

from __future__ import annotations

import pytest

from benchmarks.screen import figures
from benchmarks.screen.figures import Bound


def test_a_bound_holds_on_its_right_side() -> None:
    """A rate must be reached, a latency not exceeded; the bound itself is good enough."""
    assert [Bound(2).kept(found) for found in (1.9, 2, 2.1)] == [False, True, True]
    assert [Bound(2, at_least=False).kept(found) for found in (1.9, 2, 2.1)] == [True, True, False]


def test_a_case_is_met_only_if_every_bound_is() -> None:
    """One figure out of two does not make a case."""
    must = {"ratio": Bound(0.3), "passages_per_s": Bound(1.2e6)}
    assert figures.judged({"ratio": 0.31, "passages_per_s": 1.3e6}, must, {})["met"] is True
    line = figures.judged({"ratio": 0.31, "passages_per_s": 1.1e6}, must, {"ratio": Bound(0.6)})
    assert line == {
        "must": {"ratio": ">= 0.3", "passages_per_s": ">= 1.2e+06"},
        "met": False,
        "aim": {"ratio": ">= 0.6"},
        "aim_met": False,
    }


def test_a_bounded_figure_that_was_not_measured_is_no_success() -> None:
    """A misspelt figure must not look like a kept bound."""
    with pytest.raises(KeyError):
        figures.judged({}, {"ratio": Bound(0.3)}, {})


def test_the_spread_of_the_runs_stays_visible() -> None:
    """Median, least, most, and every run in its order."""
    assert figures.spread([3.0, 1.0, 123_456.0]) == {
        "median": 3.0,
        "least": 1.0,
        "most": 123_500.0,
        "runs": [3.0, 1.0, 123_500.0],
    }
