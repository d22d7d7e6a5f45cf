"""Messages of passages, checked byte by byte and copied into one array.

A message is a head of 16 bytes and `count` records:

======  ====  ============  =================================================================
offset  type  field         believed when
======  ====  ============  =================================================================
0       S4    magic         it is ``WIMP``
4       u2    version       it is 1
6       u2    count         the message is 16 + count x record_bytes long
8       u4    crc32         it is the CRC-32 of every byte after the head
12      u2    record_bytes  it is at least 192: records only grow, a reader takes what it knows
14      u2                  reserved, ignored
======  ====  ============  =================================================================
"""

import numpy as np
import numpy.typing as npt

from wim.kernels.crc import crc32
from wim.kernels.jit import Record, kernel

HEAD_BYTES = 16
VERSION = 1
#: ``WIMP`` read as one little-endian word.
MAGIC = 0x504D4957
RECORD_BYTES = 192
MAX_AXLES = 16

# Why a message or a record was refused. Codes below 10 name the whole message, the others one record.
GOOD = 0
LENGTH = 1
MAGIC_WRONG = 2
VERSION_WRONG = 3
CRC_WRONG = 4
AXLE_COUNT = 10
TIME = 11
NEGATIVE = 12
NOT_FINITE = 13
TEXT = 14
FUTURE = 15


@kernel
def check_head(data: npt.NDArray[np.uint8], words: npt.NDArray[np.uint32], start: int, end: int) -> int:
    """GOOD, or why the message in data[start:end] cannot be believed."""
    if end - start < HEAD_BYTES:
        return LENGTH
    if word(data, start) != MAGIC:
        return MAGIC_WRONG
    if half(data, start + 4) != VERSION:
        return VERSION_WRONG
    stride = half(data, start + 12)
    if stride < RECORD_BYTES or end - start != HEAD_BYTES + half(data, start + 6) * stride:
        return LENGTH
    if np.int64(crc32(data, words, start + HEAD_BYTES, end)) != word(data, start + 8):
        return CRC_WRONG
    return GOOD


@kernel
def half(data: npt.NDArray[np.uint8], at: int) -> int:
    """The u2 at data[at]."""
    return np.int64(data[at]) | (np.int64(data[at + 1]) << 8)


@kernel
def word(data: npt.NDArray[np.uint8], at: int) -> int:
    """The u4 at data[at]."""
    return half(data, at) | (half(data, at + 2) << 16)


@kernel
def is_text(low: np.uint64, high: np.uint64) -> bool:
    """Whether 16 bytes, given as two little-endian words, are UTF-8 followed by nothing but NUL."""
    ended = False
    pending = 0
    least = 0
    code = 0
    for index in range(16):
        source = low if index < 8 else high
        byte = np.int64((source >> np.uint64(8 * (index & 7))) & np.uint64(0xFF))
        if ended or byte == 0:
            if byte != 0 or pending:
                return False
            ended = True
        elif pending:
            if byte & 0xC0 != 0x80:
                return False
            code = (code << 6) | (byte & 0x3F)
            pending -= 1
            # Overlong forms, surrogates and what lies beyond Unicode are not text.
            if pending == 0 and (code < least or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF):
                return False
        elif byte >= 0x80:
            if 0xC2 <= byte <= 0xDF:
                pending, least, code = 1, 0x80, byte & 0x1F
            elif 0xE0 <= byte <= 0xEF:
                pending, least, code = 2, 0x800, byte & 0x0F
            elif 0xF0 <= byte <= 0xF4:
                pending, least, code = 3, 0x10000, byte & 0x07
            else:
                return False
    return pending == 0


@kernel
def check_record(passage: Record, latest_ns: int) -> int:
    """GOOD, or why this record cannot be judged. NaN says *unknown*; an infinity or a negative speed says nothing."""
    if passage.axle_count == 0 or passage.axle_count > MAX_AXLES:
        return AXLE_COUNT
    if passage.time_ns <= 0 or passage.origin_ns <= 0:
        return TIME
    if passage.time_ns > latest_ns or passage.origin_ns > latest_ns:
        return FUTURE
    if passage.speed_kmh < 0 or passage.gross_sigma < 0:
        return NEGATIVE
    if (
        np.isinf(passage.speed_kmh)
        or np.isinf(passage.acceleration_ms2)
        or np.isinf(passage.pavement_c)
        or np.isinf(passage.gross_sigma)
    ):
        return NOT_FINITE
    named = passage.site[0] != 0 and is_text(passage.site[0], passage.site[1])
    if not named or not is_text(passage.plate[0], passage.plate[1]):
        return TEXT
    return GOOD


@kernel
def copy_record(data: npt.NDArray[np.uint8], at: int, raw: npt.NDArray[np.uint8], to: int) -> None:
    """Copy the record at data[at] to raw[to]. A slice would make room first, in case the two overlap."""
    # Unsigned: a signed index would be tested for being negative, byte by byte.
    source, target = np.uint64(at), np.uint64(to)
    for byte in range(np.uint64(RECORD_BYTES)):
        raw[target + byte] = data[source + byte]


@kernel
def decode(
    data: npt.NDArray[np.uint8],
    words: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    latest_ns: int,
    raw: npt.NDArray[np.uint8],
    passages: npt.NDArray[np.void],
    origin: npt.NDArray[np.int32],
    refused: npt.NDArray[np.int32],
) -> tuple[int, int]:
    """Check and copy messages.

    data (bytes,), words (bytes / 4,): the same memory, the messages one after another, each at a multiple of four.
    starts, lengths (messages,): where each lies.
    raw (capacity x 192,) and passages (capacity,): the same memory, as bytes and as PASSAGE_WORDS.
    origin (capacity,): the message of each good passage.
    refused (capacity + messages, 3): message, record (-1: all of it), reason.
    Returns how many passages and refusals were written.
    """
    good = 0
    bad = 0
    for message in range(starts.shape[0]):
        start = starts[message]
        reason = check_head(data, words, start, start + lengths[message])
        if reason != GOOD:
            refused[bad, 0], refused[bad, 1], refused[bad, 2] = message, -1, reason
            bad += 1
            continue
        stride = half(data, start + 12)
        for record in range(half(data, start + 6)):
            at = start + HEAD_BYTES + record * stride
            copy_record(data, at, raw, good * RECORD_BYTES)
            reason = check_record(passages[good], latest_ns)
            if reason == GOOD:
                origin[good] = message
                good += 1
            else:
                refused[bad, 0], refused[bad, 1], refused[bad, 2] = message, record, reason
                bad += 1
    return good, bad
