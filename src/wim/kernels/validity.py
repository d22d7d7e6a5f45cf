"""The flags that one record shows by itself, or together with its site's certificate.

Bits 0-7, 10, 14, 16-19 of `wim.records.Flag`; their numbers are facts of the contract, not of a region.
Bit 9 needs axle groups, bit 15 what is doubted: `rules` sets them too; 8 and 11-13 come with the record.
"""

import numpy as np
import numpy.typing as npt

from wim.kernels.jit import Record, kernel

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

REJECT, COUNT, INTERCEPT, EVIDENCE = 0, 1, 2, 3

#: The best grade that a record with one of these flags can have (contracts §3). An axle of 0 kg rejects besides.
TO_REJECT = AXLE_COUNT
TO_COUNT = (
    SUM_MISMATCH
    | SIDES_COPIED
    | SPACING_IMPLAUSIBLE
    | STRADDLING
    | AXLE_UNCERTAIN
    | TAILGATING
    | STOPPED
    | SITE_DOUBTED
    | SITE_UNKNOWN
)
TO_INTERCEPT = (
    AXLE_ONLY
    | SIDES_UNEQUAL
    | AXLE_IMPLAUSIBLE
    | SPEED_RANGE
    | ACCELERATING
    | STRIP_FAULT
    | CLOCK_UNLOCKED
    | CERTIFICATE
    | NO_PLATE
)

# Contracts §3, the column "set when".
SHORTEST_SPACING_MM = 600
LONGEST_SPACING_MM = 15_000
LONGEST_MM = 26_000
HEAVIEST_AXLE_KG = 40_000
MOST_ACCELERATION_MS2 = 1.0
MOST_AXLES = 9
LEAST_PLATE_CHARACTERS = 6
SIMULATED_SOURCE = 4


@kernel
def load_flags(passage: Record) -> int:
    """AXLE_ONLY, SUM_MISMATCH, SIDES_COPIED, SIDES_UNEQUAL, AXLE_IMPLAUSIBLE and AXLE_COUNT."""
    left = 0
    right = 0
    copied = True
    implausible = False
    axles = np.int64(passage.axle_count)
    for axle in range(axles):
        left_kg = np.int64(passage.left_kg[axle])
        right_kg = np.int64(passage.right_kg[axle])
        left += left_kg
        right += right_kg
        copied = copied and left_kg == right_kg
        implausible = implausible or left_kg + right_kg == 0 or left_kg + right_kg > HEAVIEST_AXLE_KG
    gross = np.int64(passage.gross_kg)
    flags = AXLE_COUNT if axles == 1 else 0
    if implausible:
        flags |= AXLE_IMPLAUSIBLE
    if 1000 * abs(gross - left - right) > max(10_000 * axles, 2 * gross):
        flags |= SUM_MISMATCH
    if right == 0 or passage.flags & AXLE_ONLY:
        return flags | AXLE_ONLY
    if copied and axles >= 2:
        flags |= SIDES_COPIED
    if 10 * abs(left - right) > 3 * gross:
        flags |= SIDES_UNEQUAL
    return flags


@kernel
def has_empty_axle(passage: Record) -> bool:
    """Whether an axle weighs 0 kg: such a record is rejected."""
    for axle in range(passage.axle_count):
        if passage.left_kg[axle] == 0 and passage.right_kg[axle] == 0:
            return True
    return False


@kernel
def shape_flags(passage: Record) -> int:
    """SPACING_IMPLAUSIBLE and TAILGATING."""
    total = 0
    wrong = False
    for axle in range(passage.axle_count - 1):
        spacing = np.int64(passage.spacing_mm[axle])
        total += spacing
        wrong = wrong or spacing < SHORTEST_SPACING_MM or spacing > LONGEST_SPACING_MM
    length = np.int64(passage.length_mm)
    flags = 0
    if wrong or total > LONGEST_MM or (length > 0 and total > length):
        flags |= SPACING_IMPLAUSIBLE
    if passage.axle_count > MOST_AXLES or length > LONGEST_MM:
        flags |= TAILGATING
    return flags


@kernel
def motion_flags(passage: Record, slowest_kmh: float, fastest_kmh: float) -> int:
    """SPEED_RANGE for NaN or a speed outside the given range, whose ends are inside; ACCELERATING."""
    flags = 0
    # The ends are inside, so they are compared in the record's own precision.
    if not (np.float32(slowest_kmh) <= passage.speed_kmh <= np.float32(fastest_kmh)):
        flags |= SPEED_RANGE
    if abs(passage.acceleration_ms2) > MOST_ACCELERATION_MS2:
        flags |= ACCELERATING
    return flags


@kernel
def characters(low: np.uint64, high: np.uint64) -> int:
    """How many characters a UTF-8 text of up to 16 bytes, given as two words, has."""
    count = 0
    for index in range(16):
        source = low if index < 8 else high
        byte = (source >> np.uint64(8 * (index & 7))) & np.uint64(0xFF)
        # Every byte but a continuation begins a character.
        if byte != 0 and byte & np.uint64(0xC0) != np.uint64(0x80):
            count += 1
    return count


@kernel
def lacks_plate(passage: Record) -> bool:
    """Whether nothing was read, or too little to be a plate."""
    return characters(passage.plate[0], passage.plate[1]) < LEAST_PLATE_CHARACTERS


@kernel
def source_flags(passage: Record) -> int:
    """NO_PLATE and SIMULATED."""
    flags = NO_PLATE if lacks_plate(passage) else 0
    if passage.source == SIMULATED_SOURCE:
        flags |= SIMULATED
    return flags


@kernel
def grade(flags: int, empty_axle: bool) -> int:
    """The worst grade that the flags leave."""
    if flags & TO_REJECT or empty_axle:
        return REJECT
    if flags & TO_COUNT:
        return COUNT
    if flags & TO_INTERCEPT:
        return INTERCEPT
    return EVIDENCE


@kernel
def flag_crossings(passages: npt.NDArray[np.void], slowest_kmh: float, fastest_kmh: float) -> None:
    """Add to the flags of PASSAGE_WORDS (n,) what each shows by itself: bits 0 to 7, 10 and 19."""
    for row in range(passages.shape[0]):
        passage = passages[row]
        flags = np.int64(passage.flags) | load_flags(passage) | shape_flags(passage)
        passage.flags = flags | motion_flags(passage, slowest_kmh, fastest_kmh)
