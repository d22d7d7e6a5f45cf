"""The last look at what was measured: nonsense is told from a weight, and why."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.soundness import unsound
from tests.wim.strategies import passages
from wim.records import DAY_NS, Passages, blank
from wim.soundness import why_unsound

AT_NS = 1_780_272_000 * 10**9


def weighed() -> Passages:
    """Two sound passages, shape (2,)."""
    found = blank(2)
    found["time_ns"] = found["origin_ns"] = AT_NS
    found["site"], found["axle_count"], found["gross_sigma"], found["speed_kmh"] = b"G104-K012", 2, 0.02, 70.0
    found["left_kg"][:, :2], found["right_kg"][:, :2], found["gross_kg"] = 2_000, 2_100, 8_200
    return found


def test_a_weight_is_sound() -> None:
    """Also one at the end of a long frame, and one without a speed."""
    found = weighed()
    found["time_ns"][1] += 3600 * 10**9
    found["speed_kmh"][1] = np.nan
    assert why_unsound(found, AT_NS + DAY_NS) is None


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("axle_count", 0, "axle_count"),
        ("axle_count", 17, "axle_count"),
        ("gross_sigma", np.nan, "gross_sigma"),
        ("gross_sigma", -0.1, "negative"),
        ("gross_sigma", np.inf, "infinite"),
        ("speed_kmh", np.inf, "infinite"),
        ("gross_kg", 0, "sum of the wheels"),
        ("gross_kg", 2**31, "sum of the wheels"),
        ("time_ns", -(2**63), "time_ns"),
        ("time_ns", AT_NS + 2 * DAY_NS, "24 h ahead"),
        ("site", b"", "site"),
    ],
)
def test_nonsense_is_named(field: str, value: object, word: str) -> None:
    """Wherever it stands among the vehicles of a frame."""
    for row in range(2):
        found = weighed()
        found[field][row] = value
        assert word in (why_unsound(found, AT_NS + DAY_NS) or "")


@given(passages(), st.booleans())
def test_it_agrees_with_a_naive_reading(found: Passages, summed: bool) -> None:
    """Any record at all, with and without a right sum."""
    for row in found if summed else ():
        row["gross_kg"] = int(row["left_kg"].sum()) + int(row["right_kg"].sum())
    expected = any(unsound(row, AT_NS) for row in found)
    assert (why_unsound(found, AT_NS) is not None) == expected
