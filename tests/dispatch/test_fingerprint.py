"""Vehicles without a certain plate are matched where their axles say enough, and only there."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.fingerprint import (
    AXLE_SIGMA,
    FEWEST_KNOWN,
    LONGEST_NS,
    MOST_KNOWN,
    SCALE_SIGMA,
    SPACING_MM_SIGMA,
    SPACING_SIGMA,
    TOP_KMH,
    Candidate,
    Crossing,
    Population,
    feasible,
    features,
    log_ratios,
    probable_match,
    scores,
)
from dispatch.weighings import USUAL_SIGMA
from wim.records import HOUR_NS

MINUTE_NS = 60 * 10**9
NOW_NS = 1_780_000_000 * 10**9
#: An odd six-axle truck of 106 t.
ODD = Crossing("odd", "B", NOW_NS, (3_300, 1_400, 5_900, 1_310, 1_310), (9_000, 18_000, 19_000, 20_000, 20_100, 20_080))


def usual(number: int, axles: int = 6) -> Crossing:
    """One of many trucks that are alike: 49 t, 3.7 m to the tandem, the scatter of everyday traffic."""
    random = np.random.default_rng(number)
    spacings = random.normal((3_700, 1_300, 6_860, 1_280, 1_280), (200, 35, 400, 30, 30))[: axles - 1]
    loads = random.normal((5_900, 8_500, 8_500, 8_700, 8_700, 8_700), 700)[:axles]
    time_ns = NOW_NS - (number + 1) * MINUTE_NS
    return Crossing(f"usual-{number}", "B", time_ns, tuple(map(int, spacings)), tuple(map(int, loads)))


POPULATION = Population.of([usual(number) for number in range(300)], 6)


def elsewhere(crossing: Crossing, minutes: float = 40.0, **changes: object) -> Candidate:
    """The same vehicle as another site saw it, 30 km and so many minutes before, a little otherwise."""
    seen = replace(
        crossing,
        passage=f"{crossing.passage}-before",
        site="A",
        time_ns=NOW_NS - round(minutes * MINUTE_NS),
        spacings_mm=tuple(round(value * 1.006) for value in crossing.spacings_mm),
        axles_kg=tuple(round(value * 0.985) for value in crossing.axles_kg),
    )
    return Candidate(replace(seen, **changes), 30.0)  # type: ignore[arg-type]


def crowd(count: int) -> list[Candidate]:
    """Strangers at the other site, none of them of the population."""
    return [elsewhere(usual(1_000 + number)) for number in range(count)]


def test_an_odd_truck_is_found_again_among_many() -> None:
    """A 106 t truck without plate that no other resembles, among 50 that passed the other site."""
    match = probable_match(ODD, [*crowd(50), elsewhere(ODD)], POPULATION)
    assert match is not None
    assert (match.passage, match.earlier, match.candidates) == ("odd", "odd-before", 51)
    assert 0.999 < match.score < 1


def test_one_of_many_alike_is_not_claimed_to_be_found() -> None:
    """An everyday truck fits its own earlier crossing, and so might others: nothing is said."""
    seen = replace(usual(7), time_ns=NOW_NS)
    others = Population(np.delete(POPULATION.rows, 292, axis=0))
    assert np.any(np.all(POPULATION.rows == features([seen]), axis=1))
    assert not np.any(np.all(others.rows == features([seen]), axis=1))
    assert probable_match(seen, [*crowd(50), elsewhere(seen)], others) is None


def test_a_stranger_is_not_taken_for_an_odd_truck() -> None:
    """However odd the truck, the nearest of strangers is not it."""
    assert probable_match(ODD, crowd(50), POPULATION) is None
    half_loaded = elsewhere(ODD, axles_kg=tuple(value // 2 for value in ODD.axles_kg))
    assert probable_match(ODD, [half_loaded], POPULATION) is None


def test_two_that_fit_alike_are_not_decided_between() -> None:
    """Two of one fleet passed together: neither is more probable than a half."""
    twins = [elsewhere(ODD), elsewhere(ODD, passage="twin")]
    assert probable_match(ODD, twins, POPULATION) is None
    assert probable_match(ODD, twins, POPULATION, probable_from=0.49) is not None


@pytest.mark.parametrize(
    "candidate",
    [
        elsewhere(ODD, certain=True),
        elsewhere(ODD, site="B"),
        elsewhere(ODD, minutes=14.9),
        elsewhere(ODD, minutes=241),
        elsewhere(ODD, minutes=-40),
        elsewhere(ODD, spacings_mm=ODD.spacings_mm[:-1], axles_kg=ODD.axles_kg[:-1]),
        elsewhere(ODD, axles_kg=(0, *ODD.axles_kg[1:])),
        replace(elsewhere(ODD), road_km=None),
    ],
    ids=[
        "certain plate",
        "same site",
        "too fast",
        "too long ago",
        "later",
        "another axle count",
        "illegible",
        "no road",
    ],
)
def test_what_cannot_be_the_vehicle_is_no_candidate(candidate: Candidate) -> None:
    """The very same axles do not help where plate, place, time or road forbid it."""
    assert probable_match(ODD, [candidate], POPULATION) is None


def test_a_certain_plate_is_never_matched() -> None:
    """It is an identity of its own, even where the axles fit."""
    assert probable_match(ODD, [elsewhere(ODD)], POPULATION) is not None
    assert probable_match(replace(ODD, certain=True), [elsewhere(ODD)], POPULATION) is None


def test_a_site_that_knows_few_vehicles_says_nothing() -> None:
    """What is usual is not known from fewer than the least number."""
    rows = POPULATION.rows
    assert probable_match(ODD, [elsewhere(ODD)], Population(rows[: FEWEST_KNOWN - 1])) is None
    assert probable_match(ODD, [elsewhere(ODD)], Population(rows[:FEWEST_KNOWN])) is not None


def test_the_population_is_the_newest_of_the_axle_count() -> None:
    """In any order of rows; other axle counts and what has no fingerprint are passed over."""
    many = [usual(number) for number in range(MOST_KNOWN + 20)]
    mixed = [*many, usual(3, axles=5), replace(usual(4), axles_kg=(0,) * 6)]
    found = Population.of(mixed[::-1], 6)
    assert len(found.rows) == MOST_KNOWN
    # The first of `many` are the newest.
    assert np.array_equal(found.rows, features(many[:MOST_KNOWN][::-1]))
    assert not Population.of([], 6).knows_enough


def test_feasible_is_what_the_road_and_the_journey_allow() -> None:
    """The ends of both are inside."""
    earlier, later = replace(ODD, site="A"), replace(ODD, time_ns=NOW_NS + HOUR_NS)
    assert [feasible(earlier, later, km) for km in (TOP_KMH, TOP_KMH + 0.001)] == [True, False]
    late = [replace(ODD, time_ns=NOW_NS + LONGEST_NS + more) for more in (0, 1)]
    assert [feasible(earlier, one, 10.0) for one in late] == [True, False]


def test_the_order_of_candidates_does_not_matter() -> None:
    """The same crossings give the same match."""
    candidates = [*crowd(20), elsewhere(ODD)]
    assert probable_match(ODD, candidates, POPULATION) == probable_match(ODD, candidates[::-1], POPULATION)


def test_log_ratios_agree_with_a_plain_normal_density() -> None:
    """Covariances written out as matrices, the population one vehicle after the other."""
    spacings, sigma = np.array(ODD.spacings_mm), 0.011
    seen = replace(ODD, gross_sigma=sigma)
    earlier = [elsewhere(ODD, gross_sigma=0.03).crossing, elsewhere(usual(5)).crossing]

    def density(apart: np.ndarray, gross_sigma: float, other_sigma: float, width: float) -> float:
        covariance = np.zeros((11, 11))
        covariance[:5, :5] = 2 * SCALE_SIGMA**2 + np.diag(2 * ((SPACING_MM_SIGMA / spacings) ** 2 + SPACING_SIGMA**2))
        covariance[5:, 5:] = gross_sigma**2 + other_sigma**2 + np.diag(np.full(6, 2 * AXLE_SIGMA**2))
        covariance *= width**2
        square = apart @ np.linalg.solve(covariance, apart)
        return -(square + np.linalg.slogdet(covariance)[1] + 11 * math.log(2 * math.pi)) / 2

    found = np.log([*seen.spacings_mm, *seen.axles_kg])
    rows = [density(found - row, sigma, USUAL_SIGMA, width) for row in POPULATION.rows for width in (1, 3)]
    everyday = math.log(math.fsum(map(math.exp, rows)) / len(rows))
    expected = [
        density(found - np.log([*one.spacings_mm, *one.axles_kg]), sigma, theirs, 1) - everyday
        for one, theirs in zip(earlier, (0.03, USUAL_SIGMA), strict=True)
    ]
    assert log_ratios(seen, earlier, POPULATION) == pytest.approx(expected)


@given(st.lists(st.floats(-2_000, 2_000), min_size=1, max_size=30))
def test_scores_are_shares_of_certainty(ratios: list[float]) -> None:
    """No vehicle has more than certainty, all together neither, and the better fit has the higher score."""
    found = scores(np.array(ratios))
    assert np.all((found >= 0) & (found <= 1))
    assert found.sum() <= 1 + 1e-9
    assert np.all(np.diff(found[np.argsort(ratios)]) >= 0)


def test_a_score_is_worked_out_by_hand() -> None:
    """Two candidates with ratios 6 and 2: 6 / (2 + 8) and 2 / (2 + 8)."""
    assert scores(np.log([6.0, 2.0])) == pytest.approx([0.6, 0.2])
