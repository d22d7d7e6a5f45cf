"""How far it is along the roads, and which ways a truck may take."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.roads import LEAST_WAY, Leg, Place, Roads, roads_of
from wim.records import Direction
from wim.sites import Corridor, Junction, JunctionPoint, Network

UP, DOWN = Direction.UP, Direction.DOWN


def junction(name: str, **at: float) -> Junction:
    """A junction at these chainages."""
    return Junction(name, tuple(JunctionPoint(corridor, km) for corridor, km in at.items()))


#: A long road, one that crosses it at 40 km, and a spur that ends at its 50th kilometre.
ROADS = Roads(
    {"A": 60.0, "B": 25.0, "C": 10.0, "far": None}, (junction("AB", A=40.0, B=3.0), junction("AC", A=50.0, C=0.0))
)


def shape(legs: list[Leg]) -> list[tuple[str, Direction, float, float, float, float]]:
    """What of legs is written by hand below, probabilities to 4 decimals."""
    return [
        (leg.corridor, leg.direction, leg.from_km, leg.to_km, leg.driven_km, round(leg.probability, 4)) for leg in legs
    ]


def test_a_truck_takes_every_way_from_a_junction_alike() -> None:
    """Three ways lead on from a crossing, two from the fork behind it; none leads back."""
    legs = list(ROADS.ways_ahead(Place("A", 30.0), UP, 25.0))
    assert shape(legs) == [
        ("A", UP, 30.0, 40.0, 0.0, 1.0),
        ("A", UP, 40.0, 50.0, 10.0, 0.3333),
        ("A", UP, 50.0, 55.0, 20.0, 0.1667),
        ("C", UP, 0.0, 5.0, 20.0, 0.1667),
        ("B", UP, 3.0, 18.0, 10.0, 0.3333),
        ("B", DOWN, 3.0, 0.0, 10.0, 0.3333),
    ]


def test_a_road_that_ends_leaves_only_turns() -> None:
    """From the spur a truck turns onto the long road, half of them each way."""
    assert shape(list(ROADS.ways_ahead(Place("C", 4.0), DOWN, 8.0))) == [
        ("C", DOWN, 4.0, 0.0, 0.0, 1.0),
        ("A", UP, 50.0, 54.0, 4.0, 0.5),
        ("A", DOWN, 50.0, 46.0, 4.0, 0.5),
    ]


def test_a_junction_where_the_truck_was_seen_is_behind_it() -> None:
    """A site just at the crossing saw the truck on the road that the record names."""
    assert shape(list(ROADS.ways_ahead(Place("A", 40.0), UP, 5.0))) == [("A", UP, 40.0, 45.0, 0.0, 1.0)]


def test_two_junctions_at_one_chainage_are_passed_one_after_the_other() -> None:
    """Neither hides the other, and a truck that goes straight on passes both."""
    roads = Roads({"A": None, "B": 1.0, "C": 1.0}, (junction("1", A=5.0, B=0.0), junction("2", A=5.0, C=0.0)))
    legs = list(roads.ways_ahead(Place("A", 4.0), UP, 2.0))
    assert {(leg.corridor, round(leg.probability, 4)) for leg in legs if leg.to_km != leg.from_km} == {
        ("A", 1.0),
        ("B", 0.5),
        ("A", 0.25),
        ("C", 0.25),
    }


@pytest.mark.parametrize(
    ("leg", "chainage_km", "ahead_km"),
    [
        (Leg("A", UP, 10.0, 20.0, 5.0, 1.0, 1, False), 13.0, 8.0),
        (Leg("A", UP, 10.0, 20.0, 5.0, 1.0, 1, False), 20.0, 15.0),
        (Leg("A", UP, 10.0, 20.0, 5.0, 1.0, 1, False), 20.1, None),
        (Leg("A", UP, 10.0, 20.0, 5.0, 1.0, 1, False), 10.0, None),
        (Leg("A", UP, 10.0, 20.0, 5.0, 1.0, 1, True), 10.0, 5.0),
        (Leg("A", DOWN, 20.0, 10.0, 0.0, 1.0, 0, False), 12.5, 7.5),
        (Leg("A", DOWN, 20.0, 10.0, 0.0, 1.0, 0, False), 20.5, None),
    ],
)
def test_a_place_is_on_the_leg_that_ends_there(leg: Leg, chainage_km: float, ahead_km: float | None) -> None:
    """A place at a junction belongs to the leg that comes to it, and to those that turn in there."""
    assert leg.ahead_km(chainage_km) == ahead_km


def test_an_unknown_road_leads_nowhere() -> None:
    """A site of a corridor that the registry lost asks about nothing."""
    assert list(ROADS.ways_ahead(Place("D", 1.0), UP, 100.0)) == []
    assert ROADS.distances_km(Place("D", 1.0)).to(Place("A", 1.0)) is None


@pytest.mark.parametrize(
    ("start", "end", "km"),
    [
        (Place("A", 10.0), Place("A", 4.5), 5.5),
        (Place("A", 30.0), Place("B", 13.0), 20.0),
        (Place("B", 0.0), Place("C", 2.0), 15.0),
        (Place("C", 2.0), Place("B", 0.0), 15.0),
        (Place("A", 30.0), Place("far", 1.0), None),
    ],
)
def test_a_patrol_drives_the_shortest_way(start: Place, end: Place, km: float | None) -> None:
    """Along one road and over junctions, worked out by hand; where no road leads there is no distance."""
    assert ROADS.distances_km(start).to(end) == km


def test_a_short_cut_over_another_road_is_taken() -> None:
    """Chainage along the own road is not always the shortest."""
    roads = Roads({"A": None, "B": None}, (junction("1", A=10.0, B=0.0), junction("2", A=50.0, B=5.0)))
    assert roads.distances_km(Place("A", 9.0)).to(Place("A", 52.0)) == 8.0


def test_roads_are_those_of_the_registry() -> None:
    """Lengths and junctions, in an order that does not depend on the file's."""
    corridors = {name: Corridor(name, "Asia/Shanghai", length_km=length) for name, length in ROADS.lengths_km.items()}
    found = roads_of(Network(corridors, {}, {item.id: item for item in reversed(ROADS.junctions)}))
    assert found == ROADS


