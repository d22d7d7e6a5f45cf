"""Messages of passages checked with struct and zlib, one byte string at a time: what the kernel is checked against."""

from __future__ import annotations

import math
import struct
import zlib

Found = tuple[list[bytes], list[tuple[int | None, str]]]


def decode(message: bytes | None, now_ns: int) -> Found:
    """Good records and refusals (record or None, reason) of one message."""
    if message is None:
        return [], [(None, "null")]
    if message == b"":
        return [], [(None, "empty")]
    if len(message) < 16:
        return [], [(None, "length")]
    magic, version, count, crc, stride, _ = struct.unpack_from("<4sHHIHH", message)
    if magic != b"WIMP":
        return [], [(None, "magic")]
    if version != 1:
        return [], [(None, "version")]
    if stride < 192 or len(message) != 16 + count * stride:
        return [], [(None, "length")]
    if zlib.crc32(message[16:]) != crc:
        return [], [(None, "crc")]
    good: list[bytes] = []
    bad: list[tuple[int | None, str]] = []
    for index in range(count):
        record = message[16 + index * stride :][:192]
        reason = wrong(record, now_ns)
        if reason:
            bad.append((index, reason))
        else:
            good.append(record)
    return good, bad


def wrong(record: bytes, now_ns: int) -> str | None:
    """Why a record cannot be judged."""
    time_ns, site, plate = struct.unpack_from("<q16s16s", record)
    (axles,) = struct.unpack_from("B", record, 50)
    speed, acceleration, pavement, sigma = struct.unpack_from("<4f", record, 64)
    (origin_ns,) = struct.unpack_from("<q", record, 184)
    if not 1 <= axles <= 16:
        return "axle_count"
    if time_ns <= 0 or origin_ns <= 0:
        return "time"
    if max(time_ns, origin_ns) > now_ns + 24 * 3600 * 10**9:
        return "future"
    if speed < 0 or sigma < 0:
        return "negative"
    if any(math.isinf(value) for value in (speed, acceleration, pavement, sigma)):
        return "not_finite"
    named = site[:1] != b"\0" and is_text(site)
    return None if named and is_text(plate) else "text"


def is_text(raw: bytes) -> bool:
    """Whether the field is UTF-8 and then NUL to its end."""
    body, _, rest = raw.partition(b"\0")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not rest.strip(b"\0")
