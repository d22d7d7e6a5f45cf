"""One passage as bytes, with nothing but Python's own library: for a roadside unit, or to be rewritten in C.

The layout is the table of README.md beside this file; the project's tests compare both with its own codec.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

#: 192 bytes, little-endian, no padding: the fields in the order of the table.
RECORD = struct.Struct("<q16s16sIIBBBBBBHIIffffHHHH16H16H15HBBq")
#: "WIMP", version, count, CRC-32 of all record bytes, bytes of a record, reserved.
HEAD = struct.Struct("<4sHHIHH")

ROADSIDE_UNIT = 2
UNKNOWN = float("nan")


@dataclass(frozen=True)
class Passage:
    """What a unit knows of a vehicle that crossed. Weights per axle, front to rear: left_kg, right_kg."""

    time_ns: int
    site: str
    lane: int
    direction: int  # 0 chainage rises, 1 falls
    sequence: int  # +1 a passage of this lane
    run: int  # +1 a start of the unit, for the sequence begins anew then
    plate: str  # empty: not read
    plate_colour: int  # 255: not known
    plate_confidence: int  # 1 … 100; 0: not said
    speed_kmh: float
    axles_kg: Sequence[tuple[int, int]]
    spacing_mm: Sequence[int]

    def record(self) -> bytes:
        """The 192 bytes."""
        left, right = ([*side, *[0] * (16 - len(side))] for side in zip(*self.axles_kg, strict=True))
        spacing = [*self.spacing_mm, *[0] * (15 - len(self.spacing_mm))]
        gross_kg = sum(map(sum, self.axles_kg))
        what = (self.lane, self.direction, len(self.axles_kg), self.plate_colour, self.plate_confidence, ROADSIDE_UNIT)
        how_fast = (self.speed_kmh, UNKNOWN, UNKNOWN, UNKNOWN)  # speed, acceleration, pavement °C, uncertainty
        return RECORD.pack(
            *(self.time_ns, self.site.encode(), self.plate.encode(), self.sequence, 0),  # 0: no validity flag
            *(*what, 0, gross_kg, 0, *how_fast),  # 0: calibration and tyres are not known
            *(0, 0, 0, 65_535),  # length, width, height not measured; gap not known
            *(*left, *right, *spacing),
            *(0, self.run, self.time_ns),  # part; the last one is origin_ns: the unit's own time
        )

    def id(self) -> str:
        """The passage's identity: 16 hex digits that depend on nothing that was estimated."""
        site = self.site.encode().ljust(16, b"\0")
        identity = site + struct.pack("<BBqI", self.lane, 0, self.time_ns, self.sequence)
        return hashlib.blake2b(identity, digest_size=8).hexdigest()


def message(passages: Sequence[Passage]) -> bytes:
    """One Kafka message: at once, or packed with what 50 ms bring; 65 535 records at most."""
    body = b"".join(passage.record() for passage in passages)
    return HEAD.pack(b"WIMP", 1, len(passages), zlib.crc32(body), RECORD.size, 0) + body
