"""Vehicles cut by loops, length and gaps: as the definition says, gap by gap."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference import cutting as naive
from tests.wim.strip_signals import Floats, Scene
from wim.kernels import cutting as kernels
from wim.kernels.weigh_arrays import AXLE, MOST_PULSES
from wim.records import Flag

BLOCK_S = 0.0005


def covered(seed: int) -> tuple[list[float], list[Floats], Floats, float, float]:
    """Loops, what they feel of up to three vehicles, the axles' places, speed, and when the first is at place 0."""
    random = np.random.default_rng(seed)
    places = [0.0]
    bodies: list[tuple[float, float]] = []
    for _ in range(random.integers(1, 4)):
        front_m = places[-1] if len(places) == 1 else places[-1] + float(random.choice([2.0, 4.0, 9.0, 13.0, 18.0]))
        own = front_m + np.concatenate([[0.0], np.cumsum(random.uniform(1.2, 7.0, random.integers(0, 4)))])
        places = places[: len(places) - (len(places) == 1)] + own.tolist()
        bodies.append((own[0] - 0.8, own[-1] + 0.8))
    if seed % 5 == 0:
        bodies = [(bodies[0][0], bodies[-1][1])]
    speed_ms = float(random.uniform(4.0, 25.0))
    loops_m = random.choice([-3.0, -1.0, 2.0, 6.0], random.integers(0, 4), replace=False).tolist()
    scene = Scene(
        axles=tuple((1.0, 1.0, gap) for gap in [*np.diff(places), 0.0]), speed_ms=speed_ms, loops_m=loops_m,
        bodies=bodies, ahead_m=float(random.choice([0.0, 4.0])), rate_hz=2_000,
    )  # fmt: skip
    noise = random.normal(0.0, 0.01, (len(loops_m), len(scene.times_s())))
    changes = [np.abs(change + own) for change, own in zip(scene.changes(), noise, strict=True)]
    return loops_m, changes, np.array(places), speed_ms, -float(scene.times_s()[0])


@pytest.mark.parametrize("length_m", [0.0, 7.0, 14.0, 40.0])
@pytest.mark.parametrize("seed", range(60))
def test_the_cut_is_where_the_definition_has_it(seed: int, length_m: float) -> None:
    """One loop or three, dead ones too, with and without a length."""
    loops_m, changes, places_m, speed_ms, middle_s = covered(seed)
    blocks = len(changes[0]) if changes else 4_000
    alive = np.random.default_rng(seed).choice([0, 1, 1], len(loops_m)).astype(np.int64)
    axles = np.zeros(MOST_PULSES, AXLE)
    axles["place_m"][: len(places_m)] = places_m
    motion = np.array([middle_s, speed_ms, 0.0, 0.0])
    changes_ = np.array(changes).reshape(len(loops_m), blocks)
    cut, flags = kernels.cut_train(
        changes_, alive, np.array(loops_m), blocks, BLOCK_S, motion, axles, len(places_m), length_m
    )
    living = [(at, change) for at, change, lives in zip(loops_m, changes, alive, strict=True) if lives]
    assert (cut, Flag(flags)) == naive.cut_train(living, BLOCK_S, speed_ms, middle_s, places_m, length_m)


def test_worlds_are_cut_and_are_not() -> None:
    """What the comparison has seen: one vehicle, two, doubts, and one that stood."""
    told = set()
    for seed in range(60):
        loops_m, changes, places_m, speed_ms, middle_s = covered(seed)
        loops = list(zip(loops_m, changes, strict=True))
        cut, flags = naive.cut_train(loops, BLOCK_S, speed_ms, middle_s, places_m, 0.0)
        told.add((cut < len(places_m), flags))
    assert told >= {(cut, flags) for cut in (True, False) for flags in (Flag(0), Flag.TAILGATING)}
    assert (False, Flag.STOPPED) in told


@pytest.mark.parametrize("seed", range(30))
def test_a_loop_is_read_as_by_hand(seed: int) -> None:
    """Either sign of change, any rest, noise alone, and one that never lets go."""
    random = np.random.default_rng(seed)
    on = random.choice([0.0, 900.0]) * (np.sin(np.arange(3_000) / 400.0 + seed) > random.choice([-2.0, 0.3]))
    counts = (random.choice([-1, 1]) * on + random.normal(40.0, random.choice([0.0, 2.0, 30.0]), 3_000)).astype(
        np.int16
    )
    change, spare = np.empty(600), np.empty(1_024)
    alive = kernels.read_loop(counts, 5, 600, 40.0, -1e-5, change, spare)
    expected, lives = naive.read_loop(counts, 5, 40.0, -1e-5)
    np.testing.assert_allclose(change, expected, atol=1e-12)
    assert alive == lives
    assert kernels.chatters(change, 600) == naive.chatters(change)
