"""Counts, block by block, what tells a scale's data from data that somebody made up, and makes figures of the counts.

A block is `BLOCK_TRUCKS` trucks in the order of their arrival; figures are made of one block or of the sum of several.
"""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.jit import Record, kernel
from wim.kernels.line_drift import solve
from wim.kernels.observe import COPIED, SIDELESS

Floats = npt.NDArray[np.float64]

#: A quiet lane fills a block in a day, a busy one in two hours.
BLOCK_TRUCKS = 500

#: Bins of 1 % for spacings from 600 mm to 15 m: the range of the contract (contracts §3).
SPACING_FROM = math.log(600.0)
SPACING_WIDTH = 0.01
SPACING_BINS = 322
FIRST, LAST = 0, 1
#: What the speed is held against: gross weight, first and last spacing; their logarithms less these keep sums short.
RELATED = 3
CENTRES = (math.log(50.0), math.log(20_000.0), math.log(3_000.0), math.log(1_400.0))
#: Loads of about so many trucks are remembered, four days of a quiet lane: 8 KiB.
REMEMBERED = 4_096

BLOCK = np.dtype(
    [
        ("begin_ns", "i8"),  # earliest and latest time in it
        ("end_ns", "i8"),
        ("trucks", "i8"),
        ("sided", "i8"),  # of these with both sides, and with left = right on every axle
        ("copied", "i8"),
        ("repeated", "i8"),
        ("limited", "i8"),  # of these with a limit, and where their gross weights lay
        ("before", "i8"),
        ("under", "i8"),
        ("above", "i8"),
        ("timed", "i8"),  # of these with a speed and spacings, and their sums
        ("sums", "f8", (RELATED + 1,)),
        ("products", "f8", (RELATED + 1, RELATED + 1)),
        ("formed", "i8"),  # of these of the commonest class, and their first and last spacings
        ("spacings", "u2", (2, SPACING_BINS)),
    ],
    align=True,
)

LANE = np.dtype(
    [
        ("trucks", "i8"),
        ("blocks", "i8"),  # full ones so far
        ("form_axles", "u1"),  # axle count of the commonest class of three axles and more, 0 = not chosen yet
        ("kinds", "i8", (8,)),  # trucks by axle count, 6 and more together, until it is chosen
    ],
    align=True,
)

SIDES_COPIED, LOADS_REPEATED, SPACINGS_UNIFORM, PILED_UNDER_LIMIT, SPEED_UNRELATED = 0, 1, 2, 3, 4
REASONS = 5

LEAST_FORM_AXLES = 3
MOST_AXLES = 6

#: The pile: 10 % of the limit up to 1.05 × it, which is what a record is trimmed to where 5 % are let pass; and as much
#: before and above. In thousandths of the limit.
BEFORE_FROM, UNDER_FROM, ABOVE_FROM, ABOVE_TO = 850, 950, 1_050, 1_150


@kernel
def count_trucks(
    trucks: npt.NDArray[np.void],
    lanes: npt.NDArray[np.void],
    blocks: npt.NDArray[np.void],
    remembered: npt.NDArray[np.uint16],
) -> int:
    """Count OBSERVATION (n,) of one lane in the order of their arrival; return how many were.

    That is all of them, or those that filled the block: the caller then judges, and clears the block that comes next.
    lanes (1,) LANE; blocks (rings,) BLOCK, filled in turn; remembered (4096,).
    """
    lane = lanes[0]
    block = blocks[lane.blocks % blocks.shape[0]]
    for index in range(trucks.shape[0]):
        count_truck(trucks[index], lane, block, remembered)
        if block.trucks == BLOCK_TRUCKS:
            lane.blocks += 1
            if lane.form_axles == 0:
                choose_class(lane)
            return index + 1
    return trucks.shape[0]


@kernel
def count_truck(truck: Record, lane: Record, block: Record, remembered: npt.NDArray[np.uint16]) -> None:
    """Count one truck in its block."""
    block.begin_ns = truck.time_ns if block.trucks == 0 else min(block.begin_ns, truck.time_ns)
    block.end_ns = truck.time_ns if block.trucks == 0 else max(block.end_ns, truck.time_ns)
    lane.trucks += 1
    block.trucks += 1
    if not truck.marks & SIDELESS:
        block.sided += 1
        block.copied += 1 if truck.marks & COPIED else 0
    count_repeat(truck, block, remembered)
    count_pile(truck, block)
    count_speed(truck, block)
    count_spacings(truck, lane, block)


@kernel
def count_repeat(truck: Record, block: Record, remembered: npt.NDArray[np.uint16]) -> None:
    """Whether a truck with exactly these wheel loads is remembered; the newest takes the place of another."""
    place = np.int64(truck.loads) & (REMEMBERED - 1)
    # 0 is an empty place. Two of 65 535 trucks agree by chance.
    tag = (np.int64(truck.loads) >> 12) % 65_535 + 1
    if remembered[place] == tag:
        block.repeated += 1
    remembered[place] = tag


@kernel
def count_pile(truck: Record, block: Record) -> None:
    """Where the gross weight lies about the limit, its higher end where it is an interval."""
    limit = np.int64(truck.limit_high_kg)
    if limit == 0:
        return
    block.limited += 1
    share = 1_000 * np.int64(truck.gross_kg)
    if BEFORE_FROM * limit < share <= UNDER_FROM * limit:
        block.before += 1
    elif UNDER_FROM * limit < share <= ABOVE_FROM * limit:
        block.under += 1
    elif ABOVE_FROM * limit < share <= ABOVE_TO * limit:
        block.above += 1


