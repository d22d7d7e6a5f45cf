"""Places on the map and their chainage."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.positions import OFF_ROAD_KM, nearest_place
from dispatch.roads import Place
from wim.sites import Corridor

ZONE = "Asia/Shanghai"
#: Due north along a meridian: a degree is 111.195 km.
NORTH = Corridor("north", ZONE, path=((119.0, 31.0), (119.0, 32.0)))
DEGREE_KM = 6_371.0 * math.pi / 180


def test_chainage_is_how_far_along_the_path_a_place_lies() -> None:
    """A patrol 300 m east of a meridian is at the chainage of its latitude."""
    found = nearest_place((NORTH,), 119.0 + 0.3 / (DEGREE_KM * math.cos(math.radians(31.25))), 31.25)
    assert found is not None
    assert (found.corridor, found.chainage_km) == ("north", pytest.approx(0.25 * DEGREE_KM, abs=1e-3))


def test_a_path_is_stretched_to_the_length_that_the_registry_gives() -> None:
    """A drawn line cuts the bends, the kilometre stones do not."""
    winding = Corridor("winding", ZONE, length_km=140.0, path=NORTH.path)
    assert nearest_place((winding,), 119.0, 31.25) == Place("winding", pytest.approx(35.0))


def test_a_road_of_many_degrees_keeps_its_chainage() -> None:
    """East and then north over ten degrees of latitude: each piece counts at its own latitude."""
    bent = Corridor("bent", ZONE, path=((110.0, 20.0), (111.0, 20.0), (111.0, 30.0)))
    found = nearest_place((bent,), 111.0, 30.0)
    east_km = math.cos(math.radians(20.0)) * DEGREE_KM
    assert found == Place("bent", pytest.approx(east_km + 10 * DEGREE_KM))


def test_the_nearest_road_is_taken_and_none_when_all_are_far() -> None:
    """A patrol in its yard a kilometre away is on no corridor."""
    near = Corridor("near", ZONE, path=((119.004, 31.0), (119.004, 32.0)))
    roads = (NORTH, near, Corridor("unmapped", ZONE))
    assert [nearest_place(roads, longitude, 31.5, 0.5) for longitude in (119.0019, 119.0021, 119.0095)] == [
        Place("north", pytest.approx(0.5 * DEGREE_KM)),
        Place("near", pytest.approx(0.5 * DEGREE_KM)),
        None,
    ]
    assert nearest_place((), 119.0, 31.5) is None


def test_before_and_behind_its_ends_a_road_is_at_its_ends() -> None:
    """A place just off the end is taken to it, and no chainage is negative or beyond the length."""
    ends = [nearest_place((NORTH,), 119.0, latitude) for latitude in (30.995, 32.005)]
    assert ends == [Place("north", 0.0), Place("north", pytest.approx(DEGREE_KM))]


def test_the_date_line_is_no_edge() -> None:
    """A road over it is one line."""
    far = Corridor("far", ZONE, path=((179.9, 0.0), (-179.9, 0.0)))
    assert nearest_place((far,), -179.95, 0.0) == Place("far", pytest.approx(0.15 * DEGREE_KM))


def test_a_point_that_is_drawn_twice_does_no_harm() -> None:
    """Exported paths repeat points; a path of one place has no length."""
    twice = Corridor("twice", ZONE, path=((119.0, 31.0), (119.0, 31.0), (119.0, 32.0)))
    point = Corridor("point", ZONE, length_km=5.0, path=((119.0, 31.0), (119.0, 31.0)))
    assert nearest_place((twice,), 119.0, 31.5) == Place("twice", pytest.approx(0.5 * DEGREE_KM))
    assert nearest_place((point,), 119.0, 31.0) == Place("point", 0.0)


@given(
    st.lists(st.tuples(st.floats(118.9, 119.1), st.floats(30.9, 31.1)), min_size=2, max_size=6),
    st.floats(118.95, 119.05),
    st.floats(30.95, 31.05),
)
def test_no_point_of_the_path_is_nearer(path: list[tuple[float, float]], longitude: float, latitude: float) -> None:
    """A walk along the path in small steps never comes nearer than the place that is found."""
    squeeze = math.cos(math.radians(latitude))

    def off_km(point: tuple[float, float]) -> float:
        return math.hypot((point[0] - longitude) * squeeze, point[1] - latitude) * DEGREE_KM

    walked = min(
        off_km((a[0] + part / 50 * (b[0] - a[0]), a[1] + part / 50 * (b[1] - a[1])))
        for a, b in itertools.pairwise(path)
        for part in range(51)
    )
    roads = (Corridor("road", ZONE, path=tuple(path)),)
    assert nearest_place(roads, longitude, latitude, walked + 1e-6) is not None
    # Between two steps of the walk lies a fiftieth of a piece, half of it on either side.
    step_km = max(math.dist(a, b) for a, b in itertools.pairwise(path)) * DEGREE_KM / 50 + 1e-6
    assert walked <= step_km or nearest_place(roads, longitude, latitude, walked - step_km) is None


def test_a_kilometre_off_the_road_is_still_at_it() -> None:
    """The default takes a yard beside the road for the road."""
    assert nearest_place((NORTH,), 119.0 + 0.9 * OFF_ROAD_KM / DEGREE_KM, 31.5) is not None
