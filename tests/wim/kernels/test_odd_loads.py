"""Loads that other lines contradict: the same are left out as by hand, and only of their own axle."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference import odd_loads as naive
from tests.wim.kernels.test_wheel_loads import lane_of
from wim.kernels import odd_loads as kernels
from wim.kernels.weigh_arrays import LEFT, RIGHT, make_room
from wim.records import Flag


@pytest.mark.parametrize("seed", range(60))
def test_a_line_that_missed_an_axle_is_left_out_of_it(seed: int) -> None:
    """Or half of it; never the one that gave most, and never for what noise may have taken."""
    random = np.random.default_rng(seed)
    axles, lines = int(random.integers(1, 6)), int(random.integers(1, 6))
    room = make_room(1, 1, lines, 0, 8)
    wheels = random.uniform(2_000.0, 4_000.0, (axles, 1, 2)) * random.choice(
        [0.05, 0.3, 0.9, 1.0, 1.1], (axles, lines, 2)
    )
    wheels[random.random((axles, lines, 2)) < 0.15] = np.nan
    room.wheel_kg[:axles] = wheels
    room.noise_kg[:] = random.choice([5.0, 60.0, 400.0])
    sided = np.ones(lines, np.int64)
    flags, expected = kernels.drop_missed(room, axles, sided), Flag(0)
    for axle in range(axles):
        left_out, told = naive.missed(wheels[axle], room.noise_kg[axle], sided.tolist())
        expected |= told
        kept = wheels[axle].copy()
        kept[left_out] = np.nan
        np.testing.assert_array_equal(room.wheel_kg[axle], kept)
    assert Flag(flags) == expected


@pytest.mark.parametrize("seed", range(60))
def test_a_wheel_that_stood_is_left_out_of_its_line(seed: int) -> None:
    """Unless no other line has weighed the axle; the passage is STOPPED in any case."""
    random = np.random.default_rng(seed)
    axles, lines = int(random.integers(1, 5)), int(random.integers(1, 5))
    lane = lane_of([[LEFT, RIGHT]] * lines)
    room = make_room(2 * lines, lines, lines, 0, 8)
    seen = random.random((axles, lines)) < 0.9
    seen[:, 0] = True
    # The vehicle is the second of its frame.
    room.seen[2 : 2 + axles] = np.where(seen, np.arange(axles)[:, None], -1)
    way_m = random.choice([0.4, 0.42, 0.55, 2.0], (axles, lines))
    peak_n, part = random.choice([500.0, 9_000.0], (axles, lines)), random.choice([0.02, 0.3], (axles, lines))
    room.way_m[:axles] = way_m
    room.pulses["peak_n"][:, :axles], room.pulses["part"][:, :axles] = peak_n.T, part.T
    room.wheel_kg[:axles] = np.where(seen[:, :, None], 3_000.0, np.nan)
    flags, stood = kernels.drop_lingering(lane, room, 2, axles, kernels.LINGERS), False
    for axle, own in enumerate(seen):
        told = [np.where(own, values[axle], np.nan) for values in (way_m, peak_n, part)]
        rows = naive.lingering(*told)
        stood |= bool(rows)
        # The last that is left stays, whatever it did.
        out = rows[: int(own.sum()) - 1]
        expected = np.where(own, 3_000.0, np.nan)
        expected[out] = np.nan
        np.testing.assert_array_equal(room.wheel_kg[axle, :, 0], expected)
    assert (flags == Flag.STOPPED) == stood


@pytest.mark.parametrize("seed", range(60))
def test_a_wheel_that_stood_on_its_only_line_weighs_what_its_height_says(seed: int) -> None:
    """The others keep their loads, and so do the halves their shares."""
    random = np.random.default_rng(seed)
    axles, lines = int(random.integers(1, 6)), int(random.integers(1, 4))
    lane = lane_of([[LEFT, RIGHT]] * lines)
    room = make_room(2 * lines, lines, lines, 0, 8)
    seen = random.random((axles, lines)) < 0.8
    seen[:, 0] = True
    room.seen[2 : 2 + axles] = np.where(seen, np.arange(axles)[:, None], -1)
    peak_n = random.uniform(8_000.0, 12_000.0, (axles, lines))
    whole_kg = np.where(seen, peak_n * random.choice([0.45, 0.5, 0.55, 4.0, 20.0], (axles, lines)), np.nan)
    room.pulses["peak_n"][:, :axles] = peak_n.T
    room.wheel_kg[:axles, :, 0], room.wheel_kg[:axles, :, 1] = 0.4 * whole_kg, 0.6 * whole_kg
    tamed = kernels.tame_stood(lane, room, 2, axles)
    expected = naive.tamed(whole_kg, peak_n)
    np.testing.assert_allclose(room.wheel_kg[:axles, :, 0], 0.4 * expected)
    np.testing.assert_allclose(room.wheel_kg[:axles, :, 1], 0.6 * expected)
    assert tamed == bool((np.nan_to_num(expected) < np.nan_to_num(whole_kg)).any())
