"""The watch over a lane once more, from all trucks that it was ever shown: what its kernels are checked against."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.reference.control_chart import Chart
from wim.records import Flag, Passages, Source

UNFIT = Flag.ACCELERATING | Flag.STRADDLING | Flag.AXLE_UNCERTAIN | Flag.TAILGATING | Flag.STOPPED


def observed(passages: Passages, limits_kg: npt.NDArray[np.int32], truck_from_kg: int) -> list[dict[str, Any]]:
    """What is kept of each truck, but for the hash of its loads."""
    return [
        _truck(passage, limits)
        for passage, limits in zip(passages, limits_kg.tolist(), strict=True)
        if passage["gross_kg"] >= truck_from_kg
        and passage["axle_count"] >= 2
        and int(passage["left_kg"][0]) + int(passage["right_kg"][0]) > 0
    ]


def _truck(passage: np.void, limits: Sequence[int]) -> dict[str, Any]:
    axles = int(passage["axle_count"])
    left, right = passage["left_kg"][:axles].tolist(), passage["right_kg"][:axles].tolist()
    flags = Flag(int(passage["flags"]) & sum(Flag))
    sideless = sum(right) == 0 or Flag.AXLE_ONLY in flags
    simulated = passage["source"] == Source.SIMULATED or Flag.SIMULATED in flags
    return {
        "time_ns": int(passage["time_ns"]),
        "gross_kg": int(passage["gross_kg"]),
        "left_kg": sum(left),
        "right_kg": sum(right),
        "steer_kg": left[0] + right[0],
        "limit_low_kg": limits[0] if 0 < limits[0] < 65_536 else 0,
        "limit_high_kg": limits[1] if 0 < limits[1] < 65_536 else 0,
        "first_mm": int(passage["spacing_mm"][0]),
        "last_mm": int(passage["spacing_mm"][axles - 2]),
        "calibration": int(passage["calibration"]),
        "axle_count": axles,
        "marks": (2 if sideless else left == right) | 4 * simulated | 8 * bool(flags & UNFIT),
    }


@dataclass
class Density:
    """A table of scores by row and bin, and its chart; see `kernels.density`."""

    chart: Chart
    learn: int
    bins: int
    shift: int
    learnt: list[tuple[int, int]] = field(default_factory=list)
    scores: dict[int, list[float]] = field(default_factory=dict)

    def follow(self, rows: tuple[int, int, int], place: int, time_ns: int) -> None:
        """A value in bin `place` of row rows[0]; rows[1] and rows[2] with all weights lower and higher."""
        place = min(max(place, 0), self.bins - 1)
        if len(self.learnt) < self.learn:
            self.learnt.append((rows[0], place))
            if len(self.learnt) == self.learn:
                self._score()
        elif rows[0] in self.scores:
            y = self.scores[rows[0]][place]
            self.chart.see(math.isnan(y), time_ns)
            if not math.isnan(y):
                higher = self._at(rows[2], min(place + self.shift, self.bins - 1))
                lower = self._at(rows[1], max(place - self.shift, 0))
                self.chart.follow(y, (higher - lower) / 2, time_ns)

    def _at(self, row: int, place: int) -> float:
        return self.scores[row][place] if row in self.scores else math.nan

    def _score(self) -> None:
        for row, total in Counter(row for row, _ in self.learnt).items():
            if total >= 20:
                counts = np.bincount([place for one, place in self.learnt if one == row], minlength=self.bins)
                self.scores[row] = scores(counts.astype(float))


def scores(counts: npt.NDArray[np.float64]) -> list[float]:
    """Minus the slope of the logarithm of the smoothed density; NaN at the ends and where hardly anything fell."""
    offs = np.arange(-6, 7)
    bell = np.exp(-0.5 * (offs / 1.6) ** 2) / (1.6 * math.sqrt(2 * math.pi))
    density = np.convolve(counts, bell, "same") + 0.2 * (counts.sum() + 1) / len(counts)
    logarithm = np.log(density)
    found = np.full(len(counts), np.nan)
    found[1:-1] = (logarithm[:-2] - logarithm[2:]) / 2
    # A table holds single precision.
    return [float(y) for y in np.where(density >= 0.05 * density.max(), found, np.nan).astype(np.float32)]


class Traffic:
    """`wim.drift.TrafficDrift` without resets: trucks of one calibration."""

    def __init__(self, plans: npt.NDArray[np.void]) -> None:
        made = [_density(plan, bins, shift) for plan, bins, shift in zip(plans, (64, 52, 64), (1, 2, 3), strict=True)]
        self.steer, self.sides, self.ruler = made
        self._step = float(plans["step"][0])
        self._kinds: list[int] = []
        self.steer_axles: int | None = None

    def see(self, truck: np.void) -> None:
        """One truck more."""
        if truck["marks"] & 8:
            return
        axles, time_ns = min(int(truck["axle_count"]), 6), int(truck["time_ns"])
        if axles >= 3:
            self._see_steer(truck, axles, time_ns)
            if 1_000 < truck["last_mm"] < 1_890:
                self.ruler.follow((axles - 3,) * 3, math.floor(math.log(truck["last_mm"] / 1_000) / 0.01), time_ns)
        if not truck["marks"] & 3 and truck["left_kg"] and truck["right_kg"]:
            ratio = math.log(int(truck["left_kg"]) / int(truck["right_kg"]))
            self.sides.follow((axles - 2,) * 3, math.floor((ratio + 1.3) / 0.05), time_ns)

    def _see_steer(self, truck: np.void, axles: int, time_ns: int) -> None:
        if self.steer_axles is None:
            self._kinds.append(axles)
            if len(self._kinds) == 200:
                self.steer_axles = max((3, 4, 5, 6), key=lambda kind: (self._kinds.count(kind), kind))
        if axles == self.steer_axles:
            weight, step = math.log(truck["gross_kg"] / 4_500) / 0.25, self._step / 0.25
            rows = tuple(min(max(math.floor(one), 0), 13) for one in (weight, weight - step, weight + step))
            place = math.floor(math.log(truck["steer_kg"] / 800) / 0.05)
            self.steer.follow((rows[0], rows[1], rows[2]), place, time_ns)


def _chart(plan: np.void) -> Chart:
    numbers = (int(plan["calibrate"]), int(plan["baseline"]))
    return Chart(*numbers, float(plan["run_length"]), float(plan["slack"]), float(plan["fleets"]), float(plan["sure"]))


def _density(plan: np.void, bins: int, shift: int) -> Density:
    return Density(_chart(plan), int(plan["learn"]), bins, shift)


class Line:
    """One line against the others, `wim.line_drift`, without resets."""

    def __init__(self, plans: npt.NDArray[np.void], line: int) -> None:
        self.line, self._steps = line, [float(step) for step in plans["step"]]
        self.charts = [_chart(plan) for plan in plans]
        self._ratios: dict[int, list[npt.NDArray[np.float64]]] = {}
        self._sides: dict[int, list[float]] = {}

    def see(self, line_kg: npt.NDArray[np.float32], time_ns: int) -> None:
        """One truck: its wheels, shape (axles, lines, 2)."""
        kg = line_kg.astype(np.float64)
        whole = np.nansum(kg, axis=2)
        if (whole <= 0).any():
            return
        self._see_sides(kg, time_ns)
        self._see_axles(np.clip(self._against(np.log(whole)), -1, 1), time_ns)

    def _against(self, logarithms: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        others = np.delete(logarithms, self.line, axis=1)
        return np.asarray(logarithms[:, self.line] - others.mean(axis=1))

    def _see_sides(self, kg: npt.NDArray[np.float64], time_ns: int) -> None:
        if not (kg > 0).all():
            return
        value = float(np.clip(self._against(np.log(kg[..., 0] / kg[..., 1])), -1, 1).mean())
        known = self._sides.setdefault(len(kg), [])
        if len(known) < 300:
            known.append(value)
        else:
            spread = float(np.var(known, ddof=1))
            self.charts[1].follow((value - float(np.mean(known))) / spread, self._steps[1] / spread, time_ns)

    def _see_axles(self, ratios: npt.NDArray[np.float64], time_ns: int) -> None:
        known = self._ratios.setdefault(len(ratios), [])
        if len(known) < 300:
            known.append(ratios)
            return
        covariance = np.atleast_2d(np.cov(np.array(known).T))
        offs = ratios - np.mean(known, axis=0)
        tamed = covariance + 0.01 * np.trace(covariance) / len(ratios) * np.eye(len(ratios))
        weight = np.linalg.solve(tamed, np.ones(len(ratios)))
        weight /= weight.sum()
        spread = float(weight @ covariance @ weight)
        for axle, off in enumerate(offs):
            own = float(covariance[axle, axle])
            self.charts[2 + axle].follow(float(off) / own, self._steps[2 + axle] / own, time_ns)
        self.charts[0].follow(float(weight @ offs) / spread, self._steps[0] / spread, time_ns)


def figures(trucks: npt.NDArray[np.void], form_axles: int | None, repeated: int) -> list[float]:
    """The five figures of `wim.authenticity` over some trucks; NaN where there is nothing to make one of."""
    sided = trucks[trucks["marks"] & 2 == 0]
    share = trucks["gross_kg"] / np.maximum(trucks["limit_high_kg"].astype(float), 1)
    share = share[trucks["limit_high_kg"] > 0]
    before, under, above = (int(np.sum((share > low) & (share <= low + 0.1))) for low in (0.85, 0.95, 1.05))
    formed = trucks[(np.minimum(trucks["axle_count"], 6) == form_axles) & (trucks["first_mm"] * trucks["last_mm"] > 0)]
    return [
        float(np.mean(sided["marks"] & 1)) if len(sided) else math.nan,
        repeated / len(trucks),
        max(tails(formed["first_mm"]), tails(formed["last_mm"])) if len(formed) else math.nan,
        under / max(1, before, above) if before + under + above else math.nan,
        relation(trucks),
    ]


def tails(spacings_mm: npt.NDArray[np.uint16]) -> float:
    """Share beyond the quartiles' distance from their middle, of values spread evenly within bins of 1 %."""
    edges = np.arange(323.0)
    places = np.clip(np.floor(np.log(spacings_mm / 600) / 0.01), 0, 321)
    rising = np.concatenate([[0.0], np.cumsum(np.bincount(places.astype(int), minlength=322))]) / len(spacings_mm)
    # A flat stretch between two bins belongs to the lower of them.
    firsts = np.concatenate([[True], np.diff(rising) > 0])
    steps = np.flatnonzero(firsts)[1:]
    low, high = (_crossing(rising, steps, share) for share in (0.25, 0.75))
    middle, width = (low + high) / 2, high - low
    inside = np.interp(middle + width, edges, rising) - np.interp(middle - width, edges, rising)
    return float(1 - inside)


