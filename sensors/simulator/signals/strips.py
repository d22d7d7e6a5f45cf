"""The force on every strip over time: each wheel's load, as it is at that instant, times what the strip feels of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sensors.simulator.signals.footprint import Footprints, Pavement, footprints
from sensors.simulator.signals.motion import Motion
from sensors.simulator.signals.suspension import Suspension
from sensors.simulator.signals.vehicle import Vehicle

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
#: What the strips feel more or less at speeds in km/h, shape (n,) both.
SpeedFactor = Callable[[Floats], Floats]

_LEFT_RIGHT = np.array([-1.0, 1.0])


@dataclass(frozen=True)
class Bars:
    """The strips as bars in the road, shape (strips,): where they truly lie, and how wide they are.

    left_m and right_m are the ends across the lane, from its middle to the right.
    """

    position_m: Floats
    width_m: Floats
    left_m: Floats
    right_m: Floats


@dataclass(frozen=True)
class Crossing:
    """A vehicle under way over the strips.

    lateral_m: how far right of the lane's middle each axle runs where it meets each strip; response: felt ÷ true force,
    for whatever differs from one crossing to the next; both of shape (strips, axles).
    """

    vehicle: Vehicle
    motion: Motion
    suspension: Suspension
    pavement: Pavement
    lateral_m: Floats
    response: Floats


@dataclass(frozen=True)
class _Visits:
    """Visits of wheels to strips, shape (visits,): samples [begin, end) of each, and what of the wheel is over it."""

    strip: Index
    wheel: Index
    begin: Index
    end: Index
    covered: Floats


def press(
    force: Floats, crossing: Crossing, bars: Bars, time_s: Floats, gravity_ms2: float, factor: SpeedFactor
) -> None:
    """Add to `force`, shape (strips, samples), what the strips feel of one vehicle, in newtons."""
    place_m = crossing.motion.place_m(time_s)
    prints = footprints(crossing.vehicle.tyres, crossing.pavement)
    for visits in _visits(crossing, bars, prints, place_m):
        row, sample = _spread(visits)
        at_s = time_s[sample]
        axle = visits.wheel // 2
        load = _load(crossing, visits.wheel[row], at_s)
        ahead_m = place_m[sample] - (crossing.vehicle.axle_m[axle] + bars.position_m[visits.strip])[row]
        felt = prints.felt(visits.wheel[row], ahead_m, bars.width_m[visits.strip][row])
        felt *= load * (gravity_ms2 * crossing.response[visits.strip, axle] * visits.covered)[row]
        felt *= factor(np.abs(crossing.motion.speed_ms(at_s)) * 3.6)
        _add(force, visits, felt)


def _add(force: Floats, visits: _Visits, felt: Floats) -> None:
    done = 0
    for strip, begin, end in zip(visits.strip.tolist(), visits.begin.tolist(), visits.end.tolist(), strict=True):
        force[strip, begin:end] += felt[done : done + end - begin]
        done += end - begin


def _load(crossing: Crossing, wheel: Index, time_s: Floats) -> Floats:
    """Load in kg of wheels at times, shape (n,)."""
    axle, side = np.divmod(wheel, 2)
    load = crossing.vehicle.wheel_kg.ravel()[wheel] * crossing.suspension.relative(axle, side, time_s)
    acceleration = crossing.motion.acceleration_ms2(time_s)
    if acceleration.any():
        load += crossing.suspension.shift[axle] / 2 * acceleration
    return np.asarray(np.maximum(load, 0.0))


def _visits(crossing: Crossing, bars: Bars, prints: Footprints, place_m: Floats) -> Iterator[_Visits]:
    """The visits on each stretch of time in which the vehicle does not turn round."""
    strip, wheel, covered = _pairs(crossing, bars)
    centre_m = bars.position_m[strip] + crossing.vehicle.axle_m[wheel // 2]
    reach_m = prints.half_m[wheel] + bars.width_m[strip] / 2
    for begin, end, forwards in _stretches(place_m):
        if forwards:
            first = np.searchsorted(place_m[begin:end], centre_m - reach_m)
            last = np.searchsorted(place_m[begin:end], centre_m + reach_m)
        else:
            first = np.searchsorted(-place_m[begin:end], -(centre_m + reach_m))
            last = np.searchsorted(-place_m[begin:end], -(centre_m - reach_m))
        there = last > first
        yield _Visits(strip[there], wheel[there], first[there] + begin, last[there] + begin, covered[there])


def _pairs(crossing: Crossing, bars: Bars) -> tuple[Index, Index, Floats]:
    """Strips and wheels that meet, and the part of each tyre's width that is over the strip."""
    vehicle = crossing.vehicle
    middle_m = (crossing.lateral_m[:, :, None] + vehicle.track_m / 2 * _LEFT_RIGHT).reshape(len(bars.width_m), -1)
    half_m = np.broadcast_to(vehicle.tyres.width_m, vehicle.wheel_kg.shape).ravel() / 2
    right_m = np.minimum(middle_m + half_m, bars.right_m[:, None])
    left_m = np.maximum(middle_m - half_m, bars.left_m[:, None])
    covered = np.maximum(right_m - left_m, 0.0) / (2 * half_m)
    strip, wheel = np.nonzero(covered)
    return strip, wheel, covered[strip, wheel]


def _stretches(place_m: Floats) -> Iterator[tuple[int, int, bool]]:
    """Runs of samples [begin, end) in which the place only rises (True) or only falls; standing belongs to either."""
    step = np.diff(place_m)
    if len(step) == 0 or step.min() > 0:
        yield 0, len(place_m), True
        return
    step = np.sign(step)
    moving = np.flatnonzero(step)
    turns = moving[1:][np.diff(step[moving]) != 0]
    edges = [0, *(turns + 1).tolist(), len(place_m)]
    forwards = bool(step[moving[0]] > 0) if len(moving) else True
    for begin, end in pairwise(edges):
        yield begin, end, forwards
        forwards = not forwards


def _spread(visits: _Visits) -> tuple[Index, Index]:
    """For every sample of every visit the visit's row and the sample, shape (n,)."""
    length = visits.end - visits.begin
    row = np.repeat(np.arange(len(length)), length)
    before = np.cumsum(length) - length
    return row, np.arange(length.sum()) - before[row] + visits.begin[row]
