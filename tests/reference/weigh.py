"""A whole frame of one undoubted vehicle, weighed by the other twins one after another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.reference import motion, pulses, signals
from tests.reference.combining import Together
from tests.reference.wheel_loads import Table, wheel_kg
from wim.kernels import vehicle as kernels
from wim.kernels.wheel_loads import NOISE_PART
from wim.lanes import Strip

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Conditions:
    """What is known beside the counts."""

    strips: tuple[Strip, ...]
    newton: float
    rate_hz: int
    decay_per_s: float
    gravity_ms2: float
    warmth: float = 1.0
    table: Table = ((0.0, 1.0),)


@dataclass(frozen=True)
class Weighed:
    """axle_kg (axles,), places_m (axles,); speed of the first axle at the middle of the lines, time on line 1."""

    axle_kg: Floats
    sigma: float
    places_m: Floats
    speed_kmh: float
    acceleration_ms2: float
    time_s: float


def weigh(counts: npt.NDArray[np.int16], told: Conditions) -> Weighed:
    """counts (strips, samples), in the order of told.strips, whose lines are rows and all believed."""
    block_s = signals.block_size(told.rate_hz) / told.rate_hz
    forces = np.array([_force(row, told, block_s) for row in counts])
    lines = sorted({strip.line for strip in told.strips})
    row_m = np.array([next(strip.position_m for strip in told.strips if strip.line == line) for line in lines])
    rows = [[place for place, strip in enumerate(told.strips) if strip.line == line] for line in lines]
    found = [_row(forces[row], block_s) for row in rows]
    times_s = np.array([[time_s for _, time_s, _, _ in row] for row in found]).T
    fitted, _, places_m = motion.fit_motion(times_s, row_m)
    axles, width_m = len(places_m), told.strips[0].width_m
    loads, noises, spreads = (np.zeros((axles, len(lines))) for _ in range(3))
    for axle, line in np.ndindex(loads.shape):
        areas, time_s, spread_s, noises_ns = found[line][axle]
        speed_ms = motion.speed_at(fitted, time_s)
        formula = (speed_ms, width_m, told.gravity_ms2, told.warmth, told.table)
        loads[axle, line] = sum(wheel_kg(area, *formula) for area in areas)
        noises[axle, line] = math.hypot(*(wheel_kg(noise, *formula) for noise in noises_ns))
        spreads[axle, line] = spread_s
    together = Together(loads, noises, times_s, spreads, places_m)
    relative = together.sigma_kg / together.axle_kg.sum()
    middle_s = motion.time_at(fitted, places_m[0] + (row_m[0] + row_m[-1]) / 2, fitted[0])
    return Weighed(
        together.axle_kg,
        math.hypot(relative, kernels.DISTANCE, kernels.LEFT_OVER),
        places_m,
        3.6 * motion.speed_at(fitted, middle_s),
        float(fitted[2] + fitted[3] * (middle_s - fitted[0])),
        float(times_s[0, 0]) - 0.5 / told.rate_hz,
    )


def _force(row: npt.NDArray[np.int16], told: Conditions, block_s: float) -> Floats:
    force, _, _ = signals.read_channel(row, told.rate_hz, told.newton)
    return signals.undroop(force, block_s, told.decay_per_s)


def _row(forces: Floats, block_s: float) -> list[tuple[Floats, float, float, list[float]]]:
    """Areas of its strips, time, spread and noise in N s of every pulse of a row."""
    noises = [signals.noise_of(force, block_s) for force in forces]
    found = pulses.find_pulses(forces.sum(axis=0), block_s, math.hypot(*noises))
    pulses.open_windows(found, forces.shape[1], block_s)
    weighed = []
    for index, pulse in enumerate(found):
        window_s = (pulse.window_end - pulse.window) * block_s
        areas, time_s, spread_s = pulses.weigh_pulse(forces, found, index, block_s)
        weighed.append((areas, time_s, spread_s, [NOISE_PART * noise * window_s for noise in noises]))
    return weighed
