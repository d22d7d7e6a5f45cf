"""What a site makes of the wheels that roll over it: weights with a scale's error, speed, spacings, dimensions.

The errors are drawn, not computed from forces: the gross weight is wrong by `gross_sigma` and the lane's own bias, the
axles scatter about it as suspensions make them (their sum stays), and the record says how wrong the unit believes it
may be, which here is the truth.

==================  ==========================================================  ======================
error               size                                                        after
==================  ==========================================================  ======================
gross weight        1.8 % at 80 km/h, 2.2 % at 60 and below, with two lines     two lines 4 m apart
…                   less by the root of the number of lines                     more lines
lane bias           0.4 %, the same all day                                     calibration
axle                4 % of its load, without changing the sum                   body and hop motion
speed, spacing      0.4 % common to both; 8 mm a spacing                        timing between lines
length              30 mm; width, height 15 mm                                         laser
==================  ==========================================================  ======================
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sensors.simulator.classes import AXLES
from sensors.simulator.fleet import Vehicles
from sensors.simulator.roads import Index, Roads
from sensors.simulator.scenario import Scenario
from wim.records import Flag, Passages

Floats = npt.NDArray[np.float64]

# Relative to the error at 80 km/h: body motion averages out worse over two lines when driven slowly.
_SIGMA_AT_KMH = ((40.0, 1.22), (60.0, 1.2), (80.0, 1.0), (100.0, 1.0))
_USUAL_LINES = 2
_LANE_BIAS = 0.004
_AXLE_SIGMA = 0.04
_SIDE_SIGMA = 0.01
_SPEED_SIGMA = 0.004
_SPACING_SIGMA_MM = 8.0
_LENGTH_SIGMA_MM, _WIDTH_SIGMA_MM = 30.0, 15.0
_ACCELERATION_SIGMA_MS2 = 0.18
# How much of the load of one side falls beside the strip when a vehicle straddles.
_STRADDLED = (0.2, 0.8)


class Scales:
    """The scales of a network; each lane has a bias of its own for the whole simulation."""

    def __init__(self, scenario: Scenario, roads: Roads) -> None:
        self._scenario, self._roads = scenario, roads
        rng = np.random.default_rng([scenario.seed, 2])
        self._bias = _LANE_BIAS * rng.standard_normal(len(roads.lanes))

    def weigh(
        self,
        records: Passages,
        wheels_kg: tuple[Floats, Floats],
        speed_kmh: Floats,
        lane: Index,
        rng: np.random.Generator,
    ) -> None:
        """Fill weights, their uncertainty and the flags that go with them; wheels are the truth, shape (n, AXLES)."""
        sigma = self._sigma(speed_kmh, lane)
        error = self._bias[lane] + sigma * rng.standard_normal(len(records))
        axles = sum(wheels_kg) * (1 + error)[:, None]
        axles = np.maximum(axles + _scattered(axles, rng), 0)
        left_share = _left_share(wheels_kg, rng)
        left, right = axles * left_share, axles * (1 - left_share)
        records["flags"] |= self._straddle(left, rng)
        whole = self._roads.lane_weighs_axles[lane][:, None]
        records["left_kg"][:, :AXLES] = np.rint(np.where(whole, left + right, left))
        records["right_kg"][:, :AXLES] = np.rint(np.where(whole, 0, right))
        records["flags"] |= np.where(whole[:, 0], np.uint32(Flag.AXLE_ONLY), np.uint32(0))
        wheels = records["left_kg"].sum(axis=1, dtype=np.uint32) + records["right_kg"].sum(axis=1, dtype=np.uint32)
        records["gross_kg"] = wheels
        records["gross_sigma"] = np.hypot(sigma, _LANE_BIAS)

    def _sigma(self, speed_kmh: Floats, lane: Index) -> Floats:
        speeds, factors = zip(*_SIGMA_AT_KMH, strict=True)
        lines = np.sqrt(_USUAL_LINES / self._roads.lane_lines[lane])
        return np.asarray(self._scenario.gross_sigma * np.interp(speed_kmh, speeds, factors) * lines)

    def _straddle(self, left: Floats, rng: np.random.Generator) -> npt.NDArray[np.uint32]:
        """Take load off the left side of those that straddle, and flag them."""
        draw = rng.random((2, len(left)))
        straddling = draw[0] < self._scenario.straddling_share
        low, high = _STRADDLED
        left *= np.where(straddling, 1 - (low + (high - low) * draw[1]), 1.0)[:, None]
        return np.where(straddling, np.uint32(Flag.STRADDLING), np.uint32(0))


def _scattered(axles: Floats, rng: np.random.Generator) -> Floats:
    """Axle errors of the size of suspension motion that leave each vehicle's sum as it is."""
    scatter = axles * _AXLE_SIGMA * rng.standard_normal(axles.shape)
    total = axles.sum(axis=1, keepdims=True)
    return np.asarray(scatter - scatter.sum(axis=1, keepdims=True) * axles / np.maximum(total, 1))


def _left_share(wheels_kg: tuple[Floats, Floats], rng: np.random.Generator) -> Floats:
    left, right = wheels_kg
    share = left / np.maximum(left + right, 1)
    return np.asarray(np.clip(share + _SIDE_SIGMA * rng.standard_normal(share.shape), 0, 1))


def measure_shape(records: Passages, vehicles: Vehicles, speed_kmh: Floats, rng: np.random.Generator) -> None:
    """Fill speed, acceleration, axle count, spacings and dimensions."""
    count = len(records)
    scale = 1 + _SPEED_SIGMA * rng.standard_normal(count)
    records["speed_kmh"] = speed_kmh * scale
    records["acceleration_ms2"] = _ACCELERATION_SIGMA_MS2 * rng.standard_normal(count)
    records["axle_count"] = vehicles["axle_count"]
    true_mm = vehicles["spacing_mm"]
    spacing = true_mm * scale[:, None] + _SPACING_SIGMA_MM * rng.standard_normal(true_mm.shape)
    records["spacing_mm"][:, : AXLES - 1] = np.where(true_mm > 0, np.rint(spacing), 0)
    for field, sigma in (
        ("length_mm", _LENGTH_SIGMA_MM),
        ("width_mm", _WIDTH_SIGMA_MM),
        ("height_mm", _WIDTH_SIGMA_MM),
    ):
        records[field] = np.rint(vehicles[field] + sigma * rng.standard_normal(count))
