"""The simulator's benchmark tells what it measured."""

from __future__ import annotations

import json

import pytest

from benchmarks.simulator.__main__ import LANES, main
from sensors.simulator.signals.layouts import LAYOUTS


@pytest.mark.parametrize("case", ["2x4.0", "6x1.2", "scenario"])
def test_a_case_is_a_line_with_its_figures_and_its_yardstick(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As many frames as were asked for, on the strips of the case, each figure above nothing."""
    assert main(["--case", case, "--frames", "4", "--rounds", "2"]) == 0
    line = json.loads(capsys.readouterr().out)
    assert (line["case"], line["frames"], len(line["frames_per_cpu_s_rounds"])) == (case, 4, 2)
    assert line["frames_per_cpu_s"] == max(line["frames_per_cpu_s_rounds"]) > 0
    assert line["drawn_per_cpu_s"] > 0
    assert ("met" in line) == (case != "6x1.2")
    assert line["strips"] == {"2x4.0": 4, "6x1.2": 12}.get(case, line["strips"])


def test_every_case_is_a_layout_of_the_reference_lanes() -> None:
    """From four strips to twelve."""
    strips = {name: LAYOUTS[name].lines * (1 if LAYOUTS[name].full else 2) for name in LANES}
    assert sorted(strips.values()) == [4, 4, 6, 8, 12]
