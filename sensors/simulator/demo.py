"""The network that the demo runs on: a registry file beside this module. Only the roads' numbers are real.

On any other registry, traffic that nobody described is ordinary traffic.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sensors.simulator.registered import Registered, registered
from sensors.simulator.scenario import Scenario
from sensors.simulator.scenario_file import demo_scenario
from wim.sites import Network, parse_network

#: A whole registry, with stop points, squads and permits, for whoever runs the other processes on the same network.
DEMO_REGISTRY: Final = Path(__file__).with_name("demo_registry.toml")


def demo_network() -> Network:
    """Its corridors, junctions and sites."""
    return parse_network(_document(), DEMO_REGISTRY.name)


def demo_registered(at_ns: int) -> Registered:
    """The vehicles that it names, as they are in force at `at_ns`."""
    return registered(_document(), at_ns)


def usual_scenario(document: Mapping[str, Any]) -> Scenario:
    """What to play where no scenario is given: the demo's on its own registry (a copy is the same one).

    On any other parsed registry: traffic of a usual national road on each of its corridors, at the day's own pace, and
    nothing planted, for a plan must know the roads.
    """
    return demo_scenario() if document == _document() else Scenario()


def _document() -> dict[str, Any]:
    return tomllib.loads(DEMO_REGISTRY.read_text("utf-8"))
