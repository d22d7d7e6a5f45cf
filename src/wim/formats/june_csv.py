"""The June 2021 table: comma-separated, one header line, plain or gzip. Units: kg, mm, km/h; local time.

==============================================  =======================  ==================================
column                                          passage field            note
==============================================  =======================  ==================================
time                                            time_ns, origin_ns       ``2021-06-01 00:00:32``, local, 1 s
lane                                            lane
axle_count                                      axle_count               2 … 6 as far as the columns go
gross_kg                                        gross_kg
left_wheel_1_kg … left_wheel_6_kg               left_kg                  0 behind the last axle
right_wheel_1_kg … right_wheel_6_kg             right_kg                 0 behind the last axle
spacing_1_mm … spacing_5_mm                     spacing_mm               0 behind the last axle
speed_kmh                                       speed_kmh                empty = unknown
==============================================  =======================  ==================================

The header names the columns, so their order is free and others are ignored. The table has no identity, plate, direction
or site: sequence is the ordinal among the rows of the lane with the same time stamp, direction 0, the site an option.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wim.formats.chunk import Chunk, FormatError, faults_of, site_bytes
from wim.formats.local_time import clock_seconds, utc_ns
from wim.formats.options import ReadOptions
from wim.formats.ordinals import Ordinals
from wim.formats.source import LineBlock, line_blocks, opened
from wim.formats.text_rows import Characters, TextRows, optional, quoted, required, text_rows
from wim.forms import RowErrors
from wim.forms.checks import store, store_axles
from wim.records import Passages, Source, blank

SITE = "june-2021"

_AXLES = 6
_LEFT = [f"left_wheel_{axle}_kg" for axle in range(1, _AXLES + 1)]
_RIGHT = [f"right_wheel_{axle}_kg" for axle in range(1, _AXLES + 1)]
_SPACING = [f"spacing_{axle}_mm" for axle in range(1, _AXLES)]
COLUMNS = ("time", "lane", "axle_count", "gross_kg", *_LEFT, *_RIGHT, *_SPACING, "speed_kmh")

_TIME_SHAPE = np.frombuffer(b"0000-00-00 00:00:00", np.uint8)
_DIGIT_PLACES = np.char.isdigit(_TIME_SHAPE.view("S1"))
#: No right number of these columns has more digits.
_NUMBER_WIDTH = 10


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return set(COLUMNS) <= set(_header(head.partition(b"\n")[0]))


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """The passages of a file. Raises FormatError where the header is not the table's."""
    site = site_bytes(path, options.site or SITE)
    ordinals = Ordinals()
    header: list[str] | None = None
    with opened(path) as stream:
        for block in line_blocks(stream):
            if header is None:
                header, block = _without_header(path, block)
            if block.faults:
                yield Chunk(blank(0), block.faults, block.first_line)
            for rows in text_rows(block):
                yield _chunk(rows, header, site, options, ordinals)


def _header(line: bytes) -> list[str]:
    return [name.strip() for name in line.decode("utf-8", "replace").split(",")]


def _without_header(path: Path, block: LineBlock) -> tuple[list[str], LineBlock]:
    """The names of the columns, and the block without the line that holds them."""
    if block.faults:
        raise FormatError(path, block.faults[0].reason, "give a whole file")
    if not block.data:
        raise FormatError(path, "the file is empty", "give a file with a header line")
    line, _, rest = block.data.partition(b"\n")
    header = _header(line)
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise FormatError(path, f"the header lacks {', '.join(missing)}", "name the columns, or give another --format")
    return header, LineBlock(block.first_line + 1, rest, block.faults)


def _chunk(rows: TextRows, header: list[str], site: bytes, options: ReadOptions, ordinals: Ordinals) -> Chunk:
    passages = blank(len(rows))
    errors = RowErrors(len(rows))
    table = _Table(rows, header, errors)
    _fill(passages, table, options, errors)
    passages["site"] = site
    passages["source"] = Source.FILE
    ordinals.number(passages, errors)
    return Chunk(passages[~errors.wrong], faults_of(errors, rows.lines), int(rows.lines[0]))


class _Table:
    """The fields of some rows by the name of their column."""

    def __init__(self, rows: TextRows, header: list[str], errors: RowErrors) -> None:
        self._rows = rows
        self._header = header
        self._errors = errors
        self._starts, self._ends = rows.fields(len(header), errors)

    def characters(self, name: str, width: int = _NUMBER_WIDTH) -> Characters:
        """The characters of a column, shape (n, width); a row whose field is longer is reported."""
        column = self._header.index(name)
        starts, ends = self._starts[:, column], self._ends[:, column]
        self._errors.mark(
            ends - starts > width,
            name,
            lambda row: f"it has {ends[row] - starts[row]} characters",
            f"give {width} at most",
        )
        return self._rows.characters(starts, ends, width)


def _fill(passages: Passages, table: _Table, options: ReadOptions, errors: RowErrors) -> None:
    store(passages, "time_ns", _times(table.characters("time", len(_TIME_SHAPE)), options, errors), errors)
    passages["origin_ns"] = passages["time_ns"]
    for name in ("lane", "axle_count", "gross_kg"):
        store(passages, name, required(name, table.characters(name), errors), errors)
    for field, names in (("left_kg", _LEFT), ("right_kg", _RIGHT), ("spacing_mm", _SPACING)):
        values = [required(name, table.characters(name), errors) for name in names]
        store_axles(passages, field, np.column_stack(values), errors)
    errors.mark(
        passages["axle_count"] > _AXLES,
        "axle_count",
        lambda row: f"{passages['axle_count'][row]} axles, but the table has columns for {_AXLES}",
        "correct the axle count",
    )
    speeds = optional("speed_kmh", table.characters("speed_kmh"), -1, errors)
    passages["speed_kmh"] = np.where(speeds < 0, np.nan, speeds)


def _times(characters: Characters, options: ReadOptions, errors: RowErrors) -> npt.NDArray[np.int64]:
    """UTC nanoseconds of local times, shape (n,)."""
    is_digit = (characters >= ord("0")) & (characters <= ord("9"))
    shaped = np.where(_DIGIT_PLACES, is_digit, characters == _TIME_SHAPE).all(axis=1)
    digits = np.where(is_digit, characters - ord("0"), 0).astype(np.int64)
    parts = [digits[:, place : place + width] @ 10 ** np.arange(width)[::-1] for place, width in _TIME_PARTS]
    seconds, exists = clock_seconds(*parts)
    errors.mark(
        ~(shaped & exists),
        "time",
        lambda row: f"{quoted(characters[row])} is not a time",
        "give it as 2021-06-01 00:00:32",
    )
    return utc_ns(seconds, options.zone)


#: Place and width of year, month, day, hour, minute, second.
_TIME_PARTS = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
