"""Simulations to look at: how to run one, and a plan with one of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sensors.simulator.demo import demo_network, demo_registered
from sensors.simulator.health import Beat
from sensors.simulator.scenario import OUTAGE_SECONDS, VEHICLE_KINDS, Planted, Scenario
from sensors.simulator.traffic import Step, Traffic
from sensors.simulator.truth import Truth
from wim.records import Passages

SECOND_NS = 10**9

#: 2026-06-01T00:00:00+08:00.
MIDNIGHT_NS = 1_780_243_200 * SECOND_NS


@dataclass(frozen=True)
class Played:
    """A simulation that has been run."""

    traffic: Traffic
    steps: Sequence[Step]

    @cached_property
    def passages(self) -> Passages:
        return np.concatenate([step.passages for step in self.steps])

    @cached_property
    def truth(self) -> Truth:
        return np.concatenate([step.truth for step in self.steps])

    @cached_property
    def sent(self) -> Truth:
        """The truth of what was recorded."""
        return self.truth[self.truth["sent"]]

    @cached_property
    def beats(self) -> list[Beat]:
        return [beat for step in self.steps for beat in step.health]


def recorded(played: Played) -> tuple[Passages, Truth]:
    """Each recorded crossing once: its record and, in the same place, its truth."""
    fields = ("site", "lane", "run", "sequence", "part")
    passages, truth = (rows[np.lexsort([rows[field] for field in fields])] for rows in (played.passages, played.sent))
    repeated = np.all([passages[field][1:] == passages[field][:-1] for field in fields], axis=0)
    return passages[np.append(True, ~repeated)], truth


def traffic_of(scenario: Scenario) -> Traffic:
    """The scenario on the demo's network."""
    return Traffic(scenario, demo_network(), demo_registered(scenario.start_ns))


def play(scenario: Scenario, for_ns: int) -> Played:
    """Run a scenario from its start."""
    traffic = traffic_of(scenario)
    return Played(traffic, list(traffic.play(until_ns=scenario.start_ns + for_ns)))


def one_of_everything() -> tuple[Planted, ...]:
    """Each kind once, vehicles two minutes apart, failures at places where no planted vehicle comes in time."""
    vehicles = [
        Planted(kind, 60.0 + 120 * index, corridor="G104" if kind.startswith("permit") else "S340")
        for index, kind in enumerate(VEHICLE_KINDS)
    ]
    failures = [
        Planted(kind, 1_800.0 + 600 * index, site="G25-K047", lane=2 if kind == "camera_dark" else 0)
        for index, kind in enumerate(OUTAGE_SECONDS)
    ]
    return (*vehicles, *(replace(event, for_s=300.0) for event in failures))
