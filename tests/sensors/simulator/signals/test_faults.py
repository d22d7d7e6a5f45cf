"""Each named fault changes what it says it does, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sensors.simulator.signals.capture import Captured, capture, expose, force, sample_times
from sensors.simulator.signals.channel_faults import CHANNEL_FAULTS, spoilt
from sensors.simulator.signals.electronics import HIGHEST
from sensors.simulator.signals.faults import EVASIONS, FAULTS, OF_A_STRIP, SIZED, with_fault
from sensors.simulator.signals.installation import HALF_LANE_M
from sensors.simulator.signals.manoeuvres import MANOEUVRES
from sensors.simulator.signals.raw import Raw
from sensors.simulator.signals.reference import Recipe, scenes
from sensors.simulator.signals.scene import Scene
from sensors.simulator.signals.strip_faults import STRIP_FAULTS
from wim.frames import NO_NOW_NS, FrameFlag, Kind, decode_frame

#: Which parts of a frame each fault may change. What is not named must be the same, byte by byte.
TOUCHES = {
    "dead_strip": {"one strip"},
    "gain_step": {"one strip"},
    "slow_drift": {"one strip"},
    "noisy_channel": {"one strip"},
    "clipped": {"one strip", "channels"},
    "spike": {"one strip"},
    "displaced_strip": {"channels"},
    "baseline_wander": {"strips"},
    "swapped_lines": {"strips"},
    "clock_unlocked": {"flags"},
    "clock_skewed": {"flags", "start_ns"},
    "neighbour_fired": {"flags"},
    "missing_plate": {"plate", "plate_colour", "plate_confidence"},
    "plate_swapped": {"plate"},
    "chattering_loop": {"loops"},
    "loop_disturbed": {"loops"},
    "dead_loop": {"loops"},
    "edge": {"strips"},
    "s_path": {"strips", "one strip"},
    "straddle": {"strips", "flags"},
}


def truck(seed: int = 1, layout: str = "4x1.5") -> Scene:
    [scene] = scenes(Recipe(layout, (80, 80), rates_hz=(5_000,)), 1, seed)
    return scene


def raw(scene: Scene) -> Raw:
    return spoilt(scene, expose(scene))


def changed(before: Raw, after: Raw) -> set[str]:
    """The parts that differ."""
    parts = {
        name for name in before.head.dtype.names or () if before.head[name].tobytes() != after.head[name].tobytes()
    }
    parts |= set() if np.array_equal(before.channels, after.channels) else {"channels"}
    rows = {row for row in range(len(before.counts)) if not np.array_equal(before.counts[row], after.counts[row])}
    strips = {row for row in rows if before.channels["kind"][row] == Kind.STRIP}
    parts |= {"loops"} if rows - strips else set()
    return parts | ({"one strip"} if len(strips) == 1 else {"strips"} if strips else set())


def test_every_fault_has_one_home_and_the_evasions_are_among_them() -> None:
    """The names of the documents and of scenario files."""
    assert len(FAULTS) == len(set(FAULTS)) == len(STRIP_FAULTS) + len(CHANNEL_FAULTS) + len(MANOEUVRES) == 26
    assert set(EVASIONS) <= set(FAULTS)
    assert set(FAULTS) >= OF_A_STRIP | SIZED
    assert set(FAULTS) - set(TOUCHES) == {
        "missing_channel", "cut_window", "stop_and_go", "reversing", "surge", "tailgating",
    }  # fmt: skip


@pytest.mark.parametrize("kind", TOUCHES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fault_changes_what_it_says_and_nothing_else(kind: str, seed: int) -> None:
    """Beside its own part of the frame every byte stays, and so does what really happened."""
    scene = truck(seed)
    broken = with_fault(scene, kind)
    parts = changed(raw(scene), raw(broken))
    allowed = TOUCHES[kind]
    assert parts
    assert parts <= allowed
    assert parts == allowed or kind in {"straddle", "s_path"}
    before, after = capture(scene).truth, capture(broken).truth
    assert after.faults == (kind,)
    assert before.faults == ()
    expected = [replace(row, lateral_mm=0.0) for row in before.vehicles]
    assert [replace(row, lateral_mm=0.0) for row in after.vehicles] == expected


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_gives_the_same_bytes_again_and_a_frame_that_a_reader_takes(kind: str) -> None:
    """Seeded like everything else, and never a message that only a bad unit could send."""
    first, again = (capture(with_fault(truck(), kind)) for _ in range(2))
    assert first == again
    decode_frame(first.message, NO_NOW_NS)


@pytest.mark.parametrize("kind", sorted(OF_A_STRIP - {"swapped_lines", "missing_channel", "displaced_strip"}))
def test_a_fault_is_on_the_strip_that_was_asked_for(kind: str) -> None:
    """By the registry's key of it."""
    scene = truck()
    keys = [strip.key for strip in scene.installation.lane.strips]
    before, after = raw(scene), raw(with_fault(scene, kind, "3R"))
    rows = [row for row in range(len(keys)) if not np.array_equal(before.counts[row], after.counts[row])]
    assert [keys[row] for row in rows] == ["3R"]


