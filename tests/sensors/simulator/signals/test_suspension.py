"""Loads move about their static values and never away from them."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.simulator.signals.suspension import Roughness, sprung

AXLE_KG = np.array([6_000.0, 9_000.0, 9_000.0, 8_000.0, 8_000.0])
AXLE_M = np.array([0.0, 3.6, 4.9, 11.5, 12.8])
UNIT = np.array([0, 0, 0, 1, 1])


def test_the_load_rocks_by_what_the_road_says_and_about_the_static_one() -> None:
    """Over many minutes each axle's mean is its static load and its RMS that of body and hop together."""
    suspension = sprung(AXLE_KG, AXLE_M, UNIT, Roughness(0.07, 0.035), np.random.default_rng(1))
    time_s = np.arange(0, 300, 0.01)
    for axle in range(5):
        load = suspension.relative(np.full(len(time_s), axle), np.zeros(len(time_s), np.intp), time_s)
        assert load.mean() == pytest.approx(1, abs=1e-3)
        assert load.std() == pytest.approx(np.hypot(0.07, 0.035), rel=0.01)


def test_axles_of_a_unit_share_its_body_and_hop_by_themselves() -> None:
    """Without hop, those of the tractor move together and those of the trailer in another way."""
    suspension = sprung(AXLE_KG, AXLE_M, UNIT, Roughness(0.07, 0.0), np.random.default_rng(1))
    time_s = np.tile(np.arange(0, 2, 0.01), 5)
    axle = np.repeat(np.arange(5), 200)
    load = suspension.relative(axle, np.zeros(1_000, np.intp), time_s).reshape(5, -1)
    assert np.allclose(load[:3], load[0])
    assert np.allclose(load[3:], load[3])
    assert np.abs(load[0] - load[3]).max() > 0.05


def test_rolling_takes_from_one_side_what_it_gives_to_the_other() -> None:
    """The axle's load stays."""
    suspension = sprung(AXLE_KG, AXLE_M, UNIT, Roughness(0.0, 0.0, 0.05), np.random.default_rng(1))
    time_s, axle = np.arange(0, 2, 0.01), np.zeros(200, np.intp)
    left, right = (suspension.relative(axle, np.full(200, side), time_s) for side in (0, 1))
    assert np.allclose(left + right, 2)
    assert np.abs(left - right).max() > 0.05


def test_braking_moves_load_forwards_and_adds_none() -> None:
    """The shifts of all axles cancel; those in front gain in braking, and a group shares what it gets."""
    shift = sprung(AXLE_KG, AXLE_M, UNIT, Roughness(), np.random.default_rng(1)).shift
    assert shift.sum() == pytest.approx(0, abs=1e-9)
    assert shift[0] < 0 < shift[-1]  # kg per m/s² of acceleration: less in front
    assert shift[1] / AXLE_KG[1] == pytest.approx(shift[2] / AXLE_KG[2])
