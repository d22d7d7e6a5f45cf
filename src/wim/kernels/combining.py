"""What all lines together say of a vehicle's axles: least variance under the motion that its axles share.

A line that weighs axle k at time t reads W (1 + b(t) + h(t) + e + l): the body rocks by b, together for all axles of a
tractor or trailer; the axle hops by h; e is the strip's own error; l that of the line for this vehicle (where it was
met, how it is calibrated). With random phases, and frequencies anywhere in the bands that heavy vehicles have,

    cov b(t), b(s) = σ_b² (sin 2πf₂Δ − sin 2πf₁Δ) / (2π (f₂ − f₁) Δ),   Δ = t − s,

and likewise for h within one axle. A pulse that lasts as long as a swing averages over it, which takes a part of both.
The loads that are unbiased for every vehicle and vary least are those of generalised least squares; the variance of
their sum is what the estimate believes of itself.
"""

import math

from wim.kernels.jit import kernel
from wim.kernels.line_drift import solve
from wim.kernels.weigh_arrays import Floats, Ints

#: RMS of body motion and axle hop as parts of the static load, and the bands of their frequencies in Hz: heavy vehicles
#: on the roads where such sites are built (law and measurement, §4.5–4.6).
BODY, BODY_FROM_HZ, BODY_TO_HZ = 0.07, 1.5, 4.0
HOP, HOP_FROM_HZ, HOP_TO_HZ = 0.035, 8.0, 15.0
#: Strip error of each axle on each line, and error of a line for a whole vehicle (ibidem).
STRIP, LINE = 0.015, 0.010
#: No load is known better, whatever it is: a weighed axle is rounded to a kilogram.
LEAST_KG = 1.0
#: Farther apart than this in time, swings of springs with dampers have forgotten each other.
FORGET_S = 3.0
#: The loads of axles closer than this hang on one body in any case; a gap longer than this in front of the last group
#: of three or more groups is where a trailer begins.
GROUP_M = 2.4


@kernel
def swing(from_hz: float, to_hz: float, apart_s: float) -> float:
    """Correlation of two looks at a swing of random phase, its frequency anywhere in the band."""
    if abs(apart_s) < 1e-6:
        return 1.0
    turn = 2.0 * math.pi * apart_s
    steady = (math.sin(to_hz * turn) - math.sin(from_hz * turn)) / ((to_hz - from_hz) * turn)
    return steady * math.exp(-abs(apart_s) / FORGET_S)


@kernel
def averaged(from_hz: float, to_hz: float, spread_s: float) -> float:
    """What a pulse of so wide a spread (standard deviation in s) leaves of a swing, as RMS over the band."""
    total = 0.0
    for step in range(3):
        turn = 2.0 * math.pi * (from_hz + (to_hz - from_hz) * (0.5 + step) / 3.0) * spread_s
        total += math.exp(-turn * turn)
    return math.sqrt(total / 3.0)


@kernel
def unit_of(places_m: Floats, axles: int, axle: int) -> int:
    """The unit of an axle, 0 for a tractor or a rigid truck, then by trailers, from the groups that the axles make.

    Two groups are one rigid vehicle; with three the last is a semi-trailer; with more, trailers follow by two groups.
    """
    groups = 1
    mine = 1
    for index in range(1, axles):
        if places_m[index] - places_m[index - 1] > GROUP_M:
            groups += 1
        if index == axle:
            mine = groups
    if axle == 0:
        mine = 1
    if groups <= 2:
        return 0
    return 0 if mine <= 2 else (mine - 1) // 2


@kernel
def combine(
    load_kg: Floats,
    noise_kg: Floats,
    time_s: Floats,
    spread_s: Floats,
    places_m: Floats,
    axles: int,
    index: Ints,
    matrix: Floats,
    root: Floats,
    system: Floats,
    axle_kg: Floats,
) -> tuple[float, float, int]:
    """Write each axle's load to axle_kg (axles,).

    load_kg, noise_kg, time_s, spread_s: (axles, lines), a load of NaN where a line has none; places_m: (axles,).
    index, matrix, root, system: room, see `weigh_arrays.Room`. Returns the standard deviation of the sum in kg, the
    misfit (what the lines differ by, squared, as a part of what was expected of each degree of freedom; 1 in the mean)
    and those degrees. Every axle must have a line.
    """
    count = fill(load_kg, noise_kg, time_s, spread_s, places_m, axles, index, matrix, root)
    factor(matrix, count)
    for row in range(count):
        for column in range(axles + 1):
            root[row, column] = 0.0
        root[row, index[row, 0]] = 1.0
        root[row, axles] = load_kg[index[row, 0], index[row, 1]]
    forward(matrix, root, count, axles + 1)
    length = 0.0
    for row in range(count):
        length += root[row, axles] ** 2
    for one in range(axles):
        for other in range(one, axles + 1):
            total = 0.0
            for row in range(count):
                total += root[row, one] * root[row, other]
            system[one, other] = total
            if other < axles:
                system[other, one] = total
    explained = 0.0
    for axle in range(axles):
        axle_kg[axle] = system[axle, axles]
    variance = invert_sum(system, axles, axle_kg)
    for axle in range(axles):
        explained += axle_kg[axle] * root_product(root, count, axle, axles)
    free = count - axles
    return math.sqrt(variance), max(0.0, length - explained) / max(1, free), free


@kernel
def root_product(root: Floats, count: int, one: int, other: int) -> float:
    """The product of two columns."""
    total = 0.0
    for row in range(count):
        total += root[row, one] * root[row, other]
    return total


