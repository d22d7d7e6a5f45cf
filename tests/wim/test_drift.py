"""Drift as the traffic shows it: silent on the real record, sharp where its scale changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.drift.crossings import Road, crossings, with_step
from tests.wim import june
from wim.charts import Sign, Stage
from wim.drift import CHARTS, TrafficDrift
from wim.observations import Observations, of_passages
from wim.records import DAY_NS


def watched(*parts: Observations) -> TrafficDrift:
    """The charts after these trucks."""
    watch = TrafficDrift()
    for trucks in parts:
        watch.update(trucks)
    return watch


def pieces(trucks: Observations) -> dict[str, Observations]:
    """Whole, doubled to 30 days, halves, and from the third and the fourth day on."""
    half, day = len(trucks) // 2, trucks["time_ns"] // DAY_NS
    return {
        "whole": trucks,
        "doubled": june.doubled(trucks),
        "first half": trucks[:half],
        "second half": trucks[half:],
        "halves doubled": june.doubled(trucks[half:]),
        "later days": trucks[day >= day.min() + 3],
    }


@pytest.mark.parametrize("lane", [1, 2])
def test_nothing_rings_on_the_real_record(june_csv: Path, lane: int) -> None:
    """Neither whole nor in pieces, nor twice over as 30 days; the steering axle of lane 2 has two modes every day."""
    rang = {name: watched(one).alarms for name, one in pieces(june.trucks(june_csv, lane)).items()}
    assert {name: alarms for name, alarms in rang.items() if alarms} == {}


@pytest.mark.parametrize("lane", [1, 2])
def test_nothing_rings_on_the_real_record_in_another_order(june_csv: Path, lane: int) -> None:
    """Trucks shuffled within each hour, twenty ways."""
    thirty = june.doubled(june.trucks(june_csv, lane))
    assert [seed for seed in range(20) if watched(june.shuffled(thirty, seed)).alarms] == []


def test_the_charts_of_the_real_record_watch(june_csv: Path) -> None:
    """Silence is not sleep: all three charts of lane 2 watch most trucks; copied sides say nothing on lane 1."""
    figures = {one.chart: one for one in watched(june.trucks(june_csv, 2)).figures}
    assert [figures[name].stage for name in CHARTS] == [Stage.WATCHING] * 3
    assert min(one.watched for one in figures.values()) > 3_500
    sides = {one.chart: one for one in watched(june.trucks(june_csv, 1)).figures}["sides"]
    assert sides.stage is Stage.LEARNING
    assert sides.learnt < 300


@pytest.mark.parametrize(("factor", "sign"), [(1.05, Sign.HIGH), (0.95, Sign.LOW)])
def test_a_step_of_the_real_lane_is_found(june_csv: Path, factor: float, sign: Sign) -> None:
    """All weights of lane 2 from the tenth day on 5 % wrong: the steering axle alone rings, within about two days."""
    trucks = june.trucks(june_csv, 2).copy()
    begin_ns = int(trucks["time_ns"].min()) + 9 * DAY_NS
    for name in ("gross_kg", "steer_kg", "left_kg", "right_kg"):
        trucks[name][trucks["time_ns"] >= begin_ns] = trucks[name][trucks["time_ns"] >= begin_ns] * factor
    (alarm,) = watched(trucks).alarms
    assert (alarm.chart, alarm.sign) == ("steer", sign)
    assert begin_ns - DAY_NS < alarm.good_ns < begin_ns + DAY_NS
    assert alarm.at_ns < begin_ns + 2 * DAY_NS
    assert alarm.step_percent == pytest.approx(100 * (factor - 1), abs=2.0)


def test_another_mix_of_the_two_modes_is_no_drift(june_csv: Path) -> None:
    """Each heavy truck of lane 2 with a steering axle above 8 t comes twice from the eighth day on: nothing rings."""
    trucks = june.trucks(june_csv, 2)
    late = trucks["time_ns"] >= trucks["time_ns"].min() + 7 * DAY_NS
    heavy = late & (trucks["steer_kg"] > 8_000) & (trucks["axle_count"] == 4)
    assert heavy.sum() > 500
    assert watched(np.repeat(trucks, 1 + heavy)).alarms == ()


@pytest.mark.parametrize(("gain", "chart"), [((1.12, 1.0), "sides"), ((1.0, 0.88), "sides")])
def test_a_step_of_one_side_rings_the_sides(gain: tuple[float, float], chart: str) -> None:
    """Left against right moves by 12 %: the chart of the sides names it, and not later than in 200 trucks."""
    seen = with_step(crossings(Road(), 4_000, (31,)), 3_000, np.array([gain, gain]))
    alarms = {one.chart: one for one in watched(of_passages(seen.passages)[0]).alarms}
    assert alarms[chart].sign is Sign.HIGH
    assert alarms[chart].at_ns <= seen.passages["time_ns"][3_200]


def test_a_wrong_scale_of_the_speed_rings_the_ruler() -> None:
    """All spacings 4 % too long: the ruler rings, its size is right to 1 %, weights alone would not have shown it."""
    passages = crossings(Road(), 4_000, (32,)).passages.copy()
    passages["spacing_mm"][3_000:] = np.rint(passages["spacing_mm"][3_000:] * 1.04)
    (alarm,) = watched(of_passages(passages)[0]).alarms
    assert (alarm.chart, alarm.sign) == ("ruler", Sign.HIGH)
    assert alarm.step_percent == pytest.approx(4.0, abs=1.0)


def test_a_new_calibration_begins_anew() -> None:
    """And late trucks of the one before are passed over, whatever they weigh."""
    passages = crossings(Road(), 3_000, (33,)).passages.copy()
    passages["calibration"][2_000:] = 2
    passages["calibration"][2_500] = 1
    trucks = of_passages(passages)[0]
    late = np.flatnonzero(trucks["time_ns"] == passages["time_ns"][2_500])
    trucks["time_ns"][late] -= 600 * 60 * 10**9
    assert watched(trucks).trucks == int(np.sum(trucks["calibration"] == 2))
    again = trucks[trucks["calibration"] == 2]
    assert watched(trucks).save() == watched(again).save()


def test_an_alarm_rests_until_reset() -> None:
    """It neither moves nor goes away with the trucks that follow; after a reset everything is learnt again."""
    seen = with_step(crossings(Road(), 6_000, (34,)), 3_000, np.full((2, 2), 1.08))
    trucks = of_passages(seen.passages)[0]
    watch = watched(trucks[:4_500])
    rung = watch.alarms
    watch.update(trucks[4_500:])
    assert rung
    assert watch.alarms == rung
    watch.reset()
    watch.update(trucks[4_500:])
    assert watch.alarms == ()


def test_plans_of_another_shape_are_refused() -> None:
    """One plan for each chart, by name in the error."""
    with pytest.raises(ValueError, match="give one PLAN for each of steer, sides, ruler"):
        TrafficDrift(np.zeros(2, TrafficDrift()._plans.dtype))