def _crossing(rising: npt.NDArray[np.float64], steps: npt.NDArray[np.intp], share: float) -> float:
    step = next(int(one) for one in steps if rising[one] >= share - 1e-12)
    return step - 1 + (share - rising[step - 1]) / (rising[step] - rising[step - 1])


def relation(trucks: npt.NDArray[np.void]) -> float:
    """Multiple correlation of speed with weight and spacings, by least squares."""
    timed = trucks[(trucks["speed_kmh"] > 0) & np.isfinite(trucks["speed_kmh"])]
    timed = timed[(timed["first_mm"] > 0) & (timed["last_mm"] > 0)]
    if not len(timed):
        return math.nan
    speed = np.log(timed["speed_kmh"].astype(float))
    known = [np.log(timed[name].astype(float)) for name in ("gross_kg", "first_mm", "last_mm")]
    table = np.column_stack([np.ones(len(timed)), *known])
    left = speed - table @ np.linalg.lstsq(table, speed, rcond=None)[0]
    return math.sqrt(max(0.0, 1 - left.var() / speed.var())) if speed.var() > 1e-12 else 0.0


def repeats(loads: Sequence[int]) -> list[bool]:
    """Which trucks are remembered with the very same loads; 4 096 places, the newest in each."""
    places: dict[int, int] = {}
    found = []
    for one in loads:
        tag = (one >> 12) % 65_535
        found.append(places.get(one % 4_096) == tag)
        places[one % 4_096] = tag
    return found
