"""Runs of benchmarks/accuracy, small: limits hold or are seen to be missed, and every figure can be found again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import __main__ as program
from benchmarks.accuracy import report, worst
from benchmarks.accuracy.crossings import Outcome, joined, measured
from benchmarks.accuracy.figures import figures
from benchmarks.accuracy.run import Line, line, run
from benchmarks.accuracy.scenarios import PART, Limit, Part, Scenario, parts, read_scenarios
from sensors.simulator.signals.faults import FAULTS
from sensors.simulator.signals.frame_truth import FrameTruth
from sensors.simulator.signals.layouts import LAYOUTS
from service.measuring import Meter
from wim.frames import Frame, FrameError
from wim.records import Flag, Passages, blank
from wim.sites import Lane, Site

SCENARIOS = {scenario.id: scenario for scenario in read_scenarios()}
#: What the pretended meter says of its own errors, and errs by.
SIGMA = 0.01


class Told:
    """A meter that knows the truth and errs by 1 %: gross weights off by `bias`, lost and flagged as it is told."""

    def __init__(self, truths: dict[int, FrameTruth], bias: float = 0.0, flags: int = 0, lost: int = 0) -> None:
        self._truths, self._bias, self._flags, self._lost = truths, bias, flags, lost
        self._random = np.random.default_rng(3)

    def measure(self, frame: Frame) -> Passages:
        """The vehicles of the truth, without the first `lost` axles."""
        truth = self._truths[int(frame.head["sequence"])]
        passages = blank(len(truth.vehicles))
        for passage, vehicle in zip(passages, truth.vehicles, strict=True):
            factor = 1 + self._bias + SIGMA * self._random.standard_normal()
            left, right = np.array([vehicle.left_kg, vehicle.right_kg])[:, self._lost :] * factor
            passage["site"], passage["lane"] = frame.head["site"], frame.head["lane"]
            passage["time_ns"], passage["plate"] = vehicle.time_ns, vehicle.plate.encode()
            passage["left_kg"][: len(left)], passage["right_kg"][: len(left)] = left, right
            passage["spacing_mm"][: len(left) - 1] = vehicle.spacing_mm[self._lost :]
            passage["gross_kg"], passage["axle_count"] = round(left.sum() + right.sum()), len(left)
            passage["gross_sigma"], passage["flags"] = SIGMA, self._flags | Flag.SIMULATED
            passage["speed_kmh"], passage["acceleration_ms2"] = vehicle.speed_kmh, vehicle.acceleration_ms2
        return passages


def told(scenario: Scenario, frames: int, **how: float) -> Callable[[Site, Lane], Meter]:
    """A maker of such meters for the first part of a scenario."""
    truths = {captured.truth.sequence: captured.truth for captured in scenario.captured(0, frames)}
    return lambda site, lane: Told(truths, **how)  # type: ignore[arg-type]


def outcome_of(id_: str, frames: int, **how: float) -> Outcome:
    """What such a meter makes of the first frames of a scenario."""
    return measured(Part(SCENARIOS[id_], 0, frames), told(SCENARIOS[id_], frames, **how))


def line_of(id_: str, frames: int, **how: float) -> Line:
    """The same as a line of a result."""
    return line(SCENARIOS[id_], outcome_of(id_, frames, **how))


def test_every_layout_and_every_fault_has_a_scenario() -> None:
    """What the simulator can lay or break is measured: a new layout or fault needs a row."""
    steady = {(row.layout, row.recipe.speed_kmh[0]) for row in SCENARIOS.values() if row.group == "steady"}
    assert steady == {(layout, speed) for layout in LAYOUTS for speed in (5, 10, 20, 40, 60, 80, 100)}
    assert {row.fault for row in SCENARIOS.values()} - {""} == set(FAULTS)
    assert all(Flag[name] for row in SCENARIOS.values() for name in row.expect)


def test_the_limits_are_those_of_the_design() -> None:
    """The table of the measurement design, row by row."""
    ratio = {id_: row.limits["sigma_ratio"].most for id_, row in SCENARIOS.items() if "sigma_ratio" in row.limits}
    assert ratio == {"A12": 0.96, "A13": 0.99, "A19": 0.92, "A20": 0.86, "A27": 0.80}
    of = SCENARIOS["A13"].limits
    assert (of["mean_error_percent"].least, of["mean_error_percent"].most) == (-0.2, 0.2)
    assert (of["coverage_percent"].least, of["coverage_percent"].most) == (93.5, 96.5)
    assert (of["speed_sigma_percent"].most, of["spacing_sigma_mm"].most) == (0.5, 15)
    assert SCENARIOS["T01"].limits["axles_right_percent"] == Limit(least=99.95, frames=10_000, source="design")
    assert (SCENARIOS["D01"].limits["mean_error_percent"].most, SCENARIOS["F01a"].limits["found_percent"].least) == (
        0.3,
        97,
    )


def test_a_table_with_a_wrong_row_is_refused(tmp_path: Path) -> None:
    """An id that comes twice, or a key that nobody reads, is told by its name."""
    table = tmp_path / "scenarios.toml"
    row = '{ id = "A01", group = "empty", layout = "1", speed_kmh = 5, frames = 10 }'
    table.write_text(f"scenario = [{row}, {row}]\n[limits.empty]\n")
    with pytest.raises(ValueError, match="ids that come twice: A01"):
        read_scenarios(table)
    table.write_text(f"scenario = [{row.replace('frames', 'frame')}]\n[limits.empty]\n")
    with pytest.raises(ValueError, match=r"scenario A01: .*'frame'"):
        read_scenarios(table)


def test_the_same_scenario_gives_the_same_frames() -> None:
    """A part's frames are those of its seed, whatever else is run; a longer part begins with a shorter one's."""
    scenario = SCENARIOS["A13"]
    few, more = list(scenario.captured(1, 2)), list(scenario.captured(1, 3))
    assert few == more[:2]
    assert list(scenario.captured(0, 2)) != few
    assert [(part.number, part.frames) for part in parts(scenario, PART + 5)] == [(0, PART), (1, 5)]


def test_a_limit_is_widened_on_fewer_frames_only() -> None:
    """Three standard errors below the frames that it asks for, none from there on."""
    limit = Limit(-0.2, 0.2, frames=2_000)
    assert limit.widened(2_000, 0.1) == limit
    assert limit.widened(1_999, 0.1).most == pytest.approx(0.5)
    assert str(limit) == "-0.2 … 0.2"
    assert not limit.kept(float("nan"))


def test_a_meter_that_errs_as_it_says_keeps_its_limits() -> None:
    """Unbiased, 1 % off, saying so: every limited figure is met, and the line is JSON."""
    found = line_of("A13", 60)
    assert found["met"]
    assert found["missed"] == []
    assert found["figures"]["coverage_percent"]["value"] == pytest.approx(95, abs=8)
    assert found["figures"]["sigma_ratio"]["value"] == pytest.approx(0.01 / 0.018, rel=0.4)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"bias": 0.02}, {"mean_error_percent", "coverage_percent"}),
        ({"flags": int(Flag.STRIP_FAULT)}, {"false_flags_percent"}),
        ({"lost": 1}, {"axles_right_percent", "mean_error_percent", "coverage_percent"}),
    ],
)
def test_a_worse_meter_misses_its_limits(how: dict[str, float], expected: set[str]) -> None:
    """A bias of 2 %, a flag without a reason, a lost axle: each is seen, by the figure that is about it."""
    assert expected <= set(line_of("A13", 60, **how)["missed"])


def test_a_meter_that_breaks_is_no_success() -> None:
    """What it raises is told with its frame; the vehicle counts as missed."""

    class Broken:
        def measure(self, frame: Frame) -> Passages:
            raise ZeroDivisionError("no speed")

    scenario = SCENARIOS["A13"]
    found = line(scenario, measured(Part(scenario, 0, 3), lambda site, lane: Broken()))
    assert not found["met"]
    assert found["failed"][0] == "part 0, frame 0: ZeroDivisionError('no speed')"
    assert found["figures"]["missed_percent"]["value"] == 100
    assert "failed: part 0" in report.missed([found])


def test_a_refused_frame_is_no_failure() -> None:
    """A dead letter with its reason gives no passage, which the figures show, and the run goes on."""

    class Refusing:
        def measure(self, frame: Frame) -> Passages:
            raise FrameError("speed", "nothing tells one")

    found = line(SCENARIOS["F20a"], measured(Part(SCENARIOS["F20a"], 0, 2), lambda site, lane: Refusing()))
    assert found["failed"] == []
    assert found["figures"]["missed_percent"]["value"] == 100
    assert found["figures"]["found_percent"]["value"] == 0


def test_a_kept_line_stays_until_its_scenario_is_run_again() -> None:
    """Fresh lines replace those of their scenarios; the order is that of the table; ids that are gone go."""
    kept = [{"scenario": "A13", "at": "old"}, {"scenario": "A12", "at": "old"}, {"scenario": "Z99", "at": "old"}]
    found = program.merged(kept, [{"scenario": "A13", "at": "new"}])
    assert found == [{"scenario": "A12", "at": "old"}, {"scenario": "A13", "at": "new"}]


def test_a_fault_is_found_by_its_flag_only() -> None:
    """Another flag grades a frame down and does not find its fault; without any, a wrong weight is silent."""
    silent = line_of("F01a", 12, bias=-0.3)["figures"]
    assert [silent[name]["value"] for name in ("found_percent", "lowered_percent", "silent_percent")] == [0, 0, 100]
    other = line_of("F01a", 12, bias=-0.3, flags=int(Flag.STRADDLING))["figures"]
    assert [other[name]["value"] for name in ("found_percent", "lowered_percent", "silent_percent")] == [0, 100, 0]
    right = line_of("F01a", 12, bias=-0.3, flags=int(Flag.STRIP_FAULT))
    assert right["figures"]["found_percent"]["value"] == 100
    assert right["met"]


def test_two_that_were_told_apart_need_no_flag() -> None:
    """Tailgating is found where both vehicles have their passages, or where it is said that there may be two."""
    assert line_of("F26a", 6)["figures"]["found_percent"]["value"] == 100
    assert line_of("F26a", 6, lost=1)["figures"]["found_percent"]["value"] == 0
    assert line_of("F26a", 6, lost=1, flags=int(Flag.TAILGATING))["figures"]["found_percent"]["value"] == 100


def test_a_passage_of_nothing_is_a_ghost() -> None:
    """Empty frames must give none; the share of those that do is limited to zero."""
    scenario = SCENARIOS["E01"]
    assert line(scenario, outcome_of("E01", 5))["met"]

    class Haunted:
        def measure(self, frame: Frame) -> Passages:
            return blank(1)

    found = line(scenario, measured(Part(scenario, 0, 5), lambda site, lane: Haunted()))
    assert found["missed"] == ["ghosts_percent"]
    assert found["figures"]["ghosts_percent"]["value"] == 100


def test_each_vehicle_of_a_pair_has_its_own_passage() -> None:
    """Two vehicles are matched in their order; where one passage is missing, by the time of the other."""
    both = outcome_of("P01", 5)
    assert (both.crossings["axles"] == both.crossings["true_axles"]).all()
    scenario, truths = SCENARIOS["P01"], {}
    for captured in SCENARIOS["P01"].captured(0, 5):
        truths[captured.truth.sequence] = replace(captured.truth, vehicles=captured.truth.vehicles[1:])
    second = measured(Part(scenario, 0, 5), lambda site, lane: Told(truths)).crossings
    assert second["measured"].tolist() == [False, True] * 5


def test_a_limit_of_a_figure_that_nobody_makes_is_refused() -> None:
    """A misspelt limit would be kept for ever."""
    scenario = replace(SCENARIOS["A13"], limits={"mean_eror_percent": Limit()})
    with pytest.raises(ValueError, match="limits mean_eror_percent"):
        figures(scenario, outcome_of("A13", 3))


def test_parts_come_together_whatever_their_order(tmp_path: Path) -> None:
    """A scenario in one process is one line of all its frames, and the report shows it and its misses."""
    scenario = replace(SCENARIOS["A13"], frames=8)
    truths = told(scenario, 8, bias=0.05)
    (found,) = run([scenario], lambda row: row.frames, truths, processes=1)
    assert found["frames"] == 8
    both = joined([outcome_of("A13", 3), outcome_of("A13", 3)])
    assert (both.frames, len(both.crossings)) == (6, 6)
    origin = {"at": "now", "commit": "c0ffee", "dirty": False, "machine": {"cpu": "one", "cores": 2}}
    origin |= {"versions": {"python": "3.11", "numpy": "2", "numba": "0"}}
    page = report.page([found | origin])
    assert "A13: 2x4.0, 80 km/h" in page
    assert "commit c0ffee" in page
    assert "mean_error_percent" in page
    target = tmp_path / "page.md"
    target.write_text("no marks")
    with pytest.raises(ValueError, match="no place for the figures"):
        report.refresh(target, [found | origin])


def test_the_worst_vehicles_are_named_by_part_and_frame(capsys: pytest.CaptureFixture[str]) -> None:
    """A lost axle is among them with what was counted; a vehicle that was measured well is not."""
    assert len(worst.worst(outcome_of("A13", 4).crossings)) == 0
    rows = worst.worst(outcome_of("A13", 4, lost=1, flags=int(Flag.AXLE_UNCERTAIN)).crossings)
    assert rows["frame"].tolist() == [0, 1, 2, 3]
    assert "axles 5 of 6" in worst.told(rows[0], np.uint32(Flag.AXLE_UNCERTAIN))
    with pytest.raises(SystemExit):
        worst.main(["A00"])
    assert "there is no scenario A00" in capsys.readouterr().err
