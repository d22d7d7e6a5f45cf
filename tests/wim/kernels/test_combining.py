"""All lines together: generalised least squares, the same as with the covariance written down and inverted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tests.reference import combining as naive
from tests.reference import line_checks as naive_checks
from tests.wim.strip_signals import Floats
from wim.kernels import combining as kernels
from wim.kernels import line_checks
from wim.kernels.weigh_arrays import make_room

#: Loads are of 10 t; matrices of that size squared are inverted in two ways.
EXACT = 1e-7


@dataclass
class Weighing:
    """A vehicle as its lines saw it; arrays (axles, lines), places (axles,)."""

    load_kg: Floats
    noise_kg: Floats
    time_s: Floats
    spread_s: Floats
    places_m: Floats

    def by_hand(self) -> naive.Together:
        """What the twin makes of it."""
        return naive.Together(self.load_kg, self.noise_kg, self.time_s, self.spread_s, self.places_m)


def weighing(seed: int) -> Weighing:
    """Any vehicle over any lines; every axle was weighed by one line at least."""
    random = np.random.default_rng(seed)
    axles, lines = int(random.integers(1, 9)), int(random.integers(1, 7))
    places_m = np.concatenate([[0.0], np.cumsum(random.uniform(1.1, 7.0, axles - 1))])
    line_m = np.arange(lines) * random.uniform(0.8, 4.0)
    loads = random.uniform(300.0, 12_000.0, axles)[:, None] * random.normal(1.0, 0.1, (axles, lines))
    missed = random.random((axles, lines)) < 0.2
    missed[np.arange(axles), random.integers(0, lines, axles)] = False
    return Weighing(
        np.where(missed, np.nan, loads),
        random.uniform(0.0, 60.0, (axles, lines)),
        (places_m[:, None] + line_m) / random.uniform(1.0, 30.0),
        random.uniform(0.0, 0.08, (axles, lines)),
        places_m,
    )


class Combined:
    """What the kernel makes of it, with the room that it leaves behind."""

    def __init__(self, one: Weighing) -> None:
        axles, lines = one.load_kg.shape
        self.room = make_room(1, 1, lines, 0, 1)
        room = self.room
        self.axle_kg = np.zeros(axles)
        self.sigma_kg, self.misfit, self.free = kernels.combine(
            one.load_kg, one.noise_kg, one.time_s, one.spread_s, one.places_m, axles,
            room.index, room.matrix, room.root, room.system, self.axle_kg,
        )  # fmt: skip
        self.count = self.free + axles


@pytest.mark.parametrize("seed", range(60))
def test_loads_and_their_uncertainty_are_those_of_least_squares(seed: int) -> None:
    """Axles, σ of the gross weight, misfit and degrees of freedom."""
    one = weighing(seed)
    found, expected = Combined(one), one.by_hand()
    np.testing.assert_allclose(found.axle_kg, expected.axle_kg, rtol=EXACT)
    assert found.sigma_kg == pytest.approx(expected.sigma_kg, rel=EXACT)
    assert found.free == expected.free
    assert found.misfit == pytest.approx(expected.misfit, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_shares_are_rows_of_the_gain(seed: int) -> None:
    """What each line counts in its own axle: it adds up to 1, and axles of one body count in no other's sum."""
    one = weighing(seed)
    found, expected = Combined(one), one.by_hand()
    room, (axles, lines) = found.room, one.load_kg.shape
    weight = np.full((axles, lines), np.nan)
    kernels.share_lines(room.index, found.count, axles, room.matrix, room.root, room.system, weight)
    np.testing.assert_allclose(weight, expected.shares(), atol=1e-7)
    np.testing.assert_allclose(weight.sum(axis=1), 1.0, atol=1e-7)


@pytest.mark.parametrize("seed", range(60))
def test_the_line_farthest_from_the_others_is_named(seed: int) -> None:
    """By the contrast of each with the mean of the others, in its own standard deviations."""
    one = weighing(seed)
    found, room = Combined(one), make_room(1, 1, one.load_kg.shape[1], 0, 1)
    line, score, apart_kg = line_checks.worst_line(
        one.load_kg, found.room.matrix, found.room.index, found.count, room.contrast
    )
    expected = naive_checks.worst_line(one.load_kg, one.by_hand())
    if line < 0:
        assert expected == {}
        return
    assert (score, apart_kg) == pytest.approx(expected[line], rel=1e-6)
    assert score == pytest.approx(max(expected.values())[0], rel=1e-6)


def test_equal_lines_give_their_load() -> None:
    """Whatever the motion: lines that agree are believed."""
    one = weighing(7)
    loads = np.repeat(np.arange(1.0, len(one.load_kg) + 1)[:, None] * 1_000.0, one.load_kg.shape[1], axis=1)
    one.load_kg = np.where(np.isnan(one.load_kg), np.nan, loads)
    np.testing.assert_allclose(Combined(one).axle_kg, loads[:, 0], rtol=1e-9)


def test_the_uncertainty_is_that_of_such_vehicles() -> None:
    """Drawn from the covariance that it believes, gross weights scatter by σ and are unbiased; their misfit is 1."""
    one = next(one for one in map(weighing, range(100)) if one.by_hand().free >= 10)
    expected = one.by_hand()
    random = np.random.default_rng(5)
    errors, misfits = [], []
    truth_kg = np.nanmean(one.load_kg, axis=1)
    for drawn in random.multivariate_normal(np.zeros(len(expected.loads)), expected.covariance, 4_000):
        one.load_kg[expected.there] = expected.design @ truth_kg + drawn
        found = Combined(one)
        errors.append(found.axle_kg.sum() - truth_kg.sum())
        misfits.append(found.misfit)
    # Of 4 000 a deviation is known to 1.1 %; the kernel takes loads for their own mean, which adds a little.
    assert np.std(errors) == pytest.approx(expected.sigma_kg, rel=0.05)
    assert abs(np.mean(errors)) < 4.0 * expected.sigma_kg / np.sqrt(4_000) + 0.002 * truth_kg.sum()
    assert np.mean(misfits) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("apart_s", [0.0, 1e-4, -0.01, 0.07, 0.4, 2.0])
@pytest.mark.parametrize("band", [(1.5, 4.0), (8.0, 15.0)])
def test_a_swing_is_remembered_as_its_band_says(apart_s: float, band: tuple[float, float]) -> None:
    """The same as the mean of cosines over all its frequencies."""
    assert kernels.swing(*band, apart_s) == pytest.approx(naive.swing(*band, apart_s), abs=1e-5)
    assert kernels.averaged(*band, abs(apart_s)) == pytest.approx(naive.averaged(*band, abs(apart_s)), rel=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_axles_of_one_unit_are_those_by_hand(seed: int) -> None:
    """Tractor, semi-trailer, and trailers by two groups."""
    places_m = np.cumsum(np.random.default_rng(seed).uniform(0.9, 4.5, seed % 12 + 1))
    found = [kernels.unit_of(places_m, len(places_m), axle) for axle in range(len(places_m))]
    assert found == naive.units_of(places_m)
