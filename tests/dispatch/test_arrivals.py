"""When a truck comes to a stop point."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.arrivals import JUNCTION_SIGMA_S, USUAL_TRUCK_KMH, Arrival, Truck, stop_points_ahead
from dispatch.network import StopPoint
from dispatch.roads import Place, Roads
from wim.records import Direction
from wim.sites import Junction, JunctionPoint

ROADS = Roads(
    {"G104": 60.0, "S340": 25.0},
    (Junction("G104-S340", (JunctionPoint("G104", 40.0), JunctionPoint("S340", 3.0))),),
)


def truck(km: float = 12.0, direction: Direction = Direction.UP, speed_kmh: float | None = 60.0) -> Truck:
    """A truck on the G104."""
    return Truck(Place("G104", km), direction, 0, speed_kmh, 0.99)


def point(corridor: str, km: float, direction: Direction = Direction.UP) -> StopPoint:
    """A stop point named after its place."""
    return StopPoint(f"{corridor}-{km:g}-{direction.name}", corridor, km, direction)


def test_only_what_lies_ahead_on_its_side_of_the_road_is_come_to() -> None:
    """Behind, beside the other carriageway and on a road without a junction nobody waits in vain."""
    points = [
        point("G104", 11.0),
        point("G104", 12.0),
        point("G104", 21.0),
        point("G104", 21.0, Direction.DOWN),
        point("X", 1.0),
    ]
    assert [item.stop_point.id for item in stop_points_ahead(truck(), ROADS, points)] == ["G104-21-UP"]


def test_an_arrival_is_worked_out_by_hand() -> None:
    """9 km at 60 km/h are 540 s with 81 s spread; over the junction a third of all trucks, and a red light more."""
    near, over = stop_points_ahead(truck(), ROADS, [point("G104", 21.0), point("S340", 5.0)])
    assert near.arrivals == (Arrival(1.0, pytest.approx(540.0), pytest.approx(81.0)),)
    assert over.arrivals == (Arrival(pytest.approx(1 / 3), pytest.approx(1_800.0), pytest.approx(271.662, abs=1e-3)),)
    assert (near.own_corridor, over.own_corridor) == (True, False)
    assert over.arrivals[0].sigma_s == pytest.approx(math.sqrt(270.0**2 + JUNCTION_SIGMA_S**2))


def test_a_truck_that_crept_over_the_strips_does_not_creep_on() -> None:
    """Nor does one whose speed nobody knows; a fast one is believed."""
    speeds = (None, math.nan, 5.0, 30.0, 104.0)
    assert [truck(speed_kmh=speed).cruising_kmh for speed in speeds] == [USUAL_TRUCK_KMH] * 3 + [30.0, 104.0]


def test_what_is_an_hour_ahead_is_left_to_the_next_site() -> None:
    """At 40 km/h the horizon is 40 km."""
    points = [point("S340", 14.9), point("S340", 15.1)]
    ahead = stop_points_ahead(truck(km=12.0, speed_kmh=40.0), ROADS, points)
    assert [item.stop_point.id for item in ahead] == ["S340-14.9-UP"]


def test_a_truck_with_two_ways_to_a_place_comes_by_either() -> None:
    """A by-pass: both ways count, and the likelier, then the shorter one gives the time."""
    fork = Junction("fork", (JunctionPoint("A", 10.0), JunctionPoint("B", 0.0)))
    again = Junction("again", (JunctionPoint("A", 20.0), JunctionPoint("B", 6.0)))
    roads = Roads({"A": None, "B": 6.0}, (fork, again))
    [item] = stop_points_ahead(
        Truck(Place("A", 0.0), Direction.UP, 0, 60.0, 1.0), roads, [StopPoint("S", "A", 19.0, Direction.DOWN)]
    )
    # Half turn onto B at 10 km, and half of those turn back along A at its end: 17 km.
    assert item.arrivals == (
        Arrival(0.25, pytest.approx(1_020.0), pytest.approx(math.hypot(153.0, 30.0 * math.sqrt(2)))),
    )
    [item] = stop_points_ahead(Truck(Place("A", 0.0), Direction.UP, 0, 60.0, 1.0), roads, [point("A", 25.0)])
    assert [(arrival.probability, round(arrival.mean_s)) for arrival in item.arrivals] == [(0.25, 1_500)]
    assert item.probability == 0.25


@given(st.floats(1, 4_000), st.floats(0.01, 1.0), st.integers(0, 3), st.floats(0, 6_000))
def test_the_probability_agrees_with_plain_integration(
    mean_s: float, share: float, junctions: int, ready_s: float
) -> None:
    """Adding up the bell curve in small steps gives the same."""
    sigma_s = math.hypot(0.15 * mean_s, math.sqrt(junctions) * JUNCTION_SIGMA_S)
    low, high = max(ready_s, mean_s - 10 * sigma_s), mean_s + 10 * sigma_s
    steps = 4_000
    width = (high - low) / steps
    middles = (low + (step + 0.5) * width for step in range(steps)) if width > 0 else ()
    total = sum(math.exp(-(((s - mean_s) / sigma_s) ** 2) / 2) for s in middles) * width / sigma_s / math.sqrt(math.tau)
    assert Arrival(share, mean_s, sigma_s).after(ready_s) == pytest.approx(share * total, abs=1e-5)


@given(st.floats(0, 4_000), st.floats(0, 600), st.floats(-100, 6_000), st.floats(0, 1_000))
def test_who_is_ready_earlier_has_the_better_chance(
    mean_s: float, sigma_s: float, ready_s: float, lead_s: float
) -> None:
    """The probability falls with the time at which the squad is ready, and stays within that of the way."""
    arrival = Arrival(0.5, mean_s, sigma_s)
    assert 0 <= arrival.after(ready_s) <= arrival.after(ready_s - lead_s) <= 0.5
