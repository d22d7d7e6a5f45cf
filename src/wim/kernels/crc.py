"""CRC-32 as zlib computes it, sixteen bytes a step.

A message of one passage has 192 bytes: the call into zlib would cost three times what the sum costs here.
"""

import numpy as np
import numpy.typing as npt

from wim.kernels.jit import kernel

#: The reflected CRC-32 polynomial (ISO 3309, zlib).
_POLYNOMIAL = 0xEDB88320
_STEP = 16


def _tables() -> npt.NDArray[np.uint32]:
    table = np.zeros((_STEP, 256), np.uint32)
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table[0, byte] = value
    for row in range(1, _STEP):
        before = table[row - 1]
        table[row] = (before >> np.uint32(8)) ^ table[0][before & np.uint32(0xFF)]
    return table


_TABLE = _tables().ravel()
_BYTE = np.uint32(0xFF)
_ROW = np.uint32(256)
_8, _16, _24 = np.uint32(8), np.uint32(16), np.uint32(24)
# Unsigned indices throughout: a signed one would make every look-up test for a negative.
_1, _2, _3, _4 = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)


@kernel
def _four(word: np.uint32, row: np.uint32) -> np.uint32:
    """What the four bytes of `word` add; `row` of the table belongs to the highest of them."""
    return (
        _TABLE[row + _ROW + _ROW + _ROW + (word & _BYTE)]
        ^ _TABLE[row + _ROW + _ROW + ((word >> _8) & _BYTE)]
        ^ _TABLE[row + _ROW + ((word >> _16) & _BYTE)]
        ^ _TABLE[row + (word >> _24)]
    )


@kernel
def crc32(data: npt.NDArray[np.uint8], words: npt.NDArray[np.uint32], start: int, end: int) -> np.uint32:
    """CRC-32 of `data[start:end]`; data (bytes,) and words (bytes / 4,) are the same memory."""
    crc = np.uint32(0xFFFFFFFF)
    at = np.uint64(start)
    last = np.uint64(end)
    if start % 4 == 0:
        word = np.uint64(start // 4)
        while at + np.uint64(_STEP) <= last:
            crc = (
                _four(words[word] ^ crc, np.uint32(12 * 256))
                ^ _four(words[word + _1], np.uint32(8 * 256))
                ^ _four(words[word + _2], np.uint32(4 * 256))
                ^ _four(words[word + _3], np.uint32(0))
            )
            word += _4
            at += np.uint64(_STEP)
    while at < last:
        crc = (crc >> _8) ^ _TABLE[(crc ^ np.uint32(data[at])) & _BYTE]
        at += _1
    return crc ^ np.uint32(0xFFFFFFFF)
