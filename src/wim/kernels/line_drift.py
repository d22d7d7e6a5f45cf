"""Compares the lines of one lane with each other, truck by truck.

Every axle was weighed by every line, so the traffic drops out of the logarithm of a ratio; what is left is the motion
of the truck (12 … 14 % an axle for two lines 4 m apart), shared by the axles of one unit. Therefore a truck is one
value: the combination of its axles whose variance is least under the covariance learnt from the trucks of as many
axles. A bounce lifts both wheels of an axle at the same moment, so it drops out of left against right: that comparison
is sharper still, and tells which side of a line has changed.
"""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.cusum import follow
from wim.kernels.jit import Record, kernel

Floats = npt.NDArray[np.float64]

#: Axles that are compared; longer trucks are rare and pass.
MOST_AXLES = 6
#: Classes by axle count: 2 … 6.
CLASSES = 5

#: What is usual of one line and one class.
USUAL = np.dtype(
    [
        ("trucks", "i8"),
        ("mean", "f8", (MOST_AXLES,)),  # of the logarithm of line over others, by axle
        ("spread", "f8", (MOST_AXLES * MOST_AXLES,)),  # sums of products of deviations
        ("weight", "f8", (MOST_AXLES,)),  # of each axle in the truck's value, once enough was learnt
        ("variance", "f8"),  # of that value
        ("side_trucks", "i8"),
        ("side_mean", "f8"),  # of left against right, over the axles
        ("side_spread", "f8"),
    ],
    align=True,
)

LANE = np.dtype(
    [
        ("newest_ns", "i8"),
        ("since_ns", "i8"),
        ("trucks", "i8"),
        ("passed", "i8"),  # too long, or not weighed by every line
        ("calibration", "u2"),
    ],
    align=True,
)

#: Charts of one line: the whole truck, left against right, then axle by axle.
COMMON, SIDES, FIRST_AXLE = 0, 1, 2
CHARTS = FIRST_AXLE + MOST_AXLES

#: Trucks of a class before its weights are made; they cost 2 % of the best precision then.
LEARN = 300
#: A ratio beyond e or 1/e is a dead line, which others see; here it counts as that far.
MOST_RATIO = 1.0


@kernel
def follow_lines(
    line_kg: npt.NDArray[np.float32],
    times_ns: npt.NDArray[np.int64],
    axle_counts: npt.NDArray[np.uint8],
    calibrations: npt.NDArray[np.uint16],
    fit: npt.NDArray[np.bool_],
    lanes: npt.NDArray[np.void],
    usual: npt.NDArray[np.void],
    charts: npt.NDArray[np.void],
    plans: npt.NDArray[np.void],
    ratios: Floats,
    matrix: Floats,
) -> int:
    """Take in trucks in the order of their arrival; return how many were, see `traffic_drift.follow_trucks`.

    line_kg (n, axles, lines, 2): left and right as each line weighed them, NaN where it did not; fit (n,): whether a
    passage says anything of the lines. lanes (1,) LANE; usual (compared lines, 5) USUAL; charts (compared lines, 8);
    plans (8,); scratch: ratios (2, 6), matrix (6, 7). Of two lines only the first is compared: the other is its mirror.
    """
    lane = lanes[0]
    for index in range(line_kg.shape[0]):
        if not fit[index]:
            continue
        if lane.trucks == 0:
            lane.since_ns = lane.newest_ns = times_ns[index]
        if lane.calibration == 0:
            lane.calibration = calibrations[index]
        if calibrations[index] != 0 and calibrations[index] != lane.calibration:
            if times_ns[index] > lane.newest_ns:
                return index
            continue
        lane.newest_ns = max(lane.newest_ns, times_ns[index])
        lane.trucks += 1
        axles = np.int64(axle_counts[index])
        if axles < 2 or axles > MOST_AXLES or axles > line_kg.shape[1]:
            lane.passed += 1
            continue
        for line in range(usual.shape[0]):
            if compare(line_kg[index], axles, line, ratios):
                kind = usual[line, axles - 2]
                follow_truck(kind, charts[line], plans, axles, ratios, matrix, times_ns[index])
            elif line == 0:
                lane.passed += 1
    return line_kg.shape[0]


