"""One truck is seen by site after site, as a truck on a road would be."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from sensors.simulator.demo import demo_network
from sensors.simulator.departures import NOT_PLANTED
from sensors.simulator.loading import Load
from sensors.simulator.routes import find_routes
from sensors.simulator.scenario import Planted, Scenario
from tests.sensors.simulator.runs import MIDNIGHT_NS, SECOND_NS, Played, play, traffic_of
from wim.records import HOUR_NS, Direction

REGISTERED = ("苏Z0T001", "苏Z0T002", "皖Z0T003")


def test_sites_are_passed_in_the_order_of_chainage(day: Played) -> None:
    """A trip meets the sites of a corridor in its direction, one after the other."""
    chainage = {site.id.encode(): (site.corridor, site.chainage_km) for site in day.traffic.world.roads.sites}
    lanes = {
        (site.id.encode(), lane.number): lane.direction
        for site in day.traffic.world.roads.sites
        for lane in site.lanes.values()
    }
    ordered = np.sort(day.truth[["trip", "time_ns", "site", "lane"]], order=["trip", "time_ns"])
    pairs = 0
    for one, other in itertools.pairwise(ordered):
        (corridor, km), (next_corridor, next_km) = chainage[one["site"]], chainage[other["site"]]
        if one["trip"] == other["trip"] and corridor == next_corridor:
            pairs += 1
            up = lanes[one["site"], one["lane"]] == Direction.UP
            assert (next_km > km) == up
    assert pairs > 10_000


def test_travel_takes_the_time_of_a_plausible_speed(day: Played) -> None:
    """Between two sites of one corridor nobody is faster than a car or slower than a truck in the rush hour."""
    km = {site.id.encode(): site.chainage_km for site in day.traffic.world.roads.sites}
    g104 = day.truth[np.char.startswith(day.truth["site"], b"G104")]
    ordered = np.sort(g104[["trip", "time_ns", "site"]], order=["trip", "time_ns"])
    same = np.flatnonzero(ordered["trip"][1:] == ordered["trip"][:-1])
    distance = abs(km[b"G104-K034"] - km[b"G104-K012"])
    speed_kmh = distance / ((ordered["time_ns"][same + 1] - ordered["time_ns"][same]) / HOUR_NS)
    assert 20 < speed_kmh.min() < speed_kmh.max() < 130
    assert 45 < np.median(speed_kmh) < 80


def test_a_vehicle_is_the_same_at_every_site(day: Played) -> None:
    """Plate, class, load and static wheels do not change on the way."""
    truth = day.truth[np.argsort(day.truth["trip"], kind="stable")]
    same = truth["trip"][1:] == truth["trip"][:-1]
    for field in ("plate", "colour", "vehicle_class", "load", "gross_kg", "event"):
        assert np.all(truth[field][1:][same] == truth[field][:-1][same])
    assert same.sum() > 10_000


def test_nobody_drives_in_two_places_at_once() -> None:
    """Even at a rate that empties the fleet a plate is on one trip at a time; only a planted clone is on two."""
    played = play(Scenario(trucks=200, cars=200, rate_per_s=10.0), HOUR_NS // 2)
    trips: dict[bytes, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for plate, trip, time_ns in zip(
        *(played.truth[name].tolist() for name in ("plate", "trip", "time_ns")), strict=True
    ):
        trips[plate][trip].append(time_ns)
    spans = [sorted((min(times), max(times)) for times in by_trip.values()) for by_trip in trips.values()]
    overlaps = [one for span in spans for one, other in itertools.pairwise(span) if one[1] >= other[0]]
    assert overlaps == []


def test_repeat_offenders_come_back_overloaded() -> None:
    """The plates of the pool are seen on several trips and are mostly overloaded."""
    scenario = Scenario(rate_per_s=6.0, trucks=2_000, repeat_share=0.05, repeat_offenders=10)
    played = play(scenario, 5 * HOUR_NS)
    pool = set(played.traffic.world.fleet.vehicles["plate"][played.traffic.world.fleet.repeat].tolist())
    first = np.unique(played.truth["trip"], return_index=True)[1]
    trips = played.truth[first]
    theirs = trips[[plate in pool for plate in trips["plate"].tolist()]]
    assert {plate.decode() for plate in pool} >= {f"苏Z0R00{number}" for number in range(1, 7)}
    assert np.unique(theirs["plate"], return_counts=True)[1].min() >= 3
    share = scenario.repeat_overload_share
    error = np.sqrt(share * (1 - share) / len(theirs))
    assert np.mean(theirs["load"] == Load.OVERLOAD) == pytest.approx(share, abs=5 * error)


def test_permitted_vehicles_keep_to_their_corridors_and_mostly_to_their_weight() -> None:
    """A vehicle with a permit drives where the permit holds; some carry more than it allows."""
    played = play(Scenario(rate_per_s=1.0, permit_share=0.4), 10 * HOUR_NS)
    allowed = {permit.plate.encode(): permit for permit in played.traffic.names.permits}
    theirs = played.truth[np.isin(played.truth["plate"], list(allowed))]
    assert len(np.unique(theirs["trip"])) >= 15
    for row in theirs:
        permit = allowed[row["plate"].item()]
        assert row["site"].decode().split("-")[0] in permit.corridors
        assert (row["gross_kg"] > permit.gross_kg) == (row["load"] == Load.PERMIT_EXCEEDED)
    assert set(theirs["load"]) == {Load.PERMITTED, Load.PERMIT_EXCEEDED}


def test_what_leaves_a_carriageway_is_all_that_came() -> None:
    """The routes that start at a carriageway's upstream end share out its whole traffic."""
    network = demo_network()
    routes = find_routes(network)
    through = [route for route in routes if route.through]
    assert {(route.corridor, route.direction) for route in through} == {
        (corridor, direction) for corridor in network.corridors for direction in Direction
    }
    g104 = [route for route in routes if route.corridor == "G104" and route.direction == Direction.UP]
    upstream = [route for route in g104 if route.stops[0].site == "G104-K012"]
    assert sum(route.share for route in upstream) == pytest.approx(1.0)


def test_trucks_keep_right(day: Played) -> None:
    """The kerb lane of a carriageway has a larger share of trucks than the one beside it."""
    at_site = day.passages[(day.passages["site"] == b"G104-K012") & (day.passages["direction"] == Direction.UP)]
    middle, kerb = (at_site[at_site["lane"] == lane]["axle_count"] > 2 for lane in (1, 2))
    assert kerb.mean() > 2 * middle.mean()


def test_nothing_is_planted_by_chance(day: Played) -> None:
    """Rows of truth name an event only where the scenario planted one."""
    assert set(day.truth["event"]) == {NOT_PLANTED}
    assert day.traffic.scenario.planted == ()


def test_a_later_start_sees_the_same_planted_vehicle() -> None:
    """Who starts to look after a planted departure still meets the vehicle downstream."""
    scenario = replace(Scenario(rate_per_s=1.0), start_ns=MIDNIGHT_NS + 9 * HOUR_NS)
    planted = replace(scenario, planted=(_hundred_tonne(),))
    begin_ns = scenario.start_ns + 300 * SECOND_NS
    steps = list(traffic_of(planted).play(begin_ns, begin_ns + HOUR_NS // 2))
    sites = {site for step in steps for site in step.truth["site"][step.truth["event"] == 0].tolist()}
    assert sites == {b"G104-K034"}


def _hundred_tonne() -> Planted:
    return Planted("hundred_tonne", 10.0, corridor="G104")
