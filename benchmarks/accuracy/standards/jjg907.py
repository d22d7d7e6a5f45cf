"""JJG 907-2006 (after OIML R 134): classes of gross weight. Every pass must comply.

    class             0.2    0.5    1      2     5     10
    initial ± %       0.10   0.25   0.50   1.0   2.5   5.0
    in service ± %    0.20   0.50   1.0    2.0   5.0   10.0

A verification has 117 passes (3 trucks × 3 speeds × 13 runs). `passed_percent` says what share of such verifications a
run of more passes would have passed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.accuracy.standards.loads import Floats

CLASSES_PERCENT: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
PASSES: Final = 117


def class_of(gross: Floats, initial: bool = False) -> str:
    """The best class that every gross error (parts of one, shape (n,)) complies with; "–" where there is none."""
    worst = 100 * float(np.abs(gross).max()) if len(gross) else np.inf
    return next((f"{n:g}" for n in CLASSES_PERCENT if worst <= limit_percent(n, initial)), "–")


def limit_percent(class_percent: float, initial: bool) -> float:
    """Largest error allowed in a class."""
    return class_percent / 2 if initial else class_percent


def passed_percent(gross: Floats, class_percent: float, initial: bool = False) -> float:
    """Chance in percent that 117 passes drawn from these would all comply."""
    inside = float((100 * np.abs(gross) <= limit_percent(class_percent, initial)).mean()) if len(gross) else 0.0
    return 100 * inside**PASSES
