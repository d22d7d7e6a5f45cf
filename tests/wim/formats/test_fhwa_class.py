"""The FHWA class that a weight record must name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wim.formats.fhwa_class import UNCLASSIFIED, fhwa_class


def mm(*feet: float) -> list[int]:
    return [round(foot * 304.8) for foot in feet]


@pytest.mark.parametrize(
    ("spacings_mm", "gross_kip", "first_kip", "expected"),
    [
        (mm(4.5), 0.6, 0.3, 1),
        (mm(9.0), 3.2, 1.7, 2),
        (mm(12.0), 5.5, 2.8, 3),
        (mm(25.2), 18.4, 8.5, 4),
        (mm(15.0), 12.0, 5.0, 5),
        (mm(13.1, 4.6), 47.3, 9.8, 6),
        (mm(12.0, 4.5, 4.5), 60.0, 15.0, 7),
        (mm(12.0, 30.0), 30.0, 9.0, 8),
        (mm(15.1, 4.5, 21.4, 4.8), 57.9, 11.2, 9),
        (mm(15.0, 4.4, 30.0, 4.2, 4.2), 80.0, 11.0, 10),
        (mm(13.0, 20.0, 9.0, 20.0), 60.0, 10.0, 11),
        (mm(13.0, 4.5, 20.0, 9.0, 20.0), 60.0, 10.0, 12),
        (mm(13.0, 4.5, 20.0, 4.5, 9.0, 20.0, 4.5), 90.0, 10.0, 13),
        (mm(0.5), 2.0, 1.0, UNCLASSIFIED),
        ([], 10.0, 10.0, UNCLASSIFIED),
        (mm(9.0), 10.0, 2.4, UNCLASSIFIED),
    ],
)
def test_a_vehicle_of_each_class(spacings_mm: list[int], gross_kip: float, first_kip: float, expected: int) -> None:
    """A typical vehicle of each class is given that class, and what fits no row is unclassified."""
    assert fhwa_class(spacings_mm, round(gross_kip * 1000), round(first_kip * 1000)) == expected


@settings(deadline=None)
@given(st.integers(1_830, 12_192), st.integers(8_000, 60_000))
def test_no_two_axle_truck_falls_between_two_rows(spacing_mm: int, gross_lb: int) -> None:
    """Spacings and weights between the scheme's two decimals belong to one of its neighbours."""
    assert fhwa_class([spacing_mm], max(gross_lb, 12_000), 5_000) in (4, 5)
    assert fhwa_class([min(spacing_mm, 7_036)], gross_lb, 5_000) == 5
