"""Lines against each other: which, since when, by how much."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.drift.crossings import Road, Seen, crossings, with_step
from wim.charts import Alarm, Sign
from wim.line_drift import LineDrift

WARM = 3_000


def alarms_of(seen: Seen, lines: int) -> dict[str, Alarm]:
    """What rings."""
    watch = LineDrift(lines)
    watch.update(seen.passages, seen.line_kg)
    return {alarm.chart: alarm for alarm in watch.alarms}


def stepped(line_m: tuple[float, ...], line: int, gain: tuple[float, float], seed: int = 41) -> Seen:
    """A step of one line's left and right after three thousand trucks."""
    gains = np.ones((len(line_m), 2))
    gains[line] = gain
    return with_step(crossings(Road(line_m), WARM + 1_000, (seed,)), WARM, gains)


@pytest.mark.parametrize(("line", "sign"), [(0, Sign.HIGH), (1, Sign.LOW)])
def test_a_step_between_two_lines_is_found(line: int, sign: Sign) -> None:
    """Line 1 against the other, whichever has changed: 4 %, dated to the hour, its size to two percent."""
    seen = stepped((0.0, 4.0), line, (1.04, 1.04))
    alarm = alarms_of(seen, 2)["line 1"]
    begin_ns = int(seen.passages["time_ns"][WARM])
    assert alarm.sign is sign
    assert abs(alarm.good_ns - begin_ns) < 3_600 * 10**9
    assert alarm.at_ns < seen.passages["time_ns"][WARM + 150]
    assert alarm.step_percent == pytest.approx(4.0 if line == 0 else -3.8, abs=2.0)


def test_of_three_lines_the_one_that_changed_is_named() -> None:
    """Its own chart rings with the sign of the step; the others see it from the other side at most."""
    found = alarms_of(stepped((0.0, 1.5, 3.0), 1, (1.05, 1.05)), 3)
    assert found["line 2"].sign is Sign.HIGH
    assert {alarm.sign for name, alarm in found.items() if name in ("line 1", "line 3")} <= {Sign.LOW}


def test_a_side_that_changed_is_told_by_left_against_right() -> None:
    """Right of line 1 lost 4 %: left/right goes up within two hundred trucks."""
    seen = stepped((0.0, 4.0), 0, (1.0, 0.96))
    alarm = alarms_of(seen, 2)["line 1 left/right"]
    assert alarm.sign is Sign.HIGH
    assert alarm.at_ns < seen.passages["time_ns"][WARM + 200]


def test_a_site_step_moves_no_ratio() -> None:
    """Both lines 10 % too high: nothing rings here, that is the steering axle's to see."""
    seen = with_step(crossings(Road(), WARM + 1_000, (42,)), WARM, np.full((2, 2), 1.10))
    assert alarms_of(seen, 2) == {}


def test_a_new_calibration_begins_anew() -> None:
    """What was usual before says nothing of the lines after it."""
    seen = crossings(Road(), 2_500, (43,))
    passages = seen.passages.copy()
    passages["calibration"][1_500:] = 2
    watch, later = LineDrift(2), LineDrift(2)
    watch.update(passages, seen.line_kg)
    later.update(passages[1_500:], seen.line_kg[1_500:])
    assert watch.trucks == 1_000
    assert watch.save() == later.save()


def test_a_line_that_missed_an_axle_says_nothing_of_that_truck() -> None:
    """Half the trucks were missed by a line somewhere: the others are compared, and nothing rings."""
    seen = crossings(Road(), 3_000, (44,))
    line_kg = seen.line_kg.copy()
    line_kg[::2, 3, 1] = np.nan
    watch = LineDrift(2)
    watch.update(seen.passages, line_kg)
    assert watch.alarms == ()
    assert {figures.learnt for figures in watch.figures if figures.chart == "line 1"} == {1_200}


@pytest.mark.parametrize("lines", [0, 1, 17])
def test_lines_that_cannot_be_compared_are_refused(lines: int) -> None:
    """One line has nothing to be held against."""
    with pytest.raises(ValueError, match="cannot be compared"):
        LineDrift(lines)


@pytest.mark.parametrize("shape", [(9, 6, 2, 2), (10, 6, 3, 2), (10, 6, 2, 1)])
def test_loads_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    """With the shape that is needed."""
    with pytest.raises(ValueError, match=r"it must be \(10, axles, 2, 2\)"):
        LineDrift(2).update(crossings(Road(), 10, (1,)).passages, np.zeros(shape, np.float32))
