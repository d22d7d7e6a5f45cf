"""The traffic of the benchmark: which vehicles, and where and when each crosses. One seed, one traffic.

**standard**: 35 % trucks of five kinds, 3 % of the trucks over their limit, the rest below it. The excess of those over
is exponential with a mean of 30 % of the limit, so 37 % of them are of severity 4 and more and open an intercept.
**june**: vehicles drawn from the June 2021 record, with its own 37 % trucks of which 35 % are over, and its flags.

Either is spread evenly over the lanes of `province` and the hours of one day. Plates are of a block that no authority
issues (苏Z and five symbols) and never repeat.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.screen import province
from wim.formats import open_passages
from wim.records import DAY_NS, Passages, Source, blank

Rows = npt.NDArray[np.int64]
Random = np.random.Generator

#: 2025-06-02T00:00+08:00, a day of the built-in rule sets that is over.
DAY_START_NS = 1_748_793_600 * 10**9

TRUCK_SHARE = 0.35
VIOLATING_SHARE = 0.03
#: Of the limit.
MEAN_EXCESS = 0.30
MOST_EXCESS = 1.50
#: Trucks that are not over stay this far below their limit, so that none is over by rounding.
FULLEST = 0.97
#: Of vehicles that are not over; those that are have a plate, so that what opens an intercept can be foretold.
PLATE_READ_SHARE = 0.92


class Kind(NamedTuple):
    """One kind of vehicle: spacings are drawn between two bounds, gross between empty and limit."""

    share: float
    empty_kg: int
    #: `high_kg` of the rule set cn-2016 for these axles; of a car, its heaviest.
    limit_kg: int
    spacing_mm: tuple[tuple[int, int], ...]


CAR = Kind(1.0, 900, 3_500, ((2_300, 3_100),))
TRUCKS = (
    Kind(0.35, 4_800, 18_000, ((3_300, 6_500),)),
    Kind(0.10, 8_500, 26_000, ((3_500, 5_500), (1_300, 1_400))),
    Kind(0.12, 11_000, 32_000, ((1_850, 1_950), (3_000, 5_000), (1_300, 1_400))),
    Kind(0.08, 14_000, 43_000, ((3_300, 3_900), (5_500, 7_500), (1_305, 1_350), (1_305, 1_350))),
    Kind(0.35, 15_000, 49_000, ((3_000, 3_700), (1_300, 1_400), (5_500, 7_500), (1_305, 1_350), (1_305, 1_350))),
)

#: Symbols of an invented plate after its first two characters. 31 of them, a prime: a step that it does not divide
#: visits every number before any comes again.
SYMBOLS = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRSTUVW", np.uint8)
_PLATES = len(SYMBOLS) ** 5
_PLATE_STEP = 7_368_787
_PLATE_HEAD = np.frombuffer("苏Z".encode(), np.uint8)


def standard(random: Random, count: int) -> Passages:
    """Vehicles of the standard mix, shape (count,), in no order."""
    vehicles = blank(count)
    order = random.permutation(count)
    trucks = order[: round(TRUCK_SHARE * count)]
    over = np.zeros(count, np.bool_)
    over[trucks[: round(VIOLATING_SHARE * len(trucks))]] = True
    _fill(random, vehicles, order[len(trucks) :], CAR, over)
    kind_of = random.choice(len(TRUCKS), len(trucks), p=[kind.share for kind in TRUCKS])
    for number, kind in enumerate(TRUCKS):
        _fill(random, vehicles, trucks[kind_of == number], kind, over)
    vehicles["speed_kmh"] = random.uniform(40, 100, count)
    vehicles["plate"] = plates(count, int(random.integers(_PLATES)))
    vehicles["plate"][~over & (random.random(count) > PLATE_READ_SHARE)] = b""
    vehicles["plate_confidence"] = np.where(vehicles["plate"] != b"", random.integers(85, 100, count), 0)
    return vehicles


def june(random: Random, count: int, record: Path) -> Passages:
    """Vehicles of the June record, shape (count,), drawn with replacement; without plates, as it is."""
    rows = np.concatenate([chunk.passages for chunk in open_passages(record)])
    return rows[random.integers(0, len(rows), count)]


def plates(count: int, first: int = 0) -> npt.NDArray[np.bytes_]:
    """Invented plates, shape (count,), all different up to 28 million."""
    number = (first + np.arange(count, dtype=np.int64) * _PLATE_STEP) % _PLATES
    text = np.zeros((count, 16), np.uint8)
    text[:, : len(_PLATE_HEAD)] = _PLATE_HEAD
    for place in range(5):
        text[:, len(_PLATE_HEAD) + place] = SYMBOLS[number % len(SYMBOLS)]
        number //= len(SYMBOLS)
    return text.view("S16")[:, 0]


def placed(random: Random, vehicles: Passages, start_ns: int = DAY_START_NS, length_ns: int = DAY_NS) -> Passages:
    """Each vehicle, shape (n,), at a lane and a time, in place: ordered by site and, within it, by time."""
    count = len(vehicles)
    key = np.sort(random.integers(0, province.SITES, count) * length_ns + random.integers(0, length_ns, count))
    site = key // length_ns
    lane = random.integers(1, province.LANES_PER_SITE + 1, count)
    vehicles["site"], vehicles["lane"] = province.site_names()[site], lane
    vehicles["direction"] = lane > province.UP_LANES
    vehicles["time_ns"] = vehicles["origin_ns"] = start_ns + key % length_ns
    vehicles["sequence"] = ranks(site * province.LANES_PER_SITE + lane - 1, province.LANES)
    vehicles["source"] = Source.UNIT
    return vehicles


def ranks(group: Rows, groups: int) -> Rows:
    """How many of the same group stand before each element; shape (n,), groups numbered from 0."""
    order = np.argsort(group, kind="stable")
    begins = np.cumsum(np.bincount(group, minlength=groups)) - np.bincount(group, minlength=groups)
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - begins[group[order]]
    return rank


def _fill(random: Random, vehicles: Passages, rows: Rows, kind: Kind, over: npt.NDArray[np.bool_]) -> None:
    """Axles, spacings and loads of the vehicles in `rows`."""
    axles = len(kind.spacing_mm) + 1
    spacing = np.stack([random.integers(low, high, len(rows)) for low, high in kind.spacing_mm], axis=1)
    gross = random.uniform(kind.empty_kg, FULLEST * kind.limit_kg, len(rows)).astype(np.int64)
    excess = np.minimum(random.exponential(MEAN_EXCESS, len(rows)), MOST_EXCESS)
    gross = np.where(over[rows], kind.limit_kg + 1 + (excess * kind.limit_kg).astype(np.int64), gross)
    axle_kg = np.repeat((gross // axles)[:, None], axles, axis=1)
    axle_kg[:, 0] += gross % axles
    left = (axle_kg * random.uniform(0.46, 0.54, axle_kg.shape)).astype(np.int64)
    vehicles["axle_count"][rows], vehicles["gross_kg"][rows] = axles, gross
    vehicles["left_kg"][rows, :axles], vehicles["right_kg"][rows, :axles] = left, axle_kg - left
    vehicles["spacing_mm"][rows, : axles - 1] = spacing
    vehicles["length_mm"][rows] = spacing.sum(axis=1) + 2_500
