"""Runs of a scenario and what they come to. Alarms are dated to the truck, so batches do not matter."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.drift.crossings import Seen, crossings, with_step
from benchmarks.drift.scenarios import Group, Scenario
from wim.charts import Alarm
from wim.drift import TrafficDrift
from wim.line_drift import LineDrift
from wim.observations import of_passages

Line = dict[str, Any]

#: Trucks after a step: who has not found it by then has missed it.
PATIENCE: Final = 3_000
#: After an alarm in a quiet run the charts begin anew with the next of these batches.
_BATCH: Final = 250


class Found(NamedTuple):
    """One run with a step; NaN where nothing rang. after: trucks or axles; good: trucks from step to last good time."""

    before: bool
    after: float
    good: float
    step_percent: float
    chart: str


def run(scenario: Scenario, runs: int) -> Line:
    """One line of figures."""
    quiet = scenario.group in (Group.LINE_QUIET, Group.SITE_QUIET)
    figures = _quiet(scenario, runs) if quiet else _stepped(scenario, runs)
    met = scenario.limit is None or figures["figure"] <= scenario.limit
    return {
        "scenario": scenario.id,
        "what": scenario.what,
        "runs": runs,
        **figures,
        "limit": scenario.limit,
        "source": scenario.source,
        "met": met,
    }


def _stepped(scenario: Scenario, runs: int) -> Line:
    found = [_find(scenario, seed) for seed in range(runs)]
    counted = [one for one in found if not one.before]
    after = np.array([one.after for one in counted])
    # Who missed it would have taken longer than anybody else.
    shown = np.where(np.isnan(after), np.inf, after)
    median, late = (float(np.quantile(shown, share, method="higher")) for share in (0.5, 0.9))
    return {
        "figure": median,
        "unit": "axles" if scenario.group is Group.LINE_STEP else "trucks",
        "late_tenth": late if math.isfinite(late) else None,
        "missed": int(np.isnan(after).sum()),
        "rung_before": len(found) - len(counted),
        "good_off_trucks": float(np.nanmedian([abs(one.good) for one in counted])),
        "step_percent": round(float(np.nanmedian([one.step_percent for one in counted])), 2),
        "charts": dict(Counter(one.chart for one in counted if one.chart)),
    }


def step_found(scenario: Scenario, runs: int) -> npt.NDArray[np.float64]:
    """Until the alarm, run by run, in the scenario's unit; NaN where it was missed or rang before."""
    found = (_find(scenario, seed) for seed in range(runs))
    return np.array([math.nan if one.before else one.after for one in found])


def _find(scenario: Scenario, seed: int) -> Found:
    begin = scenario.trucks
    seen = crossings(scenario.road, begin + PATIENCE, (_number(scenario), seed))
    gain = np.ones((len(scenario.road.line_m), 2))
    gain[slice(None) if scenario.group is Group.SITE_STEP else 0] = scenario.gain
    seen = with_step(seen, begin, gain)
    times = seen.passages["time_ns"]
    alarm = _first_alarm(scenario, seen)
    if alarm is None:
        return Found(False, math.nan, math.nan, math.nan, "")
    at = int(np.searchsorted(times, alarm.at_ns, side="right"))
    trucks = slice(begin, at)
    by_axles = scenario.group is Group.LINE_STEP
    after = float(seen.passages["axle_count"][trucks].sum()) if by_axles else float(at - begin)
    good = float(np.searchsorted(times, alarm.good_ns, side="right") - begin)
    step = math.nan if alarm.step_percent is None else alarm.step_percent
    return Found(at <= begin, after, good, step, alarm.chart)


def _first_alarm(scenario: Scenario, seen: Seen) -> Alarm | None:
    watch = _watch(scenario)
    _show(watch, seen)
    alarms = [one for one in watch.alarms if scenario.group is Group.LINE_STEP or one.chart == "steer"]
    return min(alarms, key=lambda one: one.at_ns, default=None)


def _quiet(scenario: Scenario, runs: int) -> Line:
    rung = Counter(chart for seed in range(runs) for chart in _false_alarms(scenario, seed))
    return {
        "figure": round(rung.total() / runs, 3),
        "unit": "alarms in 20 000 trucks" if scenario.group is Group.LINE_QUIET else "alarms in 30 days",
        "alarms": rung.total(),
        "trucks": runs * scenario.trucks,
        "charts": dict(rung),
    }


def _false_alarms(scenario: Scenario, seed: int) -> Iterator[str]:
    """The chart of each alarm; somebody looks at once, and the charts begin anew."""
    seen = crossings(scenario.road, scenario.trucks, (_number(scenario), seed))
    watch = _watch(scenario)
    for begin in range(0, scenario.trucks, _BATCH):
        _show(watch, Seen(seen.passages[begin : begin + _BATCH], seen.line_kg[begin : begin + _BATCH]))
        if watch.alarms:
            yield min(watch.alarms, key=lambda one: one.at_ns).chart
            watch.reset()


def _watch(scenario: Scenario) -> LineDrift | TrafficDrift:
    lines = scenario.group in (Group.LINE_STEP, Group.LINE_QUIET)
    return LineDrift(len(scenario.road.line_m)) if lines else TrafficDrift()


def _show(watch: LineDrift | TrafficDrift, seen: Seen) -> None:
    if isinstance(watch, LineDrift):
        watch.update(seen.passages, seen.line_kg)
    else:
        watch.update(of_passages(seen.passages)[0])


def _number(scenario: Scenario) -> int:
    """A seed of the scenario's own."""
    return ord(scenario.id[0]) * 100 + int(scenario.id[1:])
