"""The yardstick: the plain mean of the lines, on the very same frames, by a program of its own that is told the truth.

    gross = Σ over axles of the mean over lines of  V ÷ (w · g) · ∫ (force − rest) dt,  both sides summed,

with V the *mean* speed of the vehicle over the lines. It is told by the truth where each pulse lies, so it never misses
one; gains, temperature and speed factors come from the registry. What it reads from the signal itself:

- V, from the centroids of all pulses between the lines and their places in the registry, so it carries the error of
  those places like any estimate. A lane with one line has none: there the true speed is taken, which flatters it.
- The rest level: a line through the quiet stretches just before and just after each pulse. Through both, the undershoot
  of a charge amplifier cancels to the first order, so this is a plain mean at its best.
- `raw`: the rest level of the frame's beginning instead, over 20 cm to each side of a pulse's middle, which hold nearly
  all of it. What earlier axles have left in the amplifier stays in: the column *uncorrected*.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.frame_truth import FrameTruth, VehicleTruth
from wim.frames import Frame, Kind
from wim.lanes import Calibration
from wim.sites import Lane, Site

Floats = npt.NDArray[np.float64]

#: Half of a pulse on the road: half the longest contact, half a strip, the widest pavement, and 0.4 % of the distances.
_HALF_M = 0.45
#: Where the rest level is read on both sides of it; the next axle of a tandem begins 0.8 m away.
_REST_M = 0.60
#: What a wheel's pulse needs where every centimetre more takes in more of the droop.
_RAW_M = 0.20
#: What the contract keeps free of tyres at both ends of a frame, which at a crawl is less than `_REST_M`.
_FREE_S = 0.05


class Plain(NamedTuple):
    """Gross weight in kg by the plain mean, and with the droop left in; NaN where a pulse is outside of the frame."""

    kg: float
    raw_kg: float


class _Strips(NamedTuple):
    """The strips of a frame, arrays of shape (strips,); `sums` and `moments` are running sums of the force, in N and
    N · sample, shape (strips, samples + 1)."""

    position_m: Floats
    line: npt.NDArray[np.intp]
    factor: Floats
    rest_n: Floats
    sums: Floats
    moments: Floats


def plain_means(frame: Frame, truth: FrameTruth, site: Site, lane: Lane) -> list[Plain]:
    """One for each vehicle of the truth, in its order."""
    if not truth.vehicles:
        return []
    start_ns = int(frame.head["start_ns"])
    calibration = lane.calibration_at(start_ns) or Calibration(0, 0)
    strips = _strips(frame, site, lane, calibration)
    return [_plain(frame, strips, vehicle, start_ns, calibration) for vehicle in truth.vehicles]


def _strips(frame: Frame, site: Site, lane: Lane, calibration: Calibration) -> _Strips:
    rows = np.flatnonzero(frame.channels["kind"] == Kind.STRIP)
    table = frame.channels[rows]
    own = {(strip.line, {"full": 0, "left": 1, "right": 2}[strip.side]): strip for strip in lane.strips}
    named = [own[int(row["line"]), int(row["side"])] for row in table]
    force = (frame.counts[rows] - table["offset"][:, None].astype(np.float64)) * table["scale"][:, None]
    pavement_c = float(frame.head["pavement_c"])
    warmth = 1.0 if np.isnan(pavement_c) else 1 + calibration.per_k * (pavement_c - calibration.reference_c)
    gain = np.array([calibration.gain.get(strip.key, 1.0) for strip in named])
    width_m = np.array([strip.width_m for strip in named])
    rest = np.median(force[:, : int(_FREE_S * frame.head["rate_hz"])], axis=1)
    return _Strips(
        np.array([strip.position_m for strip in named]),
        np.array([strip.line for strip in named], np.intp),
        gain / warmth / (width_m * site.gravity_ms2),
        rest,
        _running(force),
        _running(force * np.arange(force.shape[1])),
    )


def _running(values: Floats) -> Floats:
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _plain(frame: Frame, strips: _Strips, vehicle: VehicleTruth, start_ns: int, calibration: Calibration) -> Plain:
    rate_hz = float(frame.head["rate_hz"])
    edges = _edges(strips, vehicle, (vehicle.time_ns - start_ns) / 1e9, rate_hz)
    if edges is None:
        return Plain(np.nan, np.nan)
    area, centre = _pulse(strips, edges[..., [0, 1, 4, 5]])
    speed_ms = _speed_ms(strips, centre / rate_hz, vehicle)
    to_kg = strips.factor * speed_ms / rate_hz / _speed_factor(calibration, speed_ms * 3.6)
    lines = len(np.unique(strips.line))
    raw = np.diff(_at(strips.sums, edges[..., 2:4]))[..., 0] - strips.rest_n * (edges[..., 3] - edges[..., 2])
    return Plain(float((area * to_kg).sum() / lines), float((raw * to_kg).sum() / lines))


def _edges(strips: _Strips, vehicle: VehicleTruth, begin_s: float, rate_hz: float) -> npt.NDArray[np.intp] | None:
    """Samples where rest, pulse and the raw pulse in it begin, and where they end, shape (axles, strips, 6)."""
    axle_m = np.append(0.0, np.cumsum(vehicle.spacing_mm)) / 1e3
    middle_m = (strips.position_m.min() + strips.position_m.max()) / 2
    if (vehicle.speed_kmh / 3.6) ** 2 <= 2 * vehicle.acceleration_ms2 * middle_m:
        # Started on the strips: no pulse is where a steady acceleration would have it.
        return None
    offset_m = np.array([-_REST_M, -_HALF_M, -_RAW_M, _RAW_M, _HALF_M, _REST_M])
    place_m = axle_m[:, None, None] + strips.position_m[:, None] + offset_m
    edges = (begin_s + arrival_s(place_m, vehicle, middle_m)) * rate_hz
    samples, free = strips.sums.shape[1] - 1, _FREE_S * rate_hz
    centre = edges[..., 2:4].mean(axis=-1)
    if centre.min() < 0 or centre.max() > samples:
        return None
    ends = np.array([0, free, free, free, free, 0])
    inside = np.clip(edges, ends, samples - ends)
    return np.rint(inside).astype(np.intp)


def arrival_s(place_m: Floats, vehicle: VehicleTruth, middle_m: float) -> Floats:
    """Seconds from line 1 until the first axle is at places, under the truth's speed at the middle and acceleration."""
    speed_ms, rate = vehicle.speed_kmh / 3.6, vehicle.acceleration_ms2
    first_ms = np.sqrt(speed_ms**2 - 2 * rate * middle_m)
    return np.asarray(2 * place_m / (first_ms + np.sqrt(np.maximum(first_ms**2 + 2 * rate * place_m, 0.0))))


