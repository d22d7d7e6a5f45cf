"""The way over the rows: the same as one big least-squares problem says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.reference import motion as naive
from tests.wim.strip_signals import Floats
from wim.kernels import motion as kernels
from wim.kernels.weigh_arrays import MOST_PULSES, PULSE


def crossing(seed: int) -> tuple[Floats, Floats]:
    """Times of every axle on every row, NaN where it was missed, and the rows' places."""
    random = np.random.default_rng(seed)
    row_m = np.cumsum(random.uniform(0.4, 4.0, random.integers(2, 7))) - 1.0
    places_m = np.cumsum(random.uniform(0.9, 7.0, random.integers(1, 8)))
    way = [0.0, random.uniform(2.0, 30.0), random.uniform(-1.0, 1.5), random.uniform(-0.2, 0.2)]
    fine_s = np.linspace(-1.0, 12.0, 40_001)
    ways = naive.place_at(np.array(way), fine_s)
    rises = np.maximum.accumulate(ways)
    times_s = np.interp(places_m[:, None] + row_m, rises, fine_s) + random.normal(
        0.0, 3e-4, (len(places_m), len(row_m))
    )
    times_s[random.random(times_s.shape) < 0.15] = np.nan
    times_s[0, :2] = np.interp(places_m[0] + row_m[:2], rises, fine_s)
    return times_s[~np.isnan(times_s).all(axis=1)], row_m


def laid(times_s: Floats) -> tuple[np.ndarray, np.ndarray]:
    """The same as PULSE records of each row and the pulse of each axle on each row."""
    axles, rows = times_s.shape
    pulses = np.zeros((rows, MOST_PULSES), PULSE)
    seen = np.where(np.isnan(times_s), -1, np.arange(axles)[:, None])
    pulses["time_s"][:, :axles] = np.nan_to_num(times_s.T)
    return pulses, seen


@pytest.mark.parametrize("seed", range(50))
def test_the_motion_is_that_of_least_squares(seed: int) -> None:
    """With each axle's place as an unknown, and the usual acceleration as one equation more."""
    times_s, row_m = crossing(seed)
    pulses, seen = laid(times_s)
    motion = np.zeros(4)
    off_m = kernels.fit_motion(pulses, seen, 0, len(seen), row_m, motion, np.empty((3, 4)))
    expected, expected_off_m, places_m = naive.fit_motion(times_s, row_m)
    np.testing.assert_allclose(motion, expected, rtol=1e-5, atol=1e-5)
    assert off_m == pytest.approx(expected_off_m, rel=1e-4, abs=1e-8)
    for axle, place_m in enumerate(places_m):
        assert kernels.offset_of(pulses, seen, axle, row_m, motion) == pytest.approx(place_m, abs=1e-4)


def test_a_vehicle_is_fitted_by_its_own_axles() -> None:
    """The axles [first, end) and no others."""
    times_s, row_m = crossing(3)
    pulses, seen = laid(np.concatenate([times_s + 50.0, times_s, 3.0 * times_s]))
    motion = np.zeros(4)
    kernels.fit_motion(pulses, seen, len(times_s), 2 * len(times_s), row_m, motion, np.empty((3, 4)))
    np.testing.assert_allclose(motion, naive.fit_motion(times_s, row_m)[0], rtol=1e-5, atol=1e-5)


def test_no_axle_on_two_rows_has_no_motion() -> None:
    """NaN, and what was known of the motion stays."""
    pulses, seen = laid(np.array([[1.0, np.nan], [np.nan, 2.0]]))
    motion = np.array([9.0, 8.0, 7.0, 6.0])
    assert math.isnan(kernels.fit_motion(pulses, seen, 0, 2, np.array([0.0, 4.0]), motion, np.empty((3, 4))))
    assert motion.tolist() == [9.0, 8.0, 7.0, 6.0]


@pytest.mark.parametrize("seed", range(30))
def test_place_speed_and_time_belong_together(seed: int) -> None:
    """x, its derivative and its inverse, of a vehicle that goes forward."""
    random = np.random.default_rng(seed)
    motion = np.array(
        [random.uniform(0, 3), random.uniform(3, 30), random.uniform(-0.4, 0.4), random.uniform(-0.1, 0.1)]
    )
    for time_s in motion[0] + random.uniform(-1.5, 1.5, 10):
        place_m = kernels.place_at(motion, time_s)
        assert place_m == pytest.approx(float(naive.place_at(motion, time_s)), abs=1e-9)
        assert kernels.speed_at(motion, time_s) == pytest.approx(naive.speed_at(motion, time_s), abs=1e-9)
        found_s = kernels.time_at(motion, place_m, motion[0])
        assert found_s == pytest.approx(time_s, abs=1e-7)
        assert found_s == pytest.approx(naive.time_at(motion, place_m, motion[0]), abs=1e-7)


def test_a_place_that_is_never_reached_has_the_guess_for_its_time() -> None:
    """The vehicle stops short of it."""
    motion = np.array([1.0, 5.0, -5.0, 0.0])
    assert kernels.time_at(motion, 50.0, 1.25) == 1.25


@pytest.mark.parametrize("seed", range(30))
def test_the_local_speed_is_that_between_the_nearest_rows(seed: int) -> None:
    """On either side of a row, where they have seen the axle; else that of the motion."""
    times_s, row_m = crossing(seed)
    pulses, seen = laid(times_s)
    motion = np.array([0.0, 12.0, 0.0, 0.0])
    for axle, row in zip(*np.nonzero(seen >= 0), strict=True):
        found = kernels.local_speed(pulses, seen, axle, row, row_m, motion)
        assert found == pytest.approx(naive.local_speed(times_s, axle, row, row_m, motion), rel=1e-9)