def test_a_seed_of_its_own_makes_a_fault_the_same_in_every_frame() -> None:
    """A strip that lost a third of its gain has lost it for the next vehicle too."""
    factors = set()
    for seed in (1, 2, 3):
        scene = truck(seed)
        broken = with_fault(scene, "gain_step", "2L", seed=(5, 0))
        [row] = [index for index, strip in enumerate(scene.installation.lane.strips) if strip.key == "2L"]
        ratio = broken.crossings[0].response[row] / scene.crossings[0].response[row]
        factors |= set(ratio.round(9).tolist())
    [factor] = factors
    assert 0.15 <= abs(factor - 1) <= 0.4


def left(scene: Scene, key: str) -> float:
    """What the area of a strip is, in newton seconds."""
    row = [strip.key for strip in scene.installation.lane.strips].index(key)
    return float(force(scene, sample_times(scene))[row].sum() / scene.rate_hz)


@pytest.mark.parametrize(
    ("kind", "size", "factor"),
    [("dead_strip", np.nan, 0.0), ("gain_step", -0.25, 0.75), ("gain_step", 0.2, 1.2), ("slow_drift", 0.02, 1.02)],
)
def test_a_strip_feels_as_much_as_its_fault_leaves(kind: str, size: float, factor: float) -> None:
    """A size that is given is the size."""
    scene = truck()
    assert left(with_fault(scene, kind, "2L", size), "2L") == pytest.approx(factor * left(scene, "2L"))


def test_a_drift_grows_with_the_hours() -> None:
    """One per cent an hour is ten per cent after ten hours."""
    scene = truck()
    drifted = with_fault(scene, "slow_drift", "1R", 0.01, scene.time_ns - 10 * 3_600 * 10**9)
    assert left(drifted, "1R") == pytest.approx(1.1 * left(scene, "1R"))


def test_a_clipped_strip_stays_at_the_end_of_its_range() -> None:
    """Part of the pulse is at the converter's highest count."""
    scene = with_fault(truck(), "clipped", "1L", 0.5)
    assert (raw(scene).counts[0] == HIGHEST).sum() > 5


def test_swapped_lines_are_two_neighbours_in_each_others_place() -> None:
    """The counts of both, side by side, and no sample lost."""
    scene = truck()
    before, after = raw(scene), raw(with_fault(scene, "swapped_lines", "2L"))
    line, side = before.channels["line"], before.channels["side"]
    for row in np.flatnonzero(before.channels["kind"] == Kind.STRIP):
        partner = {2: 3, 3: 2}.get(int(line[row]), int(line[row]))
        [source] = np.flatnonzero((before.channels["kind"] == Kind.STRIP) & (line == partner) & (side == side[row]))
        assert np.array_equal(after.counts[row], before.counts[source])


def test_a_missing_channel_is_missing_and_the_others_are_whole() -> None:
    """One row fewer in table and samples."""
    scene = truck()
    before, after = raw(scene), raw(with_fault(scene, "missing_channel", "2R"))
    gone = [strip.key for strip in scene.installation.lane.strips].index("2R")
    assert np.array_equal(after.counts, np.delete(before.counts, gone, axis=0))
    assert np.array_equal(after.channels, np.delete(before.channels, gone))


