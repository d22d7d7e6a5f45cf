"""A loop sees metal from bumper to bumper, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from sensors.simulator.signals.installation import Loop
from sensors.simulator.signals.loops import REACH_M, Metal, changes
from sensors.simulator.signals.motion import cruise
from sensors.simulator.signals.reference import Recipe, scenes

EVEN = Metal(0.02, 0.0, 3.0, 0.0)


def test_a_loop_changes_by_all_while_the_vehicle_covers_it_and_by_nothing_before_and_after() -> None:
    """It begins when the bumper reaches the field and ends when the rear has left it."""
    [scene] = scenes(Recipe("2x4.0", (72, 72), "mixed"), 1, 1)
    vehicle, motion, loop = scene.crossings[0].vehicle, cruise(72.0, 0.0), Loop(-1.6)
    time_s = np.arange(-3.0, 4.0, 1e-3)
    [change] = changes([loop], np.zeros(1), vehicle, motion, EVEN, time_s)
    begins_s = (loop.position_m - loop.length_m / 2 - REACH_M - vehicle.front_m) / 20
    ends_s = (loop.position_m + loop.length_m / 2 + REACH_M + vehicle.spacing_m.sum() + vehicle.rear_m) / 20
    assert change[(time_s < begins_s) | (time_s > ends_s)] == pytest.approx(0, abs=1e-6)
    assert np.all(change[(time_s > begins_s + 0.01) & (time_s < ends_s - 0.01)] > 0)
    assert change.max() == pytest.approx(EVEN.change, rel=1e-4)


def test_uneven_metal_wavers_about_its_change() -> None:
    """A chassis that lies unevenly changes the loop now more, now less."""
    [scene] = scenes(Recipe("2x4.0", (72, 72)), 1, 1)
    uneven = Metal(0.02, 0.4, 3.0, 0.0)
    time_s = np.arange(0.3, 0.5, 1e-3)
    [change] = changes([Loop(-1.6)], np.zeros(1), scene.crossings[0].vehicle, cruise(72.0, 0.0), uneven, time_s)
    assert change.min() == pytest.approx(0.02 * 0.6, rel=0.01)
    assert change.max() == pytest.approx(0.02 * 1.4, rel=0.01)
