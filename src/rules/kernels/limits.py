"""The limit interval of one vehicle: the row of the table, what registration narrows, what single tyres take off."""

import numpy as np

from rules.kernels.arrays import NARROW_AIR, NARROW_DRIVE, NARROW_RATED, NO_ROW, NO_RULE_SET, Law
from wim.kernels.jit import Record, kernel

SINGLE_TYRE = 1


@kernel
def rule_set_at(law: Law, time_ns: int) -> int:
    """The rule set to judge by: the fixed one, or the newest in force at that time, or -1."""
    if law.fixed >= 0:
        return law.fixed
    best = NO_RULE_SET
    for row in range(law.rule_sets.shape[0]):
        rule_set = law.rule_sets[row]
        if (
            rule_set.in_force
            and rule_set.from_ns <= time_ns < rule_set.until_ns
            and (best < 0 or rule_set.from_ns >= law.rule_sets[best].from_ns)
        ):
            best = row
    return best


@kernel
def limit_row(law: Law, rule_set: Record, axles: int, pattern: np.uint64, last_spacing_mm: int) -> int:
    """The first row of the table that fits, or -1: a single axle has no limit."""
    for row in range(rule_set.limit_begin, rule_set.limit_end):
        limit = law.limits[row]
        if (
            limit.axles_min <= axles <= limit.axles_max
            and (limit.pattern == 0 or limit.pattern == pattern)
            and last_spacing_mm >= limit.last_spacing_from_mm
        ):
            return row
    return NO_ROW


@kernel
def single_tyred(passage: Record, verdict: Record) -> int:
    """How many axles behind the drive group are known to have single tyres."""
    count = 0
    axle = 0
    for group in range(verdict.group_count):
        for _ in range(verdict.group_axles[group]):
            # The first group steers, the second drives (decision §3, tyres).
            if group >= 2 and (np.int64(passage.tyres) >> (2 * axle)) & 3 == SINGLE_TYRE:
                count += 1
            axle += 1
    return count


@kernel
def narrowed(limit: Record, vehicle: Record) -> tuple[int, int]:
    """The interval of a registered vehicle: collapsed by the fact that the row names, where it is registered."""
    low, high = np.int64(limit.low_kg), np.int64(limit.high_kg)
    if limit.narrow == NARROW_AIR and vehicle.air_suspension >= 0:
        return (high, high) if vehicle.air_suspension == 1 else (low, low)
    if limit.narrow == NARROW_DRIVE and vehicle.drive_axles > 0:
        return (high, high) if vehicle.drive_axles > 1 else (low, low)
    if limit.narrow == NARROW_RATED and vehicle.rated_kg > 0:
        rated = np.int64(vehicle.rated_kg)
        return min(low, rated), min(high, rated)
    return low, high
