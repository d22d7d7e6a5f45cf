"""The passage record: one vehicle crossed the strips of one lane.

Little-endian, 192 bytes. Text is UTF-8, NUL padded. Units are in the names; times are UTC nanoseconds since 1970.

======  ========  ==================  =====================================================================
offset  type      field               meaning (unknown value)
======  ========  ==================  =====================================================================
0       i8        time_ns             first axle's contact on the centre of line 1
8       S16       site
24      S16       plate               as read (empty = no read)
40      u4        sequence            per site and lane
44      u4        flags               validity, see `Flag`
48      u1        lane
49      u1        direction           0 chainage rises, 1 falls
50      u1        axle_count          as counted; loads beyond 16 are absent
51      u1        plate_colour        0 blue 1 yellow 2 black 3 white 4 green 5 yellow-green (255)
52      u1        plate_confidence    1 … 100 (0)
53      u1        source              see `Source`
54      u2        calibration         version in force (0)
56      u4        gross_kg
60      u4        tyres               2 bits an axle from bit 0: 1 single, 2 dual, 3 wide single (0)
64      f4        speed_kmh           (NaN)
68      f4        acceleration_ms2    (NaN)
72      f4        pavement_c          (NaN)
76      f4        gross_sigma         relative standard uncertainty of gross_kg (NaN)
80      u2 × 3    length_mm, width_mm, height_mm   (0)
86      u2        gap_ms              vehicle before to this one (65535)
88      u2 × 16   left_kg             wheel load, or the whole axle with AXLE_ONLY
120     u2 × 16   right_kg
152     u2 × 15   spacing_mm          axle i to i + 1
182     u1        part                vehicle within its frame or trigger
183     u1        run                 the unit's starts, wraps (0)
184     i8        origin_ns           the unit's own time, untouched by any estimate
======  ========  ==================  =====================================================================
"""

from __future__ import annotations

import enum
import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

#: A structured array of `PASSAGE` records; every function that takes one says its shape.
Passages = npt.NDArray[np.void]

MAX_AXLES = 16
RECORD_BYTES = 192
UNKNOWN_COLOUR = 255
UNKNOWN_GAP_MS = 65_535
HOUR_NS = 3_600 * 10**9
DAY_NS = 24 * HOUR_NS

_LAYOUT: list[tuple[str, Any, int]] = [
    ("time_ns", "<i8", 0),
    ("site", "S16", 8),
    ("plate", "S16", 24),
    ("sequence", "<u4", 40),
    ("flags", "<u4", 44),
    ("lane", "u1", 48),
    ("direction", "u1", 49),
    ("axle_count", "u1", 50),
    ("plate_colour", "u1", 51),
    ("plate_confidence", "u1", 52),
    ("source", "u1", 53),
    ("calibration", "<u2", 54),
    ("gross_kg", "<u4", 56),
    ("tyres", "<u4", 60),
    ("speed_kmh", "<f4", 64),
    ("acceleration_ms2", "<f4", 68),
    ("pavement_c", "<f4", 72),
    ("gross_sigma", "<f4", 76),
    ("length_mm", "<u2", 80),
    ("width_mm", "<u2", 82),
    ("height_mm", "<u2", 84),
    ("gap_ms", "<u2", 86),
    ("left_kg", ("<u2", 16), 88),
    ("right_kg", ("<u2", 16), 120),
    ("spacing_mm", ("<u2", 15), 152),
    ("part", "u1", 182),
    ("run", "u1", 183),
    ("origin_ns", "<i8", 184),
]


def _dtype(text: Any) -> np.dtype[np.void]:
    names = [name for name, _, _ in _LAYOUT]
    formats = [text if name in ("site", "plate") else kind for name, kind, _ in _LAYOUT]
    offsets = [offset for _, _, offset in _LAYOUT]
    return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": RECORD_BYTES})


PASSAGE: np.dtype[np.void] = _dtype("S16")

#: The same bytes with both texts as two 64-bit words: what kernels compare and hash.
PASSAGE_WORDS: np.dtype[np.void] = _dtype(("<u8", 2))


class Flag(enum.IntFlag):
    """Why a crossing is not perfect evidence; the bits of `flags`."""

    AXLE_ONLY = 1 << 0
    SUM_MISMATCH = 1 << 1
    SIDES_COPIED = 1 << 2
    SIDES_UNEQUAL = 1 << 3
    SPACING_IMPLAUSIBLE = 1 << 4
    AXLE_IMPLAUSIBLE = 1 << 5
    SPEED_RANGE = 1 << 6
    ACCELERATING = 1 << 7
    STRADDLING = 1 << 8
    AXLE_UNCERTAIN = 1 << 9
    TAILGATING = 1 << 10
    STRIP_FAULT = 1 << 11
    STOPPED = 1 << 12
    CLOCK_UNLOCKED = 1 << 13
    CERTIFICATE = 1 << 14
    SITE_DOUBTED = 1 << 15
    NO_PLATE = 1 << 16
    SIMULATED = 1 << 17
    SITE_UNKNOWN = 1 << 18
    AXLE_COUNT = 1 << 19


class Grade(enum.IntEnum):
    """What a crossing may be used for: the worst that its flags leave."""

    REJECT = 0
    COUNT = 1
    INTERCEPT = 2
    EVIDENCE = 3


class Source(enum.IntEnum):
    """Where a passage comes from."""

    FRAME = 1
    UNIT = 2
    FILE = 3
    SIMULATED = 4


class Direction(enum.IntEnum):
    """Of travel along the corridor's chainage."""

    UP = 0
    DOWN = 1


def blank(count: int) -> Passages:
    """`count` passages, shape (count,), with every optional field at its unknown value."""
    passages = np.zeros(count, PASSAGE)
    passages["plate_colour"] = UNKNOWN_COLOUR
    passages["gap_ms"] = UNKNOWN_GAP_MS
    for field in ("speed_kmh", "acceleration_ms2", "pavement_c", "gross_sigma"):
        passages[field] = np.nan
    return passages


def flag_names(bits: int) -> list[str]:
    """The names of the set bits that have one, lowest first."""
    return list(_flag_names(bits))


# Asking every flag takes 15 µs, and each violation is asked twice; few combinations ever occur.
@lru_cache(maxsize=4_096)
def _flag_names(bits: int) -> tuple[str, ...]:
    return tuple(flag.name for flag in Flag if flag & bits and flag.name)


def identity_bytes(passages: Passages) -> npt.NDArray[np.void]:
    """The 30 bytes that make each crossing's identity, shape (n,): site, lane, part, origin_ns, sequence."""
    packed = np.zeros(
        len(passages),
        np.dtype([("site", "S16"), ("lane", "u1"), ("part", "u1"), ("origin_ns", "<i8"), ("sequence", "<u4")]),
    )
    for name in packed.dtype.names or ():
        packed[name] = passages[name]
    return packed.view("V30")


def passage_ids(passages: Passages) -> list[str]:
    """The identity of each crossing in 16 hex digits: the same crossing has the same id whatever was measured."""
    return [hashlib.blake2b(item.tobytes(), digest_size=8).hexdigest() for item in identity_bytes(passages)]


def text(value: bytes) -> str:
    """A NUL-padded UTF-8 field as a string."""
    return value.rstrip(b"\0").decode("utf-8")
