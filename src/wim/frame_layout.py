"""The frame: what the strips of one lane felt while something was on them.

Little-endian. Text is UTF-8, NUL padded. Units are in the names; times are UTC nanoseconds since 1970. A head of 96
bytes, a row of 16 bytes a channel, then the samples as `int16`, one channel after another.

======  ========  ==================  =====================================================================
offset  type      field               meaning (unknown value)
======  ========  ==================  =====================================================================
0       S4        magic               ``WIMF``
4       u2        version             1
6       u2        header_bytes        96 + 16 × channels
8       u4        crc32               CRC-32 (zlib) of every byte from offset 12 to the end
12      u4        sequence            per site and lane, +1 a frame, wraps; see `wim.gaps`
16      i8        start_ns            time of sample 0
24      u4        rate_hz             samples per second, 1 000 … 50 000
28      u4        samples             per channel
32      S16       site
48      u1        lane
49      u1        direction           0 chainage rises, 1 falls
50      u1        channels            1 … 32
51      u1        flags               see `FrameFlag`
52      f4        pavement_c          (NaN)
56      S16       plate               as read by the camera (empty = no read)
72      u1        plate_colour        0 blue 1 yellow 2 black 3 white 4 green 5 yellow-green (255)
73      u1        plate_confidence    1 … 100 (0)
74      u2 × 3    length_mm, width_mm, height_mm   (0)
80      u4        tyres               2 bits an axle from bit 0: 1 single, 2 dual, 3 wide single (0)
84      u1        run                 the unit's starts, wraps (0)
85      11 × u1   reserved
======  ========  ==================  =====================================================================

======  ========  ==================  =====================================================================
offset  type      channel             meaning
======  ========  ==================  =====================================================================
0       u1        kind                1 strip, 2 loop
1       u1        line                of a strip: 1 = first reached
2       u1        side                0 full width, 1 left, 2 right
3       u1        reserved
4       f4        position_m          centre along the travel direction, from line 1
8       f4        scale               strip: newton per count; loop: relative inductance change per count
12      f4        offset              counts at rest, nominal
======  ========  ==================  =====================================================================
"""

from __future__ import annotations

import enum
from typing import Final

import numpy as np

MAGIC: Final = b"WIMF"
VERSION: Final = 1
HEAD_BYTES: Final = 96
CHANNEL_BYTES: Final = 16
MOST_CHANNELS: Final = 32
#: The largest message there is (contracts §1).
MOST_BYTES: Final = 8 << 20
#: Below, a pulse of 5 ms has five samples; above, no charge amplifier of a strip carries anything (contracts §1).
RATES_HZ: Final = (1_000, 50_000)

FRAME_HEAD: Final = np.dtype(
    [
        ("magic", "S4"),
        ("version", "<u2"),
        ("header_bytes", "<u2"),
        ("crc32", "<u4"),
        ("sequence", "<u4"),
        ("start_ns", "<i8"),
        ("rate_hz", "<u4"),
        ("samples", "<u4"),
        ("site", "S16"),
        ("lane", "u1"),
        ("direction", "u1"),
        ("channels", "u1"),
        ("flags", "u1"),
        ("pavement_c", "<f4"),
        ("plate", "S16"),
        ("plate_colour", "u1"),
        ("plate_confidence", "u1"),
        ("length_mm", "<u2"),
        ("width_mm", "<u2"),
        ("height_mm", "<u2"),
        ("tyres", "<u4"),
        ("run", "u1"),
        ("reserved", "u1", 11),
    ]
)

CHANNEL: Final = np.dtype(
    [
        ("kind", "u1"),
        ("line", "u1"),
        ("side", "u1"),
        ("reserved", "u1"),
        ("position_m", "<f4"),
        ("scale", "<f4"),
        ("offset", "<f4"),
    ]
)


class Kind(enum.IntEnum):
    """What a channel measures."""

    STRIP = 1
    LOOP = 2


class Side(enum.IntEnum):
    """Which part of the lane's width a channel covers, in the travel direction."""

    FULL = 0
    LEFT = 1
    RIGHT = 2


class FrameFlag(enum.IntFlag):
    """What the roadside unit says about a frame; the bits of `flags`."""

    #: The clock is locked to a reference.
    CLOCK_LOCKED = 1 << 0
    SIMULATED = 1 << 1
    #: Captured without a loop.
    NO_LOOP = 1 << 2
    #: The window was cut: the vehicle goes on in another frame, or began in one.
    CUT = 1 << 3
    #: Strips of a neighbour lane fired within the window.
    NEIGHBOUR = 1 << 4
