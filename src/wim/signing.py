"""Whose frame a passage is of: what is copied from the frame's head, byte by byte.

numpy takes two microseconds for a field, and there are twenty: a third of what weighing a frame costs.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from wim.frame_layout import FRAME_HEAD, FrameFlag
from wim.records import PASSAGE, RECORD_BYTES, UNKNOWN_GAP_MS, Flag, Source

_SECOND_NS = 10**9


def _place(layout: np.dtype[np.void], name: str) -> slice:
    assert layout.fields is not None  # it is a structure
    field, offset, *_ = layout.fields[name]
    return slice(offset, offset + field.itemsize)


def _places(*names: str) -> list[tuple[slice, slice]]:
    """Where fields of these names lie in a record and in a frame's head, in which they have the same type."""
    return [(_place(PASSAGE, name), _place(FRAME_HEAD, name)) for name in names]


def _at(name: str) -> int:
    return int(_place(PASSAGE, name).start)


#: What every vehicle of a frame has of its head, and what the first alone has.
_OF_ALL: Final = _places("site", "sequence", "lane", "direction", "run", "pavement_c")
_OF_FIRST: Final = _places("plate", "plate_colour", "plate_confidence", "length_mm", "width_mm", "height_mm", "tyres")
_TIME, _FLAGS, _SOURCE, _VERSION = _at("time_ns"), _at("flags"), _at("source"), _at("calibration")
_GAP, _PART, _ORIGIN = _at("gap_ms"), _at("part"), _at("origin_ns")
_I8, _U4, _U2 = struct.Struct("<q"), struct.Struct("<I"), struct.Struct("<H")
_START = _place(FRAME_HEAD, "start_ns").start
_HEAD_FLAGS = _place(FRAME_HEAD, "flags").start

#: What the unit's own flags set.
_SAID: Final = (
    (FrameFlag.SIMULATED, Flag.SIMULATED),
    (FrameFlag.CUT, Flag.STOPPED),
    (FrameFlag.NEIGHBOUR, Flag.STRADDLING),
)
_SAID_BY_FLAGS: Final = [
    (0 if flags & FrameFlag.CLOCK_LOCKED else int(Flag.CLOCK_UNLOCKED))
    | sum(int(flag) for said, flag in _SAID if flags & said)
    for flags in range(256)
]


def sign(records: bytearray, head: bytes, version: int, flags: int) -> None:
    """Fill in what is not measured: whose frame it was, and what the unit says.

    records: PASSAGE records of a frame whose time_ns still counts from sample 0; head: FRAME_HEAD; version: of the
    calibration, 0 unknown; flags: to be set beside those of the unit.
    """
    flags |= _SAID_BY_FLAGS[head[_HEAD_FLAGS]]
    (start_ns,) = _I8.unpack_from(head, _START)
    for part, base in enumerate(range(0, len(records), RECORD_BYTES)):
        own = memoryview(records)[base : base + RECORD_BYTES]
        for to, source in _OF_ALL if part else (*_OF_ALL, *_OF_FIRST):
            own[to] = head[source]
        own[_PART], own[_SOURCE] = part, Source.FRAME
        _U2.pack_into(own, _VERSION, version)
        _I8.pack_into(own, _ORIGIN, start_ns)
        _I8.pack_into(own, _TIME, _I8.unpack_from(own, _TIME)[0] + start_ns)
        _U4.pack_into(own, _FLAGS, _U4.unpack_from(own, _FLAGS)[0] | flags)


def keep_distance(records: bytearray, last_s: list[float], before_ns: int | None) -> int | None:
    """Write each vehicle's gap to the last axle of the one before it; returns when the last of all has passed.

    last_s: when each one's last axle was on line 1, from the start of the frame; before_ns: the same of the lane's
    vehicle before, None unknown.
    """
    for base, seconds in zip(range(0, len(records), RECORD_BYTES), last_s, strict=False):
        (start_ns,) = _I8.unpack_from(records, base + _ORIGIN)
        if before_ns is not None:
            gap_ms = (_I8.unpack_from(records, base + _TIME)[0] - before_ns) // 10**6
            _U2.pack_into(records, base + _GAP, gap_ms if 0 <= gap_ms < UNKNOWN_GAP_MS else UNKNOWN_GAP_MS)
        before_ns = start_ns + round(seconds * _SECOND_NS)
    return before_ns
