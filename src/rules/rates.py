"""How sure an overload rate is: its interval, the spread between site-days, the difference of two rates.

Trucks do not come one by one out of an urn: those of one site on one day share a quarry, a harvest, a night without
control. The *design effect* says by how much that makes the rate less certain than its number of trucks suggests:

=================  ==================================================================================================
rate               R = Σ over / Σ trucks, over clusters (site-days) i = 1 … k
variance           k / (k - 1) · Σ (over_i - R · trucks_i)² / (Σ trucks)²       (ratio estimator, Cochran 1977, §6.3)
design effect      that variance ÷ R (1 - R) / Σ trucks;  1 where k < 2 or R is 0 or 1
interval           Wilson's, with Σ trucks ÷ max(1, design effect) as the number of trials   (effectiveness.md §1)
difference         Newcombe's hybrid of two Wilson intervals (Statistics in Medicine 17, 1998, method 10)
=================  ==================================================================================================

Rates here are fractions, not percent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

#: 97.5 % point of the normal distribution: intervals are two-sided 95 % (effectiveness.md §1).
Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its 95 % interval, as fractions."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One rate minus another with its 95 % interval, as fractions."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How far site-days differ, as sums over them; the spread of two sets of site-days is the sum of both.

    `clusters` are the site-days with trucks, the others say nothing.
    """

    clusters: int = 0
    trucks: int = 0
    over: int = 0
    trucks_squared: int = 0
    trucks_over: int = 0
    over_squared: int = 0

    def __add__(self, other: Spread) -> Spread:
        return Spread(
            self.clusters + other.clusters,
            self.trucks + other.trucks,
            self.over + other.over,
            self.trucks_squared + other.trucks_squared,
            self.trucks_over + other.trucks_over,
            self.over_squared + other.over_squared,
        )


def spread_of(trucks: int, over: int) -> Spread:
    """The spread of one site-day."""
    return Spread(int(trucks > 0), trucks, over, trucks * trucks, trucks * over, over * over)


def design_effect(spread: Spread) -> float:
    """How many times less a truck tells than an independent one would.

    Not limited from below: site-days that are more alike than chance give less than 1.
    """
    total, over = spread.trucks, spread.over
    if spread.clusters < 2 or not 0 < over < total:
        return 1.0
    # Σ (over_i - R trucks_i)² · total², in integers: the three terms nearly cancel.
    scatter = (
        spread.over_squared * total * total
        - 2 * over * total * spread.trucks_over
        + over * over * spread.trucks_squared
    )
    clusters = spread.clusters
    return clusters * scatter / ((clusters - 1) * total * over * (total - over))


def wilson(rate: float, trials: float, z: float = Z_95) -> tuple[float, float]:
    """Wilson's interval for a rate seen in independent `trials` > 0, which need not be whole."""
    square = z * z / trials
    centre = (rate + square / 2) / (1 + square)
    half = math.sqrt(rate * (1 - rate) * square + square * square / 4) / (1 + square)
    # At rates of 0 and 1 the bound is exact; rounding must not put a rate outside its own interval.
    return min(rate, max(0.0, centre - half)), max(rate, min(1.0, centre + half))


def rate_of(over: int, trucks: int, effect: float = 1.0) -> Rate | None:
    """The rate of `over` among `trucks` with its interval under a design effect; None without a truck."""
    if trucks == 0:
        return None
    value = over / trucks
    return Rate(value, *wilson(value, trucks / max(1.0, effect)))


def difference(one: Rate, other: Rate) -> Difference:
    """`one` minus `other`, as if neither had to do with the other."""
    value = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Difference(value, max(-1.0, value - below), min(1.0, value + above))
