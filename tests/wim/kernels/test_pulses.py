"""Pulses of a row: found as a slow description says, weighed as on paper."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference import pulses as naive
from tests.wim.strip_signals import SHAPES, Floats
from wim.kernels import pulses as kernels
from wim.kernels.weigh_arrays import MOST_PULSES, PULSE

BLOCK_S = 0.0005


def row_of_pulses(seed: int) -> Floats:
    """Two halves of a row, shape (2, blocks): wheels of any height and width anywhere, on a tilted, noisy rest."""
    random = np.random.default_rng(seed)
    blocks = int(random.integers(200, 1_500))
    x = np.arange(blocks)
    forces = random.normal(0.0, random.choice([0.0, 5.0, 60.0]), (2, blocks))
    forces += random.normal(0.0, 300.0, (2, 1)) * (x / blocks if seed % 3 else 0.0)
    for _ in range(random.integers(0, 9)):
        shape = SHAPES[str(random.choice(list(SHAPES)))]
        width = random.uniform(8.0, 120.0)
        # Every fifth place is beyond the frame, so that pulses are cut by either end.
        pulse = shape((x - random.uniform(-0.1, 1.1) * blocks) / width * 0.3)
        forces += random.uniform(100.0, 20_000.0) * np.array([[0.5], [0.45]]) * pulse / 4.0
    return forces


def found_by_kernel(forces: Floats, noise_n: float) -> np.ndarray:
    """The PULSE records of row 1, windows opened."""
    pulses = np.zeros(MOST_PULSES, PULSE)
    blocks = forces.shape[1]
    # Strips of other rows, and one that is not believed, lie between.
    strangers = np.full((1, blocks), 1e6)
    all_ = np.concatenate([forces[:1], strangers, forces[1:], strangers])
    row_of = np.array([1, 0, 1, -1])
    count = kernels.find_pulses(all_, row_of, 1, blocks, BLOCK_S, noise_n, pulses)
    kernels.open_windows(pulses, count, blocks, BLOCK_S)
    area = np.full((4, MOST_PULSES), np.nan)
    for index in range(count):
        kernels.weigh_pulse(all_, row_of, 1, pulses, count, index, blocks, BLOCK_S, area)
    assert np.isnan(area[[1, 3]]).all()
    assert np.isnan(area[:, count:]).all()
    return pulses[:count]


@pytest.mark.parametrize("seed", range(60))
def test_pulses_are_found_and_weighed_as_by_hand(seed: int) -> None:
    """First, end, height, window, area, centroid and spread of every one, for both halves together."""
    forces = row_of_pulses(seed)
    noise_n = float(np.random.default_rng(seed).uniform(0.0, 60.0))
    pulses = found_by_kernel(forces, noise_n)
    expected = naive.find_pulses(forces.sum(axis=0), BLOCK_S, noise_n)
    naive.open_windows(expected, forces.shape[1], BLOCK_S)
    for name in ("first", "end", "window", "window_end"):
        assert pulses[name].tolist() == [getattr(pulse, name) for pulse in expected]
    np.testing.assert_allclose(pulses["peak_n"], [pulse.peak_n for pulse in expected], rtol=1e-9)
    np.testing.assert_allclose(pulses["part"], [pulse.part for pulse in expected], rtol=1e-9)
    for index, pulse in enumerate(pulses):
        areas, time_s, spread_s = naive.weigh_pulse(forces, expected, index, BLOCK_S)
        assert pulse["area_ns"] == pytest.approx(areas.sum(), abs=1e-6)
        assert pulse["time_s"] == pytest.approx(time_s, abs=1e-9)
        assert pulse["spread_s"] == pytest.approx(spread_s, abs=1e-9)


def test_worlds_have_pulses_that_touch_and_that_are_cut() -> None:
    """What the comparison above has seen: many, none, at either end, and gaps too short for a baseline."""
    worlds = [found_by_kernel(row_of_pulses(seed), 10.0) for seed in range(60)]
    counts = [len(pulses) for pulses in worlds]
    assert 0 in counts
    assert max(counts) > 4
    assert any((pulses["window"] == 0).any() for pulses in worlds)
    assert any((pulses["window"][1:] == pulses["window_end"][:-1]).any() for pulses in worlds)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_area_is_exact_on_a_line_with_hum(shape: str) -> None:
    """Whatever the pulse looks like: hum of any phase drops out, and so does a rest that tilts."""
    x = np.arange(1_200)
    pulse = 8_000.0 * SHAPES[shape]((x - 600) / 50 * 0.3) / 4.0
    for phase in np.linspace(0.0, 6.0, 5):
        hum = 150.0 * np.sin(2.0 * np.pi * 50.0 * x * BLOCK_S + phase)
        (found,) = found_by_kernel(np.stack([pulse + hum + 80.0 - 0.1 * x, 0.9 * pulse - hum * 0.5]), 5.0)
        assert found["area_ns"] == pytest.approx(1.9 * pulse.sum() * BLOCK_S, rel=2e-4)


def test_a_pulse_that_is_still_high_at_the_end_is_told() -> None:
    """The frame was cut: it ends with the frame."""
    force = np.where(np.arange(400) > 300, 5_000.0, 0.0)
    (found,) = found_by_kernel(np.stack([force, force]), 5.0)
    assert (found["first"], found["end"], found["window_end"]) == (301, 400, 400)


def test_no_more_pulses_are_told_than_there_is_room_for() -> None:
    """Of a chattering row the first 64."""
    force = 4_000.0 * (np.arange(8_000) % 80 > 60)
    assert len(found_by_kernel(np.stack([force, force]), 5.0)) == MOST_PULSES


@pytest.mark.parametrize("seed", range(30))
def test_decay_is_summed_as_by_least_squares(seed: int) -> None:
    """From what is quiet of a strip, a level and a slope of its own taken out."""
    forces = row_of_pulses(seed)
    blocks = forces.shape[1]
    pulses = naive.find_pulses(forces.sum(axis=0), BLOCK_S, 30.0)
    naive.open_windows(pulses, blocks, BLOCK_S)
    records = np.zeros(MOST_PULSES, PULSE)
    for record, pulse in zip(records, pulses, strict=False):
        record["window"], record["window_end"] = pulse.window, pulse.window_end
    sums = np.zeros(2)
    kernels.decay_of(forces[0], blocks, BLOCK_S, records, len(pulses), 30.0, sums)
    expected = naive.decay_of(forces[0], pulses, BLOCK_S, 30.0)
    np.testing.assert_allclose(sums, expected, rtol=1e-5, atol=1e-7)
    assert kernels.decay_from(sums) == pytest.approx(naive.decay_from(expected), rel=1e-5)


@pytest.mark.parametrize("sums", [(0.0, 0.0), (-40.0, 100.0), (40.0, 100.0), (-1e-3, 1e-3)])
def test_decay_is_drawn_to_the_usual(sums: tuple[float, float]) -> None:
    """Where strips say nothing it is the usual one, where they say much theirs, and never negative."""
    found = kernels.decay_from(np.array(sums))
    assert found == pytest.approx(naive.decay_from(sums), rel=1e-12)
    assert found >= 0.0
