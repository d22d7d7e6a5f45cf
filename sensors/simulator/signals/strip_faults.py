"""Faults of strips, amplifiers, clock and camera: what is wrong before the converter, whoever drives."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from sensors.simulator.plates import invented
from sensors.simulator.signals.capture import force, sample_times
from sensors.simulator.signals.channel_faults import strip_row
from sensors.simulator.signals.electronics import HIGHEST
from sensors.simulator.signals.scene import Fault, Scene, Window
from sensors.simulator.signals.vehicle import Seen

SceneFault = Callable[[Scene, Fault, np.random.Generator], Scene]

_HOUR_NS = 3_600 * 10**9

#: What is left of the range when a strip is clipped, as a part of the highest force.
_CLIPPED = (0.3, 0.75)
#: A step of this much at least must be seen in a single crossing (measurement §2); smaller ones are a matter of drift.
_STEP = (0.15, 0.4)
_DRIFT_PER_HOUR = 0.01
_NOISY, _WANDER_N = (20.0, 80.0), (400.0, 2_000.0)
#: What of a crossing is lost with the other part of a frame that was cut.
_CUT = (0.2, 0.8)
_CLOCK_OFF_S = (0.2, 5.0)
_NEW_PLATES = 20_000_000


def _felt(scene: Scene, row: int, factor: float) -> Scene:
    """The scene with a strip that is `factor` times as sensitive."""
    gain = np.ones((len(scene.installation.line), 1))
    gain[row] = factor
    return replace(
        scene, crossings=tuple(replace(crossing, response=crossing.response * gain) for crossing in scene.crossings)
    )


def _dead_strip(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """A strip that feels nothing; its amplifier still whispers."""
    row = strip_row(scene, fault, rng)
    return replace(_felt(scene, row, 0.0), noise=scene.noise.louder(row, 0.2))


def _gain_step(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """A strip suddenly feels more or less: resin gone, cable half through."""
    step = fault.size if math.isfinite(fault.size) else rng.choice([-1, 1]) * rng.uniform(*_STEP)
    return _felt(scene, strip_row(scene, fault, rng), 1 + step)


def _slow_drift(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """A strip feels a little more or less with every hour since `since_ns`."""
    per_hour = fault.size if math.isfinite(fault.size) else _DRIFT_PER_HOUR
    hours = (scene.time_ns - fault.since_ns) / _HOUR_NS if fault.since_ns else 1.0
    return _felt(scene, strip_row(scene, fault, rng), max(0.0, 1 + per_hour * hours))


def _noisy_channel(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """A strip whose noise is many times what it should be."""
    factor = fault.size if math.isfinite(fault.size) else rng.uniform(*_NOISY)
    return replace(scene, noise=scene.noise.louder(strip_row(scene, fault, rng), factor))


def _baseline_wander(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """Water in the channel: the rest level of all strips wanders."""
    high = fault.size if math.isfinite(fault.size) else rng.uniform(*_WANDER_N)
    wave = high * rng.uniform(0.5, 1, len(scene.noise.wave))
    return replace(scene, noise=replace(scene.noise, wave=wave, wave_s=rng.uniform(0.5, 4.0)))


def _clipped(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """A strip whose amplifier is set so high that the converter ends below the peaks."""
    row = strip_row(scene, fault, rng)
    part = fault.size if math.isfinite(fault.size) else rng.uniform(*_CLIPPED)
    peak = float(force(scene, sample_times(scene))[row].max()) if scene.crossings else 0.0
    if not peak:
        return scene
    newton = scene.installation.newton_per_count.copy()
    newton[row] = part * peak / HIGHEST
    return replace(scene, installation=replace(scene.installation, newton_per_count=newton))


def _clock_unlocked(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """The clock runs free, and the unit says so."""
    return replace(scene, clock_locked=False)


def _clock_skewed(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """The clock has run free for so long that it is off."""
    off_s = fault.size if math.isfinite(fault.size) else rng.choice([-1, 1]) * rng.uniform(*_CLOCK_OFF_S)
    return replace(scene, clock_locked=False, clock_off_ns=round(off_s * 1e9))


def _neighbour_fired(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """Strips of the next lane fired within the window."""
    return replace(scene, neighbour=True)


def _cut_window(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """The frame begins or ends while the vehicle is on the strips, and says so; the rest comes in no frame."""
    if not scene.crossings:
        return scene
    first_s, last_s = scene.on_strips_s
    less_s = -(last_s - first_s) * rng.uniform(*_CUT)
    window = Window(less_s, scene.window.trail_s) if rng.random() < 0.3 else Window(scene.window.lead_s, less_s)
    return replace(scene, window=window, cut=True)


def seen_as(scene: Scene, seen: Callable[[Seen], Seen]) -> Scene:
    """The scene with something else in the head for the first vehicle."""
    if not scene.crossings:
        return scene
    first, *others = scene.crossings
    vehicle = replace(first.vehicle, seen=seen(first.vehicle.seen))
    return replace(scene, crossings=(replace(first, vehicle=vehicle), *others))


def _missing_plate(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """No plate was read: mud, a flipped plate, a dead camera."""
    return seen_as(scene, lambda seen: replace(seen, plate=b"", colour=255, confidence=0))


def _plate_swapped(scene: Scene, fault: Fault, rng: np.random.Generator) -> Scene:
    """The plate that the camera reads is not the vehicle's own."""
    number, colour = np.array([_NEW_PLATES + rng.integers(0, 10**6)]), np.array([1], np.uint8)
    other = bytes(invented(number, colour)[0])
    return seen_as(scene, lambda seen: replace(seen, plate=other, colour=1))


STRIP_FAULTS: Final[Mapping[str, SceneFault]] = {
    "dead_strip": _dead_strip,
    "gain_step": _gain_step,
    "slow_drift": _slow_drift,
    "noisy_channel": _noisy_channel,
    "baseline_wander": _baseline_wander,
    "clipped": _clipped,
    "clock_unlocked": _clock_unlocked,
    "clock_skewed": _clock_skewed,
    "cut_window": _cut_window,
    "neighbour_fired": _neighbour_fired,
    "missing_plate": _missing_plate,
    "plate_swapped": _plate_swapped,
}
