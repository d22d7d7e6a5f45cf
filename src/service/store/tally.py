"""Counts of passages as one batch brings them, and how they add up: pure, no database.

A **cell** counts the passages of one series in one hour that are alike:

=====================  ====  ===========================================================================================
field                  type  meaning
=====================  ====  ===========================================================================================
series                 u4    index into the tally's `series`
start_s                i8    start of the hour of event time, seconds since 1970
axle_class             u1    axles counted
band                   u1    0 not over, 1 … 6 the nominal bands of decision.md §4, 7 百噸王 (`rules.screen.BANDS`)
excluded               u1    0, or why net leaves it out: bit of a validity flag + 1, or `BY_PERSON`
passages               u4    every vehicle; the other counts are of them
trucks                 u4    gross ≥ 4 500 kg
over_nominal           u4    above the limit
over_beyond_tolerance  u4    above the limit with the site's tolerance
hundred_tonne          u4    百噸王
plates_read            u4    with a plate (no NO_PLATE flag)
=====================  ====  ===========================================================================================

Times of day and month are those of the corridor's zone.
"""

from __future__ import annotations

import enum
import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import msgspec
import numpy as np
import numpy.typing as npt

from service.store.spans import local_starts

#: The counts of a cell, in the order of the columns of `rates`.
COUNTS = ("passages", "trucks", "over_nominal", "over_beyond_tolerance", "hundred_tonne", "plates_read")

CELL: np.dtype[np.void] = np.dtype(
    [("series", "<u4"), ("start_s", "<i8"), ("axle_class", "u1"), ("band", "u1"), ("excluded", "u1")]
    + [(name, "<u4") for name in COUNTS]
)

#: A row of the table `rates`.
ROW: np.dtype[np.void] = np.dtype(
    [("series", "<i8"), ("grain", "u1"), ("start_s", "<i8"), ("axle_class", "u1"), ("band", "u1"), ("excluded", "u1")]
    + [(name, "<i8") for name in COUNTS]
)

#: `excluded` of what a person took out of all figures (`service.excluding`): above the bit of any flag.
BY_PERSON = 255

#: The lane of a series that stands for all lanes of a site in one direction.
ALL_LANES = -1


class Grain(enum.IntEnum):
    """What one row of `rates` adds up.

    The first three keep every cell of a lane. The next two leave out lane and class, which most questions merge: a year
    of a corridor is then a tenth of the rows. The last three are single sums a day; how far those days differ is what
    the interval of a rate rests on, whatever the question tells apart.
    """

    HOUR = 0
    DAY = 1
    MONTH = 2
    SITE_DAY = 3
    SITE_MONTH = 4
    SITE_SUM = 5
    CLASS_SUM = 6
    LANE_SUM = 7


@dataclass(frozen=True, slots=True)
class _Shape:
    """How cells become rows of a grain: over what time, all lanes of the site together or not, which fields stay."""

    period: int
    whole_site: bool
    kept: tuple[str, ...]


_HOUR, _DAY, _MONTH = range(3)
_CELL = ("axle_class", "band", "excluded")

_SHAPES = {
    Grain.HOUR: _Shape(_HOUR, False, _CELL),
    Grain.DAY: _Shape(_DAY, False, _CELL),
    Grain.MONTH: _Shape(_MONTH, False, _CELL),
    Grain.SITE_DAY: _Shape(_DAY, True, ("band", "excluded")),
    Grain.SITE_MONTH: _Shape(_MONTH, True, ("band", "excluded")),
    Grain.SITE_SUM: _Shape(_DAY, True, ()),
    Grain.CLASS_SUM: _Shape(_DAY, True, ("axle_class",)),
    Grain.LANE_SUM: _Shape(_DAY, False, ()),
}


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """What a count belongs to; `timezone` is the corridor's (IANA name) and no part of the identity."""

    corridor: str
    site: str
    lane: int
    direction: int
    rule_set: str
    timezone: str

    @property
    def id(self) -> int:
        """A number below 2**63 that any worker would give this series."""
        return _series_id(self.corridor, self.site, self.lane, self.direction, self.rule_set)

    def whole_site(self) -> Series:
        """The series of the same site and direction that all lanes share."""
        return Series(self.corridor, self.site, ALL_LANES, self.direction, self.rule_set, self.timezone)


@dataclass(frozen=True)
class Tally:
    """Cells, shape (n,) of `CELL`, with the series that they index. Cells that are alike may stand more than once."""

    series: tuple[Series, ...]
    cells: npt.NDArray[np.void]

    @cached_property
    def series_ids(self) -> npt.NDArray[np.int64]:
        """The id of each series, shape (len(series),)."""
        return np.array([series.id for series in self.series], np.int64)

    @cached_property
    def site_ids(self) -> npt.NDArray[np.int64]:
        """The id of the series of the whole site that each series is part of, shape (len(series),)."""
        return np.array([series.whole_site().id for series in self.series], np.int64)

    def only(self, wanted: npt.NDArray[np.bool_]) -> Tally:
        """The cells where `wanted`, shape (n,), with no more series than they need."""
        used, index = np.unique(self.cells["series"][wanted], return_inverse=True)
        cells = self.cells[wanted]
        cells["series"] = index
        return Tally(tuple(self.series[number] for number in used.tolist()), cells)


