"""Faults and evasions of a scenario: from when to when, in which lane, and how many of the vehicles there.

What is wrong with an installation is wrong with it in the same way from one frame to the next: the same strip, by the
same amount. What drivers do, and what comes and goes by itself, is drawn anew for each vehicle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sensors.simulator.roads import Roads
from sensors.simulator.scenario import FaultPlan, Scenario, ScenarioError
from sensors.simulator.signals.faults import with_fault
from sensors.simulator.signals.scene import Scene
from wim.periods import NEVER_NS
from wim.sites import Lane

#: Faults that draw by vehicle; of all others the installation keeps what was drawn once.
_BY_VEHICLE: Final = frozenset(
    {"spike", "chattering_loop", "loop_disturbed", "cut_window", "missing_plate", "plate_swapped"}
    | {"stop_and_go", "reversing", "surge", "straddle", "edge", "s_path", "tailgating"}
)
#: What only befalls a vehicle that is alone on the strips.
_ALONE: Final = frozenset({"stop_and_go", "reversing", "surge", "tailgating", "cut_window"})
#: These hold up whoever comes behind.
_SLOW: Final = frozenset({"stop_and_go", "reversing"})


@dataclass(frozen=True)
class FaultWindow:
    """A plan in one lane: [from_ns, until_ns); `strip` is "" where the fault has none; `seed` is what lasts of it."""

    plan: FaultPlan
    lane: int
    from_ns: int
    until_ns: int
    strip: str
    seed: tuple[int, ...]

    def put_on(self, scene: Scene) -> Scene:
        """The scene with it."""
        return with_fault(scene, self.plan.kind, self.strip, self.plan.size, self.from_ns, self.seed)


class FaultWindows:
    """The windows of a scenario.

    Raises:
        ScenarioError: a plan names a site, lane or strip that the registry does not have.
    """

    def __init__(self, scenario: Scenario, roads: Roads) -> None:
        self._windows = [
            window for index, plan in enumerate(scenario.faults) for window in _windows(index, plan, scenario, roads)
        ]

    def at(self, lane: int, time_ns: int) -> list[FaultWindow]:
        """Those that hold in a lane, by its index, at a time."""
        return [row for row in self._windows if row.lane == lane and row.from_ns <= time_ns < row.until_ns]


def one_at_a_time(windows: Sequence[FaultWindow]) -> bool:
    """Whether vehicles keep so far apart that each has a frame of its own."""
    return any(window.plan.kind in _ALONE for window in windows)


def chosen(windows: Sequence[FaultWindow], *, held_up: bool, rng: np.random.Generator) -> list[FaultWindow]:
    """Those that one vehicle meets or does; whoever was held up long enough does not stop in his turn."""
    drawn = rng.random(len(windows))
    return [
        window
        for window, draw in zip(windows, drawn, strict=True)
        if draw < window.plan.share and not (held_up and window.plan.kind in _SLOW)
    ]


def _windows(index: int, plan: FaultPlan, scenario: Scenario, roads: Roads) -> list[FaultWindow]:
    key = f"fault[{index}]"
    from_ns = scenario.start_ns + round(plan.after_s * 1e9)
    until_ns = from_ns + round(plan.for_s * 1e9) if plan.for_s else NEVER_NS
    return [
        FaultWindow(plan, lane, from_ns, until_ns, _strip(key, plan, roads, lane, seed), _lasting(plan, seed))
        for lane in _lanes(key, plan, roads)
        for seed in [(scenario.seed, 5, index, lane)]
    ]


def _lasting(plan: FaultPlan, seed: tuple[int, ...]) -> tuple[int, ...]:
    return () if plan.kind in _BY_VEHICLE else seed


def _lanes(key: str, plan: FaultPlan, roads: Roads) -> list[int]:
    """The lanes of a plan that send frames, by index."""
    site = roads.site_index(plan.site)
    if site < 0:
        known = ", ".join(row.id for row in roads.sites)
        problem = f"is {plan.site!r}, which the registry does not have"
        raise ScenarioError(f"{key}.site", problem, f"write one of {known}")
    here = [index for index in np.flatnonzero(roads.lane_site == site).tolist() if roads.lanes[index].strips]
    if not here:
        problem = f"is {plan.site!r}, where no lane has strips"
        raise ScenarioError(f"{key}.site", problem, "declare strips of its lanes, or choose another site")
    wanted = [index for index in here if plan.lane in (0, roads.lanes[index].number)]
    if not wanted:
        known = ", ".join(str(roads.lanes[index].number) for index in here)
        problem = f"is {plan.lane}, which is no lane with strips at {plan.site}"
        raise ScenarioError(f"{key}.lane", problem, f"write one of {known}")
    return wanted


def _strip(key: str, plan: FaultPlan, roads: Roads, lane: int, seed: tuple[int, ...]) -> str:
    """The strip that the plan names, else one at random for all of its time."""
    row = roads.lanes[lane]
    keys = [strip.key for strip in row.strips]
    if plan.kind == "swapped_lines" and _lines(row) < 2:
        raise ScenarioError(f"{key}.kind", f"is 'swapped_lines', but lane {row.number} has one line", "choose another")
    if plan.strip and plan.strip not in keys:
        problem = f"is {plan.strip!r}, which lane {row.number} of {plan.site} does not have"
        raise ScenarioError(f"{key}.strip", problem, f"write one of {', '.join(keys)}")
    return plan.strip or str(np.random.default_rng(seed).choice(keys))


def _lines(lane: Lane) -> int:
    return len({strip.line for strip in lane.strips})
