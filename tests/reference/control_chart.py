"""One control chart once more, from all the values that it was ever given: what `kernels.cusum` is checked against."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

BLOCKS = (64, 256)


def fmean(values: list[float]) -> float:
    """Their mean."""
    return float(np.mean(values))


def variance(values: list[float]) -> float:
    """Of a sample."""
    return float(np.var(values, ddof=1))


@dataclass
class Sum:
    """One of the two sums, and what came since it was last 0."""

    height: float = 0.0
    since_ns: int = 0
    offs: list[float] = field(default_factory=list)

    def add(self, gained: float, off: float, time_ns: int) -> None:
        """Let it grow or fall, not below 0."""
        self.height = max(0.0, self.height + gained)
        self.offs.append(off)
        if self.height == 0.0:
            self.since_ns, self.offs = time_ns, []


@dataclass(frozen=True)
class Ring:
    """An alarm as the chart keeps it."""

    sign: str
    at_ns: int
    good_ns: int
    offs: tuple[float, ...]
    score: float
    threshold: float


@dataclass
class Chart:
    """`calibrate`, `baseline`, `run_length`, `slack`, `fleets`, `sure` as in PLAN."""

    calibrate: int
    baseline: int
    run_length: float
    slack: float
    fleets: float = 1.0
    sure: float = 1.0
    values: list[float] = field(default_factory=list)
    lifts: list[float] = field(default_factory=list)
    watched: int = 0
    threshold: float = 0.0
    high: Sum = field(default_factory=Sum)
    low: Sum = field(default_factory=Sum)
    strangers: list[tuple[bool, int]] = field(default_factory=list)
    ring: Ring | None = None

    def follow(self, y: float, lift: float, time_ns: int) -> None:
        """One value more."""
        if self.ring:
            return
        ready = len(self.values) >= self.calibrate and len(set(self.values)) > 1 and sum(self.lifts) > 0
        if ready:
            middle, reach = fmean(self.values), 2.5 * math.sqrt(variance(self.values))
            y = min(max(y, middle - reach), middle + reach)
            self._watch(y - middle, time_ns)
        if len(self.values) < self.baseline and not self.ring:
            self.values.append(y)
            if not math.isnan(lift):
                self.lifts.append(lift)

    def _watch(self, off: float, time_ns: int) -> None:
        if self.watched == 0:
            self.high.since_ns = self.low.since_ns = time_ns
        self.watched += 1
        spread, lift = variance(self.values), fmean(self.lifts)
        factor = self.inflation(spread)
        gain = 2 * self.slack * lift / (factor * spread)
        self.threshold = self._bound(self.slack * lift * gain, factor)
        self.high.add(gain * (off - self.slack * lift), off, time_ns)
        self.low.add(gain * (-off - self.slack * lift), off, time_ns)
        for sign, one in (("high", self.high), ("low", self.low)):
            if one.height > self.threshold and not self.ring:
                self.ring = Ring(sign, time_ns, one.since_ns, tuple(one.offs), one.height, self.threshold)

    def inflation(self, spread: float) -> float:
        """Of the means of whole blocks, some standard errors taken off."""
        factors = [1.0, self.fleets]
        for size in BLOCKS:
            means = [fmean(self.values[at : at + size]) for at in range(0, len(self.values) - size + 1, size)]
            if len(means) >= 4:
                factors.append(size * variance(means) / spread / (1 + self.sure * math.sqrt(2 / (len(means) - 1))))
        return max(factors)

    def _bound(self, kappa: float, factor: float) -> float:
        often = 2 * self.run_length * kappa + 1
        bound = math.log(often + math.log(often))
        overshoot = 1.166 * math.sqrt(2 * kappa / factor)
        return max(1.0, bound - overshoot) + bound**2 / (len(self.values) * kappa)

    def see(self, strange: bool, time_ns: int) -> None:
        """Whether a value was one that hardly ever occurred."""
        if self.ring or len(self.values) < self.calibrate:
            return
        self.strangers.append((strange, time_ns))
        surplus, since_ns, seen = 0, 0, 0
        for one, when in self.strangers:
            surplus, seen = max(0, surplus + (1 if one else -1)), seen + 1
            if surplus == 0:
                since_ns, seen = when, 0
        if surplus > 30:
            self.ring = Ring("strange", time_ns, since_ns, (math.nan,) * seen, float(surplus), 30.0)
