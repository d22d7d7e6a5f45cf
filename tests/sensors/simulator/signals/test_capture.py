"""Frames are what a roadside unit would send, the same for the same scene, and without any truth in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sensors.simulator.signals.capture import (
    capture,
    channels,
    expose,
    fitted,
    sample_times,
    start_ns,
)
from sensors.simulator.signals.reference import Recipe, scenes
from sensors.simulator.signals.scene import Scene
from sensors.simulator.signals.vehicle import Seen
from wim.frames import NO_NOW_NS, FrameFlag, Kind, decode_frame


def one(layout: str = "2x4.0", seed: int = 1, **changes: object) -> Scene:
    [scene] = scenes(replace(Recipe(layout, (80, 80), "mixed"), **changes), 1, seed)
    return scene


def test_the_same_scene_gives_the_same_bytes() -> None:
    """Again and again; another seed gives other noise."""
    scene = one()
    assert capture(scene) == capture(scene)
    assert capture(scene).message != capture(replace(scene, seed=(9, 9))).message


@pytest.mark.parametrize("seed", range(8))
def test_a_frame_keeps_more_than_fifty_milliseconds_before_and_after(seed: int) -> None:
    """From before the first tyre reaches the first strip to after the last has left the last."""
    scene = one("6x1.2", seed)
    (begin_s, end_s), (first_s, last_s) = scene.window_s, scene.on_strips_s
    assert begin_s < first_s - 0.05
    assert end_s > last_s + 0.05
    assert sample_times(scene)[-1] >= end_s


def test_the_head_says_when_sample_0_was_by_the_clock_of_the_unit() -> None:
    """A clock that is ahead moves the frame and not what happened."""
    scene = one()
    ahead = replace(scene, clock_off_ns=10**9)
    assert start_ns(ahead) == start_ns(scene) + 10**9
    first, second = (decode_frame(capture(row).message, NO_NOW_NS) for row in (scene, ahead))
    assert int(second.head["start_ns"]) - int(first.head["start_ns"]) == 10**9
    assert np.array_equal(first.counts, second.counts)
    assert capture(ahead).truth.vehicles == capture(scene).truth.vehicles


def test_no_truth_is_in_a_frame() -> None:
    """A camera that read nothing, a laser and a thermometer that are away leave no trace of what they missed.

    Loads, lateral places and tyres are in the samples only: two vehicles that differ in nothing that anybody sees
    have the same head and the same channels.
    """
    scene = one()
    [crossing] = scene.crossings
    blind = replace(crossing, vehicle=replace(crossing.vehicle, seen=Seen()))
    other = replace(blind, vehicle=replace(blind.vehicle, wheel_kg=2 * blind.vehicle.wheel_kg, plate=b"X", number=77))
    unknown = replace(scene, crossings=(blind,), pavement_c=np.nan)
    first, second = (expose(replace(unknown, crossings=(row,))) for row in (blind, other))
    assert first.head.tobytes() == second.head.tobytes()
    assert np.array_equal(first.channels, second.channels)
    message = capture(unknown).message
    assert crossing.vehicle.plate not in message
    assert crossing.vehicle.name.encode() not in message
    assert not any(message[85:96])


def test_two_vehicles_of_a_frame_are_both_in_its_truth_and_only_the_first_is_in_its_head() -> None:
    """In the order in which they came, the second behind the first."""
    scene = one(pairs=1.0)
    captured = capture(scene)
    first, second = captured.truth.vehicles
    assert first.time_ns < second.time_ns
    assert first.plate != second.plate
    head = decode_frame(captured.message, NO_NOW_NS).head
    assert bytes(head["plate"]).decode() == first.plate
    assert second.plate.encode() not in captured.message


def test_channels_are_those_of_the_registry_and_then_the_loops() -> None:
    """Strips in its order at its positions, whatever their true place; the loops behind."""
    scene = one("4x1.5-full")
    table = channels(scene)
    strips = table[table["kind"] == Kind.STRIP]
    assert len(strips) == 4
    assert table["kind"].tolist()[4:] == [Kind.LOOP, Kind.LOOP]
    assert strips["position_m"] == pytest.approx(scene.installation.position_m)


def test_a_frame_says_that_it_is_simulated_and_whether_there_is_a_loop() -> None:
    """Bits 1 and 2 of its flags."""
    scene = one()
    without = replace(scene, installation=replace(scene.installation, loops=()), loop_shift_m=np.zeros(0))
    for row, flag in ((scene, FrameFlag(0)), (without, FrameFlag.NO_LOOP)):
        flags = FrameFlag(int(decode_frame(capture(row).message, NO_NOW_NS).head["flags"]))
        assert flags == FrameFlag.SIMULATED | FrameFlag.CLOCK_LOCKED | flag


def test_a_frame_that_would_be_too_large_has_a_lower_rate() -> None:
    """A minute at 50 kHz is a message of 8 MiB at most that a reader takes, and its truth says the rate."""
    scene = one("6x1.2")
    long = replace(scene, rate_hz=50_000, window=replace(scene.window, trail_s=60.0))
    captured = capture(long)
    frame = decode_frame(captured.message, NO_NOW_NS)
    assert 7 << 20 < len(captured.message) <= 8 << 20
    assert int(frame.head["rate_hz"]) == captured.truth.rate_hz == fitted(long).rate_hz < 50_000
    assert fitted(scene) is scene
