"""Speed by two loops: the lag is the best of all lags, and the motion that of the metal."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference import loop_speed as naive
from tests.wim.strip_signals import Floats, Scene
from wim.kernels import loop_speed as kernels

RATE_HZ = 2_000
BLOCK_S = 1.0 / RATE_HZ
LOOPS_M = (-4.0, 3.0)


def courses(seed: int) -> tuple[Scene, Floats]:
    """A truck of any shape over two loops, one of them less sensitive; both in noise: shape (2, blocks)."""
    random = np.random.default_rng(seed)
    edges = np.cumsum(random.uniform(1.0, 6.0, 2 * random.integers(1, 3))) - 2.0
    scene = Scene(
        axles=((1.0, 1.0, float(edges[-1])), (1.0, 1.0, 0.0)),
        speed_ms=float(random.uniform(3.0, 26.0)),
        change_ms2=float(random.choice([0.0, 0.8])),
        loops_m=LOOPS_M,
        bodies=tuple(map(tuple, edges.reshape(-1, 2).tolist())),
        ahead_m=float(random.choice([3.0, 9.0])),
        rate_hz=RATE_HZ,
    )
    changes = np.array(scene.changes()) * [[1.0], [random.uniform(0.5, 1.5)]]
    return scene, np.abs(changes + random.normal(0.0, 0.004, changes.shape))


@pytest.mark.parametrize("seed", range(30))
def test_two_courses_are_compared_as_whole_arrays(seed: int) -> None:
    """At any lag, over all of the frame and over parts of it."""
    _, (near, far) = courses(seed)
    random, blocks = np.random.default_rng(seed), len(near)
    for _ in range(20):
        first, end = sorted(random.uniform(0, blocks, 2))
        lag = float(random.uniform(1.0, 0.6 * blocks))
        found = kernels.apart_by(near, far, near.max(), far.max(), first, end, blocks, lag)
        assert found == pytest.approx(naive.apart_by(near, far, first, end, lag), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_no_other_lag_is_better(seed: int) -> None:
    """Of all that are looked for, in steps of a thousandth."""
    _, (near, far) = courses(seed)
    blocks = len(near)
    least, most = 7.0 / 50.0 * RATE_HZ, 7.0 * RATE_HZ
    found = kernels.best_lag(near, far, near.max(), far.max(), 0.0, float(blocks), blocks, least, most)
    expected = naive.best_lag(near, far, 0.0, float(blocks), least, most)
    assert found == pytest.approx(expected, rel=4e-3, nan_ok=True)


@pytest.mark.parametrize("seed", range(30))
def test_the_motion_is_that_of_the_metal(seed: int) -> None:
    """Speed to half a hundredth when its middle passes, where both loops saw it come and go."""
    scene, changes = courses(seed)
    scene = scene.but(ahead_m=9.0)
    changes = np.array(scene.changes())
    motion = np.full(4, np.nan)
    assert kernels.motion_by_loops(changes, np.array([1, 1]), np.array(LOOPS_M), changes.shape[1], BLOCK_S, motion)
    true_ms = scene.speed_ms + scene.change_ms2 * (motion[0] + scene.times_s()[0])
    # Seven metres from a crawl are far for one mean speed.
    assert motion[1] == pytest.approx(true_ms, rel=0.06 if scene.change_ms2 else 0.005)
    # Front and rear tell braking where they are a second apart.
    assert motion[2] == pytest.approx(scene.change_ms2, abs=0.8)
    assert motion[3] == 0.0


def test_one_living_loop_tells_no_speed() -> None:
    """Nor do two at one place, nor two of which one saw nothing."""
    _, changes = courses(1)
    blocks, motion = changes.shape[1], np.zeros(4)
    for alive, places in (([1, 0], LOOPS_M), ([0, 0], LOOPS_M), ([1, 1], (2.0, 2.0))):
        assert not kernels.motion_by_loops(changes, np.array(alive), np.array(places), blocks, BLOCK_S, motion)


def test_the_farthest_loops_are_taken_whatever_their_order() -> None:
    """A third between them, and any channel first."""
    scene = courses(2)[0].but(loops_m=(3.0, -1.0, -4.0), ahead_m=9.0)
    changes, motion, expected = np.array(scene.changes()), np.zeros(4), np.zeros(4)
    blocks = changes.shape[1]
    kernels.motion_by_loops(changes, np.ones(3, np.int64), np.array([3.0, -1.0, -4.0]), blocks, BLOCK_S, motion)
    kernels.motion_by_loops(changes[[2, 0]], np.ones(2, np.int64), np.array(LOOPS_M), blocks, BLOCK_S, expected)
    np.testing.assert_array_equal(motion, expected)
