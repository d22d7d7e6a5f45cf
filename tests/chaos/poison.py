"""What a broken or hostile unit sends: each with the reason under which contracts.md §2 has it refused, or its flag."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from wim import codec
from wim.records import RECORD_BYTES, Passages

#: One record of a message that is otherwise good: what is wrong with it, and why it is refused.
RECORDS: dict[str, Callable[[np.void], None]] = {}


def _record(reason: str, **fields: Any) -> Callable[[np.void], None]:
    def spoil(record: np.void) -> None:
        for name, value in fields.items():
            record[name] = value

    RECORDS[f"{reason} {fields}"] = spoil
    return spoil


_record("axle_count", axle_count=0)
_record("axle_count", axle_count=17)
_record("axle_count", axle_count=200)
_record("time", time_ns=np.iinfo(np.int64).min)
_record("time", origin_ns=-1)
_record("negative", speed_kmh=-1.0)
_record("negative", gross_sigma=-0.01)
_record("not_finite", speed_kmh=np.inf)
_record("not_finite", pavement_c=-np.inf)
_record("text", plate=b"\xff\xfe")
_record("text", site=b"")
_record("future", time_ns=2**62)


def reason_of(name: str) -> str:
    """The reason of an entry of `RECORDS`."""
    return name.split(" ", 1)[0]


def _turned(message: bytes) -> bytes:
    """One bit of the records the other way round: on the road between unit and broker."""
    return message[:-7] + bytes([message[-7] ^ 4]) + message[-6:]


#: A whole message: from a good one to what arrives, and why it is refused.
MESSAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "magic": lambda good: b"WIMQ" + good[4:],
    "version": lambda good: good[:4] + b"\x02\x00" + good[6:],
    "crc": _turned,
    "length": lambda good: good[:-1],
    "empty": lambda good: b"",
    "null": lambda good: None,
    "length of 5 MB": lambda good: good + bytes(5_000_000),
    "magic of noise": lambda good: random.Random(len(good)).randbytes(len(good)),
    "length of a head alone": lambda good: good[:16],
    "length of a text": lambda good: b"hello",
}


def message_with(passages: Passages, spoiled: dict[int, str]) -> bytes:
    """A message of these passages in which some records, by their row, are spoiled as `RECORDS` says."""
    records = passages.copy()
    for row, name in spoiled.items():
        RECORDS[name](records[row])
    body = records.tobytes()
    return codec.HEAD.pack(b"WIMP", 1, len(records), zlib.crc32(body), RECORD_BYTES, 0) + body
