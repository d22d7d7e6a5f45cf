"""Rows of text as columns: fixed places or comma-separated fields of whole numbers, checked a column at a time.

A field is read into a matrix of its characters, one row a line, and turned into numbers digit by digit. There is no
second, slower way for a block with a wrong row, so both kinds of row follow the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wim.formats.chunk import CHUNK_ROWS
from wim.formats.source import LineBlock
from wim.forms import RowErrors

Characters = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

_NEWLINE, _RETURN, _SPACE, _ZERO, _COMMA = b"\n\r 0,"

#: Digits of a number that fits into 64 bits.
_MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class TextRows:
    """Lines that are not empty. starts, ends: their places in `data`, shape (n,); lines: their numbers, shape (n,)."""

    data: Characters
    starts: Places
    ends: Places
    lines: Places

    def __len__(self) -> int:
        return len(self.starts)

    def kept(self, rows: npt.NDArray[np.bool_]) -> TextRows:
        """Only the rows of a mask, shape (n,)."""
        return TextRows(self.data, self.starts[rows], self.ends[rows], self.lines[rows])

    def column(self, place: int, width: int) -> Characters:
        """The characters at a fixed place of every row, shape (n, width); blank behind the end of the line."""
        starts = self.starts + place
        return self.characters(starts, np.minimum(starts + width, self.ends), width)

    def characters(self, starts: Places, ends: Places, width: int) -> Characters:
        """The characters from `starts` to `ends`, shape (n, width), left-aligned in blanks; the rest is cut."""
        places = starts[:, None] + np.arange(width)
        inside = places < ends[:, None]
        return np.where(inside, self.data[np.where(inside, places, 0)], np.uint8(_SPACE))

    def fields(self, count: int, errors: RowErrors) -> tuple[Places, Places]:
        """Where each comma-separated field begins and ends, shape (n, count); rows with another count are wrong."""
        commas = np.flatnonzero(self.data == _COMMA)
        before = np.searchsorted(commas, self.starts)
        found = np.searchsorted(commas, self.ends) - before + 1
        errors.mark(
            found != count, "row", lambda row: f"it has {found[row]} fields, not {count}", "give one value a column"
        )
        inner = np.clip(before[:, None] + np.arange(count - 1), 0, max(len(commas) - 1, 0))
        breaks = commas[inner] if len(commas) else np.repeat(self.ends[:, None], count - 1, axis=1)
        # A row of another count borrows commas of its neighbours: it is wrong already, and an empty field harms nobody.
        starts = np.column_stack((self.starts, breaks + 1))
        return starts, np.maximum(np.column_stack((breaks, self.ends)), starts)


def text_rows(block: LineBlock) -> Iterator[TextRows]:
    """The lines of a block, at most CHUNK_ROWS at a time, without line ends."""
    data = np.frombuffer(block.data, np.uint8)
    if not len(data):
        return
    newlines = np.flatnonzero(data == _NEWLINE)
    starts = np.concatenate(([0], newlines + 1))
    ends = np.concatenate((newlines, [len(data)]))
    ends = ends - ((ends > starts) & (data[ends - 1] == _RETURN))
    lines = block.first_line + np.arange(len(starts))
    filled = ends > starts
    for first in range(0, len(starts), CHUNK_ROWS):
        part = np.flatnonzero(filled[first : first + CHUNK_ROWS]) + first
        if len(part):
            yield TextRows(data, starts[part], ends[part], lines[part])


def whole_numbers(characters: Characters) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Decimal numbers among blanks, shape (n, width): their values, which are right, and which fields are all blank.

    A sign, a point, a blank between digits or any other character makes a field wrong; its value means nothing.
    """
    digits = characters - _ZERO  # wraps: whatever is no digit becomes 10 or more
    is_digit = digits < 10
    values = np.zeros(len(characters), np.int64)
    for place in range(characters.shape[1]):
        values = np.where(is_digit[:, place], values * 10 + digits[:, place], values)
    runs = is_digit[:, 0] + (is_digit[:, 1:] & ~is_digit[:, :-1]).sum(axis=1)
    is_text = (is_digit | (characters == _SPACE)).all(axis=1)
    few = is_digit.sum(axis=1) <= _MOST_DIGITS
    return values, is_text & (runs == 1) & few, is_text & (runs == 0)


def required(field: str, characters: Characters, errors: RowErrors) -> npt.NDArray[np.int64]:
    """The numbers of a column, shape (n,); a row without one is reported, and 0 there."""
    values, right, _ = whole_numbers(characters)
    errors.mark(~right, field, lambda row: f"{quoted(characters[row])} is not a whole number", "give digits only")
    return np.where(right, values, 0)


def optional(field: str, characters: Characters, unknown: int, errors: RowErrors) -> npt.NDArray[np.int64]:
    """The numbers of a column, shape (n,); `unknown` where it is blank, a row with anything else is reported."""
    values, right, is_blank = whole_numbers(characters)
    wrong = ~right & ~is_blank
    errors.mark(wrong, field, lambda row: f"{quoted(characters[row])} is not a whole number", "give digits, or nothing")
    return np.where(right, values, unknown)


def quoted(characters: Characters) -> str:
    """A field as a message quotes it."""
    return ascii(characters.tobytes().decode("latin-1").strip())


@dataclass(frozen=True, slots=True)
class AxlePlaces:
    """Where a fixed-width line holds one value an axle: place of the first, width of each, distance to the next."""

    field: str
    first: int
    width: int
    stride: int
    most: int


def axle_numbers(
    rows: TextRows, places: AxlePlaces, counts: npt.NDArray[np.int64], errors: RowErrors
) -> npt.NDArray[np.int64]:
    """The values of all axles, shape (n, most); the first `counts`, shape (n,), must be there, others may be blank."""
    longest = int((rows.ends - rows.starts).max(initial=0))
    values = np.full((len(rows), places.most), -1)
    for axle in range(places.most):
        place = places.first + axle * places.stride
        if place < longest:
            values[:, axle] = optional(places.field, rows.column(place, places.width), -1, errors)
    missing = (values < 0) & (np.arange(places.most) < counts[:, None])
    errors.mark(
        np.any(missing, axis=1),
        places.field,
        lambda row: f"value {int(missing[row].argmax()) + 1} of {counts[row]} is missing",
        "correct the axle count or complete the line",
    )
    return np.where(values < 0, 0, values)
