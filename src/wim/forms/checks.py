"""What each field of a passage may hold, and how a value that may not is reported.

`RANGES` is the one table of bounds; the JSON form, the Arrow form and every file format check against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from wim.records import MAX_AXLES, Passages

_U1 = (1 << 8) - 1
_U2 = (1 << 16) - 1
_U4 = (1 << 32) - 1
_I8 = (1 << 63) - 1

#: Whole-number fields: least and greatest value, both allowed. Colour and source are code lists that may grow: a code
#: that this version does not know is kept. A time before 1970 is no crossing (contracts §2, refused as `time`).
RANGES: Mapping[str, tuple[int, int]] = {
    "time_ns": (1, _I8),
    "origin_ns": (1, _I8),
    "sequence": (0, _U4),
    "flags": (0, _U4),
    "lane": (0, _U1),
    "direction": (0, 1),
    "axle_count": (1, MAX_AXLES),
    "plate_colour": (0, _U1),
    "plate_confidence": (0, 100),
    "source": (0, _U1),
    "calibration": (0, _U2),
    "gross_kg": (0, _U4),
    "tyres": (0, _U4),
    "length_mm": (0, _U2),
    "width_mm": (0, _U2),
    "height_mm": (0, _U2),
    "gap_ms": (0, _U2),
    "left_kg": (0, _U2),
    "right_kg": (0, _U2),
    "spacing_mm": (0, _U2),
    "part": (0, _U1),
    "run": (0, _U1),
}

#: The greatest 32-bit fraction as it is written in decimal, which is a little more than itself and rounds down to it.
_F4 = float(str(np.finfo(np.float32).max))

#: Fields with a fraction, NaN where unknown: least and greatest value (contracts §2: `negative`, `not_finite`).
FRACTION_RANGES: Mapping[str, tuple[float, float]] = {
    "speed_kmh": (0.0, _F4),
    "acceleration_ms2": (-_F4, _F4),
    "pavement_c": (-_F4, _F4),
    "gross_sigma": (0.0, _F4),
}

#: Bytes of `site` and `plate`.
TEXT_BYTES = 16


class FormError(ValueError):
    """A field of one passage that cannot be taken: which, what is wrong with it, what would be right."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy


class RowErrors:
    """The first error of each wrong row of a block of `count` rows.

    Whole columns are checked at once and only the wrong rows cost Python. Not thread-safe.
    """

    def __init__(self, count: int) -> None:
        self.wrong: npt.NDArray[np.bool_] = np.zeros(count, np.bool_)
        self.first: dict[int, FormError] = {}

    def mark(self, wrong: npt.NDArray[np.bool_], field: str, problem: Callable[[int], str], remedy: str) -> None:
        """Report the rows of the mask `wrong`, shape (count,); `problem` says what is wrong with a row."""
        for row in np.flatnonzero(wrong & ~self.wrong).tolist():
            self.first[row] = FormError(field, problem(row), remedy)
        self.wrong |= wrong

    def add(self, row: int, error: FormError) -> None:
        """Report one row."""
        self.wrong[row] = True
        self.first.setdefault(row, error)


def store(passages: Passages, field: str, values: npt.NDArray[np.integer[Any]], errors: RowErrors) -> None:
    """Put whole numbers, shape (n,), into a field of `passages`, shape (n,); rows outside its range are reported."""
    low, high = RANGES[field]
    if values.size and (values.min() < low or values.max() > high):
        wrong = (values < low) | (values > high)
        errors.mark(wrong, field, lambda row: outside(int(values[row])), f"give {low} to {high}")
    passages[field] = values


def store_axles(passages: Passages, field: str, values: npt.NDArray[np.int64], errors: RowErrors) -> None:
    """Put values, shape (n, axles), into `left_kg`, `right_kg` or `spacing_mm`.

    A value outside the field's range, and one beyond the row's axle count, is reported: a row that contradicts itself
    is wrong, and a load that no axle carries must not vanish.
    """
    low, high = RANGES[field]
    loads = passages[field].shape[1] - MAX_AXLES  # 0 for loads, −1 for spacings
    beyond = np.arange(values.shape[1]) >= passages["axle_count"][:, None].astype(np.int64) + loads
    extra: npt.NDArray[np.bool_] = np.logical_and(beyond, values != 0)
    bad: npt.NDArray[np.bool_] = np.logical_or(values < low, values > high)
    kept = min(values.shape[1], passages[field].shape[1])
    errors.mark(
        np.any(extra, axis=1),
        field,
        lambda row: f"value {int(extra[row].argmax()) + 1} of {passages['axle_count'][row]} axles is not 0",
        "correct the axle count or the value",
    )
    errors.mark(
        np.any(bad, axis=1),
        field,
        lambda row: f"value {int(bad[row].argmax()) + 1}, {outside(int(values[row, bad[row].argmax()]))}",
        f"give {low} to {high}",
    )
    passages[field][:, :kept] = values[:, :kept]


def outside(value: object) -> str:
    """The problem of a value that is out of range."""
    return f"{value} is out of range"


def whole(field: str, value: Any, low: int, high: int) -> int:
    """`value` as a whole number in [low, high]; 3.0 is whole, true is no number."""
    remedy = f"give a whole number from {low} to {high}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise FormError(field, f"{shown(value)} is not a whole number", remedy)
    if not low <= value <= high:
        raise FormError(field, outside(shown(value)), remedy)
    return value


def fraction(field: str, value: Any) -> float:
    """`value` as a finite number in the field's range; None is NaN, unknown."""
    if value is None:
        return float("nan")
    low, high = FRACTION_RANGES[field]
    remedy = "give a number that is not negative, or null where unknown" if low == 0 else "give a number or null"
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise FormError(field, f"{shown(value)} is not a number", remedy)
    if not low <= value <= high:  # false for NaN as well
        raise FormError(field, outside(shown(value)), remedy)
    return float(value)


def text_bytes(field: str, value: Any) -> bytes:
    """`value` as at most 16 bytes of UTF-8 without NUL."""
    remedy = f"give text of at most {TEXT_BYTES} bytes of UTF-8"
    if not isinstance(value, str):
        raise FormError(field, f"{shown(value)} is not text", remedy)
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise FormError(field, f"{shown(value)} holds half a character", remedy) from None
    if b"\0" in encoded:
        raise FormError(field, f"{shown(value)} holds a NUL", remedy)
    if len(encoded) > TEXT_BYTES:
        raise FormError(field, f"{shown(value)} takes {len(encoded)} bytes", remedy)
    return encoded


#: A message quotes a value up to here: long enough to find it, short enough for a log line.
_SHOWN_CHARACTERS = 40


def shown(value: object) -> str:
    """`value` as a message quotes it."""
    if isinstance(value, Mapping | list | tuple):
        return f"a {type(value).__name__}"
    # repr of a huge int costs quadratic time and Python refuses it beyond 4 300 digits.
    if isinstance(value, int) and value.bit_length() > 256:
        return f"a number of {value.bit_length()} bits"
    quoted = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return quoted if len(quoted) <= _SHOWN_CHARACTERS else quoted[:_SHOWN_CHARACTERS] + "…"
