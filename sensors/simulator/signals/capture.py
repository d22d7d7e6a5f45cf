"""A scene becomes a frame: force, amplifier, noise, converter, head; and the truth about it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.channel_faults import spoilt
from sensors.simulator.signals.electronics import amplified, converted, disturb, white
from sensors.simulator.signals.frame_truth import FrameTruth, VehicleTruth
from sensors.simulator.signals.loops import CHANGE_PER_COUNT, changes
from sensors.simulator.signals.raw import Raw
from sensors.simulator.signals.scene import Scene
from sensors.simulator.signals.strips import Crossing, press
from sensors.simulator.signals.vehicle import Seen
from wim.frame_layout import CHANNEL_BYTES, HEAD_BYTES, MOST_BYTES
from wim.frames import CHANNEL, FRAME_HEAD, FrameFlag, Kind, encode_frame

Floats = npt.NDArray[np.float64]

_SECOND_NS = 10**9


class Captured(NamedTuple):
    """A frame's bytes and what really happened in it."""

    message: bytes
    truth: FrameTruth


def capture(scene: Scene, frame: int = 0) -> Captured:
    """The frame of a scene; `frame` is its index in its file."""
    scene = fitted(scene)
    return Captured(encode_frame(*spoilt(scene, expose(scene))), truth(scene, frame))


def expose(scene: Scene) -> Raw:
    """The parts of a scene's frame."""
    time_s = sample_times(scene)
    rng = np.random.default_rng(scene.seed)
    signal = amplified(force(scene, time_s), scene.rate_hz, scene.installation.tau_s, scene.noise.left_over)
    disturb(signal, scene.noise, scene.rate_hz, rng)
    strips = converted(signal, scene.installation.newton_per_count, scene.installation.rest_counts)
    counts = np.concatenate([strips, _loop_counts(scene, time_s, rng)])
    return Raw(_head(scene), channels(scene), counts)


def start_ns(scene: Scene) -> int:
    """What the head says of the time of sample 0, by the unit's clock."""
    return scene.time_ns + scene.clock_off_ns + round(scene.window_s[0] * _SECOND_NS)


def fitted(scene: Scene) -> Scene:
    """The scene at a rate at which its frame is no larger than a message may be."""
    begin_s, end_s = scene.window_s
    channels = len(scene.installation.line) + len(scene.installation.loops)
    most = (MOST_BYTES - HEAD_BYTES) / channels - CHANNEL_BYTES
    rate_hz = int((most / 2 - 2) / (end_s - begin_s))
    return scene if scene.rate_hz <= rate_hz else replace(scene, rate_hz=rate_hz)


def sample_times(scene: Scene) -> Floats:
    """The time of every sample, shape (samples,); sample 0 is at a whole nanosecond."""
    begin_s, end_s = scene.window_s
    begin_s = round(begin_s * _SECOND_NS) / _SECOND_NS
    samples = int(np.ceil((end_s - begin_s) * scene.rate_hz)) + 1
    return begin_s + np.arange(samples) / scene.rate_hz


def force(scene: Scene, time_s: Floats) -> Floats:
    """The force on every strip, shape (strips, samples), in newtons, without amplifier and noise."""
    installation = scene.installation
    total = np.zeros((len(installation.line), len(time_s)))
    factor = installation.speed_factor(scene.time_ns)
    for crossing in scene.crossings:
        press(total, crossing, scene.bars, time_s, installation.site.gravity_ms2, factor)
    return total


def _loop_counts(scene: Scene, time_s: Floats, rng: np.random.Generator) -> npt.NDArray[np.int16]:
    loops = scene.installation.loops
    change = np.empty((len(loops), len(time_s)), np.float32)
    for row in change:
        row[:] = white(len(time_s), rng)
    change *= np.float32(scene.loop_noise)
    for crossing, metal in zip(scene.crossings, scene.metals, strict=True):
        change += changes(loops, scene.loop_shift_m, crossing.vehicle, crossing.motion, metal, time_s)
    return converted(change, np.full(len(loops), CHANGE_PER_COUNT), np.zeros(len(loops)))


