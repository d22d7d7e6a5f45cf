"""A whole frame: the kernel weighs a vehicle as the naive twins do one after another."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference import weigh as naive
from tests.wim.strip_signals import CAR, NEWTON, SHAPES, SIX, START_NS, TWO, Scene, loads_kg
from wim.kernels.weigh import NO_SPEED, NO_WEIGHT
from wim.lanes import Calibration
from wim.measure import _UNWEIGHED


def scene(seed: int) -> Scene:
    """An undoubted vehicle at any speed over two to five lines, with noise, hum and droop."""
    random = np.random.default_rng(seed)
    lines = int(random.integers(2, 6))
    spacing_m = float(random.uniform(1.0, 4.0))
    return Scene(
        axles=[SIX, TWO, CAR][seed % 3],
        speed_ms=float(random.uniform(9.0, 26.0)),
        change_ms2=float(random.choice([0.0, 0.8, -0.8])),
        lines_m=tuple(spacing_m * line for line in range(lines)),
        halves=seed % 4 != 3,
        shape=SHAPES[str(random.choice(list(SHAPES)))],
        rate_hz=int(random.choice([2_000, 5_000, 10_000])),
        tau_s=float(random.uniform(1.0, 20.0)),
        hum_n=float(random.uniform(0.0, 20.0)),
        noise_n=float(random.uniform(2.0, 20.0)),
        seed=seed,
        calibrations=(Calibration(7, 0, {}, 30.0, 0.001, ((30.0, 0.98), (80.0, 1.03))),),
    )


@pytest.mark.parametrize("seed", range(24))
def test_a_frame_is_weighed_as_by_the_twins(seed: int) -> None:
    """Axles to a kilogram, their uncertainty, places, speed, acceleration and time."""
    one = scene(seed)
    counts = one.counts()
    passage = one.measured(counts)
    table = one.calibrations[0].speed
    warmth = 1.0 + 0.001 * (20.0 - 30.0)
    assert one.tau_s is not None
    told = naive.Conditions(one.strips, NEWTON, one.rate_hz, 1.0 / one.tau_s, one.gravity_ms2, warmth, table)
    expected = naive.weigh(counts, told)
    np.testing.assert_allclose(loads_kg(passage).sum(axis=1), expected.axle_kg, atol=0.51)
    assert passage["gross_sigma"] == pytest.approx(expected.sigma, rel=1e-5)
    spacings_mm = 1e3 * np.diff(expected.places_m)
    np.testing.assert_allclose(passage["spacing_mm"][: len(spacings_mm)].astype(float), spacings_mm, atol=0.51)
    assert passage["speed_kmh"] == pytest.approx(expected.speed_kmh, rel=1e-6)
    assert passage["acceleration_ms2"] == pytest.approx(expected.acceleration_ms2, abs=1e-5)
    assert (int(passage["time_ns"]) - START_NS) / 1e9 == pytest.approx(expected.time_s, abs=1e-8)


def test_every_refusal_of_the_kernel_has_its_words() -> None:
    """A number below 0 never reaches a person."""
    assert {NO_SPEED, NO_WEIGHT} < _UNWEIGHED.keys()
    assert all(number < 0 for number in _UNWEIGHED)
