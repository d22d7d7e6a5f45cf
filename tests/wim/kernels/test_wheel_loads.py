"""From areas to wheels, and from halves to axles: formula by formula, and strip by strip."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.reference import line_checks as naive_checks
from tests.reference import motion as naive_motion
from tests.reference import wheel_loads as naive
from wim.kernels import line_checks, wheel_loads
from wim.kernels.weigh_arrays import CLIPPED, DEAD, FULL, LEFT, NOISY, RIGHT, Lane, Room, make_room

TABLE = ((18.0, 0.97), (40.0, 1.0), (90.0, 1.04))


def lane_of(sides: list[list[int]], spacing_m: float = 1.5) -> Lane:
    """A lane whose lines have these strips, each line a row."""
    strips = [(line, side) for line, own in enumerate(sides) for side in own]
    lines = np.array([line for line, _ in strips])
    row_m = np.arange(len(sides)) * spacing_m
    nothing: Any = np.zeros(0)
    return Lane(
        channel=np.arange(len(strips)),
        row=lines,
        side=np.array([side for _, side in strips]),
        line=lines,
        newton=np.ones(len(strips)),
        width_m=0.05 + 0.01 * np.arange(len(strips)),
        row_m=row_m,
        row_line=np.arange(len(sides)),
        loop=nothing.astype(np.int64),
        loop_m=nothing,
        loop_rest=nothing,
        loop_scale=nothing,
        speed_kmh=np.array([point for point, _ in TABLE]),
        speed_factor=np.array([factor for _, factor in TABLE]),
    )


def world(seed: int) -> tuple[Lane, Room, list[int], int]:
    """Lines of any layout, and the wheels of a vehicle on them, some missing: lane, room, sided, axles."""
    random = np.random.default_rng(seed)
    lines, axles = int(random.integers(1, 6)), int(random.integers(1, 7))
    layouts = [[FULL], [LEFT, RIGHT], [LEFT, RIGHT], [LEFT], [RIGHT]]
    sides = [layouts[random.integers(0, len(layouts))] for _ in range(lines)]
    lane = lane_of(sides)
    room = make_room(len(lane.channel), lines, lines, 0, 8)
    room.wheel_kg[:] = np.nan
    room.noise_kg[:] = random.uniform(1.0, 60.0, room.noise_kg.shape)
    base = random.uniform(200.0, 6_000.0, (axles, 2))
    for strip, (line, side) in enumerate(zip(lane.line, lane.side, strict=True)):
        column = int(side == RIGHT)
        felt = random.choice([1.0, 1.0, 1.0, 1.0, 0.01, 1.3])
        loads = (base.sum(axis=1) if side == FULL else base[:, column]) * felt * random.normal(1.0, 0.08, axles)
        loads[random.random(axles) < 0.1] = np.nan
        room.wheel_kg[:axles, line, column] = loads
        room.strips[strip]["bad"] = random.choice([0, 0, 0, 0, 0, CLIPPED, NOISY])
    return lane, room, [int(own[0] != FULL) for own in sides], axles


@pytest.mark.parametrize("speed_kmh", [0.0, 18.0, 18.1, 40.0, 77.0, 90.0, 130.0])
def test_the_speed_table_is_read_as_by_hand(speed_kmh: float) -> None:
    """Linear between its points, constant outside."""
    assert wheel_loads.factor_at(lane_of([[FULL]]), speed_kmh) == pytest.approx(naive.factor_at(TABLE, speed_kmh))


@pytest.mark.parametrize("smooth", [True, False])
def test_a_wheel_is_its_area_by_the_formula(smooth: bool) -> None:
    """With the speed of that axle at that strip: by the motion, or by the rows beside where no motion fits."""
    lane = lane_of([[LEFT, RIGHT], [FULL], [RIGHT]])
    room = make_room(4, 3, 3, 0, 8)
    times_s = np.array([[0.10, 0.19, np.nan], [0.35, 0.44, 0.54]])
    room.seen[1:3] = np.where(np.isnan(times_s), -1, [[3], [5]])
    for axle, row in zip(*np.nonzero(~np.isnan(times_s)), strict=True):
        pulse = room.pulses[row, room.seen[1 + axle, row]]
        pulse["time_s"], pulse["window"], pulse["window_end"] = times_s[axle, row], 100, 140
    room.area[:] = np.random.default_rng(2).uniform(20.0, 90.0, room.area.shape)
    room.strips["noise_n"] = [3.0, 5.0, 7.0, 9.0]
    room.motion[:] = [0.3, 16.0, -1.0, 0.0]
    room.row_m[:] = lane.row_m
    wheel_loads.load_wheels(lane, room, 1, 2, 0.0005, 9.79, 1.02, smooth)
    for strip, (line, side) in enumerate(zip(lane.line, lane.side, strict=True)):
        for axle in range(2):
            found = room.wheel_kg[axle, line, int(side == RIGHT)]
            if np.isnan(times_s[axle, line]):
                assert np.isnan(found)
                continue
            speed_ms = naive_motion.speed_at(room.motion, times_s[axle, line])
            if not smooth:
                speed_ms = naive_motion.local_speed(times_s, axle, line, lane.row_m, room.motion)
            area_ns = room.area[strip, room.seen[1 + axle, line]]
            formula = (speed_ms, lane.width_m[strip], 9.79, 1.02, TABLE)
            assert found == pytest.approx(naive.wheel_kg(area_ns, *formula), rel=1e-12)
            noise_ns = 0.35 * float(room.strips["noise_n"][strip]) * 40 * 0.0005
            noise_kg = room.noise_kg[axle, line, int(side == RIGHT)]
            assert noise_kg == pytest.approx(naive.wheel_kg(noise_ns, *formula), rel=1e-9)
    expected = np.where(np.isnan(times_s), 0.0, times_s)
    np.testing.assert_allclose(room.line_s[:2], expected)
    assert np.isnan(room.wheel_kg[:2, 1, 1]).all()
    assert np.isnan(room.wheel_kg[:2, 2, 0]).all()


@pytest.mark.parametrize("seed", range(80))
def test_the_dead_are_told_and_the_bad_forgotten(seed: int) -> None:
    """A strip is dead where its partner is not and another line has weighed that side; then it is NaN."""
    lane, room, sided, axles = world(seed)
    before, bad = room.wheel_kg[:axles].copy(), room.strips["bad"].copy()
    dead = naive.dead(before, sided)
    wheel_loads.forget_bad(lane, room, axles)
    for strip, (line, side) in enumerate(zip(lane.line, lane.side, strict=True)):
        column = int(side == RIGHT)
        expected = int(bad[strip]) | (DEAD if (line, column) in dead and side != FULL else 0)
        assert room.strips["bad"][strip] == expected
        kept = np.full(axles, np.nan) if expected else before[:, line, column]
        np.testing.assert_array_equal(room.wheel_kg[:axles, line, column], kept)


@pytest.mark.parametrize("seed", range(80))
def test_halves_become_axles(seed: int) -> None:
    """Loads, noise, and whether a side was never weighed: by what each axle's own lines have."""
    lane, room, sided, axles = world(seed)
    wheel_loads.forget_bad(lane, room, axles)
    load_kg, noise_kg = np.zeros((axles, len(sided))), np.zeros((axles, len(sided)))
    one_sided = wheel_loads.line_totals(lane, room, axles, np.array(sided), load_kg, noise_kg)
    wheels, noise = room.wheel_kg[:axles], room.noise_kg[:axles]
    expected = naive.whole_axles(wheels, noise, sided)
    np.testing.assert_allclose(load_kg, expected[0], rtol=1e-12)
    np.testing.assert_allclose(noise_kg, expected[1], rtol=1e-9)
    assert one_sided == expected[2]


@pytest.mark.parametrize("seed", range(80))
def test_the_left_part_of_an_axle_is_that_by_hand(seed: int) -> None:
    """What the passage shares an axle by; half where nobody knows."""
    lane, room, sided, axles = world(seed)
    wheel_loads.forget_bad(lane, room, axles)
    for axle in range(axles):
        expected = naive.left_part(room.wheel_kg[axle], sided)
        found = wheel_loads.left_share(room, axle, np.array(sided))
        assert found == pytest.approx(expected) or math.isnan(expected)
        assert 0.0 <= found <= 1.0


@pytest.mark.parametrize("seed", range(80))
def test_the_side_that_disagrees_is_named(seed: int) -> None:
    """The line whose left against right is farthest from the others', in standard deviations and in logarithms."""
    _, room, sided, axles = world(seed)
    line, score, off = line_checks.sides_disagree(room, axles, np.array(sided))
    expected = naive_checks.sides_disagree(room.wheel_kg[:axles], room.noise_kg[:axles], sided)
    if line < 0:
        assert expected == {}
        return
    assert (score, off) == pytest.approx(expected[line], rel=1e-9)
    assert score == pytest.approx(max(expected.values())[0], rel=1e-9)
