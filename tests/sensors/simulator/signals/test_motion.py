"""Vehicles move as their drivers want, without jumps in place or speed."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.simulator.signals.motion import Course, cruise


@pytest.mark.parametrize("acceleration_ms2", [-1.0, 0.0, 0.7])
def test_cruising_has_its_speed_at_the_middle_and_line_1_at_time_0(acceleration_ms2: float) -> None:
    """These two are what the truth of a frame says."""
    motion = cruise(72.0, 2.25, acceleration_ms2)
    middle_s = np.array([motion.arrival_s(2.25)])
    assert motion.arrival_s(0.0) == pytest.approx(0.0, abs=1e-9)
    assert motion.speed_ms(middle_s) == pytest.approx([20.0])
    assert motion.acceleration_ms2(middle_s) == pytest.approx([acceleration_ms2])


def test_nobody_brakes_to_a_stand_by_cruising() -> None:
    """At a walking pace an acceleration is cut to what keeps the vehicle moving over the strips."""
    motion = cruise(5.0, 0.0, -3.0)
    assert motion.speed_ms(np.array([motion.arrival_s(30.0)]))[0] > 0


def test_a_course_is_smooth_and_stands_where_it_is_told() -> None:
    """Speed is the change of place everywhere; a stop is a stop at its place."""
    motion = Course(-60.0, 15.0).stop_at(4.0, 2.0).hold(3.0).change(-1.0, 0.8).hold(2.0).change(10.0, 0.8).motion()
    time_s = np.arange(-6.0, 30.0, 1e-3)
    place_m, speed_ms = motion.place_m(time_s), motion.speed_ms(time_s)
    assert np.abs(np.diff(place_m) / 1e-3 - (speed_ms[1:] + speed_ms[:-1]) / 2).max() < 1e-3
    assert np.abs(np.diff(speed_ms)).max() < 0.01
    assert np.ptp(place_m[speed_ms == 0]) < 1e-9
    assert place_m[speed_ms == 0][0] == pytest.approx(4.0)
    assert speed_ms.min() == pytest.approx(-1.0)


def test_a_place_behind_a_reversal_is_left_later_than_it_is_reached() -> None:
    """First and last arrival differ where the vehicle rolls back, and agree where it does not."""
    motion = Course(-60.0, 15.0).stop_at(4.0, 2.0).change(-1.0, 0.8).hold(3.0).change(5.0, 0.8).motion()
    assert motion.departure_s(3.5) > motion.arrival_s(3.5) + 1
    assert motion.departure_s(20.0) == motion.arrival_s(20.0)


def test_a_place_that_is_never_reached_is_an_error() -> None:
    """Not a time that looks like one."""
    with pytest.raises(ValueError, match=r"never goes forwards through 9\.0 m"):
        Course(-60.0, 15.0).stop_at(4.0, 2.0).motion().arrival_s(9.0)
