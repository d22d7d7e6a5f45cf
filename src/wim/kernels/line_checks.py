"""Whether the lines of a vehicle agree as far as its motion lets them."""

import math

from wim.kernels.jit import kernel
from wim.kernels.weigh_arrays import Floats, Ints, Room

#: A bounce lifts both wheels of an axle, so it drops out of left against right; what is left is each half strip's own
#: error, √2 times that of a line: for the whole vehicle, and anew for each axle.
HALF_LINE, HALF_STRIP = 0.0141, 0.0212
#: Beyond so many standard deviations lines disagree in left against right, of two lines and more for each line more,
#: of which the worst is looked at; and as wholes. The first must find a step of 15 % in one strip, where one deviation
#: is some 3 %; for the second five are the contract's (§3, bit 11), and a swing of fixed height seldom reaches four.
SIDES_Z, SIDES_Z_MORE, LINES_Z = 3.0, 0.2, 4.5


@kernel
def side_of_line(room: Room, axles: int, line: int) -> tuple[float, float]:
    """The logarithm of left over right of a whole vehicle on one line (NaN without both halves), and its variance."""
    value = variance = total = squares = 0.0
    for axle in range(axles):
        left = room.wheel_kg[axle, line, 0]
        right = room.wheel_kg[axle, line, 1]
        if math.isnan(left) or math.isnan(right) or left <= 0.0 or right <= 0.0:
            continue
        weight = left + right
        value += weight * math.log(left / right)
        variance += weight**2 * (
            (room.noise_kg[axle, line, 0] / left) ** 2 + (room.noise_kg[axle, line, 1] / right) ** 2
        )
        total += weight
        squares += weight**2
    if total <= 0.0:
        return math.nan, 0.0
    variance = variance / total**2 + 2.0 * HALF_LINE**2 + 2.0 * HALF_STRIP**2 * squares / total**2
    return value / total, variance


@kernel
def sides_disagree(room: Room, axles: int, sided: Ints) -> tuple[int, float, float]:
    """The line whose left against right differs most from that of the others, in standard deviations, and by how much.

    The last is the difference of the logarithms; line -1 where no two lines have both halves.
    """
    worst = -1
    most = 0.0
    apart = 0.0
    lines = sided.shape[0]
    for line in range(lines):
        if not sided[line]:
            continue
        mine, spread = side_of_line(room, axles, line)
        if math.isnan(mine):
            continue
        others = weights = 0.0
        for other in range(lines):
            if other != line and sided[other]:
                value, variance = side_of_line(room, axles, other)
                if not math.isnan(value):
                    others += value / variance
                    weights += 1.0 / variance
        if weights > 0.0:
            off = abs(mine - others / weights)
            score = off / math.sqrt(spread + 1.0 / weights)
            if score > most:
                worst = line
                most = score
                apart = off
    return worst, most, apart


@kernel
def worst_line(load_kg: Floats, matrix: Floats, index: Ints, count: int, contrast: Floats) -> tuple[int, float, float]:
    """The line that differs most from the mean of the others over the whole vehicle, in standard deviations and in kg.

    matrix (≥ count, ≥ count): the Cholesky factor that `combine` has left; index: the axle and line of each row;
    contrast: room for (≥ count,).
    """
    worst = -1
    most = 0.0
    apart_kg = 0.0
    for line in range(load_kg.shape[1]):
        value = 0.0
        used = False
        for row in range(count):
            axle = index[row, 0]
            there = 0
            mine = False
            for other in range(load_kg.shape[1]):
                if not math.isnan(load_kg[axle, other]):
                    there += 1
                    mine = mine or other == line
            contrast[row] = 0.0
            if mine and there > 1:
                contrast[row] = 1.0 if index[row, 1] == line else -1.0 / (there - 1)
                value += contrast[row] * load_kg[axle, index[row, 1]]
                used = True
        if not used:
            continue
        variance = 0.0
        for column in range(count):
            total = 0.0
            for row in range(column, count):
                total += matrix[row, column] * contrast[row]
            variance += total * total
        score = abs(value) / math.sqrt(max(variance, 1e-9))
        if score > most:
            most = score
            worst = line
            apart_kg = abs(value)
    return worst, most, apart_kg
