"""Cloned plates in the docket: two places too far apart are two trips, and both are said."""

from __future__ import annotations

import itertools
import tomllib

import pytest

from service.docket.cloning import feasible, road_km
from service.docket.terms import Terms
from service.messages.vocabulary import InterceptReason
from service.registry import parse_registry
from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.roads import corridor, site
from tests.service.told import MINUTE_NS

ROADS = "".join(
    [
        corridor("G104", length_km=200.0),
        corridor("S1"),
        site("G104-K012", 12.4),
        site("G104-K100", 100.0),
        site("S1-K001", 1.0),
    ]
)


@pytest.fixture
def desk(store: Store) -> Desk:
    registry = parse_registry(tomllib.loads(ROADS), "here")
    return Desk(store, terms=Terms(network=registry.network, forces=registry.forces))


def far(desk: Desk, minutes: int) -> bytes:
    """The same plate 87.6 km further on, some minutes later."""
    place = {"corridor": "G104", "chainage_km": 100.0}
    return desk.violation(minutes * MINUTE_NS, passage_site="G104-K100", **place)


def test_a_plate_at_two_places_too_far_apart_is_two_trips_and_called_cloned(desk: Desk) -> None:
    """87.6 km in ten minutes: the second opens an intercept of its own, with the reason and the score."""
    desk.file(desk.violation())
    desk.now_ns += 10 * MINUTE_NS
    desk.file(far(desk, 10))
    assert len(desk.trips()) == 2
    second = max(desk.intercepts(), key=lambda told: told.time)
    assert InterceptReason.CLONED_PLATE in second.reasons
    assert 0.5 <= (second.cloned or 0) < 1


def test_a_plate_that_a_truck_can_carry_so_far_is_one_trip(desk: Desk) -> None:
    """An hour and a half for the same road: one truck, one intercept."""
    desk.file(desk.violation())
    desk.now_ns += 90 * MINUTE_NS
    desk.file(far(desk, 90))
    assert len(desk.trips()) == 1
    assert InterceptReason.CLONED_PLATE not in desk.only_intercept().reasons


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_trips_do_not_depend_on_the_order_of_arrival(desk: Desk, order: tuple[int, ...]) -> None:
    """Two crossings that one truck can have made and one that it cannot: two trips, however they come."""
    values = [desk.violation(), desk.violation(MINUTE_NS), far(desk, 10)]
    desk.now_ns += 10 * MINUTE_NS
    for number in order:
        desk.file(values[number])
    assert sorted(map(len, desk.trips())) == [1, 2]


def test_where_no_road_leads_nothing_is_impossible(desk: Desk) -> None:
    """A distance that nobody knows accuses nobody."""
    assert road_km("G104-K012", "S1-K001", desk.terms) is None
    assert road_km("G104-K012", "G104-K100", desk.terms) == pytest.approx(87.6)
    one, other = desk.arrival(desk.violation()).sighting, desk.arrival(far(desk, 10)).sighting
    assert not feasible(one, other, desk.terms.site_distances)
    assert feasible(one, other, {})
