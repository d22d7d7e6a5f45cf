"""FHWA Traffic Monitoring Guide, weight record (W card): one vehicle or hour a line, fixed width.

Units: pounds, tenths of a foot; local time, 1 h. [law_and_measurement.md §5.1; FHWA.TMAS, WeightData.cs]

=======  ==========================  =======================  ================================================
columns  content                     passage field            note
=======  ==========================  =======================  ================================================
1        ``W``
2-3      state, FIPS                 site                     ``SS-NNNNNN/D``, D = direction
4-9      station                     site
10       direction, compass          direction                1-4 (N, NE, E, SE) rising, 5-8 falling chainage
11       lane, in that direction     lane
12-21    year, month, day, hour      time_ns, origin_ns       the hour's beginning
22-23    vehicle class 1-15          —                        ``m`` hour without data, ``d`` hour without trucks
24-26    open                        —
27-32    gross weight, lb            gross_kg                 as given, whatever the axles sum to
33-34    axles, at most 13           axle_count
35-39    weight of axle 1, lb        left_kg, AXLE_ONLY       the whole axle
40-43    spacing 1-2, 0.1 ft         spacing_mm
44-147   and so on                                            0 or blank behind the last axle
=======  ==========================  =======================  ================================================

1 lb = 0.45359237 kg and 1 ft = 304.8 mm exactly; kilograms and millimetres are rounded half up. Speed is unknown. The
hour is all the time there is, so sequence is the ordinal among the rows of the lane in that hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from wim.formats.chunk import Aside, Chunk, Fault, faults_of
from wim.formats.local_time import clock_seconds, utc_ns
from wim.formats.options import ReadOptions
from wim.formats.ordinals import Ordinals
from wim.formats.source import line_blocks, opened
from wim.formats.text_rows import AxlePlaces, Characters, TextRows, axle_numbers, quoted, required, text_rows
from wim.forms import RowErrors
from wim.forms.checks import TEXT_BYTES, store, store_axles
from wim.records import Flag, Passages, Source, blank, text

#: The format has no room for more.
MOST_AXLES = 13

WEIGHTS = AxlePlaces("axle weight", 34, 5, 9, MOST_AXLES)
SPACINGS = AxlePlaces("spacing", 39, 4, 9, MOST_AXLES - 1)

_CLASS = (21, 2)
#: 1-13 are the scheme's classes; 14 is a state's own, 15 unclassified.
_MOST_CLASS = 15
_HOUR_KINDS: dict[str, Literal["hour_missing", "hour_without_trucks"]] = {
    "m": "hour_missing",
    "d": "hour_without_trucks",
}
#: This bit makes an ASCII letter a small one and leaves digits and blanks as they are.
_LOWER = np.uint8(0x20)
#: Directions of travel: 1 north, 2 north-east and so on to 8. 0 and 9 are both ways together, for counts only.
_COMPASS = 8

_LINE = re.compile(rb"W\d\d[!-~]{6}[1-8]\d\d{4}[01]\d[0-3]\d[0-2]\d(?:[ \d]{2}|[ 0]?[mMdD]).*")


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return any(_LINE.match(line) for line in head.split(b"\n"))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """The passages of a file; its hours without any come as asides."""
    ordinals = Ordinals()
    with opened(path) as stream:
        for block in line_blocks(stream):
            if block.faults:
                yield Chunk(blank(0), block.faults, block.first_line)
            for rows in text_rows(block):
                yield _chunk(rows, options, ordinals)


def kilograms(pounds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Whole kilograms, rounded half up."""
    return (pounds * 45_359_237 + 50_000_000) // 100_000_000


