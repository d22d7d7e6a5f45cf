"""How a vehicle moved over the rows: x(t) = v τ + a τ²/2 + j τ³/6 with τ = t − t₀, by least squares over all its axles.

An axle that lies o behind the first one is over the row at p when x(t) = p + o. What o is drops out where the times of
one axle are taken from their mean, so every axle that two rows have seen tells of v, a and j, and the spacings follow
from x at the axles' times.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.weigh_arrays import Floats, Ints, Structured

#: A centroid is right to so much: where a strip lies, how its pulse is shaped, what the load does under it.
PLACE_M = 0.006
#: What drivers do: acceleration and its change, m/s² and m/s³, one standard deviation.
USUAL_MS2, USUAL_MS3 = 1.0, 1.0


@kernel
def fit_motion(
    pulses: Structured, seen: Ints, first: int, end: int, row_m: Floats, motion: Floats, system: Floats
) -> float:
    """Write t₀, v, a, j to motion (4,) from the axles [first, end); returns the RMS of what is left in m.

    seen (axles, r): the pulse of each axle on each row, -1 for none. system: room for (≥ 3, ≥ 4). A negative v says
    that the rows fired in the wrong order. Returns NaN where no axle was seen by two rows.
    """
    middle_s = mean_time(pulses, seen, first, end)
    for row in range(3):
        for column in range(4):
            system[row, column] = 0.0
    used = 0
    for axle in range(first, end):
        used += add_axle(pulses, seen, axle, row_m, middle_s, system)
    if used == 0:
        return math.nan
    system[1, 1] += (PLACE_M / USUAL_MS2) ** 2
    system[2, 2] += (PLACE_M / USUAL_MS3) ** 2
    solve3(system)
    motion[0] = middle_s
    motion[1] = system[0, 3]
    motion[2] = system[1, 3]
    motion[3] = system[2, 3]
    return misfit(pulses, seen, first, end, row_m, motion)


@kernel
def mean_time(pulses: Structured, seen: Ints, first: int, end: int) -> float:
    """The mean of all the axles' times."""
    total = 0.0
    count = 0
    for axle in range(first, end):
        for row in range(seen.shape[1]):
            if seen[axle, row] >= 0:
                total += pulses[row, seen[axle, row]].time_s
                count += 1
    return total / max(1, count)


@kernel
def add_axle(pulses: Structured, seen: Ints, axle: int, row_m: Floats, middle_s: float, system: Floats) -> int:
    """Add the normal equations of one axle; returns 1 where it was seen by two rows."""
    count = 0
    place = way1 = way2 = way3 = 0.0
    for row in range(seen.shape[1]):
        if seen[axle, row] >= 0:
            after = pulses[row, seen[axle, row]].time_s - middle_s
            place += row_m[row]
            way1 += after
            way2 += after * after / 2.0
            way3 += after * after * after / 6.0
            count += 1
    if count < 2:
        return 0
    for row in range(seen.shape[1]):
        if seen[axle, row] >= 0:
            after = pulses[row, seen[axle, row]].time_s - middle_s
            p = row_m[row] - place / count
            a = after - way1 / count
            b = after * after / 2.0 - way2 / count
            c = after * after * after / 6.0 - way3 / count
            system[0, 0] += a * a
            system[0, 1] += a * b
            system[0, 2] += a * c
            system[1, 1] += b * b
            system[1, 2] += b * c
            system[2, 2] += c * c
            system[0, 3] += a * p
            system[1, 3] += b * p
            system[2, 3] += c * p
    return 1


@kernel
def solve3(system: Floats) -> None:
    """Solve a positive definite system of three, given by its upper half, right side and answer in column 3."""
    system[1, 0] = system[0, 1]
    system[2, 0] = system[0, 2]
    system[2, 1] = system[1, 2]
    for pivot in range(3):
        if system[pivot, pivot] <= 0.0:
            system[pivot, pivot] = 1e-300
        for row in range(3):
            if row != pivot:
                factor = system[row, pivot] / system[pivot, pivot]
                for column in range(pivot, 4):
                    system[row, column] -= factor * system[pivot, column]
    for row in range(3):
        system[row, 3] /= system[row, row]


@kernel
def place_at(motion: Floats, time_s: float) -> float:
    """x(t) in m, 0 at t₀."""
    after = time_s - motion[0]
    return after * (motion[1] + after * (motion[2] / 2.0 + after * motion[3] / 6.0))


@kernel
def speed_at(motion: Floats, time_s: float) -> float:
    """x'(t) in m/s."""
    after = time_s - motion[0]
    return motion[1] + after * (motion[2] + after * motion[3] / 2.0)


@kernel
def time_at(motion: Floats, place_m: float, guess_s: float) -> float:
    """When x(t) = place_m, from a guess (Newton); the guess where it does not settle."""
    time_s = guess_s
    for _ in range(8):
        speed = speed_at(motion, time_s)
        if abs(speed) < 0.1:
            return guess_s
        step = (place_m - place_at(motion, time_s)) / speed
        time_s += step
        if abs(step) < 1e-9:
            return time_s
    return time_s if abs(place_m - place_at(motion, time_s)) < 0.01 else guess_s


@kernel
def offset_of(pulses: Structured, seen: Ints, axle: int, row_m: Floats, motion: Floats) -> float:
    """Where an axle lies by the rows that saw it: the mean of x(t) − p."""
    total = 0.0
    count = 0
    for row in range(seen.shape[1]):
        if seen[axle, row] >= 0:
            total += place_at(motion, pulses[row, seen[axle, row]].time_s) - row_m[row]
            count += 1
    return total / max(1, count)


@kernel
def misfit(pulses: Structured, seen: Ints, first: int, end: int, row_m: Floats, motion: Floats) -> float:
    """RMS in m of the axles' places on the rows about their own means."""
    total = 0.0
    free = 0
    for axle in range(first, end):
        offset_m = offset_of(pulses, seen, axle, row_m, motion)
        count = 0
        for row in range(seen.shape[1]):
            if seen[axle, row] >= 0:
                off = place_at(motion, pulses[row, seen[axle, row]].time_s) - row_m[row] - offset_m
                total += off * off
                count += 1
        free += max(0, count - 1)
    return math.sqrt(total / max(1, free))


@kernel
def local_speed(pulses: Structured, seen: Ints, axle: int, row: int, row_m: Floats, motion: Floats) -> float:
    """Speed of one axle on one row from the rows beside it, where no smooth motion fits; else that of the motion."""
    before = -1
    behind = -1
    for other in range(seen.shape[1]):
        if seen[axle, other] >= 0:
            if other <= row:
                before = other
            if other >= row and behind < 0:
                behind = other
    for other in range(row - 1, -1, -1):
        if seen[axle, other] >= 0:
            before = other
            break
    for other in range(row + 1, seen.shape[1]):
        if seen[axle, other] >= 0:
            behind = other
            break
    if before >= 0 and behind > before:
        passed = pulses[behind, seen[axle, behind]].time_s - pulses[before, seen[axle, before]].time_s
        if passed != 0.0:
            return abs((row_m[behind] - row_m[before]) / passed)
    return abs(motion[1])