@kernel
def share_lines(
    index: Ints, count: int, axles: int, matrix: Floats, root: Floats, system: Floats, weight: Floats
) -> None:
    """Write what each line counts in the load of its own axle, weight (axles, lines); it adds up to 1 for each axle.

    To be called after `combine`, whose room it uses up: M⁻¹ X' C⁻¹, of which only an axle's own lines are shown.
    """
    backward(matrix, root, count, axles)
    for axle in range(axles):
        for line in range(weight.shape[1]):
            weight[axle, line] = 0.0
        for one in range(axles):
            for other in range(axles + 1):
                system[one, other] = 0.0
        for row in range(count):
            for other in range(axles):
                system[index[row, 0], other] += root[row, other]
        system[axle, axles] = 1.0
        solve(system, axles)
        for row in range(count):
            if index[row, 0] == axle:
                total = 0.0
                for other in range(axles):
                    total += system[other, axles] * root[row, other]
                weight[axle, index[row, 1]] = total


@kernel
def backward(matrix: Floats, root: Floats, size: int, columns: int) -> None:
    """Replace root (size, columns) by L'⁻¹ root."""
    for row in range(size - 1, -1, -1):
        for inner in range(row + 1, size):
            part = matrix[inner, row]
            for column in range(columns):
                root[row, column] -= part * root[inner, column]
        for column in range(columns):
            root[row, column] /= matrix[row, row]


@kernel
def fill(
    load_kg: Floats,
    noise_kg: Floats,
    time_s: Floats,
    spread_s: Floats,
    places_m: Floats,
    axles: int,
    index: Ints,
    matrix: Floats,
    root: Floats,
) -> int:
    """Write the covariance of all loads, and the axle, line and unit of each row; returns how many there are.

    Only the lower half is written. root: room for each row's load, body motion and hop in kg, shape (≥ rows, ≥ 3).
    """
    count = 0
    for axle in range(axles):
        mine = mean_load(load_kg, axle)
        for line in range(load_kg.shape[1]):
            if not math.isnan(load_kg[axle, line]):
                index[count, 0] = axle
                index[count, 1] = line
                index[count, 2] = unit_of(places_m, axles, axle)
                root[count, 0] = mine
                root[count, 1] = mine * BODY * averaged(BODY_FROM_HZ, BODY_TO_HZ, spread_s[axle, line])
                root[count, 2] = mine * HOP * averaged(HOP_FROM_HZ, HOP_TO_HZ, spread_s[axle, line])
                count += 1
    for row in range(count):
        row_s = time_s[index[row, 0], index[row, 1]]
        for column in range(row + 1):
            apart_s = row_s - time_s[index[column, 0], index[column, 1]]
            value = 0.0
            if index[row, 2] == index[column, 2]:
                value += root[row, 1] * root[column, 1] * swing(BODY_FROM_HZ, BODY_TO_HZ, apart_s)
            if index[row, 0] == index[column, 0]:
                value += root[row, 2] * root[column, 2] * swing(HOP_FROM_HZ, HOP_TO_HZ, apart_s)
            if index[row, 1] == index[column, 1]:
                value += LINE * LINE * root[row, 0] * root[column, 0]
            matrix[row, column] = value
        matrix[row, row] += (STRIP * root[row, 0]) ** 2 + noise_kg[index[row, 0], index[row, 1]] ** 2 + LEAST_KG**2
    return count


@kernel
def mean_load(load_kg: Floats, axle: int) -> float:
    """The plain mean of an axle's lines."""
    total = 0.0
    there = 0
    for line in range(load_kg.shape[1]):
        if not math.isnan(load_kg[axle, line]):
            total += load_kg[axle, line]
            there += 1
    return max(1.0, total / max(1, there))


@kernel
def factor(matrix: Floats, size: int) -> None:
    """Cholesky: the lower half becomes L with L L' = matrix."""
    for row in range(size):
        for column in range(row + 1):
            total = matrix[row, column]
            for inner in range(column):
                total -= matrix[row, inner] * matrix[column, inner]
            if row == column:
                matrix[row, row] = math.sqrt(max(total, 1e-9))
            else:
                matrix[row, column] = total / matrix[column, column]


@kernel
def forward(matrix: Floats, root: Floats, size: int, columns: int) -> None:
    """Replace root (size, columns) by L⁻¹ root."""
    for row in range(size):
        for inner in range(row):
            part = matrix[row, inner]
            for column in range(columns):
                root[row, column] -= part * root[inner, column]
        for column in range(columns):
            root[row, column] /= matrix[row, row]


@kernel
def invert_sum(system: Floats, axles: int, answer: Floats) -> float:
    """Solve the normal equations for `answer` (given as right side), and return the variance of its sum: 1' M⁻¹ 1.

    system (≥ axles, ≥ axles + 1): M in its first columns; the last column serves for the sum.
    """
    for row in range(axles):
        system[row, axles] = 1.0
    for pivot in range(axles):
        for row in range(pivot + 1, axles):
            part = system[row, pivot] / system[pivot, pivot]
            for column in range(pivot + 1, axles + 1):
                system[row, column] -= part * system[pivot, column]
            answer[row] -= part * answer[pivot]
    variance = 0.0
    for row in range(axles - 1, -1, -1):
        for column in range(row + 1, axles):
            system[row, axles] -= system[row, column] * system[column, axles]
            answer[row] -= system[row, column] * answer[column]
        system[row, axles] /= system[row, row]
        answer[row] /= system[row, row]
        variance += system[row, axles]
    return max(0.0, variance)