@kernel
def compare(line_kg: npt.NDArray[np.float32], axles: int, line: int, ratios: Floats) -> bool:
    """Write the logarithms of one line over the mean of the others: by axle, and left less right by axle.

    ratios[1, 0] is NaN where a side is missing, as on lines of full width. False where a line lacks an axle.
    """
    ratios[1, 0] = 0.0
    for axle in range(axles):
        ratio = 0.0
        sides = 0.0
        for other in range(line_kg.shape[1]):
            left = np.float64(line_kg[axle, other, 0])
            right = np.float64(line_kg[axle, other, 1])
            whole = (0.0 if math.isnan(left) else left) + (0.0 if math.isnan(right) else right)
            if not 0.0 < whole < math.inf:
                return False
            share = 1.0 if other == line else -1.0 / (line_kg.shape[1] - 1)
            ratio += share * math.log(whole)
            sides += share * (math.log(left / right) if left > 0.0 and right > 0.0 else math.nan)
        ratios[0, axle] = min(max(ratio, -MOST_RATIO), MOST_RATIO)
        ratios[1, 0] += min(max(sides, -MOST_RATIO), MOST_RATIO) / axles if not math.isnan(sides) else math.nan
    return True


@kernel
def follow_truck(
    usual: Record,
    charts: npt.NDArray[np.void],
    plans: npt.NDArray[np.void],
    axles: int,
    ratios: Floats,
    matrix: Floats,
    time_ns: int,
) -> None:
    """Let one truck teach what is usual, or hold it against that."""
    follow_sides(usual, charts[SIDES], plans[SIDES], ratios[1, 0], time_ns)
    if usual.trucks < LEARN:
        learn(usual, axles, ratios)
        if usual.trucks == LEARN:
            make_weights(usual, axles, matrix)
        return
    value = 0.0
    for axle in range(axles):
        off = ratios[0, axle] - usual.mean[axle]
        value += usual.weight[axle] * off
        variance = usual.spread[axle * MOST_AXLES + axle] / (LEARN - 1)
        if variance > 0.0:
            plan = plans[FIRST_AXLE + axle]
            follow(charts[FIRST_AXLE + axle], plan, off / variance, plan.step / variance, time_ns)
    if usual.variance > 0.0:
        plan = plans[COMMON]
        follow(charts[COMMON], plan, value / usual.variance, plan.step / usual.variance, time_ns)


@kernel
def follow_sides(usual: Record, chart: Record, plan: Record, value: float, time_ns: int) -> None:
    """Left against right of a whole truck."""
    if math.isnan(value):
        return
    if usual.side_trucks < LEARN:
        usual.side_trucks += 1
        off = value - usual.side_mean
        usual.side_mean += off / usual.side_trucks
        usual.side_spread += off * (value - usual.side_mean)
        return
    variance = usual.side_spread / (LEARN - 1)
    if variance > 0.0:
        follow(chart, plan, (value - usual.side_mean) / variance, plan.step / variance, time_ns)


@kernel
def learn(usual: Record, axles: int, ratios: Floats) -> None:
    """Let means and products of deviations know one truck more (Welford)."""
    usual.trucks += 1
    for axle in range(axles):
        off = ratios[0, axle] - usual.mean[axle]
        for other in range(axle):
            # The other's mean is the new one already, this one's still the old: what Welford's formula asks for.
            product = off * (ratios[0, other] - usual.mean[other])
            usual.spread[axle * MOST_AXLES + other] += product
            usual.spread[other * MOST_AXLES + axle] += product
        usual.mean[axle] += off / usual.trucks
        usual.spread[axle * MOST_AXLES + axle] += off * (ratios[0, axle] - usual.mean[axle])


@kernel
def make_weights(usual: Record, axles: int, matrix: Floats) -> None:
    """Write the weights of least variance that add up to 1: C⁻¹ 1 / (1' C⁻¹ 1), and that variance."""
    total = 0.0
    for axle in range(axles):
        total += usual.spread[axle * MOST_AXLES + axle] / (LEARN - 1)
    usual.variance = 0.0
    if total <= 0.0:
        return
    for row in range(axles):
        for column in range(axles):
            matrix[row, column] = usual.spread[row * MOST_AXLES + column] / (LEARN - 1)
        # A hundredth of the mean variance keeps the weights tame where two axles move nearly alike.
        matrix[row, row] += 0.01 * total / axles
        matrix[row, axles] = 1.0
    solve(matrix, axles)
    total = 0.0
    for axle in range(axles):
        total += matrix[axle, axles]
    for axle in range(axles):
        usual.weight[axle] = matrix[axle, axles] / total
    for row in range(axles):
        for column in range(axles):
            product = usual.weight[row] * usual.weight[column]
            usual.variance += product * usual.spread[row * MOST_AXLES + column] / (LEARN - 1)


@kernel
def solve(matrix: Floats, size: int) -> None:
    """Solve a positive definite system in place: matrix (>= size, >= size + 1), right side and answer in the last."""
    for pivot in range(size):
        for row in range(size):
            if row != pivot:
                factor = matrix[row, pivot] / matrix[pivot, pivot]
                for column in range(pivot, size + 1):
                    matrix[row, column] -= factor * matrix[pivot, column]
    for row in range(size):
        matrix[row, size] /= matrix[row, row]
