"""Picks the trucks out of a batch, with what a watch over the sensors needs of each."""

import numpy as np
import numpy.typing as npt

from wim.kernels.hashing import mixed
from wim.kernels.jit import Record, kernel
from wim.kernels.validity import (
    ACCELERATING,
    AXLE_ONLY,
    AXLE_UNCERTAIN,
    SIMULATED,
    SIMULATED_SOURCE,
    STOPPED,
    STRADDLING,
    TAILGATING,
)

OBSERVATION = np.dtype(
    [
        ("time_ns", "i8"),
        ("gross_kg", "u4"),
        ("left_kg", "u4"),  # sum of the left wheels, or of the axles with AXLE_ONLY
        ("right_kg", "u4"),
        ("steer_kg", "u4"),  # first axle, both sides
        ("loads", "u4"),  # hash of every wheel load
        ("speed_kmh", "f4"),
        ("limit_low_kg", "u2"),
        ("limit_high_kg", "u2"),
        ("first_mm", "u2"),  # first and last spacing
        ("last_mm", "u2"),
        ("calibration", "u2"),
        ("axle_count", "u1"),
        ("marks", "u1"),
    ],
    align=True,
)

#: Bits of `marks`: left = right on every axle; no sides; made up, and says so; weighed in a way that proves nothing
#: about the sensor (beside the strips, braking, two vehicles …).
COPIED, SIDELESS, MADE_UP, UNFIT = 1, 2, 4, 8

UNFIT_FLAGS = ACCELERATING | STRADDLING | AXLE_UNCERTAIN | TAILGATING | STOPPED
_MOST_LIMIT_KG = 65_535


@kernel
def observe(
    passages: npt.NDArray[np.void],
    limits_kg: npt.NDArray[np.int32],
    truck_from_kg: int,
    found: npt.NDArray[np.void],
    index: npt.NDArray[np.int64],
) -> int:
    """Write an OBSERVATION of each truck among PASSAGE_WORDS (n,) to `found` (n,), its place to `index` (n,).

    limits_kg (n, 2): both ends of the limit interval, 0 where there is none. Returns how many trucks there are.
    """
    count = 0
    for place in range(passages.shape[0]):
        passage = passages[place]
        steer_kg = np.int64(passage.left_kg[0]) + np.int64(passage.right_kg[0])
        if passage.gross_kg >= truck_from_kg and passage.axle_count >= 2 and steer_kg > 0:
            row = found[count]
            row.time_ns = passage.time_ns
            row.gross_kg = passage.gross_kg
            row.steer_kg = steer_kg
            row.speed_kmh = passage.speed_kmh
            row.limit_low_kg = limit_of(limits_kg[place, 0])
            row.limit_high_kg = limit_of(limits_kg[place, 1])
            row.first_mm = passage.spacing_mm[0]
            row.last_mm = passage.spacing_mm[passage.axle_count - 2]
            row.calibration = passage.calibration
            row.axle_count = passage.axle_count
            row.marks = loads_of(passage, row)
            index[count] = place
            count += 1
    return count


@kernel
def limit_of(kg: int) -> int:
    """A limit as the row can hold it; one that it cannot is none."""
    return kg if 0 < kg <= _MOST_LIMIT_KG else 0


@kernel
def loads_of(passage: Record, row: Record) -> int:
    """Write left_kg, right_kg and loads of `row`; return its marks."""
    left_kg = 0
    right_kg = 0
    copied = True
    digest = np.uint64(passage.axle_count)
    for axle in range(passage.axle_count):
        left = np.int64(passage.left_kg[axle])
        right = np.int64(passage.right_kg[axle])
        left_kg += left
        right_kg += right
        copied = copied and left == right
        digest = mixed(digest, np.uint64(left) << np.uint64(16) | np.uint64(right))
    row.left_kg = left_kg
    row.right_kg = right_kg
    row.loads = digest & np.uint64(0xFFFFFFFF)
    marks = COPIED if copied else 0
    if right_kg == 0 or passage.flags & AXLE_ONLY:
        marks = SIDELESS
    if passage.source == SIMULATED_SOURCE or passage.flags & SIMULATED:
        marks |= MADE_UP
    if passage.flags & UNFIT_FLAGS:
        marks |= UNFIT
    return marks
