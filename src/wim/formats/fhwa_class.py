"""The FHWA vehicle class of a passage, which a weight record must name: the LTPP scheme (law_and_measurement.md §7.2).

A row of the scheme gives ranges, both ends included, of the spacings (ft), of the gross weight (kip) and the least
weight of the first axle (kip). The first row that fits names the class. A trailer (``+T``) has the class of its towing
vehicle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat

#: What fits no row.
UNCLASSIFIED = 15

_ANY = 9_999.99


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    axles: int
    spacings_ft: tuple[tuple[float, float], ...]
    gross_kip: tuple[float, float]
    first_axle_kip: float = 0.0


_TANDEM = (2.5, 6.29)
_TRIDEM = (2.5, 6.3)

_ROWS = (
    _Row(1, 2, ((1.0, 5.99),), (0.1, 3.0)),
    _Row(2, 2, ((6.0, 10.1),), (1.0, 7.99)),
    _Row(3, 2, ((10.11, 23.09),), (1.0, 7.99)),
    _Row(4, 2, ((23.1, 40.0),), (12.0, _ANY)),
    _Row(5, 2, ((6.0, 23.09),), (8.0, _ANY), 2.5),
    _Row(2, 3, ((6.0, 10.1), (6.0, 25.0)), (1.0, 11.99)),
    _Row(3, 3, ((10.11, 23.09), (6.0, 25.0)), (1.0, 11.99)),
    _Row(4, 3, ((23.1, 40.0), (3.0, 7.0)), (20.0, _ANY)),
    _Row(5, 3, ((6.0, 23.09), (6.3, 30.0)), (12.0, 19.99), 2.5),
    _Row(6, 3, ((6.0, 23.09), _TANDEM), (12.0, _ANY), 3.5),
    _Row(8, 3, ((6.0, 23.09), (11.0, 45.0)), (20.0, _ANY), 3.5),
    _Row(7, 4, ((6.0, 23.09), _TANDEM, (2.5, 12.99)), (12.0, _ANY), 3.5),
    _Row(8, 4, ((6.0, 26.0), _TANDEM, (13.0, 50.0)), (20.0, _ANY), 5.0),
    _Row(8, 4, ((6.0, 26.0), (8.0, 45.0), (2.5, 20.0)), (20.0, _ANY), 3.5),
    _Row(9, 5, ((6.0, 30.0), _TANDEM, (6.3, 65.0), (2.5, 11.99)), (20.0, _ANY), 5.0),
    _Row(9, 5, ((6.0, 30.0), _TANDEM, (6.3, 50.0), (12.0, 27.0)), (20.0, _ANY), 3.5),
    _Row(9, 5, ((6.0, 30.0), (16.0, 45.0), _TRIDEM, _TRIDEM), (20.0, _ANY), 3.5),
    _Row(11, 5, ((6.0, 30.0), (11.0, 26.0), (6.0, 20.0), (11.0, 26.0)), (20.0, _ANY), 3.5),
    _Row(10, 6, ((6.0, 26.0), _TRIDEM, (6.1, 50.0), (2.5, 11.99), (2.5, 10.99)), (20.0, _ANY), 5.0),
    _Row(12, 6, ((6.0, 26.0), _TRIDEM, (11.0, 26.0), (6.0, 24.0), (11.0, 26.0)), (20.0, _ANY), 5.0),
)
#: Seven axles and more: one row, whose later spacings all have the same range.
_MANY_AXLES = 7
_MANY = _Row(13, _MANY_AXLES, ((6.0, 45.0), (3.0, 45.0)), (20.0, _ANY), 5.0)


def fhwa_class(spacings_mm: Sequence[int], gross_lb: int, first_axle_lb: int) -> int:
    """The class, 1 … 13, or UNCLASSIFIED, of a vehicle with one axle more than it has spacings.

    The scheme's ranges end at two decimals and the next begins 0.01 later, so measures are rounded to two decimals,
    half up, before they are compared.
    """
    spacings_ft = [(spacing * 1_000 + 1_524) // 3_048 / 100 for spacing in spacings_mm]
    gross_kip, first_kip = (gross_lb + 5) // 10 / 100, (first_axle_lb + 5) // 10 / 100
    axles = len(spacings_ft) + 1
    candidates = (_MANY,) if axles >= _MANY_AXLES else (row for row in _ROWS if row.axles == axles)
    fitting = (row for row in candidates if _fits(row, spacings_ft, gross_kip, first_kip))
    return next((row.number for row in fitting), UNCLASSIFIED)


def _fits(row: _Row, spacings_ft: list[float], gross_kip: float, first_kip: float) -> bool:
    ranges = chain(row.spacings_ft, repeat(row.spacings_ft[-1]))
    return (
        row.gross_kip[0] <= gross_kip <= row.gross_kip[1]
        and first_kip >= row.first_axle_kip
        and all(low <= spacing <= high for spacing, (low, high) in zip(spacings_ft, ranges, strict=False))
    )
