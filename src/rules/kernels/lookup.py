"""Finding a site or a plate by its sixteen bytes: open addressing over a table of a power of two."""

import numpy as np
import numpy.typing as npt

from wim.kernels.jit import kernel

# Odd 64-bit constants of splitmix64: every bit of the text reaches the low bits that choose the slot.
_MIX_LOW = np.uint64(0x9E3779B97F4A7C15)
_MIX_HIGH = np.uint64(0xBF58476D1CE4E5B9)
_FOLD = np.uint64(32)


@kernel
def slot_of(word0: np.uint64, word1: np.uint64, slots: int) -> int:
    """Where the search for this text begins in a table of `slots` places."""
    mixed = (word0 * _MIX_LOW) ^ (word1 * _MIX_HIGH)
    mixed ^= mixed >> _FOLD
    mixed *= _MIX_LOW
    return np.int64((mixed >> _FOLD) & np.uint64(slots - 1))


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