def encode(tally: Tally) -> tuple[str, bytes]:
    """The series as JSON and the cells as bytes: what a row of `tallies` keeps."""
    return msgspec.json.encode(tally.series).decode(), tally.cells.tobytes()


def decode(series: str, cells: bytes) -> Tally:
    """The tally that `encode` made."""
    return Tally(msgspec.json.decode(series, type=tuple[Series, ...]), np.frombuffer(cells, CELL))


def shards(tally: Tally, count: int) -> dict[int, Tally]:
    """The tally in up to `count` parts, one site in one part only, the same in every process."""
    shard_of = np.array([zlib.crc32(series.site.encode()) % count for series in tally.series], np.uint8)
    shard = shard_of[tally.cells["series"]]
    return {number: tally.only(shard == number) for number in np.unique(shard).tolist()}


def join(tallies: Iterable[Tally]) -> Tally:
    """All cells of several tallies in one."""
    index: dict[Series, int] = {}
    parts = [np.zeros(0, CELL)]
    for tally in tallies:
        numbers = np.array([index.setdefault(series, len(index)) for series in tally.series], np.uint32)
        cells = tally.cells.copy()
        cells["series"] = numbers[cells["series"]]
        parts.append(cells)
    return Tally(tuple(index), np.concatenate(parts))


def rows(tally: Tally) -> npt.NDArray[np.void]:
    """What the tally adds to `rates`: one row of `ROW` a key, of every grain, in the order of the key."""
    if not len(tally.cells):
        return np.zeros(0, ROW)
    # Most cells of several batches are alike: added up first, they make few rows of the other grains.
    merged = merge(tally)
    starts = merged.cells["start_s"], *_local_starts(merged)
    return summed(np.concatenate([_rows_of(merged, grain, starts[shape.period]) for grain, shape in _SHAPES.items()]))


def merge(tally: Tally) -> Tally:
    """The same counts with cells that are alike added up."""
    starts, start = np.unique(tally.cells["start_s"], return_inverse=True)
    return Tally(tally.series, _added_up(tally.cells, tally.cells["series"].astype(np.int64) * len(starts) + start))


def summed(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    """Rows, shape (n,) of `ROW`, with those of one key added up, in the order of the key."""
    _, series = np.unique(rows["series"], return_inverse=True)
    starts, start = np.unique(rows["start_s"], return_inverse=True)
    return _added_up(rows, (series.astype(np.int64) * len(Grain) + rows["grain"]) * len(starts) + start)


def _added_up(counted: npt.NDArray[np.void], place: npt.NDArray[np.int64]) -> npt.NDArray[np.void]:
    """Cells or rows, shape (n,), with those of one kind at one `place`, shape (n,), added up; by place, then kind."""
    key = place
    for name in _CELL:
        key = (key << 8) | counted[name]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    total = counted[order[first]]
    for name in COUNTS:
        total[name] = np.add.reduceat(counted[name][order], first) if len(first) else 0
    return total


def _rows_of(tally: Tally, grain: Grain, start_s: npt.NDArray[np.int64]) -> npt.NDArray[np.void]:
    shape = _SHAPES[grain]
    rows = np.zeros(len(tally.cells), ROW)
    ids = tally.site_ids if shape.whole_site else tally.series_ids
    rows["series"], rows["grain"], rows["start_s"] = ids[tally.cells["series"]], grain, start_s
    for name in (*shape.kept, *COUNTS):
        rows[name] = tally.cells[name]
    return rows


def _local_starts(tally: Tally) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Start of the day and of the month of each cell in its corridor's zone, shape (n,) each."""
    zones = {zone: number for number, zone in enumerate(dict.fromkeys(series.timezone for series in tally.series))}
    zone_of = np.array([zones[series.timezone] for series in tally.series], np.int64)
    hours, hour = np.unique(tally.cells["start_s"], return_inverse=True)
    pairs, pair = np.unique(zone_of[tally.cells["series"]] * len(hours) + hour, return_inverse=True)
    names = list(zones)
    starts = np.array(
        [local_starts(int(hours[number % len(hours)]), names[number // len(hours)]) for number in pairs.tolist()],
        np.int64,
    )
    return starts[pair, 0], starts[pair, 1]


@lru_cache(maxsize=65_536)
def _series_id(corridor: str, site: str, lane: int, direction: int, rule_set: str) -> int:
    name = msgspec.json.encode((corridor, site, lane, direction, rule_set))
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "little") >> 1
