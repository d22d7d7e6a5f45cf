"""The traffic is made as the scenario says: classes, axle groups, loads, hours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from sensors.simulator.camera import Reading
from sensors.simulator.classes import CLASSES, Kind
from sensors.simulator.hours import HEAVY, LIGHT
from sensors.simulator.loading import Load
from sensors.simulator.scenario import Scenario
from tests.sensors.simulator.runs import MIDNIGHT_NS, Played, play, recorded
from wim.records import HOUR_NS, Passages

KIND = np.array([row.kind for row in CLASSES])
OVER = (Load.OVERLOAD, Load.HUNDRED_TONNE)

#: The rule that any reader groups axles by: below 2.4 m for the first pair, below 2.1 m for the others.
FIRST_PAIR_MM, OTHER_PAIRS_MM = 2_400, 2_100


def patterns(passages: Passages) -> list[str]:
    """The axle groups of each passage, front to rear."""
    bound_mm = np.array([FIRST_PAIR_MM] + [OTHER_PAIRS_MM] * 14)
    inside = passages["spacing_mm"] < bound_mm
    return [_pattern(row[: axles - 1]) for row, axles in zip(inside, passages["axle_count"], strict=True)]


def _pattern(inside: npt.NDArray[np.bool_]) -> str:
    sizes = np.diff(np.flatnonzero([True, *~inside, True]))
    return "-".join(map(str, sizes))


def trucks_a_trip(played: Played) -> npt.NDArray[np.void]:
    """One row of truth for each trip of a goods vehicle."""
    truth = played.truth
    first = np.unique(truth["trip"], return_index=True)[1]
    return truth[first][KIND[truth["vehicle_class"][first]] == Kind.GOODS]


def test_measured_spacings_make_the_true_axle_groups(day: Played) -> None:
    """Grouping the measured axles gives the pattern of the vehicle that was there, every time."""
    passages, truth = recorded(day)
    heavy = passages["axle_count"] > 2
    true = [CLASSES[index].pattern for index in truth["vehicle_class"][heavy]]
    assert patterns(passages[heavy]) == true
    assert set(passages["axle_count"][~heavy]) == {2}


def test_the_classes_come_in_their_shares(day: Played) -> None:
    """Each class of goods vehicle has its share of the truck trips."""
    trips = trucks_a_trip(day)
    goods = sum(row.share for row in CLASSES if row.kind is Kind.GOODS)
    for index, row in enumerate(CLASSES):
        if row.kind is Kind.GOODS:
            share = row.share / goods
            error = np.sqrt(share * (1 - share) / len(trips))
            # The fleet itself is a draw of 20 000, and named vehicles take a little of it.
            assert np.mean(trips["vehicle_class"] == index) == pytest.approx(share, abs=5 * error + 0.008)


def test_each_corridor_has_its_share_of_overloads(day: Played) -> None:
    """The share of overloaded goods vehicles is the scenario's, by the corridor on which they start."""
    site_corridor = {site.id.encode(): site.corridor for site in day.traffic.world.roads.sites}
    trips = trucks_a_trip(day)
    corridor = np.array([site_corridor[site] for site in trips["site"]])
    for name, traffic in day.traffic.scenario.corridors.items():
        here = trips[corridor == name]
        share = traffic.overload_share
        error = np.sqrt(share * (1 - share) / len(here))
        # A vehicle that turned in from a corridor with another share is counted where it was first seen.
        assert np.isin(here["load"], OVER).mean() == pytest.approx(share, abs=5 * error + 0.002)


def test_overload_is_overload_in_truth(day: Played) -> None:
    """What is called overloaded lies beyond limit and tolerance, and nothing else does."""
    trips = trucks_a_trip(day)
    relative = trips["gross_kg"] / trips["full_kg"]
    over = np.isin(trips["load"], OVER)
    tolerated = trips["load"] == Load.TOLERATED
    assert relative[over].min() > 1.05
    assert 1.0 < relative[tolerated].min() < relative[tolerated].max() < 1.05
    assert relative[~over & ~tolerated].max() <= 1.0001


def test_as_many_hundred_tonne_trucks_as_asked_for() -> None:
    """Trucks of 100 t and more have the share that the scenario says, and no other truck comes near."""
    share = 0.02
    played = play(Scenario(rate_per_s=20.0, hundred_tonne_share=share), HOUR_NS)
    trips = trucks_a_trip(played)
    heavy = trips["gross_kg"] >= 100_000
    assert heavy.mean() == pytest.approx(share, abs=5 * np.sqrt(share / len(trips)))
    assert np.array_equal(heavy, trips["load"] == Load.HUNDRED_TONNE)
    assert trips["gross_kg"][~heavy].max() < 95_000


def test_light_and_heavy_follow_their_curves(day: Played) -> None:
    """The starts of every hour are those of the hour's table."""
    truth = day.truth
    first = np.unique(truth["trip"], return_index=True)[1]
    hour = (truth["time_ns"][first] - MIDNIGHT_NS) // HOUR_NS
    light = KIND[truth["vehicle_class"][first]] == Kind.LIGHT
    for chosen, curve in ((light, LIGHT), (~light, HEAVY)):
        # The first hour holds those who were on the road at midnight.
        counts = np.bincount(hour[chosen], minlength=24)[1:]
        expected = counts.sum() * curve[1:] / curve[1:].sum()
        assert np.all(np.abs(counts - expected) < 5 * np.sqrt(expected) + 0.05 * expected)


def test_trucks_have_the_night_to_themselves(day: Played) -> None:
    """The share of heavy vehicles before dawn is far above that of the afternoon."""
    hour = (day.truth["time_ns"] - MIDNIGHT_NS) // HOUR_NS
    heavy = KIND[day.truth["vehicle_class"]] != Kind.LIGHT
    assert heavy[(hour >= 1) & (hour < 5)].mean() > 1.5 * heavy[(hour >= 14) & (hour < 18)].mean()


def test_overloads_prefer_the_night(day: Played) -> None:
    """A truck of the small hours is likelier to be overloaded than one of the day."""
    trips = trucks_a_trip(day)
    hour = (trips["time_ns"] - MIDNIGHT_NS) // HOUR_NS
    over = np.isin(trips["load"], OVER)
    assert over[hour < 5].mean() > 1.4 * over[(hour >= 8) & (hour < 18)].mean()


def test_some_overloaded_trucks_cover_their_plates() -> None:
    """The share of overloaded trips that hide is the scenario's, and nobody else hides."""
    share = 0.3
    trips = trucks_a_trip(play(Scenario(rate_per_s=20.0, covered_share=share), HOUR_NS))
    covered, over = trips["reading"] == Reading.COVERED, np.isin(trips["load"], OVER)
    assert covered[over].mean() == pytest.approx(share, abs=5 * np.sqrt(share / over.sum()))
    assert not covered[~over].any()
