"""The lanes that send frames: what was built into the road, once and for all of a simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensors.simulator.roads import Roads
from sensors.simulator.scenario import Scenario
from sensors.simulator.signals.footprint import Pavement
from sensors.simulator.signals.installation import Installation, Loop, install
from sensors.simulator.signals.strips import Bars
from sensors.simulator.signals.surroundings import Errors, bars, pavement
from wim.sites import Lane, Site

#: From the centre of a loop to the nearest line; a registry says nothing of loops.
_LOOP_M = 1.6


@dataclass(frozen=True)
class Equipment:
    """One lane: `bars` are its strips where they truly lie, `scale` is by how much all distances differ."""

    installation: Installation
    bars: Bars
    scale: float
    pavement: Pavement

    @property
    def loop_shift_m(self) -> npt.NDArray[np.float64]:
        """How far each loop lies from where the frame says."""
        return np.array([loop.position_m * (self.scale - 1) for loop in self.installation.loops])


def equip(scenario: Scenario, roads: Roads) -> Mapping[int, Equipment]:
    """Each lane that has strips in the registry, by its index."""
    return {
        index: _equipment(roads.sites[roads.lane_site[index]], lane, np.random.default_rng([scenario.seed, 4, index]))
        for index, lane in enumerate(roads.lanes)
        if lane.strips
    }


def _equipment(site: Site, lane: Lane, rng: np.random.Generator) -> Equipment:
    last_m = max(strip.position_m for strip in lane.strips)
    installation = install(site, lane, (Loop(-_LOOP_M), Loop(last_m + _LOOP_M)), rng)
    return Equipment(installation, *bars(installation, Errors(), rng), pavement(rng))
