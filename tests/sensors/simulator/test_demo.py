"""The demo's registry is one that every part of the system accepts, in any year it may be run."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

import pytest

from sensors.simulator.demo import DEMO_REGISTRY, demo_network, demo_registered, usual_scenario
from sensors.simulator.scenario import Scenario
from sensors.simulator.scenario_file import demo_scenario
from service.registry import read_registry
from wim.periods import to_ns
from wim.records import Direction


def test_the_registry_is_valid_as_a_whole() -> None:
    """Sites, stop points, squads, permits and lists pass the reader that starts the processes."""
    registry = read_registry(DEMO_REGISTRY)
    assert len(registry.network.sites) == 6
    assert registry.squads
    assert registry.stop_points
    assert registry.register.permits


@pytest.mark.parametrize("year", range(2020, 2041))
def test_papers_are_in_force_whenever_the_demo_runs(year: int) -> None:
    """In any year each site has certificate and tolerance, some are approved, and permits hold."""
    at_ns = to_ns(datetime(year, 7, 1, tzinfo=UTC))
    sites = demo_network().sites.values()
    assert all(site.certificate_at(at_ns) and site.tolerance_at(at_ns) for site in sites)
    assert any(site.approval_at(at_ns) for site in sites)
    assert any(not site.approval_at(at_ns) for site in sites)
    names = demo_registered(at_ns)
    assert names.permits
    assert names.exempt
    assert names.watched
    assert names.vehicles


def test_permits_out_of_their_time_name_nobody() -> None:
    """Before its papers begin a vehicle does not drive under them."""
    names = demo_registered(to_ns(datetime(2015, 7, 1, tzinfo=UTC)))
    assert (names.permits, names.exempt) == ((), ())


def test_every_carriageway_with_a_site_has_a_place_to_stop_ahead() -> None:
    """A truck that is seen can be led off the road somewhere on its way, in both directions of every corridor."""
    registry = read_registry(DEMO_REGISTRY)
    places = {(stop.corridor, stop.direction) for stop in registry.stop_points.values()}
    assert places == {(corridor, direction) for corridor in registry.network.corridors for direction in Direction}


def test_the_registrys_plates_are_of_the_invented_block() -> None:
    """They begin with 0 behind the Z, so that no invented vehicle has one of them."""
    names = demo_registered(to_ns(datetime(2026, 7, 1, tzinfo=UTC)))
    plates = [
        *(permit.plate for permit in names.permits),
        *names.exempt,
        *names.watched,
        *(vehicle.plate for vehicle in names.vehicles),
    ]
    assert all(plate[1:3] == "Z0" for plate in plates)
    assert len(set(plates)) == len(plates)


def test_the_demos_registry_gets_the_demos_scenario_and_any_other_ordinary_traffic() -> None:
    """A copy is the demo's registry too; with one site less, what is planted may have lost its place."""
    document = tomllib.loads(DEMO_REGISTRY.read_text("utf-8"))
    assert usual_scenario(document) == demo_scenario()
    assert usual_scenario(document | {"site": document["site"][:-1]}) == Scenario()
