"""ASTM E1318-09: types of weigh-in-motion systems. Of each kind of value 95 % must lie within the tolerance.

                   Type I    Type II   Type III   Type IV
    wheel load     25 %      –         20 %       300 lb of   5 000 lb and more
    axle load      20 %      30 %      15 %       500 lb of  12 000 lb and more
    group load     15 %      20 %      10 %     1 200 lb of  25 000 lb and more
    gross weight   10 %      15 %       6 %     2 500 lb of  60 000 lb and more

and speed within 2 km/h (1 mph), spacing within 0.15 m (0.5 ft). Counted as the standard does: every wheel, axle, group
and vehicle is one value, those out of tolerance are counted, and each kind is judged by itself. Types I and II: FHWA
Traffic Monitoring Guide 2022, appendix D; III and IV from the literature, to be checked before anybody relies on them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from benchmarks.accuracy.standards.loads import Floats, Loads

POUND_KG: Final = 0.453_592_37
SHARE: Final = 0.95
_SPEED_KMH, _SPACING_M = 2.0, 0.15


class Tolerance(NamedTuple):
    """As a part of the load, or in kg for loads from some kg on."""

    part: float = 0.0
    kg: float = 0.0
    from_kg: float = 0.0

    def share(self, error: Floats, load_kg: Floats) -> float:
        """Share of the values within it; NaN where there is none to judge."""
        judged = load_kg >= self.from_kg
        off = np.abs(error[judged]) * (load_kg[judged] if self.kg else 1.0)
        return float((off <= (self.kg or self.part)).mean()) if judged.any() else np.nan


def _pounds(within: float, from_: float) -> Tolerance:
    return Tolerance(kg=within * POUND_KG, from_kg=from_ * POUND_KG)


#: Each type's tolerances for wheel, axle, group and gross, the strictest type first; None: it does not ask for that.
TYPES: Final = {
    "IV": (_pounds(300, 5_000), _pounds(500, 12_000), _pounds(1_200, 25_000), _pounds(2_500, 60_000)),
    "III": (Tolerance(0.20), Tolerance(0.15), Tolerance(0.10), Tolerance(0.06)),
    "I": (Tolerance(0.25), Tolerance(0.20), Tolerance(0.15), Tolerance(0.10)),
    "II": (None, Tolerance(0.30), Tolerance(0.20), Tolerance(0.15)),
}


def shares(loads: Loads, type_: str) -> dict[str, float]:
    """Share of the values of each kind within a type's tolerances; NaN where there are none."""
    values = {
        "wheel": (loads.wheel, loads.wheel_kg),
        "axle": (loads.axle, loads.axle_kg),
        "group": (loads.group, loads.group_kg),
        "gross": (loads.gross, loads.gross_kg),
    }
    asked = zip(values.items(), TYPES[type_], strict=True)
    found = {name: tolerance.share(*pair) for (name, pair), tolerance in asked if tolerance is not None}
    speed = np.abs(loads.speed_kmh) <= _SPEED_KMH
    spacing = np.abs(loads.spacing_m) <= _SPACING_M
    return found | {"speed": float(speed.mean()), "spacing": float(spacing.mean()) if len(spacing) else np.nan}


def type_of(loads: Loads) -> str:
    """The strictest type whose every kind has 95 % within; "–" where none has. A lane that weighs no single wheels can
    be no type that asks for them: then the type is of the rest and has a star."""
    if not len(loads.gross):
        return "–"
    star = "" if len(loads.wheel) else "*"
    for type_, tolerances in TYPES.items():
        judged = [share for share in shares(loads, type_).values() if not np.isnan(share)]
        if min(judged) >= SHARE:
            return type_ + (star if tolerances[0] is not None else "")
    return "–"