def millimetres(tenths_of_a_foot: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Whole millimetres, rounded half up."""
    return (tenths_of_a_foot * 3_048 + 50) // 100


def _chunk(rows: TextRows, options: ReadOptions, ordinals: Ordinals) -> Chunk:
    letters = rows.column(*_CLASS) | _LOWER
    is_hour = np.zeros(len(rows), np.bool_)
    for letter in _HOUR_KINDS:
        is_hour |= np.any(letters == ord(letter), axis=1)
    asides, hour_faults = _hours(rows.kept(is_hour), letters[is_hour], options)
    passages, faults = _vehicles(rows.kept(~is_hour), options, ordinals)
    return Chunk(passages, tuple(sorted(faults + hour_faults)), int(rows.lines[0]), asides)


def _hours(rows: TextRows, letters: Characters, options: ReadOptions) -> tuple[tuple[Aside, ...], tuple[Fault, ...]]:
    """The hours without a vehicle; letters, shape (n, 2), say why."""
    passages = blank(len(rows))
    errors = RowErrors(len(rows))
    _fill_place_and_time(passages, rows, options, errors)
    kinds = (_HOUR_KINDS["m" if ord("m") in pair else "d"] for pair in letters.tolist())
    asides = tuple(
        Aside(line, kind, text(place["site"]), int(place["lane"]), int(place["time_ns"]))
        for line, kind, place, wrong in zip(rows.lines.tolist(), kinds, passages, errors.wrong, strict=True)
        if not wrong
    )
    return asides, faults_of(errors, rows.lines)


def _vehicles(rows: TextRows, options: ReadOptions, ordinals: Ordinals) -> tuple[Passages, tuple[Fault, ...]]:
    passages = blank(len(rows))
    errors = RowErrors(len(rows))
    _fill_place_and_time(passages, rows, options, errors)
    _fill_measures(passages, rows, errors)
    passages["flags"] = Flag.AXLE_ONLY
    passages["source"] = Source.FILE
    ordinals.number(passages, errors)
    return passages[~errors.wrong], faults_of(errors, rows.lines)


def _fill_place_and_time(passages: Passages, rows: TextRows, options: ReadOptions, errors: RowErrors) -> None:
    card = rows.column(0, 1)
    errors.mark(card[:, 0] != ord("W"), "card", lambda row: f"{quoted(card[row])} is no weight record", "give W cards")
    compass = required("direction", rows.column(9, 1), errors)
    unknown = (compass < 1) | (compass > _COMPASS)
    errors.mark(unknown, "direction", lambda row: f"{compass[row]} is no direction of travel", "give 1 to 8")
    passages["direction"] = (compass > _COMPASS // 2).astype(np.uint8)
    passages["site"] = _sites(rows, passages["direction"], errors)
    store(passages, "lane", required("lane", rows.column(10, 1), errors), errors)
    places = {"year": (11, 4), "month": (15, 2), "day": (17, 2), "hour": (19, 2)}
    seconds, exists = clock_seconds(*(required(name, rows.column(*place), errors) for name, place in places.items()))
    errors.mark(~exists, "time", lambda row: "there is no such date or hour", "correct columns 12-21")
    store(passages, "time_ns", utc_ns(seconds, options.zone), errors)
    passages["origin_ns"] = passages["time_ns"]


def _sites(rows: TextRows, directions: npt.NDArray[np.uint8], errors: RowErrors) -> npt.NDArray[np.bytes_]:
    """``SS-NNNNNN/D`` of each row, shape (n,)."""
    station = rows.column(1, 8)
    unprintable = (station <= ord(" ")) | (station > ord("~"))
    errors.mark(
        np.any(unprintable, axis=1), "station", lambda row: f"{quoted(station[row])} is no station", "fill columns 2-9"
    )
    site = np.zeros((len(rows), TEXT_BYTES), np.uint8)
    site[:, 0:2], site[:, 3:9] = station[:, :2], station[:, 2:]
    site[:, 2], site[:, 9], site[:, 10] = ord("-"), ord("/"), directions + ord("0")
    return site.view(f"S{TEXT_BYTES}").ravel()


def _fill_measures(passages: Passages, rows: TextRows, errors: RowErrors) -> None:
    category = required("class", rows.column(*_CLASS), errors)
    no_class = (category < 1) | (category > _MOST_CLASS)
    errors.mark(no_class, "class", lambda row: f"{category[row]} is no class", f"give 1 to {_MOST_CLASS}, m or d")
    store(passages, "gross_kg", kilograms(required("gross weight", rows.column(26, 6), errors)), errors)
    store(passages, "axle_count", required("axle_count", rows.column(32, 2), errors), errors)
    counts = passages["axle_count"].astype(np.int64)
    errors.mark(
        counts > MOST_AXLES, "axle_count", lambda row: f"{counts[row]} axles do not fit", f"give at most {MOST_AXLES}"
    )
    store_axles(passages, "left_kg", kilograms(axle_numbers(rows, WEIGHTS, counts, errors)), errors)
    store_axles(passages, "spacing_mm", millimetres(axle_numbers(rows, SPACINGS, counts - 1, errors)), errors)
