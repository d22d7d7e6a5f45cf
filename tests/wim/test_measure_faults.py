"""Strips that fail: the passage says so, and its weight is still right to what it claims, or there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.wim.strip_signals import SIX, Counts, Floats, Scene
from wim.frames import FrameError
from wim.records import Flag

FOUR_LINES = Scene(lines_m=(0.0, 1.5, 3.0, 4.5), noise_n=20.0)
TWO_LINES = Scene(noise_n=20.0)
LAYOUTS = [pytest.param(TWO_LINES, id="two lines"), pytest.param(FOUR_LINES, id="four lines")]

#: Of its believed uncertainty a weight may be off by so much; more is one passage in ten thousand.
SURE = 4.0


def dead(row: Counts) -> None:
    """A cable that was cut: nothing but the noise of the converter."""
    row[:] = np.random.default_rng(3).integers(99, 102, len(row))


def stuck(row: Counts) -> None:
    """A converter that says one number."""
    row[:] = 0


def clipped(row: Counts) -> None:
    """An amplifier that ends at half of the highest pulse, below the converter's end."""
    row[:] = np.minimum(row, int(row.max()) // 2)


def at_the_end(row: Counts) -> None:
    """A converter at its own end."""
    row[:] = np.clip(row.astype(np.int64) * 16, -32_768, 32_767)


def noisy(row: Counts) -> None:
    """A plug that is loose: as loud as a wheel."""
    row[:] += np.random.default_rng(4).normal(0.0, 800.0, len(row)).astype(np.int16)


def sparking(row: Counts) -> None:
    """A few samples of lightning in the middle of pulses and between them."""
    row[:: len(row) // 11] += 9_000


SPOILT = [dead, stuck, clipped, at_the_end, noisy, sparking]


@pytest.mark.parametrize("scene", LAYOUTS)
@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize("strip", [0, 3])
def test_a_bad_strip_is_flagged_and_the_others_weigh(scene: Scene, spoil: Callable[[Counts], None], strip: int) -> None:
    """Whichever it is: STRIP_FAULT, every axle there, and the weight within what it claims."""
    counts = scene.counts()
    spoil(counts[strip])
    passage = scene.measured(counts)
    assert passage["flags"] & Flag.STRIP_FAULT
    assert passage["axle_count"] == len(SIX)
    assert abs(float(passage["gross_kg"]) / scene.gross_kg - 1.0) < SURE * float(passage["gross_sigma"])


@pytest.mark.parametrize("spoil", SPOILT[:-1])
def test_less_strips_are_less_sure(spoil: Callable[[Counts], None]) -> None:
    """What a strip that is not weighed with would have told is missing in the uncertainty."""
    counts = TWO_LINES.counts()
    spoil(counts[2])
    assert TWO_LINES.measured(counts)["gross_sigma"] > TWO_LINES.measured()["gross_sigma"]


@pytest.mark.parametrize("strip", range(4))
def test_a_strip_that_the_frame_does_not_have_is_flagged(strip: int) -> None:
    """A channel less than the registry has: the others weigh."""
    left = [channel for channel in range(4) if channel != strip]
    (passage,) = TWO_LINES.meter().measure(TWO_LINES.frame(order=left))
    assert passage["flags"] & Flag.STRIP_FAULT
    assert abs(float(passage["gross_kg"]) / TWO_LINES.gross_kg - 1.0) < SURE * float(passage["gross_sigma"])


def test_a_displaced_strip_is_flagged() -> None:
    """The frame and the registry are more than 10 mm apart: one of them is wrong."""
    scene = TWO_LINES
    for moved_m, flags in ((0.009, Flag(0)), (0.012, Flag.STRIP_FAULT)):
        moved = scene.but(lines_m=(0.0, 4.0 + moved_m))
        (passage,) = scene.meter().measure(moved.frame())
        assert passage["flags"] == flags


@pytest.mark.parametrize("scene", LAYOUTS)
@pytest.mark.parametrize("side", ["L", "R"])
def test_a_gain_that_stepped_is_flagged(scene: Scene, side: str) -> None:
    """A fifth in one strip; its partner and the other lines tell."""
    stepped = scene.but(feels={f"2{side}": 0.8})
    passage = stepped.measured()
    assert passage["flags"] == Flag.STRIP_FAULT
    assert abs(float(passage["gross_kg"]) / scene.gross_kg - 1.0) < SURE * float(passage["gross_sigma"])


def test_the_others_outvote_a_line() -> None:
    """Of four lines one that weighs a third too much is left out, and the weight is as without it."""
    passage = FOUR_LINES.but(feels={"3L": 1.35, "3R": 1.35}).measured()
    assert passage["flags"] == Flag.STRIP_FAULT
    assert float(passage["gross_kg"]) == pytest.approx(FOUR_LINES.gross_kg, rel=2e-3)


@pytest.mark.parametrize(("one", "other"), [((0, 1), (2, 3)), ((2, 3), (4, 5)), ((0, 1), (6, 7))])
def test_swapped_lines_are_told(one: tuple[int, int], other: tuple[int, int]) -> None:
    """Plugs of two lines in each other's sockets: STOPPED, and the weight by the order in which they fired."""
    counts = FOUR_LINES.counts()
    counts[[*one, *other]] = counts[[*other, *one]]
    passage = FOUR_LINES.measured(counts)
    assert passage["flags"] & Flag.STOPPED
    assert float(passage["gross_kg"]) == pytest.approx(FOUR_LINES.gross_kg, rel=5e-3)


def test_a_vehicle_that_reverses_over_two_lines_is_stopped() -> None:
    """It is what two swapped lines look like."""
    counts = TWO_LINES.counts()[:, ::-1].copy()
    passage = TWO_LINES.measured(counts)
    assert passage["flags"] & Flag.STOPPED


@pytest.mark.parametrize("stands_s", [1.0, 4.0, 8.0])
def test_a_vehicle_that_stands_on_the_strips_is_stopped(stands_s: float) -> None:
    """Two of its axles are between the lines meanwhile, so their way is told wrong and the weight is in doubt."""

    def way(times_s: Floats) -> Floats:
        return 5.0 * np.where(times_s < 1.0, times_s, np.maximum(1.0, times_s - stands_s))

    scene = TWO_LINES.but(way=way, seconds=6.0 + stands_s, speed_ms=5.0)
    (passage,) = scene.meter().measure(scene.frame())
    assert passage["flags"] & Flag.STOPPED


@pytest.mark.parametrize("part", [0.35, 0.45, 0.7, 0.8])
def test_a_frame_cut_while_a_line_still_waits_is_doubted(part: float) -> None:
    """Some of its axles were on line 1 and never came to line 2."""
    counts = TWO_LINES.counts()
    passage = TWO_LINES.measured(counts[:, : int(part * counts.shape[1])].copy())
    assert passage["flags"] & (Flag.STOPPED | Flag.AXLE_UNCERTAIN)


def test_a_frame_cut_before_line_2_has_no_speed() -> None:
    """Two axles on one row, and no loops."""
    counts = TWO_LINES.counts()
    with pytest.raises(FrameError, match=r"^speed: "):
        TWO_LINES.measured(counts[:, : counts.shape[1] // 4].copy())


def test_wheels_beside_the_strips_are_straddling() -> None:
    """Nothing on the right of any line: the other wheel ran beside, and nobody knows what it carried."""
    passage = TWO_LINES.but(feels={"1R": 0.0, "2R": 0.0}).measured()
    assert passage["flags"] & Flag.STRADDLING
    assert abs(float(passage["gross_kg"]) / TWO_LINES.gross_kg - 1.0) < SURE * float(passage["gross_sigma"])


@pytest.mark.parametrize("missing", [2, 3])
def test_an_axle_that_one_line_missed_is_uncertain(missing: int) -> None:
    """The other lines outvote it: the axle counts, and the passage says that there was doubt."""
    scene = FOUR_LINES
    without = tuple(
        (0.0, 0.0, gap) if axle == missing else (left, right, gap) for axle, (left, right, gap) in enumerate(SIX)
    )
    counts = scene.counts()
    counts[4:6] = scene.but(axles=without).counts()[4:6]
    passage = scene.measured(counts)
    assert passage["axle_count"] == len(SIX)
    assert passage["flags"] & Flag.AXLE_UNCERTAIN
    assert abs(float(passage["gross_kg"]) / scene.gross_kg - 1.0) < SURE * float(passage["gross_sigma"])


def test_a_ghost_of_one_line_is_outvoted() -> None:
    """A stone under one strip is no axle, and the passage says that there was doubt."""
    ghost = ((3_200.0, 3_150.0, 1.6), (900.0, 900.0, 1.7), *SIX[1:])
    scene = FOUR_LINES
    counts = scene.counts()
    counts[4:6] = scene.but(axles=ghost).counts()[4:6]
    passage = scene.measured(counts)
    assert passage["axle_count"] == len(SIX)
    assert passage["flags"] & Flag.AXLE_UNCERTAIN
