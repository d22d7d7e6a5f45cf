"""Which pulses of the rows are one axle.

The usual case is that every row has seen the same number of pulses in the same order; then the n-th of each are the
n-th axle. Where they have not, the pulses of all rows are laid side by side as places on the vehicle, by the motion
that brings most of them together, and each heap of them is an axle.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.motion import fit_motion, place_at
from wim.kernels.weigh_arrays import MOST_PULSES, Floats, Ints, Structured

#: Speeds of anything that is weighed, m/s.
SLOWEST_MS, FASTEST_MS = 0.3, 60.0
#: From row to row and axle to axle, the speed of a vehicle that neither stops nor turns changes by less.
MOST_CHANGE = 1.9
#: Pulses of one axle lie together on the vehicle to so much; half of the closest axles there are.
HEAP_M = 0.40
#: How far off a pulse may come: so much, and so much of the way between two rows.
NEAR_M, NEAR_PART = 0.25, 0.12


@kernel
def same_everywhere(pulses: Structured, counts: Ints, row_m: Floats) -> bool:
    """Whether every row has as many pulses, each at a time that a steady enough vehicle would make."""
    rows = counts.shape[0]
    for row in range(1, rows):
        if counts[row] != counts[0]:
            return False
    slowest = math.inf
    fastest = 0.0
    for index in range(counts[0]):
        for row in range(1, rows):
            passed = pulses[row, index].time_s - pulses[row - 1, index].time_s
            if passed <= 0.0:
                return False
            speed = (row_m[row] - row_m[row - 1]) / passed
            slowest = min(slowest, speed)
            fastest = max(fastest, speed)
    return counts[0] > 0 and slowest >= SLOWEST_MS and fastest <= FASTEST_MS


@kernel
def take_in_order(counts: Ints, seen: Ints) -> int:
    """Make the n-th pulse of each row the n-th axle; returns the number of axles."""
    for axle in range(counts[0]):
        for row in range(counts.shape[0]):
            seen[axle, row] = axle
    return counts[0]


@kernel
def steady(pulses: Structured, seen: Ints, axles: int, row_m: Floats) -> bool:
    """Whether no axle was on its way between two rows much longer than its neighbours in time were."""
    before = 0.0
    for axle in range(axles):
        for row in range(1, seen.shape[1]):
            if seen[axle, row] < 0 or seen[axle, row - 1] < 0:
                continue
            passed = pulses[row, seen[axle, row]].time_s - pulses[row - 1, seen[axle, row - 1]].time_s
            if passed == 0.0:
                return False
            speed = (row_m[row] - row_m[row - 1]) / passed
            if before != 0.0 and (speed > before * MOST_CHANGE or before > speed * MOST_CHANGE):
                return False
            before = speed
    return before != 0.0


@kernel
def nearest(pulses: Structured, row: int, count: int, time_s: float) -> int:
    """The pulse of a row whose time is nearest; -1 where there is none."""
    best = -1
    for index in range(count):
        if best < 0 or abs(pulses[row, index].time_s - time_s) < abs(pulses[row, best].time_s - time_s):
            best = index
    return best


@kernel
def follow_train(
    pulses: Structured, counts: Ints, row_m: Floats, base: int, first: int, speed_ms: float, seen: Ints
) -> float:
    """Follow the pulses of row `base` from its pulse `first` on, both ways, with a speed that each axle corrects.

    Writes the pulse of every row to seen (≥ count, r), axles being the pulses of `base`. Returns how many were found,
    less how far off they were.
    """
    rows = counts.shape[0]
    score = 0.0
    for way in range(2):
        speed = speed_ms
        index = first if way == 0 else first - 1
        while 0 <= index < counts[base]:
            time_s = pulses[base, index].time_s
            farthest = 0.0
            measured = speed
            for row in range(rows):
                seen[index, row] = index if row == base else -1
                if row == base or counts[row] == 0:
                    continue
                way_m = row_m[row] - row_m[base]
                found = nearest(pulses, row, counts[row], time_s + way_m / speed)
                passed = pulses[row, found].time_s - time_s
                off_m = abs(passed - way_m / speed) * speed
                if off_m < NEAR_M + NEAR_PART * abs(way_m):
                    seen[index, row] = found
                    score += 1.0 - off_m / (NEAR_M + NEAR_PART * abs(way_m)) * 0.5
                    if abs(way_m) > farthest and passed * way_m > 0.0:
                        farthest = abs(way_m)
                        measured = way_m / passed
            if measured < speed * MOST_CHANGE and speed < measured * MOST_CHANGE:
                speed = measured
            index += 1 if way == 0 else -1
    return score


@kernel
def find_train(
    pulses: Structured, counts: Ints, row_m: Floats, seen: Ints, motion: Floats, system: Floats
) -> tuple[int, float]:
    """The row by whose pulses most others are explained, and the score; seen and motion are filled by it.

    Returns -1 where no two rows have a pulse in common.
    """
    rows = counts.shape[0]
    best_row = -1
    best_score = 0.0
    best_first = 0
    best_speed = 0.0
    for base in range(rows):
        for other in range(rows):
            if other == base or counts[base] == 0 or counts[other] == 0:
                continue
            # One neighbour is enough for a start, and the farthest tells the speed best.
            if other != (rows - 1 if base < rows - 1 else 0) and abs(other - base) != 1:
                continue
            for index in range(min(counts[base], 4)):
                for partner in range(counts[other]):
                    passed = pulses[other, partner].time_s - pulses[base, index].time_s
                    if passed == 0.0:
                        continue
                    speed = (row_m[other] - row_m[base]) / passed
                    if not SLOWEST_MS <= speed <= FASTEST_MS:
                        continue
                    score = follow_train(pulses, counts, row_m, base, index, speed, seen)
                    if score > best_score:
                        best_score = score
                        best_row = base
                        best_first = index
                        best_speed = speed
    if best_row < 0:
        return -1, 0.0
    follow_train(pulses, counts, row_m, best_row, best_first, best_speed, seen)
    fit_motion(pulses, seen, 0, counts[best_row], row_m, motion, system)
    return best_row, best_score


@kernel
def heap_pulses(pulses: Structured, counts: Ints, row_m: Floats, motion: Floats, seen: Ints, places: Floats) -> int:
    """Lay the pulses of all rows side by side on the vehicle and make an axle of each heap; returns their number.

    places: room for the axles' places in m, shape (≥ MOST_PULSES,). Axles come in the order of their places.
    """
    rows = counts.shape[0]
    axles = 0
    for row in range(rows):
        for index in range(counts[row]):
            place = place_at(motion, pulses[row, index].time_s) - row_m[row]
            at = 0
            while at < axles and places[at] < place - HEAP_M:
                at += 1
            if at < axles and abs(places[at] - place) <= HEAP_M and seen[at, row] < 0:
                seen[at, row] = index
                continue
            if at + 1 < axles and abs(places[at + 1] - place) <= HEAP_M and seen[at + 1, row] < 0:
                seen[at + 1, row] = index
                continue
            if axles == MOST_PULSES:
                continue
            while at < axles and places[at] < place:
                at += 1
            for later in range(axles, at, -1):
                places[later] = places[later - 1]
                for other in range(rows):
                    seen[later, other] = seen[later - 1, other]
            places[at] = place
            for other in range(rows):
                seen[at, other] = -1
            seen[at, row] = index
            axles += 1
    return axles


@kernel
def votes_of(seen: Ints, axle: int) -> int:
    """How many rows have seen an axle."""
    votes = 0
    for row in range(seen.shape[1]):
        if seen[axle, row] >= 0:
            votes += 1
    return votes


@kernel
def heaviest_ns(pulses: Structured, seen: Ints, axle: int) -> float:
    """The largest area that a row has seen of an axle."""
    most = 0.0
    for row in range(seen.shape[1]):
        if seen[axle, row] >= 0:
            most = max(most, pulses[row, seen[axle, row]].area_ns)
    return most


@kernel
def least_part(pulses: Structured, seen: Ints, axle: int) -> float:
    """How small a part of the highest pulse of an axle what begins a pulse is."""
    least = 1.0
    for row in range(seen.shape[1]):
        if seen[axle, row] >= 0:
            least = min(least, pulses[row, seen[axle, row]].part)
    return least


@kernel
def drop_axle(seen: Ints, axle: int, axles: int) -> int:
    """Forget an axle; returns how many are left."""
    for later in range(axle, axles - 1):
        for row in range(seen.shape[1]):
            seen[later, row] = seen[later + 1, row]
    return axles - 1
