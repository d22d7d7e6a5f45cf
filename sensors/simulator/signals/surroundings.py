"""What is never twice the same: pavement, noise of every colour, hum, drift, and how well a strip was met.

The ranges are wide on purpose. Nobody knows the noise of a site that is not built yet, and an estimator that only works
within narrow ones works on nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.electronics import Noise
from sensors.simulator.signals.footprint import Pavement, Spreading
from sensors.simulator.signals.installation import Installation
from sensors.simulator.signals.strips import Bars

Floats = npt.NDArray[np.float64]

_SPREAD_M = (0.03, 0.05)
#: RMS or amplitude in newtons, from and to; a five-tonne wheel gives a peak of some 15 kN.
_WHITE_N, _COLOURED_N, _HUM_N = (4.0, 40.0), (4.0, 60.0), (0.0, 40.0)
_SLOPE, _HUM_HZ = (0.5, 1.7), (49.8, 50.2)
_DRIFT_N, _WAVE_S = 40.0, (4.0, 40.0)
#: What a truck leaves in an amplifier: its area by the time constant, decayed for as long as one keeps behind it.
_LEFT_OVER_NS, _BEHIND_S = 500.0, (1.0, 20.0)


@dataclass(frozen=True)
class Errors:
    """What no calibration corrects, as parts of one (law and measurement, §4.6).

    strip: of each axle on each line, anew at every crossing; lateral: of each line, the same for all axles of a
    vehicle; line_scale: of all distances between lines, so of the speed; line_m: of each line's place by itself.
    """

    strip: float = 0.015
    lateral: float = 0.01
    line_scale: float = 0.004
    line_m: float = 0.0


def pavement(rng: np.random.Generator) -> Pavement:
    """A pavement somewhere between hard and soft."""
    return Pavement(Spreading(int(rng.integers(0, len(Spreading)))), rng.uniform(*_SPREAD_M))


def noise(installation: Installation, rng: np.random.Generator) -> Noise:
    """The noise of one frame."""
    count = len(installation.line)
    full = np.where(installation.side, 1.0, 2.0)
    decay = np.exp(-rng.uniform(*_BEHIND_S) / installation.tau_s)
    left_over = _LEFT_OVER_NS * rng.random() / installation.tau_s * decay
    return Noise(
        white=_log_uniform(*_WHITE_N, rng) * full * rng.uniform(0.7, 1.4, count),
        coloured=_log_uniform(*_COLOURED_N, rng) * full * rng.uniform(0.7, 1.4, count),
        slope=rng.uniform(*_SLOPE),
        hum=rng.uniform(*_HUM_N) * rng.uniform(0.3, 1.0, count),
        hum_hz=rng.uniform(*_HUM_HZ),
        hum_phase=rng.uniform(0, 2 * np.pi),
        third=rng.uniform(0, 0.3),
        drift=_DRIFT_N * rng.standard_normal(count),
        wave=_DRIFT_N / 2 * rng.standard_normal(count),
        wave_s=rng.uniform(*_WAVE_S),
        left_over=-left_over * rng.uniform(0.8, 1.2, count),
    )


def bars(installation: Installation, errors: Errors, rng: np.random.Generator) -> tuple[Bars, float]:
    """Where the strips truly lie, with line 1 in its place, and by how much all distances differ."""
    scale = 1 + errors.line_scale * rng.standard_normal()
    lines = errors.line_m * rng.standard_normal(int(installation.line.max()) + 1)
    lines -= lines[1]
    position_m = installation.position_m * scale + lines[installation.line]
    return Bars(position_m, installation.width_m, installation.left_m, installation.right_m), scale


def response(installation: Installation, axles: int, errors: Errors, rng: np.random.Generator) -> Floats:
    """Felt ÷ calibrated force, shape (strips, axles). Errors are those of a whole line: each half has its own."""
    strips = len(installation.line)
    halves = np.sqrt(2.0) if installation.side.any() else 1.0
    strip = errors.strip * halves * rng.standard_normal((strips, axles))
    lateral = errors.lateral * halves * rng.standard_normal((strips, 1))
    return np.asarray((1 + strip) * (1 + lateral))


def _log_uniform(low: float, high: float, rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
