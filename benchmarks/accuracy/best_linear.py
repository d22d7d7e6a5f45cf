"""The column *best linear, computed*: what the best weighted mean of axles and lines could reach if it knew the motion.

A line's relative error of an axle is body + hop + strip + lateral + speed. Over the draw of frequencies the first two
have a covariance that falls with the time between two crossings,

    E cos 2π f Δ = (sin 2π f₂ Δ − sin 2π f₁ Δ) ÷ (2π Δ (f₂ − f₁))     for f even between f₁ and f₂;

body is shared by the axles of a unit, hop belongs to an axle, strip to a crossing, lateral to a line, speed to all. The
weights of an axle's lines add up to one, so the sum is right whatever each axle weighs; of all such weights those of
least variance are (C⁻¹ A)(Aᵀ C⁻¹ A)⁻¹ 1. They know the distribution of the motion and not the motion, so a fit of the
motion itself may do better. Nothing is simulated: the figures are exact for the recipe of law and measurement §4.6.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: The reference truck of the recipe: loads, places of the axles, and the unit of each.
_AXLE_KG = np.array([7_000.0, 9_000.0, 9_000.0, 8_000.0, 8_000.0, 8_000.0])
_AXLE_M = np.append(0.0, np.cumsum([3.70, 1.30, 6.86, 1.28, 1.28]))
_UNIT = np.array([0, 0, 0, 1, 1, 1])
_BODY, _BODY_HZ = 0.07, (1.5, 4.0)
_HOP, _HOP_HZ = 0.035, (8.0, 15.0)
_STRIP, _LATERAL, _SPEED = 0.015, 0.01, 0.004


class Sigmas(NamedTuple):
    """Relative standard deviation of the gross weight in percent, by the plain mean and by the best linear one."""

    plain_percent: float
    best_percent: float


def expected(lines: int, spacing_m: float, speed_kmh: float) -> Sigmas:
    """What the recipe makes of lines that far apart at a speed."""
    axle, line = np.repeat(np.arange(len(_AXLE_KG)), lines), np.tile(np.arange(lines), len(_AXLE_KG))
    covariance = _covariance(axle, line, (_AXLE_M[axle] + spacing_m * line) / (speed_kmh / 3.6))
    of_axle = (axle[:, None] == np.arange(len(_AXLE_KG))).astype(np.float64)
    whitened = np.linalg.solve(covariance, of_axle)
    weights = whitened @ np.linalg.solve(of_axle.T @ whitened, np.ones(len(_AXLE_KG)))
    plain = np.full(len(axle), 1 / lines)
    return Sigmas(_percent(plain, covariance), _percent(weights, covariance))


def _covariance(axle: npt.NDArray[np.intp], line: npt.NDArray[np.intp], time_s: Floats) -> Floats:
    """Of the loads in kg, without the speed's error, which no weights change; shape (axles · lines, axles · lines)."""
    apart_s, unit = time_s[:, None] - time_s, _UNIT[axle]
    relative = _BODY**2 * (unit[:, None] == unit) * _mean_cosine(apart_s, *_BODY_HZ)
    relative += _HOP**2 * (axle[:, None] == axle) * _mean_cosine(apart_s, *_HOP_HZ)
    relative += _STRIP**2 * np.eye(len(axle)) + _LATERAL**2 * (line[:, None] == line)
    return np.asarray(relative * _AXLE_KG[axle][:, None] * _AXLE_KG[axle])


def _mean_cosine(apart_s: Floats, low_hz: float, high_hz: float) -> Floats:
    """sinc form of the mean over the band: exact at 0 too."""
    return np.asarray(
        (high_hz * np.sinc(2 * high_hz * apart_s) - low_hz * np.sinc(2 * low_hz * apart_s)) / (high_hz - low_hz)
    )


def _percent(weights: Floats, covariance: Floats) -> float:
    return float(100 * np.sqrt(weights @ covariance @ weights / _AXLE_KG.sum() ** 2 + _SPEED**2))
