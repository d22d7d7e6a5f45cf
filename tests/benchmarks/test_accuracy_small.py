"""CI's selection of benchmarks/accuracy: the meter keeps every limit on it, and one that is made worse does not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy import report
from benchmarks.accuracy.crossings import joined, measured
from benchmarks.accuracy.run import Line, line
from benchmarks.accuracy.scenarios import Scenario, parts, read_scenarios
from service.measuring import MakeMeter
from wim.frames import Frame
from wim.measure import Meter
from wim.records import Passages

SMALL = [scenario for scenario in read_scenarios() if scenario.small]


def small_line(scenario: Scenario, make_meter: MakeMeter = Meter) -> Line:
    """The result of a scenario's selection."""
    return line(scenario, joined([measured(part, make_meter) for part in parts(scenario, scenario.small)]))


@pytest.mark.parametrize("scenario", SMALL, ids=lambda scenario: scenario.id)
def test_accuracy_is_no_worse(scenario: Scenario) -> None:
    """Every limited figure of the scenario keeps its limit, widened for so few frames."""
    found = small_line(scenario)
    assert report.missed([found]) == ""
    assert found["met"]


class Biased(Meter):
    """A meter whose gain is 2 % off."""

    def measure(self, frame: Frame) -> Passages:
        """Everything 2 % too heavy."""
        passages = super().measure(frame)
        passages["gross_kg"] = np.rint(1.02 * passages["gross_kg"])
        return passages


class Plain(Meter):
    """A meter that takes the mean of its lines."""

    def measure(self, frame: Frame) -> Passages:
        """Gross weights by the mean of the lines, everything else as it is."""
        passages = super().measure(frame)
        loads = np.nansum(np.nanmean(self.line_kg, axis=2), axis=(1, 2)) if len(passages) else np.zeros(0)
        passages["gross_kg"] = np.rint(loads)
        return passages


@pytest.mark.parametrize(
    ("worse", "id_", "figure"), [(Biased, "A13", "mean_error_percent"), (Plain, "A20", "sigma_ratio")]
)
@pytest.mark.filterwarnings("ignore:Mean of empty slice:RuntimeWarning")
def test_a_worse_estimate_is_seen(worse: MakeMeter, id_: str, figure: str) -> None:
    """A gain that is 2 % off, or lines that are only averaged: the small selection is enough to fail."""
    scenario = next(row for row in SMALL if row.id == id_)
    assert figure in small_line(scenario, worse)["missed"]