@st.composite
def networks(draw: st.DrawFn) -> Roads:
    """A few roads with junctions anywhere, at the same places too."""
    names = ("A", "B", "C", "D")
    points = st.integers(0, 12).map(float)
    pairs = st.lists(st.tuples(st.permutations(names), points, points, points, st.integers(2, 3)), max_size=5)
    junctions = tuple(
        Junction(
            f"J{number}", tuple(JunctionPoint(name, km) for name, km in zip(order[:count], (a, b, c), strict=False))
        )
        for number, (order, a, b, c, count) in enumerate(draw(pairs))
    )
    return Roads({name: draw(st.sampled_from([12.0, None])) for name in names}, junctions)


@given(networks(), st.integers(0, 12), st.sampled_from(Direction), st.floats(0.1, 60))
def test_no_place_is_come_to_with_more_than_certainty(roads: Roads, km: int, direction: Direction, far: float) -> None:
    """The probabilities of all ways to a place add up to at most 1, and no way is longer than was asked for."""
    legs = list(roads.ways_ahead(Place("A", float(km)), direction, far))
    for corridor, way, tenths in itertools.product(roads.lengths_km, Direction, range(0, 121, 5)):
        hits = [
            (leg.probability, ahead)
            for leg in legs
            if (leg.corridor, leg.direction) == (corridor, way) and (ahead := leg.ahead_km(tenths / 10)) is not None
        ]
        assert sum(share for share, _ in hits) <= 1 + 1e-9
        assert all(0 <= ahead <= far + 1e-9 for _, ahead in hits)
    assert all(leg.probability >= LEAST_WAY for leg in legs)


@given(networks(), st.integers(0, 12), st.integers(0, 12), st.sampled_from("ABCD"))
def test_distances_agree_with_all_pairs(roads: Roads, start: int, end: int, corridor: str) -> None:
    """Floyd and Warshall over every place that matters find the same."""
    places = [(point.corridor, point.km) for item in roads.junctions for point in item.at]
    places += [("A", float(start)), (corridor, float(end))]
    apart = {
        (one, other): abs(one[1] - other[1]) if one[0] == other[0] else float("inf")
        for one, other in itertools.product(places, repeat=2)
    }
    for item in roads.junctions:
        for one, other in itertools.permutations(item.at, 2):
            apart[(one.corridor, one.km), (other.corridor, other.km)] = 0.0
    for over, one, other in itertools.product(places, repeat=3):
        apart[one, other] = min(apart[one, other], apart[one, over] + apart[over, other])
    found = roads.distances_km(Place("A", float(start))).to(Place(corridor, float(end)))
    expected = apart[places[-2], places[-1]]
    assert found == (None if expected == float("inf") else pytest.approx(expected))
