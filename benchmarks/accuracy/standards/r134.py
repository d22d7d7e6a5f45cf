"""OIML R 134-1:2006: automatic instruments that weigh road vehicles in motion. Every run must comply, not 95 % of them.

Vehicle mass, class N: ± N/2 % at initial verification, ± N % in service (the classes of `jjg907`). Loads of axles and
groups have letters; for vehicles other than the two-axle rigid one the error is taken from the *corrected mean*: the
mean of the position's loads over the runs × true mass ÷ mean mass, so that a scale that puts load on the wrong axle
the same way in every run is not blamed for it.

    class        A     B     C     D     E     F
    initial ± %  0.5   1     1.5   2     4     8
    in service   1     2     3     4     8     16

It is written as "5(D)". Here every run is another vehicle of one kind, so the mean of a position is that of
load ÷ true load, which is the same thing for one vehicle.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.accuracy.standards import jjg907
from benchmarks.accuracy.standards.loads import Floats, Loads

AXLE_IN_SERVICE_PERCENT: Final = (("A", 1.0), ("B", 2.0), ("C", 3.0), ("D", 4.0), ("E", 8.0), ("F", 16.0))


def deviations(error: Floats, position: npt.NDArray[np.intp], gross: Floats) -> Floats:
    """Deviation of loads from their corrected means, as parts of one, shape (n,); `error` from the true loads."""
    if not len(error):
        return error
    ratio = 1 + error
    mean = np.bincount(position, ratio) / np.maximum(np.bincount(position), 1)
    return np.asarray(ratio / (mean[position] / (1 + gross.mean())) - 1)


def letter(loads: Loads, initial: bool = False) -> str:
    """The best letter that all axles and groups of all runs comply with; "–" where there is none."""
    worst = max(
        (
            float(np.abs(found).max())
            for found in (
                deviations(loads.axle, loads.axle_position, loads.gross),
                deviations(loads.group, loads.group_position, loads.gross),
            )
            if len(found)
        ),
        default=np.inf,
    )
    part = 2 if initial else 1
    return next((name for name, limit in AXLE_IN_SERVICE_PERCENT if 100 * worst <= limit / part), "–")


def written(loads: Loads, initial: bool = False) -> str:
    """The class as it is written: "5(D)"."""
    return f"{jjg907.class_of(loads.gross, initial)}({letter(loads, initial)})"
