"""The hash behind every open-addressing table of the kernels."""

import numpy as np

from wim.kernels.jit import kernel

# Odd 64-bit constants of splitmix64: every bit of the words reaches the low bits that choose a slot.
_MIX = np.uint64(0x9E3779B97F4A7C15)
_OTHER = np.uint64(0xBF58476D1CE4E5B9)
_FOLD = np.uint64(32)


@kernel
def mixed(value: np.uint64, other: np.uint64) -> np.uint64:
    """A hash of two words."""
    word = (value * _MIX) ^ (other * _OTHER)
    word ^= word >> _FOLD
    word *= _MIX
    return word ^ (word >> _FOLD)


@kernel
def slot_of(value: np.uint64, other: np.uint64, slots: int) -> int:
    """Where the search for two words begins in a table of `slots` places, a power of two."""
    return np.int64(mixed(value, other) & np.uint64(slots - 1))
