"""Passages for property tests: every record that a reader may meet, unknown values included."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from wim.forms.checks import RANGES
from wim.records import MAX_AXLES, Flag, Passages, blank

NAMED_FLAGS = int(np.bitwise_or.reduce([flag.value for flag in Flag]))

#: One to four bytes each, and what JSON must escape. A few: every letter of Unicode would take seconds to list.
_LETTERS = 'A0-/ \x01\x7f"\\\u00e9\u82cf\uffff\U0001f69b'
_U2 = st.integers(0, 65_535)
_FRACTION = st.floats(width=32, allow_infinity=False, allow_nan=False)
_LISTED = ("left_kg", "right_kg", "spacing_mm")


def texts(least: int = 0) -> st.SearchStrategy[str]:
    """Text that fits into 16 bytes of UTF-8."""
    return st.text(_LETTERS, min_size=least, max_size=16).map(_cut)


def _cut(text: str) -> str:
    while len(text.encode()) > 16:
        text = text[:-1]
    return text


@st.composite
def _fields(draw: st.DrawFn, most_axles: int) -> dict[str, Any]:
    axles = draw(st.integers(1, most_axles))
    whole = {name: draw(st.integers(*bounds)) for name, bounds in RANGES.items() if name not in _LISTED}
    return whole | {
        "axle_count": axles,
        "flags": draw(st.integers(0, NAMED_FLAGS)),
        "site": draw(texts(1)).encode(),
        "plate": draw(texts()).encode(),
        "speed_kmh": draw(st.none() | st.floats(0, 1_000, width=32)),
        "gross_sigma": draw(st.none() | st.floats(0, 1, width=32)),
        "acceleration_ms2": draw(st.none() | _FRACTION),
        "pavement_c": draw(st.none() | _FRACTION),
        "left_kg": draw(st.lists(_U2, min_size=axles, max_size=axles)),
        "right_kg": draw(st.lists(_U2, min_size=axles, max_size=axles)),
        "spacing_mm": draw(st.lists(_U2, min_size=axles - 1, max_size=axles - 1)),
    }


def passages(least: int = 0, most: int = 5, most_axles: int = MAX_AXLES) -> st.SearchStrategy[Passages]:
    """Arrays of passages, shape (least … most,), each field anywhere in its range."""
    return st.lists(_fields(most_axles), min_size=least, max_size=most).map(_packed)


def _packed(rows: list[dict[str, Any]]) -> Passages:
    packed = blank(len(rows))
    for passage, fields in zip(packed, rows, strict=True):
        for name, value in fields.items():
            if name in _LISTED:
                passage[name][: len(value)] = value
            elif value is not None:
                passage[name] = value
    return packed
