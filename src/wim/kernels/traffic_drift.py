"""Follows the trucks of one lane through its three charts: steering axle, side share, tandem spacing."""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.density import Floats, Table, follow_value
from wim.kernels.jit import Record, kernel
from wim.kernels.observe import COPIED, SIDELESS, UNFIT

#: What a lane's charts share.
LANE = np.dtype(
    [
        ("newest_ns", "i8"),
        ("since_ns", "i8"),  # the first truck since the charts began
        ("trucks", "i8"),
        ("unfit", "i8"),  # passed over: unfit by flag
        ("calibration", "u2"),
        ("steer_axles", "u1"),  # axle count of the class whose steering axle is followed, 0 = not chosen yet
        ("kinds", "i8", (8,)),  # trucks by axle count until it is chosen
    ],
    align=True,
)

STEER, SIDES, RULER = 0, 1, 2

#: Trucks of three axles and more of which the commonest class is the one that is followed: enough that the right one
#: wins by chance's leave, few enough to begin on the first day.
CLASS_FROM = 200
#: Two axles are vans and lorries of every make: their steering axles follow the make of the day (June record: ± 15 %).
LEAST_STEER_AXLES = 3
#: Longer trucks are rows and classes together with these.
MOST_AXLES = 6

#: Rows of the steering chart: gross weight in steps of 25 % from the lightest truck. Bins of 5 %, the step itself.
GROSS_FROM = math.log(4_500.0)
GROSS_WIDTH = 0.25
GROSS_ROWS = 14
STEER_FROM = math.log(800.0)
STEER_WIDTH = 0.05
STEER_BINS = 64
STEER_SHIFT = 1

#: Rows of the side chart: axle counts 2 … 6 and more. Bins of 5 % in left / right.
SIDES_FROM = -1.3
SIDES_WIDTH = 0.05
SIDES_BINS = 52
SIDES_SHIFT = 2
SIDES_ROWS = 5

#: Rows of the ruler: axle counts 3 … 6 and more. Bins of 1 %; spacings of an axle group, not of a lorry with trailer.
RULER_LEAST_MM = 1_000
RULER_MOST_MM = 1_890
RULER_FROM = math.log(1_000.0)
RULER_WIDTH = 0.01
RULER_BINS = 64
RULER_SHIFT = 3
RULER_ROWS = 4


@kernel
def follow_trucks(
    trucks: npt.NDArray[np.void],
    lanes: npt.NDArray[np.void],
    charts: npt.NDArray[np.void],
    plans: npt.NDArray[np.void],
    steer: Table,
    sides: Table,
    ruler: Table,
    scratch: Floats,
) -> int:
    """Take in OBSERVATION (n,) of one lane in the order of their arrival; return how many were.

    That is all of them, unless one was weighed under a newer calibration: what was usual until then is so no longer,
    and the caller begins anew with that one.
    lanes (1,) LANE; charts (3,) CHART; plans (3,) PLAN; steer, sides, ruler: tables of `kernels.density`;
    scratch: at least as long as a row of any table.
    """
    lane = lanes[0]
    for index in range(trucks.shape[0]):
        truck = trucks[index]
        if lane.trucks == 0:
            lane.since_ns = lane.newest_ns = truck.time_ns
        if lane.calibration == 0:
            lane.calibration = truck.calibration
        if truck.calibration != 0 and truck.calibration != lane.calibration:
            if truck.time_ns > lane.newest_ns:
                return index
            continue
        lane.newest_ns = max(lane.newest_ns, truck.time_ns)
        lane.trucks += 1
        if truck.marks & UNFIT:
            lane.unfit += 1
            continue
        if truck.axle_count >= LEAST_STEER_AXLES:
            follow_steer(truck, lane, charts[STEER], plans[STEER], steer, scratch)
            follow_ruler(truck, charts[RULER], plans[RULER], ruler, scratch)
        follow_sides(truck, charts[SIDES], plans[SIDES], sides, scratch)
    return trucks.shape[0]


@kernel
def follow_steer(truck: Record, lane: Record, chart: Record, plan: Record, table: Table, scratch: Floats) -> None:
    """The load of the steering axle, in the row of its gross weight, of the class that is commonest."""
    axles = min(truck.axle_count, MOST_AXLES)
    if lane.steer_axles == 0:
        lane.kinds[axles] += 1
        choose_class(lane)
    if axles != lane.steer_axles:
        return
    weight = (math.log(truck.gross_kg) - GROSS_FROM) / GROSS_WIDTH
    step = plan.step / GROSS_WIDTH
    rows = (row_of(weight), row_of(weight - step), row_of(weight + step))
    place = bin_of(math.log(truck.steer_kg), STEER_FROM, STEER_WIDTH)
    follow_value(chart, plan, table, rows, place, STEER_SHIFT, truck.time_ns, scratch)


@kernel
def choose_class(lane: Record) -> None:
    """Write steer_axles once enough trucks were seen; of two equally common classes, the longer."""
    seen = 0
    commonest = LEAST_STEER_AXLES
    for axles in range(LEAST_STEER_AXLES, MOST_AXLES + 1):
        seen += lane.kinds[axles]
        if lane.kinds[axles] >= lane.kinds[commonest]:
            commonest = axles
    if seen >= CLASS_FROM:
        lane.steer_axles = commonest


@kernel
def follow_sides(truck: Record, chart: Record, plan: Record, table: Table, scratch: Floats) -> None:
    """Left over right of the whole truck; sides that were copied say nothing."""
    if truck.marks & (COPIED | SIDELESS) or truck.left_kg == 0 or truck.right_kg == 0:
        return
    row = min(truck.axle_count, MOST_AXLES) - 2
    place = bin_of(math.log(truck.left_kg / truck.right_kg), SIDES_FROM, SIDES_WIDTH)
    follow_value(chart, plan, table, (row, row, row), place, SIDES_SHIFT, truck.time_ns, scratch)


@kernel
def follow_ruler(truck: Record, chart: Record, plan: Record, table: Table, scratch: Floats) -> None:
    """The spacing of the last two axles, where they are a group: bogies are built alike, so it measures the speed."""
    if not RULER_LEAST_MM < truck.last_mm < RULER_MOST_MM:
        return
    row = min(truck.axle_count, MOST_AXLES) - LEAST_STEER_AXLES
    place = bin_of(math.log(np.float64(truck.last_mm)), RULER_FROM, RULER_WIDTH)
    follow_value(chart, plan, table, (row, row, row), place, RULER_SHIFT, truck.time_ns, scratch)


@kernel
def row_of(weight: float) -> int:
    """The row of a gross weight; the last holds whatever is heavier."""
    return min(max(np.int64(math.floor(weight)), 0), GROSS_ROWS - 1)


@kernel
def bin_of(logarithm: float, begin: float, width: float) -> int:
    """The bin of a value, outside of the table where it is."""
    return np.int64(math.floor((logarithm - begin) / width))
