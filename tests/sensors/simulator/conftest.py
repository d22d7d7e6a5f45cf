"""Traffic to look at: one day of the demo's network at its own pace, and a morning with one of everything planted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sensors.simulator.scenario_file import demo_scenario
from tests.sensors.simulator.runs import MIDNIGHT_NS, Played, one_of_everything, play
from wim.records import DAY_NS, HOUR_NS


@pytest.fixture(scope="session")
def day() -> Played:
    """A day from local midnight at the road's own pace, nothing planted."""
    scenario = replace(demo_scenario(), planted=(), rate_per_s=None, start_ns=MIDNIGHT_NS)
    return play(scenario, DAY_NS)


@pytest.fixture(scope="session")
def eventful() -> Played:
    """An hour and a half from eight o'clock in which every kind of event is planted once."""
    scenario = replace(demo_scenario(), planted=one_of_everything(), rate_per_s=3.0, start_ns=MIDNIGHT_NS + 8 * HOUR_NS)
    return play(scenario, HOUR_NS + HOUR_NS // 2)
