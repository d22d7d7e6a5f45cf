"""Signals of known wheels on known strips: what tests of the estimate measure, without a simulator.

A wheel of W kg presses on a strip of width w with F(t) = W g w q(x(t) − p − o): x(t) is the way of the vehicle, p the
strip's place, o the axle's behind the first one, and q (1/m, area 1) how the contact is spread along the road. So the
area under it is W g w over the speed, whatever q is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from wim.frames import CHANNEL, FRAME_HEAD, Frame, FrameFlag, Kind, Side, decode_frame, encode_frame
from wim.lanes import Calibration, Lane, Strip
from wim.measure import Meter
from wim.records import Direction
from wim.sites import Site

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int16]

#: 2026-06-01T00:00:00Z.
START_NS = 1_780_272_000 * 10**9
#: Before the first tyre reaches the first line and after the last has left the last: the contract's 50 ms, and a tyre.
QUIET_S, REACH_M = 0.06, 0.40
NEWTON, REST = 2.0, 100.0
#: Of a loop, along the road.
LOOP_M = 2.0

#: Left and right wheel in kg, and the metres to the next axle.
Axles = Sequence[tuple[float, float, float]]
SIX: Axles = (
    (3_200, 3_150, 3.3),
    (4_300, 4_200, 1.35),
    (4_250, 4_150, 6.9),
    (4_300, 4_320, 1.31),
    (4_350, 4_250, 1.31),
    (4_300, 4_280, 0.0),
)
TWO: Axles = ((2_600, 2_500, 4.2), (4_700, 4_800, 0.0))
CAR: Axles = ((420, 400, 2.7), (380, 360, 0.0))


def box(x: Floats) -> Floats:
    """0.30 m, with edges of a strip's width."""
    return np.clip((0.30 - np.abs(x)) / 0.06, 0.0, 1.0) / 0.54


def triangle(x: Floats) -> Floats:
    """0.24 m to either side, and a peak."""
    return np.maximum(0.0, 1.0 - np.abs(x) / 0.24) / 0.24


def bell(x: Floats) -> Floats:
    """0.22 m to either side, with feet that rise slowly."""
    return np.where(np.abs(x) < 0.22, (1.0 + np.cos(np.pi * x / 0.22)) / 0.44, 0.0)


def saddle(x: Floats) -> Floats:
    """An overloaded tyre, which presses more by its shoulders."""
    return 0.5 * (bell((x - 0.07) / 0.6) + bell((x + 0.07) / 0.6)) / 0.6


def lopsided(x: Floats) -> Floats:
    """A braking tyre: steep in front, with a long back."""
    back = np.maximum(0.0, 1.0 - x / 0.30) * np.clip((x + 0.08) / 0.08, 0.0, 1.0)
    return np.asarray(back / 0.19355556)


SHAPES: dict[str, Callable[[Floats], Floats]] = {
    "box": box,
    "triangle": triangle,
    "bell": bell,
    "saddle": saddle,
    "lopsided": lopsided,
}


