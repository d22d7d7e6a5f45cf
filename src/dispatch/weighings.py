"""What a static scale says about the strips: whether both saw the same load, and whether a truck need not stop again.

The strips' relative standard uncertainty σ is the passage's own (`gross_sigma`); where a unit gives none, that of a
class 5 instrument, whose 5 % are 99 % limits (decision.md §5).
"""

from __future__ import annotations

import math

from wim.records import HOUR_NS

#: σ of a class 5 instrument: 5 / 257.58.
USUAL_SIGMA = 5 / 257.58

#: The largest σ that a passage may claim (decision.md §5).
_MOST_SIGMA = 0.3001

#: Scale and strips this far apart are looked at by a person: one honest truck in 16 000 is so by chance.
REVIEW_SIGMAS = 4.0

#: "A weight inside 3 σ" of the one that was found legal (dispatch.md §3).
SAME_LOAD_SIGMAS = 3.0

#: How long a truck that was found legal opens nothing (dispatch.md §3, policy).
LEGAL_AGAIN_NS = 12 * HOUR_NS


def sigma_of(gross_sigma: float | None) -> float:
    """The relative standard uncertainty to reckon with."""
    known = gross_sigma is not None and math.isfinite(gross_sigma) and 0 < gross_sigma <= _MOST_SIGMA
    return gross_sigma if known and gross_sigma is not None else USUAL_SIGMA


def far_apart(static_kg: int, gross_kg: int, gross_sigma: float | None, sigmas: float = REVIEW_SIGMAS) -> bool:
    """Whether the scale's weight lies further than `sigmas` · σ from the strips'."""
    return abs(static_kg - gross_kg) > sigmas * sigma_of(gross_sigma) * gross_kg
