"""The Monte Carlo of the watch, small: its limits hold on the same trucks every time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift import __main__ as program
from benchmarks.drift import plots
from benchmarks.drift.crossings import Road, crossings, with_step
from benchmarks.drift.run import run
from benchmarks.drift.scenarios import SCENARIOS, Scenario

SMALL = [scenario for scenario in SCENARIOS if scenario.small]


@pytest.mark.parametrize("scenario", SMALL, ids=[scenario.id for scenario in SMALL])
def test_the_limits_hold_in_the_small_selection(scenario: Scenario) -> None:
    """A step is found as soon, and none is found as rarely, as the design asks for; nearly no run misses its step."""
    line = run(scenario, scenario.small)
    assert line["met"], line
    assert line.get("missed", 0) + line.get("rung_before", 0) <= 0.1 * scenario.small, line


def test_a_limit_that_is_missed_is_seen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The program says so in its line and ends with 1."""
    harder = replace(SMALL[0], runs=3, limit=6.0)
    monkeypatch.setattr(program, "SCENARIOS", (harder,))
    assert program.main(["--scenario", harder.id]) == 1
    line = json.loads(capsys.readouterr().out)
    assert (line["met"], line["runs"]) == (False, 3)
    assert line["figure"] > 6.0


def test_an_unknown_scenario_is_refused() -> None:
    """By its name."""
    with pytest.raises(SystemExit, match="no scenario or group X9"):
        program.main(["--scenario", "X9"])


def test_every_id_is_there_once() -> None:
    """And each limit says whose it is."""
    assert len({scenario.id for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(bool(scenario.source) == (scenario.limit is not None) for scenario in SCENARIOS)


def test_lines_differ_as_much_as_the_design_says() -> None:
    """12 … 14 % an axle and 5 … 6 % a truck, for two lines four metres apart."""
    kg = crossings(Road(), 6_000, (1,)).line_kg.astype(float)
    axle = np.log(kg[:, :, 0].sum(axis=-1) / kg[:, :, 1].sum(axis=-1)).std(axis=0)
    truck = np.log(kg[:, :, 0].sum(axis=(1, 2)) / kg[:, :, 1].sum(axis=(1, 2))).std()
    assert ((axle > 0.12) & (axle < 0.14)).all()
    assert 0.05 < truck < 0.06


def test_a_step_changes_what_follows_it_and_nothing_before() -> None:
    """Lines, wheels and gross weights, all by the same share."""
    seen = crossings(Road(), 100, (2,))
    after = with_step(seen, 60, np.full((2, 2), 1.1))
    assert after.passages[:60].tobytes() == seen.passages[:60].tobytes()
    np.testing.assert_allclose(after.passages["gross_kg"][60:] / seen.passages["gross_kg"][60:], 1.1, rtol=1e-3)
    np.testing.assert_allclose(after.line_kg[60:], seen.line_kg[60:] * np.float32(1.1), rtol=1e-6)


def test_the_pictures_are_the_same_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and all; no time, no chance."""
    monkeypatch.setattr(plots, "_RUNS", 2)
    first, again = (plots.draw_all(tmp_path / name) for name in ("first", "again"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert b"2 %" in first[0].read_bytes()
