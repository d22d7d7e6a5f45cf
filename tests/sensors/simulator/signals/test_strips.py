"""The force on strips over time is the load that lies on them, no more and no less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.simulator.signals.capture import force, sample_times
from sensors.simulator.signals.motion import Course, cruise
from sensors.simulator.signals.reference import Recipe, scenes
from sensors.simulator.signals.scene import Scene
from sensors.simulator.signals.surroundings import Errors
from sensors.simulator.signals.suspension import Roughness

STILL = Roughness(0.0, 0.0, 0.0)
EXACT = Errors(0.0, 0.0, 0.0)


def rigid(layout: str = "2x4.0", speed_kmh: float = 80.0, seed: int = 1) -> Scene:
    """A vehicle without springs on strips without errors, in the middle of the lane."""
    recipe = Recipe(layout, (speed_kmh, speed_kmh), "mixed", roughness=STILL, errors=EXACT, rates_hz=(10_000,))
    [scene] = scenes(recipe, 1, seed)
    [crossing] = scene.crossings
    shape = (len(scene.installation.line), len(crossing.vehicle.unit))
    return replace(scene, crossings=(replace(crossing, response=np.ones(shape), lateral_m=np.zeros(shape)),), time_ns=1)


def kilograms(scene: Scene, speed_ms: float) -> np.ndarray:
    """(speed ÷ (width · g)) ∫ force dt of each strip."""
    area = force(scene, sample_times(scene)).sum(axis=1) / scene.rate_hz
    return np.asarray(area * speed_ms / scene.installation.width_m / scene.installation.site.gravity_ms2)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("speed_kmh", [5.0, 80.0])
def test_the_area_under_the_force_is_load_times_width_by_speed(seed: int, speed_kmh: float) -> None:
    """Each strip's integral gives the static load of its side, whatever tyres, pavement and speed."""
    scene = rigid(speed_kmh=speed_kmh, seed=seed)
    left_kg, right_kg = scene.crossings[0].vehicle.wheel_kg.sum(axis=0)
    # The registry of before 1970 has no calibration, so that no speed table is in force.
    assert kilograms(scene, speed_kmh / 3.6) == pytest.approx([left_kg, right_kg] * 2, rel=1e-3)


def test_a_full_strip_feels_both_sides() -> None:
    """Its integral gives the gross weight."""
    scene = rigid("2x4.0-full")
    gross_kg = scene.crossings[0].vehicle.wheel_kg.sum()
    assert kilograms(scene, 80 / 3.6) == pytest.approx([gross_kg] * 2, rel=1e-3)


def test_half_a_tyre_beside_the_strip_is_not_felt() -> None:
    """With the right tyres' middle over the strip's end, half of their load is missing from the line, and no more."""
    scene = rigid()
    [crossing] = scene.crossings
    by_m = scene.bars.right_m.max() - crossing.vehicle.track_m / 2
    aside = replace(scene, crossings=(replace(crossing, lateral_m=crossing.lateral_m + by_m),))
    before, after = kilograms(scene, 80 / 3.6), kilograms(aside, 80 / 3.6)
    # The left tyres may have come over the middle of the lane, to the other strip.
    assert after.sum() == pytest.approx(before.sum() - before[[1, 3]].sum() / 2, rel=1e-3)


def test_who_rolls_back_over_a_strip_is_felt_three_times() -> None:
    """Forwards, backwards and forwards again: three visits of the same axle at the same walking pace."""
    scene = rigid()
    [crossing] = scene.crossings
    crossing = replace(crossing, motion=cruise(3.6, scene.installation.middle_m))
    last_m = float(crossing.vehicle.axle_m[-1])
    course = Course(-5.0, 1.0).stop_at(last_m + 6.0, 2.0).change(-1.0, 2.0)
    to_and_fro = course.hold(last_m + 8.0).change(1.0, 2.0).motion()
    once, thrice = (
        kilograms(replace(scene, crossings=(replace(crossing, motion=motion),)), 1.0)
        for motion in (crossing.motion, to_and_fro)
    )
    assert thrice == pytest.approx(3 * once, rel=2e-3)


def test_two_vehicles_press_as_much_as_each_alone() -> None:
    """Forces add up; neither takes from the other."""
    [scene] = scenes(Recipe("4x1.5", (60, 60), "mixed", pairs=1.0), 1, 3)
    time_s = sample_times(scene)
    alone = [force(replace(scene, crossings=(crossing,)), time_s) for crossing in scene.crossings]
    assert len(alone) == 2
    assert np.allclose(force(scene, time_s), sum(alone))
