"""Messages of passages: bytes in, one array out, and every refusal with its reason.

The layout of a message stands in `wim.kernels.decode`, that of a record in `wim.records`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wim.kernels import decode as kernel
from wim.records import DAY_NS, PASSAGE, PASSAGE_WORDS, RECORD_BYTES, Passages

HEAD = struct.Struct("<4sHHIHH")
#: `count` is a u2.
MOST_RECORDS = 65_535
#: A clock that is wrong by more than a day is not a clock (contracts §2).
FUTURE_NS = DAY_NS

_REASONS = {
    kernel.LENGTH: ("length", "the message is not 16 + count x record_bytes long"),
    kernel.MAGIC_WRONG: ("magic", "the message does not begin with WIMP"),
    kernel.VERSION_WRONG: ("version", "this reader knows version 1"),
    kernel.CRC_WRONG: ("crc", "the CRC-32 of the records is not the one in the head"),
    kernel.AXLE_COUNT: ("axle_count", "axle_count is not in 1 … 16"),
    kernel.TIME: ("time", "time_ns or origin_ns is not a time after 1970"),
    kernel.NEGATIVE: ("negative", "speed_kmh or gross_sigma is negative"),
    kernel.NOT_FINITE: ("not_finite", "a number is infinite"),
    kernel.TEXT: ("text", "site or plate is not NUL-padded UTF-8, or the site is empty"),
    kernel.FUTURE: ("future", "time_ns or origin_ns is more than 24 h ahead"),
}


class EncodeError(ValueError):
    """Passages that do not fit into one message."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} passages do not fit into one message: send at most {MOST_RECORDS} at once")
        self.count = count


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message, or one record of it, that cannot be judged; `raw` holds its bytes."""

    message: int
    record: int | None
    reason: str
    detail: str
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What a run of messages held. passages: PASSAGE, shape (n,); message: the message of each, shape (n,)."""

    passages: Passages
    message: npt.NDArray[np.int32]
    refused: list[Refusal]


def why_refused(reason: int) -> str:
    """What is wrong with a record, from the kernel's number."""
    return _REASONS[reason][1]


def encode(passages: Passages) -> bytes:
    """One message of `passages`, shape (n,). Raises EncodeError above 65 535."""
    if len(passages) > MOST_RECORDS:
        raise EncodeError(len(passages))
    body = np.ascontiguousarray(passages).tobytes()
    return HEAD.pack(b"WIMP", kernel.VERSION, len(passages), zlib.crc32(body), RECORD_BYTES, 0) + body


def decode(messages: Sequence[bytes | None], now_ns: int) -> Batch:
    """Check every byte of `messages` and copy the good records into one array that the caller owns."""
    lengths = np.fromiter((len(message) if message else 0 for message in messages), np.int64, len(messages))
    data, starts = _joined(messages, lengths)
    capacity = int((lengths // RECORD_BYTES).sum()) + 1
    raw = np.empty(capacity * RECORD_BYTES, np.uint8)
    origin = np.empty(capacity, np.int32)
    refused = np.empty((capacity + len(messages), 3), np.int32)
    good, bad = kernel.decode(
        data,
        data.view(np.uint32),
        starts,
        lengths,
        now_ns + FUTURE_NS,
        raw,
        raw.view(PASSAGE_WORDS),
        origin,
        refused,
    )
    return Batch(
        passages=raw[: good * RECORD_BYTES].view(PASSAGE),
        message=origin[:good],
        refused=[_refusal(messages, *row) for row in refused[:bad].tolist()],
    )


def _joined(
    messages: Sequence[bytes | None], lengths: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The messages one after another, and where each begins: at a multiple of four, however odd the one before."""
    gaps = -lengths % 4
    if gaps.any():
        parts = [(message or b"") + bytes(gap) for message, gap in zip(messages, gaps.tolist(), strict=True)]
    else:
        parts = [message or b"" for message in messages]
    ends = np.cumsum(lengths + gaps)
    return np.frombuffer(b"".join(parts), np.uint8), ends - lengths - gaps


def _refusal(messages: Sequence[bytes | None], message: int, record: int, code: int) -> Refusal:
    raw = messages[message]
    if not raw:
        reason = "null" if raw is None else "empty"
        return Refusal(message, None, reason, "the message has no value", raw)
    reason, detail = _REASONS[code]
    if record < 0:
        return Refusal(message, None, reason, detail, raw)
    start = HEAD.size + record * HEAD.unpack_from(raw)[4]
    return Refusal(message, record, reason, detail, raw[start : start + RECORD_BYTES])