def channels(scene: Scene) -> npt.NDArray[np.void]:
    """The channel table: the strips in the registry's order, then the loops."""
    installation = scene.installation
    strips = len(installation.line)
    table = np.zeros(strips + len(installation.loops), CHANNEL)
    table["kind"] = Kind.LOOP
    table["line"] = np.append(installation.line, np.arange(len(installation.loops)) + 1)
    table["position_m"] = [*installation.position_m, *(loop.position_m for loop in installation.loops)]
    table["scale"] = CHANGE_PER_COUNT
    table["kind"][:strips], table["side"][:strips] = Kind.STRIP, installation.side
    table["scale"][:strips], table["offset"][:strips] = installation.newton_per_count, installation.rest_counts
    return table


def _head(scene: Scene) -> npt.NDArray[np.void]:
    installation = scene.installation
    head = np.zeros(1, FRAME_HEAD)
    head["sequence"], head["run"] = scene.sequence & 0xFFFF_FFFF, scene.run
    head["start_ns"] = start_ns(scene)
    head["rate_hz"] = scene.rate_hz
    head["site"], head["lane"] = installation.site.id.encode(), installation.lane.number
    head["direction"] = installation.lane.direction
    head["flags"] = _flags(scene)
    head["pavement_c"] = scene.pavement_c
    seen = scene.crossings[0].vehicle.seen if scene.crossings else Seen()
    head["plate"], head["plate_colour"], head["plate_confidence"] = seen.plate, seen.colour, seen.confidence
    head["length_mm"], head["width_mm"], head["height_mm"] = seen.length_mm, seen.width_mm, seen.height_mm
    head["tyres"] = seen.tyres
    return head


def _flags(scene: Scene) -> int:
    flags = FrameFlag.SIMULATED
    flags |= FrameFlag.CLOCK_LOCKED if scene.clock_locked else 0
    flags |= FrameFlag.NEIGHBOUR if scene.neighbour else 0
    flags |= FrameFlag.CUT if scene.cut else 0
    return flags if scene.installation.loops else flags | FrameFlag.NO_LOOP


def truth(scene: Scene, frame: int) -> FrameTruth:
    """What really happened in a scene."""
    installation = scene.installation
    return FrameTruth(
        frame=frame,
        site=installation.site.id,
        lane=installation.lane.number,
        run=scene.run,
        sequence=scene.sequence & 0xFFFF_FFFF,
        start_ns=start_ns(scene),
        rate_hz=scene.rate_hz,
        pavement_c=round(scene.true_c, 2),
        faults=tuple(fault.kind for fault in scene.faults),
        vehicles=tuple(_vehicle_truth(scene, crossing) for crossing in scene.crossings),
    )


def _vehicle_truth(scene: Scene, crossing: Crossing) -> VehicleTruth:
    vehicle, motion = crossing.vehicle, crossing.motion
    middle_s = np.array([motion.arrival_s(scene.installation.middle_m)])
    left_kg, right_kg = vehicle.wheel_kg.round(1).T
    return VehicleTruth(
        vehicle=vehicle.number,
        kind=vehicle.name,
        time_ns=scene.time_ns + round(motion.arrival_s(0.0) * _SECOND_NS),
        speed_kmh=round(float(motion.speed_ms(middle_s)[0]) * 3.6, 4),
        acceleration_ms2=round(float(motion.acceleration_ms2(middle_s)[0]), 4),
        gross_kg=round(float(left_kg.sum() + right_kg.sum()), 1),
        left_kg=tuple(left_kg.tolist()),
        right_kg=tuple(right_kg.tolist()),
        spacing_mm=tuple((vehicle.spacing_m * 1_000).round(1).tolist()),
        length_mm=round(vehicle.length_m * 1_000, 1),
        lateral_mm=round(float(crossing.lateral_m.mean()) * 1_000, 1),
        plate=vehicle.plate.decode(),
    )
