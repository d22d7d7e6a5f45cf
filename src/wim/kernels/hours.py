"""Which lane-hours a batch touches."""

import numpy as np
import numpy.typing as npt

from wim.kernels.hashing import mixed, slot_of
from wim.kernels.jit import kernel

HOUR_NS = 3_600 * 10**9


@kernel
def group_hours(
    passages: npt.NDArray[np.void],
    slots: npt.NDArray[np.int32],
    first: npt.NDArray[np.int32],
    hour_of: npt.NDArray[np.int32],
) -> int:
    """Number the (site, lane, hour of origin_ns) of PASSAGE_WORDS (n,) in the order of their first passage.

    slots (a power of two >= 2 n,): all -1. first (n,): a passage of each; hour_of (n,): the number of each passage.
    Returns how many there are.
    """
    known = 0
    for index in range(passages.shape[0]):
        passage = passages[index]
        hour = passage.origin_ns // HOUR_NS
        tail = (np.uint64(hour) << np.uint64(8)) | np.uint64(passage.lane)
        slot = slot_of(mixed(passage.site[0], passage.site[1]), tail, slots.shape[0])
        while slots[slot] >= 0:
            other = passages[first[slots[slot]]]
            if (
                other.site[0] == passage.site[0]
                and other.site[1] == passage.site[1]
                and other.lane == passage.lane
                and other.origin_ns // HOUR_NS == hour
            ):
                break
            slot = (slot + 1) & (slots.shape[0] - 1)
        if slots[slot] < 0:
            slots[slot] = known
            first[known] = index
            known += 1
        hour_of[index] = slots[slot]
    return known
