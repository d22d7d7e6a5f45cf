"""What a watch over the sensors needs of verdicts, in one pass: limits, how each counts, and how often each flag."""

import numpy as np
import numpy.typing as npt

from wim.kernels.jit import kernel
from wim.kernels.validity import NO_PLATE

#: Bits of a mark: what a truck adds to the counts of a cell beside being one.
OVER_NOMINAL, OVER_BEYOND, HUNDRED_TONNE, PLATE_READ = 1, 2, 4, 8


@kernel
def look_over(
    verdicts: npt.NDArray[np.void],
    hour_of: npt.NDArray[np.int64],
    limits_kg: npt.NDArray[np.int32],
    marks: npt.NDArray[np.uint8],
    flags: npt.NDArray[np.int64],
) -> None:
    """Write both ends of the limit of VERDICT (n,) to limits_kg (n, 2) and its mark to marks (n,).

    hour_of (n,): the row of `flags` in which its validity flags are counted; flags (h, bits): zeroed.
    """
    for index in range(verdicts.shape[0]):
        verdict = verdicts[index]
        limits_kg[index, 0] = verdict.low_kg
        limits_kg[index, 1] = verdict.high_kg
        mark = OVER_NOMINAL if verdict.over else 0
        mark |= OVER_BEYOND if verdict.beyond_tolerance else 0
        mark |= HUNDRED_TONNE if verdict.hundred_tonne else 0
        marks[index] = mark if np.int64(verdict.flags) & NO_PLATE else mark | PLATE_READ
        bits = np.int64(verdict.flags)
        place = 0
        while bits:
            flags[hour_of[index], place] += bits & 1
            bits >>= 1
            place += 1