@pytest.mark.parametrize("seed", range(6))
def test_a_cut_window_lies_within_the_crossing_and_says_so(seed: int) -> None:
    """It begins or ends while the vehicle is on the strips; flag bit 3."""
    scene = with_fault(truck(seed), "cut_window")
    (begin_s, end_s), (first_s, last_s) = scene.window_s, scene.on_strips_s
    assert begin_s > first_s or end_s < last_s
    head = decode_frame(capture(scene).message, NO_NOW_NS).head
    assert FrameFlag(int(head["flags"])) & FrameFlag.CUT


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["stop_and_go", "reversing", "surge"])
def test_drivers_do_on_the_strips_what_the_name_says(kind: str, seed: int) -> None:
    """They stand, roll back or brake hard while some wheel is over the array; their loads stay."""
    scene = truck(seed)
    moved = with_fault(scene, kind)
    first_s, last_s = moved.on_strips_s
    motion, time_s = moved.crossings[0].motion, np.linspace(first_s, last_s, 5_000)
    speed_ms, acceleration_ms2 = motion.speed_ms(time_s), motion.acceleration_ms2(time_s)
    holds: dict[str, Callable[[], bool]] = {
        "stop_and_go": lambda: bool(speed_ms.min() == 0),
        "reversing": lambda: bool(speed_ms.min() < -0.5),
        "surge": lambda: bool(speed_ms.min() > 0 and acceleration_ms2.min() < -1.5),
    }
    assert holds[kind]()
    assert np.array_equal(moved.crossings[0].vehicle.wheel_kg, scene.crossings[0].vehicle.wheel_kg)


@pytest.mark.parametrize("seed", range(6))
def test_who_straddles_has_the_tyres_of_one_side_past_the_strips(seed: int) -> None:
    """Their middle is beyond the lane's edge; on the edge, part of the tyre is."""
    for kind, inside in (("straddle", False), ("edge", True)):
        crossing = with_fault(truck(seed), kind).crossings[0]
        outer_m = np.abs(crossing.lateral_m).max() + crossing.vehicle.track_m / 2
        half_m = crossing.vehicle.tyres.width_m.max() / 2
        assert outer_m > (HALF_LANE_M - half_m if inside else HALF_LANE_M - 0.4)


def test_who_tailgates_is_a_second_vehicle_close_behind() -> None:
    """Bumper to bumper by the size that was asked for, in the same frame."""
    scene = with_fault(truck(), "tailgating", size=0.7)
    ahead, behind = scene.crossings
    arrival_s = behind.motion.arrival_s(0.0)
    place_m = float(ahead.motion.place_m(np.array([arrival_s]))[0])
    gap_m = place_m - ahead.vehicle.axle_m[-1] - ahead.vehicle.rear_m - behind.vehicle.front_m
    assert gap_m == pytest.approx(0.7, abs=1e-6)
    captured: Captured = capture(scene)
    assert len(captured.truth.vehicles) == 2


def test_what_does_not_exist_is_refused_with_what_does() -> None:
    """A fault, a strip, and lines where there is one."""
    with pytest.raises(ValueError, match="no fault 'quake'; there are dead_strip"):
        with_fault(truck(), "quake")
    with pytest.raises(ValueError, match="no strip '9L'; it has 1L, 1R"):
        with_fault(truck(), "dead_strip", "9L")
    with pytest.raises(ValueError, match="two lines"):
        with_fault(truck(layout="1"), "swapped_lines")


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind in MANOEUVRES or kind in ("cut_window", "clipped")])
def test_an_empty_frame_has_nobody_to_do_anything(kind: str) -> None:
    """What needs a vehicle leaves an empty frame as it is, but for its name in the truth."""
    [scene] = scenes(Recipe("4x1.5", empty=1.0), 1, 1)
    assert capture(with_fault(scene, kind)).message == capture(scene).message
