"""Axle groups: which axles stand together, what each group carries, and what it may carry."""

import numpy as np

from rules.kernels.arrays import Law
from wim.kernels.jit import Record, kernel

#: A group of more axles than this is no known construction (contracts §3, AXLE_UNCERTAIN).
LARGEST_GROUP = 3
_NIBBLE = 15
#: Groups beyond the sixteenth nibble cannot be: there are at most 16 axles.
_NIBBLE_BITS = 4


@kernel
def find_groups(passage: Record, first_pair_mm: int, pair_mm: int, verdict: Record) -> int:
    """Write group_count, group_axles, group_kg and pattern of `verdict`; return the size of the largest group."""
    groups = 0
    size = 0
    load = 0
    largest = 0
    pattern = np.uint64(0)
    axles = np.int64(passage.axle_count)
    for axle in range(axles):
        size += 1
        load += np.int64(passage.left_kg[axle]) + np.int64(passage.right_kg[axle])
        limit_mm = first_pair_mm if axle == 0 else pair_mm
        if axle == axles - 1 or passage.spacing_mm[axle] >= limit_mm:
            verdict.group_axles[groups] = size
            verdict.group_kg[groups] = load
            pattern |= np.uint64(min(size, _NIBBLE)) << np.uint64(_NIBBLE_BITS * groups)
            largest = max(largest, size)
            groups += 1
            size = 0
            load = 0
    verdict.group_count = groups
    verdict.pattern = pattern
    return largest


@kernel
def kind_of(law: Law, rule_set: Record, axles: int, spacing_mm: int) -> int:
    """Row of the group limit for a group of `axles` whose gaps are `spacing_mm`, or -1."""
    for row in range(rule_set.group_begin, rule_set.group_end):
        kind = law.groups[row]
        if kind.axles == axles and kind.from_mm <= spacing_mm < kind.below_mm:
            return row
    return -1


@kernel
def limit_groups(passage: Record, law: Law, rule_set: Record, verdict: Record) -> None:
    """Write group_low_kg and group_high_kg of `verdict`: the kind of the narrowest gap, and that of the widest."""
    first = 0
    for group in range(verdict.group_count):
        axles = np.int64(verdict.group_axles[group])
        narrow = 0
        wide = 0
        for axle in range(first, first + axles - 1):
            spacing = np.int64(passage.spacing_mm[axle])
            narrow = spacing if axle == first else min(narrow, spacing)
            wide = max(wide, spacing)
        low = kind_of(law, rule_set, axles, narrow)
        high = kind_of(law, rule_set, axles, wide)
        verdict.group_low_kg[group] = law.groups[low].low_kg if low >= 0 else 0
        verdict.group_high_kg[group] = law.groups[high].high_kg if high >= 0 else 0
        first += axles
