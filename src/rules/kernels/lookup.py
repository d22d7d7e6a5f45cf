"""Finding a site or a plate by its sixteen bytes: open addressing over a table of a power of two."""

import numpy as np
import numpy.typing as npt

from wim.kernels.hashing import slot_of
from wim.kernels.jit import kernel


@kernel
def find(slots: npt.NDArray[np.int32], rows: npt.NDArray[np.void], word0: np.uint64, word1: np.uint64) -> int:
    """The row whose words are these, or -1. slots (a power of two,) holds rows or -1; at least one place is free."""
    size = slots.shape[0]
    slot = slot_of(word0, word1, size)
    while slots[slot] >= 0:
        row = rows[slots[slot]]
        if row.word0 == word0 and row.word1 == word1:
            return slots[slot]
        slot = (slot + 1) & (size - 1)
    return -1


@kernel
def fill(slots: npt.NDArray[np.int32], rows: npt.NDArray[np.void]) -> None:
    """Enter every row into `slots`, which is all -1 and larger than `rows`."""
    size = slots.shape[0]
    for row in range(rows.shape[0]):
        slot = slot_of(rows[row].word0, rows[row].word1, size)
        while slots[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = row
