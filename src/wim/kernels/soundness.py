"""What cannot be a weight, whatever measured it: the last look before a passage leaves."""

import math

import numpy as np
import numpy.typing as npt

from wim.kernels.decode import GOOD, check_record
from wim.kernels.jit import kernel
from wim.kernels.validity import SUM_MISMATCH, load_flags

#: Beside the reasons of `wim.kernels.decode`: no uncertainty, and a gross weight that is not that of its wheels.
NO_SIGMA, SUM = 20, 21


@kernel
def first_unsound(passages: npt.NDArray[np.void], latest_ns: int) -> int:
    """GOOD, or why the first of `passages`, PASSAGE_WORDS (n,), that is wrong cannot be a measured one."""
    for row in range(passages.shape[0]):
        reason = check_record(passages[row], latest_ns)
        if reason != GOOD:
            return reason
        # Whoever weighs knows how well; NaN in the loads leaves none in the uncertainty, or breaks the sum.
        if math.isnan(passages[row].gross_sigma):
            return NO_SIGMA
        if load_flags(passages[row]) & SUM_MISMATCH:
            return SUM
    return GOOD