def _at(sums: Floats, edges: npt.NDArray[np.intp]) -> Floats:
    """Running sums of each strip at edges, shape (axles, strips, n)."""
    return sums[np.arange(sums.shape[0])[None, :, None], edges]


def _pulse(strips: _Strips, edges: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Area (N · sample) and centroid (samples) of each pulse above its rest, shape (axles, strips)."""
    sums, moments = _at(strips.sums, edges), _at(strips.moments, edges)
    count = np.diff(edges)
    level = np.diff(sums) / count
    middle = (edges[..., 1:] + edges[..., :-1] - 1) / 2
    slope = (level[..., 2] - level[..., 0]) / (middle[..., 2] - middle[..., 0])
    mean = level[..., 0] + slope * (middle[..., 1] - middle[..., 0])
    area = np.diff(sums)[..., 1] - mean * count[..., 1]
    # Σ i · (mean + slope · (i − middle)) over the window.
    rest_moment = count[..., 1] * (mean * middle[..., 1] + slope * (count[..., 1] ** 2 - 1) / 12)
    return area, (np.diff(moments)[..., 1] - rest_moment) / area


def _speed_ms(strips: _Strips, centre_s: Floats, vehicle: VehicleTruth) -> float:
    """The slope of place over time through all axles, each with an offset of its own."""
    place_m = strips.position_m - strips.position_m.mean()
    if not place_m.any():
        return vehicle.speed_kmh / 3.6
    slowness = (place_m * (centre_s - centre_s.mean(axis=1, keepdims=True))).sum() / (len(centre_s) * place_m @ place_m)
    return float(1 / slowness)


def _speed_factor(calibration: Calibration, speed_kmh: float) -> float:
    if not calibration.speed:
        return 1.0
    speeds, factors = zip(*calibration.speed, strict=True)
    return float(np.interp(speed_kmh, speeds, factors))
