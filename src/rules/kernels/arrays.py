"""What the judging kernel reads and writes: tables of the law, terms of the sites, plates with their papers, verdicts.

Times are UTC nanoseconds; a period holds at `from_ns` and no longer at `until_ns`. Masses are kg, lengths mm.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wim.records import MAX_AXLES

Structured = npt.NDArray[np.void]
Int32 = npt.NDArray[np.int32]

FOREVER_NS = np.iinfo(np.int64).max

#: Which registered fact collapses a limit interval.
NARROW_NONE, NARROW_AIR, NARROW_DRIVE, NARROW_RATED = 0, 1, 2, 3

RULE_SET = np.dtype(
    [
        ("from_ns", "i8"),
        ("until_ns", "i8"),
        ("in_force", "u1"),
        ("first_pair_mm", "i4"),
        ("pair_mm", "i4"),
        ("single_tyre_kg", "i4"),
        ("hundred_tonne_kg", "i4"),
        ("light_kg", "i4"),
        ("severity_3_percent", "i4"),
        ("severity_4_percent", "i4"),
        ("severity_5_percent", "i4"),
        ("severity_6_percent", "i4"),
        ("intercept_z", "f8"),
        ("evidence_z", "f8"),
        ("limit_begin", "i4"),
        ("limit_end", "i4"),
        ("group_begin", "i4"),
        ("group_end", "i4"),
        ("length_mm", "i4"),
        ("width_mm", "i4"),
        ("height_mm", "i4"),
    ]
)
LIMIT = np.dtype(
    [
        ("row", "i4"),  # of the rule set's table, for its name and source
        ("axles_min", "u1"),
        ("axles_max", "u1"),
        ("narrow", "u1"),
        ("pattern", "u8"),  # four bits a group from the lowest; 0 = any
        ("last_spacing_from_mm", "i4"),
        ("low_kg", "i4"),
        ("high_kg", "i4"),
    ]
)
GROUP = np.dtype([("axles", "u1"), ("from_mm", "i4"), ("below_mm", "i4"), ("low_kg", "i4"), ("high_kg", "i4")])


class Law(NamedTuple):
    """Every rule set that was loaded, in one piece. rule_sets (s,), limits (l,), groups (g,)."""

    rule_sets: Structured
    limits: Structured
    groups: Structured
    #: Index of the rule set to use whatever the date, or -1 to go by date.
    fixed: int
    truck_from_kg: int


SITE = np.dtype(
    [
        ("word0", "u8"),
        ("word1", "u8"),
        ("corridor", "i4"),
        ("certificate_begin", "i4"),
        ("certificate_end", "i4"),
        ("approval_begin", "i4"),
        ("approval_end", "i4"),
        ("tolerance_begin", "i4"),
        ("tolerance_end", "i4"),
        ("doubt_begin", "i4"),
        ("doubt_end", "i4"),
    ]
)
CERTIFICATE = np.dtype(
    [("from_ns", "i8"), ("until_ns", "i8"), ("sigma", "f8"), ("slowest_kmh", "f8"), ("fastest_kmh", "f8")]
)
PERIOD = np.dtype([("from_ns", "i8"), ("until_ns", "i8")])
TOLERANCE = np.dtype([("from_ns", "i8"), ("thousandths", "i8")])
DOUBT = np.dtype([("from_ns", "i8"), ("until_ns", "i8"), ("lane", "i2"), ("grade", "u1")])  # lane -1: every lane


class Terms(NamedTuple):
    """What is in force at each site.

    slots (a power of two,): open addressing from a hash of the site's name to its row, -1 = free.
    sites (s,); lanes (s, 256): the lane's row in the registry, -1 = unknown.
    certificates, approvals, tolerances: the rows of all sites, each site's own sorted by `from_ns`.
    doubts: those of all sites, in any order.
    registered: False where there is no registry, and then neither site nor certificate is looked for.
    """

    slots: Int32
    sites: Structured
    lanes: Int32
    certificates: Structured
    approvals: Structured
    tolerances: Structured
    doubts: Structured
    registered: bool
    default_sigma: float
    default_thousandths: int


PLATE = np.dtype(
    [
        ("word0", "u8"),
        ("word1", "u8"),
        ("permit_begin", "i4"),
        ("permit_end", "i4"),
        ("vehicle_begin", "i4"),
        ("vehicle_end", "i4"),
        ("exempt_begin", "i4"),
        ("exempt_end", "i4"),
        ("watch_begin", "i4"),
        ("watch_end", "i4"),
        ("open_case", "u1"),
    ]
)
PERMIT = np.dtype(
    [("from_ns", "i8"), ("until_ns", "i8"), ("gross_kg", "i8"), ("corridor_begin", "i4"), ("corridor_end", "i4")]
)
VEHICLE = np.dtype(
    [
        ("colour", "u1"),  # 255 = any
        ("pattern", "u8"),  # 0 = not registered
        ("axles", "u1"),
        ("drive_axles", "u1"),  # 0 = not registered
        ("air_suspension", "i1"),  # -1 = not registered
        ("rated_kg", "i4"),  # 0 = not registered
    ]
)


class Plates(NamedTuple):
    """Who has papers. slots and plates as sites in `Terms`; the other arrays are ranges of a plate's rows.

    permit_corridors (c,): the corridors of each permit; an empty range is every corridor.
    certain_from: the least confidence at which a plate stands for its vehicle; 0 (not said) is accepted too.
    """

    slots: Int32
    plates: Structured
    permits: Structured
    permit_corridors: Int32
    vehicles: Structured
    exemptions: Structured
    watches: Structured
    certain_from: int


SILENT, WATCH, INTERCEPT_ZONE = 0, 1, 2
NO_RULE_SET = -1
NO_ROW = -1

VERDICT = np.dtype(
    [
        ("sigma", "f8"),  # relative standard uncertainty used
        ("z", "f8"),
        ("p_over", "f8"),
        ("excess_low_kg", "i8"),  # lower 95 % bound
        ("pattern", "u8"),
        ("low_kg", "i4"),
        ("high_kg", "i4"),
        ("excess_kg", "i4"),
        ("rate_hundredths", "i4"),  # hundredths of a percent, half up
        ("thousandths", "i4"),  # tolerance in force
        ("flags", "u4"),
        ("limit", "i4"),  # row of `Law.limits`, -1 = none
        ("site", "i4"),  # row of `Terms.sites`, -1 = unknown
        ("lane", "i4"),  # row of the registry's lanes, -1 = unknown
        ("corridor", "i4"),  # -1 = unknown
        ("certificate", "i4"),  # row of `Terms.certificates`, -1 = none in force
        ("plate", "i4"),  # row of `Plates.plates`, -1 = no papers
        ("permit", "i4"),  # row of the covering permit, -1 = none
        ("exemption", "i4"),
        ("watch", "i4"),
        ("vehicle", "i4"),
        ("rule_set", "i1"),  # -1 = none at that date
        ("grade", "u1"),
        ("zone", "u1"),
        ("severity", "u1"),
        ("band", "u1"),  # 0 not over, 1 … 6, 7 百噸王
        ("truck", "u1"),
        ("over", "u1"),
        ("beyond_tolerance", "u1"),
        ("hundred_tonne", "u1"),
        ("permit_exceeded", "u1"),
        ("evidence", "u1"),
        ("proposal", "u1"),  # evidence, but for SIMULATED
        ("plate_certain", "u1"),
        ("open_case", "u1"),
        ("over_dimensions", "u1"),  # bit 0 length, 1 width, 2 height
        ("group_count", "u1"),
        ("group_axles", "u1", (MAX_AXLES,)),
        ("group_kg", "u4", (MAX_AXLES,)),
        ("group_low_kg", "u2", (MAX_AXLES,)),  # 0 = no limit known for this kind
        ("group_high_kg", "u2", (MAX_AXLES,)),
    ],
    align=True,
)
