"""BTLS MON: one vehicle a line, fixed width. Units: kg, mm, km/h; local time, 1 ms. [BTLS, cpp/src/Vehicle.cpp]

=======  ==========================  =======================  ================================================
columns  content                     passage field            note
=======  ==========================  =======================  ================================================
1-9      id                          sequence                 one of its own for each vehicle
10-11    day                         time_ns, origin_ns
12-13    month
14-17    year
18-19    hour
20-21    minute
22-26    milliseconds of the minute
27-28    axles                       axle_count
29-30    groups                      —                        groups follow from the spacings
31-36    gross weight, kg            gross_kg
37-39    speed, km/h                 speed_kmh
40-44    length, mm                  length_mm                0 = unknown
45       lane                        lane                     numbered in each direction
46       direction, 0 or 1           direction, end of site   site ``…/0`` or ``…/1``, as lanes count in each
47-50    transverse position, mm     —
51-55    weight of axle 1, kg        left_kg, AXLE_ONLY       the whole axle
56-60    spacing of axles 1-2, mm    spacing_mm
61-…     and so on                                            0 or blank behind the last axle
=======  ==========================  =======================  ================================================

The format has no site (an option) and no plate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wim.formats.chunk import Chunk, faults_of, site_bytes
from wim.formats.local_time import clock_seconds, utc_ns
from wim.formats.options import ReadOptions
from wim.formats.source import line_blocks, opened
from wim.formats.text_rows import AxlePlaces, TextRows, axle_numbers, required, text_rows
from wim.forms import RowErrors
from wim.forms.checks import store, store_axles
from wim.records import MAX_AXLES, Flag, Passages, Source, blank

SITE = "mon"

_WEIGHTS = AxlePlaces("axle weight", 50, 5, 10, MAX_AXLES)
_SPACINGS = AxlePlaces("spacing", 55, 5, 10, MAX_AXLES - 1)

#: Field → place and width, of those that are stored as they stand.
_PLAIN = {
    "sequence": (0, 9),
    "axle_count": (26, 2),
    "gross_kg": (30, 6),
    "length_mm": (39, 5),
    "lane": (44, 1),
    "direction": (45, 1),
}

_LINE = re.compile(rb"[ \d]{8}\d[ 0-3]\d[ 01]\d\d{4}[ 0-2]\d[ 0-5]\d[ \d]{4}\d[ 0-2]\d[ \d]{15}[01][ \d]*\r?", re.ASCII)


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return any(_LINE.fullmatch(line) for line in head.split(b"\n"))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """The passages of a file."""
    site = options.site or SITE
    sites = np.array([site_bytes(path, f"{site}/{direction}") for direction in (0, 1)])
    with opened(path) as stream:
        for block in line_blocks(stream):
            if block.faults:
                yield Chunk(blank(0), block.faults, block.first_line)
            for rows in text_rows(block):
                yield _chunk(rows, sites, options)


def _chunk(rows: TextRows, sites: npt.NDArray[np.bytes_], options: ReadOptions) -> Chunk:
    passages = blank(len(rows))
    errors = RowErrors(len(rows))
    _fill(passages, rows, options, errors)
    passages["site"] = sites[np.minimum(passages["direction"], 1)]
    passages["flags"] = Flag.AXLE_ONLY
    passages["source"] = Source.FILE
    return Chunk(passages[~errors.wrong], faults_of(errors, rows.lines), int(rows.lines[0]))


def _fill(passages: Passages, rows: TextRows, options: ReadOptions, errors: RowErrors) -> None:
    store(passages, "time_ns", _times(rows, options, errors), errors)
    passages["origin_ns"] = passages["time_ns"]
    for field, place in _PLAIN.items():
        store(passages, field, required(field, rows.column(*place), errors), errors)
    passages["speed_kmh"] = required("speed_kmh", rows.column(36, 3), errors)
    counts = passages["axle_count"].astype(np.int64)
    store_axles(passages, "left_kg", axle_numbers(rows, _WEIGHTS, counts, errors), errors)
    store_axles(passages, "spacing_mm", axle_numbers(rows, _SPACINGS, counts - 1, errors), errors)


def _times(rows: TextRows, options: ReadOptions, errors: RowErrors) -> npt.NDArray[np.int64]:
    """UTC nanoseconds of local times, shape (n,)."""
    places = {"year": (13, 4), "month": (11, 2), "day": (9, 2), "hour": (17, 2), "minute": (19, 2)}
    year, month, day, hour, minute = (required(name, rows.column(*place), errors) for name, place in places.items())
    milliseconds = required("milliseconds", rows.column(21, 5), errors)
    seconds, exists = clock_seconds(year, month, day, hour, minute, milliseconds // 1_000)
    errors.mark(~exists, "time", lambda row: "there is no such date or time of day", "correct columns 10-26")
    return utc_ns(seconds, options.zone) + milliseconds % 1_000 * 10**6
