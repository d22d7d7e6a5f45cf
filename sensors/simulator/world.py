"""Everything that stays as it is through a simulation: what was asked for, the roads, the vehicles and their habits."""

from __future__ import annotations

from dataclasses import dataclass

from sensors.simulator.demand import Demand, demand
from sensors.simulator.fleet import Fleet, muster
from sensors.simulator.registered import Registered
from sensors.simulator.roads import Roads, survey
from sensors.simulator.scenario import Scenario, ScenarioError
from wim.sites import Network


@dataclass(frozen=True)
class World:
    """The setting that all parts of a simulation share and none changes."""

    scenario: Scenario
    roads: Roads
    demand: Demand
    fleet: Fleet
    names: Registered


def make_world(scenario: Scenario, network: Network, names: Registered) -> World:
    """The world of a scenario on a network with the vehicles that a registry names.

    Raises:
        NoRoadsError: the network has no site that a vehicle could meet.
        ScenarioError: the scenario describes a corridor that the network does not have.
    """
    for corridor in scenario.corridors:
        if corridor not in network.corridors:
            known = ", ".join(network.corridors)
            problem = f"has id {corridor!r}, which the registry does not have"
            raise ScenarioError("corridor", problem, f"write one of {known}")
    roads = survey(network)
    return World(scenario, roads, demand(scenario, roads), muster(scenario, names), names)