@dataclass(frozen=True)
class Scene:
    """One crossing of one lane; `but(...)` is the same with something else.

    bodies: metal from … to so many m behind the first axle, which loops feel. feels: what a strip gives, as a part of
    what is on it, by its key. tau_s: of the amplifiers, which the lane's registry knows or not. way: x(t), t from when
    the first axle is on line 1, in place of speed and acceleration. ahead_m: what more of the way is in the frame, on
    either end; seconds: how long it is, in place of what the vehicle needs.
    """

    axles: Axles = SIX
    speed_ms: float = 20.0
    change_ms2: float = 0.0
    lines_m: Sequence[float] = (0.0, 4.0)
    halves: bool = True
    loops_m: Sequence[float] = ()
    bodies: Sequence[tuple[float, float]] = ((-1.2, 16.5),)
    shape: Callable[[Floats], Floats] = bell
    width_m: float = 0.055
    gravity_ms2: float = 9.793
    rate_hz: int = 5_000
    tau_s: float | None = None
    tau_known: bool = True
    undershoot_n: float = 0.0
    rest_n: float = 0.0
    hum_n: float = 0.0
    noise_n: float = 0.0
    seed: int = 1
    feels: Mapping[str, float] = field(default_factory=dict)
    calibrations: tuple[Calibration, ...] = (Calibration(7, 0),)
    way: Callable[[Floats], Floats] | None = None
    ahead_m: float = 0.0
    seconds: float | None = None
    head: Mapping[str, object] = field(default_factory=dict)

    def but(self, **changes: object) -> Scene:
        """The same crossing with something else."""
        return replace(self, **cast(Any, changes))

    @property
    def strips(self) -> tuple[Strip, ...]:
        """What the registry says of the lane."""
        sides = ("left", "right") if self.halves else ("full",)
        return tuple(
            Strip(line, cast(Any, side), at, self.width_m) for line, at in enumerate(self.lines_m, 1) for side in sides
        )

    @property
    def places_m(self) -> Floats:
        """Each axle behind the first, shape (axles,)."""
        return np.cumsum([0.0, *(axle[2] for axle in self.axles[:-1])])[: len(self.axles)]

    @property
    def gross_kg(self) -> float:
        """What the vehicle weighs."""
        return float(sum(left + right for left, right, _ in self.axles))

    def meter(self) -> Meter:
        """The meter of this scene's lane."""
        site = Site("G104-K012", "", 0.0, "UTC", gravity_ms2=self.gravity_ms2)
        tau_s = self.tau_s if self.tau_known else None
        # A lane without droop has amplifiers of endless patience.
        patient_s = tau_s if tau_s or not self.tau_known else 1e9
        return Meter(site, Lane(1, Direction.UP, self.strips, patient_s, self.calibrations))

    def times_s(self) -> Floats:
        """From when the first axle is on line 1, shape (samples,)."""
        end_m = self.lines_m[-1] + (self.places_m[-1] if len(self.axles) else 0.0)
        end_s = _seconds(end_m, self.speed_ms, self.change_ms2)
        reach_m = REACH_M + self.ahead_m
        first_s = -QUIET_S - reach_m / self.speed_ms
        last_s = end_s + QUIET_S + reach_m / (self.speed_ms + self.change_ms2 * end_s)
        return first_s + np.arange(int((self.seconds or last_s - first_s) * self.rate_hz)) / self.rate_hz

    def way_m(self, times_s: Floats) -> Floats:
        """x(t), shape (samples,)."""
        if self.way is not None:
            return self.way(times_s)
        return self.speed_ms * times_s + 0.5 * self.change_ms2 * times_s**2

    def force_n(self, strip: Strip) -> Floats:
        """On one strip, shape (samples,), as its amplifier gives it."""
        times_s = self.times_s()
        x_m = self.way_m(times_s) - strip.position_m
        force = np.zeros(len(times_s))
        for (left, right, _), behind_m in zip(self.axles, self.places_m, strict=True):
            load_kg = {"left": left, "right": right, "full": left + right}[strip.side]
            force += load_kg * self.gravity_ms2 * self.width_m * self.shape(x_m - behind_m)
        return self._amplified(force * self.feels.get(strip.key, 1.0), times_s - times_s[0])

    def _amplified(self, force: Floats, times_s: Floats) -> Floats:
        decay_per_s = 1.0 / self.tau_s if self.tau_s else 0.0
        # The charge that has leaked by t: κ ∫ F(s) e^(−κ(t − s)) ds.
        grown = np.exp(decay_per_s * times_s)
        held = (np.cumsum(force * grown) - 0.5 * force * grown) / grown / self.rate_hz
        hum = self.hum_n * np.sin(2.0 * math.pi * 50.0 * times_s + 0.7)
        return force - decay_per_s * held - self.undershoot_n / grown + self.rest_n + hum

    def changes(self) -> list[Floats]:
        """What each loop feels of the bodies, 1 where metal covers all of it."""
        x_m = self.way_m(self.times_s())
        found = []
        for loop_m in self.loops_m:
            covered = np.zeros(len(x_m))
            for front_m, back_m in self.bodies:
                first = np.maximum(x_m - back_m, loop_m - LOOP_M / 2)
                covered += np.maximum(0.0, np.minimum(x_m - front_m, loop_m + LOOP_M / 2) - first) / LOOP_M
            found.append(covered)
        return found

    def counts(self) -> Counts:
        """What the converter writes, shape (channels, samples): strips by line and side, then loops."""
        random = np.random.default_rng(self.seed)
        forces = [self.force_n(strip) for strip in self.strips]
        rows = [force + random.normal(0.0, self.noise_n, len(force)) for force in forces]
        counts = [row / NEWTON + REST for row in rows] + [3_000.0 * change + REST for change in self.changes()]
        return np.clip(np.rint(counts), -32_768, 32_767).astype(np.int16)

    def table(self) -> npt.NDArray[np.void]:
        """The frame's channels."""
        sides = {"left": Side.LEFT, "right": Side.RIGHT, "full": Side.FULL}
        rows = [(Kind.STRIP, strip.line, sides[strip.side], 0, strip.position_m, NEWTON, REST) for strip in self.strips]
        loops = [(Kind.LOOP, line, Side.FULL, 0, at, -1e-5, REST) for line, at in enumerate(self.loops_m, 1)]
        return np.array(rows + loops, CHANNEL)

    def frame(self, counts: Counts | None = None, order: Sequence[int] | None = None) -> Frame:
        """The frame; with other counts, or its channels in another order."""
        head = np.zeros(1, FRAME_HEAD)
        told = {"start_ns": START_NS, "rate_hz": self.rate_hz, "site": b"G104-K012", "lane": 1, "sequence": 5, "run": 3}
        told |= {"flags": FrameFlag.CLOCK_LOCKED, "pavement_c": 20.0, "plate_colour": 255}
        for name, value in (told | dict(self.head)).items():
            head[name] = value
        counts = self.counts() if counts is None else counts
        chosen = range(len(counts)) if order is None else order
        table = self.table()[list(chosen)]
        return decode_frame(encode_frame(head[0], table, counts[list(chosen)]), START_NS)

    def measured(self, counts: Counts | None = None) -> np.void:
        """The passage of its only vehicle."""
        (passage,) = self.meter().measure(self.frame(counts))
        return cast(np.void, passage)


def _seconds(way_m: float, speed_ms: float, change_ms2: float) -> float:
    """How long a way takes."""
    if change_ms2 == 0.0:
        return way_m / speed_ms
    return (math.sqrt(speed_ms**2 + 2.0 * change_ms2 * way_m) - speed_ms) / change_ms2


def loads_kg(passage: np.void) -> Floats:
    """Wheels left and right, shape (axles, 2)."""
    axles = int(passage["axle_count"])
    return np.stack([passage["left_kg"][:axles], passage["right_kg"][:axles]], axis=1).astype(np.float64)


def wheels_kg(axles: Axles) -> Floats:
    """The true ones, shape (axles, 2)."""
    return np.array([axle[:2] for axle in axles], np.float64)