@kernel
def count_speed(truck: Record, block: Record) -> None:
    """Add up what the multiple correlation of the speed needs."""
    if not truck.speed_kmh > 0.0 or math.isinf(truck.speed_kmh) or truck.first_mm == 0 or truck.last_mm == 0:
        return
    block.timed += 1
    values = (
        math.log(np.float64(truck.speed_kmh)) - CENTRES[0],
        math.log(np.float64(truck.gross_kg)) - CENTRES[1],
        math.log(np.float64(truck.first_mm)) - CENTRES[2],
        math.log(np.float64(truck.last_mm)) - CENTRES[3],
    )
    for one in range(RELATED + 1):
        block.sums[one] += values[one]
        for other in range(RELATED + 1):
            block.products[one, other] += values[one] * values[other]


@kernel
def count_spacings(truck: Record, lane: Record, block: Record) -> None:
    """Put both spacings of a truck of the commonest class into their bins."""
    axles = min(np.int64(truck.axle_count), MOST_AXLES)
    if axles < LEAST_FORM_AXLES:
        return
    if lane.form_axles == 0:
        lane.kinds[axles] += 1
    elif axles == lane.form_axles and truck.first_mm > 0 and truck.last_mm > 0:
        block.formed += 1
        block.spacings[FIRST, bin_of(truck.first_mm)] += 1
        block.spacings[LAST, bin_of(truck.last_mm)] += 1


@kernel
def bin_of(spacing_mm: int) -> int:
    """The bin of a spacing; those beyond the ends count as the ends."""
    place = np.int64(math.floor((math.log(np.float64(spacing_mm)) - SPACING_FROM) / SPACING_WIDTH))
    return min(max(place, 0), SPACING_BINS - 1)


@kernel
def choose_class(lane: Record) -> None:
    """Write form_axles: the commonest class so far, of two equally common the longer; none where none was seen."""
    commonest = LEAST_FORM_AXLES
    for axles in range(LEAST_FORM_AXLES, MOST_AXLES + 1):
        if lane.kinds[axles] >= lane.kinds[commonest]:
            commonest = axles
    if lane.kinds[commonest] > 0:
        lane.form_axles = commonest


@kernel
def make_figures(blocks: npt.NDArray[np.void], figures: Floats, rest_on: npt.NDArray[np.int64], matrix: Floats) -> None:
    """Write the five figures of one block, NaN where it has nothing to make one of, and the trucks that each rests on.

    blocks (1,) BLOCK, or the sum of several; figures (5,); rest_on (5,); scratch: matrix (3, 4).
    """
    block = blocks[0]
    rest_on[SIDES_COPIED] = block.sided
    rest_on[LOADS_REPEATED] = block.trucks
    rest_on[SPACINGS_UNIFORM] = block.formed
    rest_on[PILED_UNDER_LIMIT] = block.before + block.under + block.above
    rest_on[SPEED_UNRELATED] = block.timed
    figures[:] = math.nan
    if block.sided > 0:
        figures[SIDES_COPIED] = block.copied / block.sided
    if block.trucks > 0:
        figures[LOADS_REPEATED] = block.repeated / block.trucks
    if block.formed > 0:
        figures[SPACINGS_UNIFORM] = 0.0
        for which in range(2):
            figures[SPACINGS_UNIFORM] = max(figures[SPACINGS_UNIFORM], tails(block, which))
    if rest_on[PILED_UNDER_LIMIT] > 0:
        figures[PILED_UNDER_LIMIT] = block.under / max(1, block.before, block.above)
    if block.timed > 0:
        figures[SPEED_UNRELATED] = relation(block, matrix)


@kernel
def tails(block: Record, which: int) -> float:
    """Share of the spacings further from the middle than the quartiles are from each other.

    Evenly spread values have none there: 0. Normal ones have 0.177, any real fleet more.
    """
    low = quantile(block, which, 0.25)
    high = quantile(block, which, 0.75)
    edges = (low + high) / 2.0, high - low
    outside = 0.0
    for place in range(SPACING_BINS):
        # A bin counts as far as it lies outside.
        inside = min(place + 1.0, edges[0] + edges[1]) - max(np.float64(place), edges[0] - edges[1])
        outside += block.spacings[which, place] * (1.0 - max(0.0, inside))
    return outside / block.formed


@kernel
def quantile(block: Record, which: int, share: float) -> float:
    """In bins, straight within one."""
    wanted = share * block.formed
    seen = 0.0
    for place in range(SPACING_BINS):
        count = np.float64(block.spacings[which, place])
        if count > 0.0 and seen + count >= wanted:
            return place + (wanted - seen) / count
        seen += count
    return np.float64(SPACING_BINS)


@kernel
def relation(block: Record, matrix: Floats) -> float:
    """Multiple correlation of the speed with gross weight and spacings, all as logarithms; 0 where it never varies."""
    speed = covariance(block, 0, 0)
    if speed <= 0.0:
        return 0.0
    for row in range(RELATED):
        for column in range(RELATED + 1):
            matrix[row, column] = covariance(block, row + 1, (column + 1) % (RELATED + 1))
        # Keeps the system solvable where all trucks have two axles, or all the same spacing.
        matrix[row, row] = matrix[row, row] * (1.0 + 1e-6) + 1e-9
    solve(matrix, RELATED)
    explained = 0.0
    for row in range(RELATED):
        explained += matrix[row, RELATED] * covariance(block, row + 1, 0)
    return math.sqrt(min(max(explained / speed, 0.0), 1.0))


@kernel
def covariance(block: Record, one: int, other: int) -> float:
    """Of two of the four quantities."""
    return block.products[one, other] / block.timed - (block.sums[one] / block.timed) * (
        block.sums[other] / block.timed
    )
