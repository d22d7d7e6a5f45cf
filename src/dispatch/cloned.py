"""Cloned plates (套牌): whether a certain plate that was read is on another vehicle than the one that it belongs to.

Two things speak for it. The plate was read elsewhere, and no truck drives so fast from there; or the tractor under it
is not the one under it before. A semi-trailer may be another on any day and says nothing, and a lift axle may be up. A
third explanation is weighed against both: that the camera read a plate that is not there, and by bad luck one that is
on the road just then. So

    odds = P(clone) / (P(misread) + P(a truck can drive so fast) · p(tractor | same) / p(tractor | another))

and the score is odds / (1 + odds). A misread explains everything that a clone does, so the score stays below 0.91
however clear the case, and a person looks at the pictures. Scored and said; trips and cases stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from dispatch.fingerprint import SCALE_SIGMA, Floats, distance, spacing_sigmas
from wim.records import HOUR_NS

#: One truck in a thousand carries the plate of another. A guess: whoever knows a region's number puts it here.
CLONES: Final = 1e-3
#: One certain read in a hundred is wrong, and one in a hundred of those names a truck that is on these roads: a guess.
MISREADS: Final = 1e-4

#: What a loaded truck can average between two sites: the law's 100 km/h, and how far trucks that can, go beyond.
TOP_KMH: Final = 100.0
TOP_SPREAD_KMH: Final = 10.0
#: Two sites' clocks, and where in a queue a picture was taken, in the driver's favour.
CLOCKS_NS: Final = 60 * 10**9

#: Spacings of the tractors of two trucks differ by so much: by 7 to 28 % among the kinds that are many in June 2021.
OTHERS_SIGMA: Final = 0.2
#: Tractors of two trucks differ in their number of axles four times as often as one's do because a lift axle is up.
OTHER_COUNT_RATIO: Final = 4.0
#: One crossing may have been measured badly; a tractor is known from so many.
FEWEST_TRACTORS: Final = 2

#: Axles closer than this belong to one group, the first pair and the others (decision.md §2).
_STEER_GROUP_MM, _GROUP_MM = 2_400, 2_100

#: From this score on a plate is called cloned: likelier than not.
CLONED_FROM: Final = 0.5


@dataclass(frozen=True, slots=True)
class PlateSeen:
    """One crossing of the plate; `spacings_mm` empty where the axles are not to be trusted (grade count and worse)."""

    passage: str
    time_ns: int
    spacings_mm: tuple[int, ...] = ()
    clock_locked: bool = True


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another crossing of the same plate, and how far by road; None where that is not known."""

    seen: PlateSeen
    road_km: float | None


@dataclass(frozen=True, slots=True)
class Cloned:
    """How probable it is that the plate is cloned, and what says so.

    `kmh` is the greatest speed that was needed, from or to the crossing `other`; None where nothing can be compared.
    `same_tractor` is how much better the tractor fits its own history than any other truck; None unknown.
    """

    score: float
    kmh: float | None = None
    other: str | None = None
    same_tractor: float | None = None

    @property
    def called(self) -> bool:
        """Whether it is likelier than not."""
        return self.score >= CLONED_FROM


def cloned(seen: PlateSeen, others: Iterable[Elsewhere]) -> Cloned:
    """The score of a crossing, by every other crossing of its plate that is known, before and after, in any order."""
    ordered = sorted(others, key=lambda item: (item.seen.time_ns, item.seen.passage))
    fastest = max(
        ((kmh, item.seen.passage) for item in ordered if (kmh := needed_kmh(seen, item)) is not None), default=None
    )
    tractor = same_tractor(seen, [item.seen for item in ordered])
    drives = can_drive(fastest[0]) if fastest else 1.0
    one_vehicle = drives * (1.0 if tractor is None else tractor)
    odds = CLONES / (MISREADS + one_vehicle)
    kmh, other = fastest or (None, None)
    return Cloned(odds / (1 + odds), kmh, other, tractor)


def needed_kmh(seen: PlateSeen, other: Elsewhere) -> float | None:
    """The average speed between two crossings, None where distance or time is not known."""
    if other.road_km is None or not (seen.clock_locked and other.seen.clock_locked):
        return None
    return other.road_km / (abs(seen.time_ns - other.seen.time_ns) + CLOCKS_NS) * HOUR_NS


def can_drive(kmh: float) -> float:
    """The probability that a truck can average that speed, and more."""
    return math.erfc((kmh - TOP_KMH) / (TOP_SPREAD_KMH * math.sqrt(2))) / 2


def same_tractor(seen: PlateSeen, others: Sequence[PlateSeen]) -> float | None:
    """p(tractor | same) / p(tractor | another), by the crossing that fits best; None where too few show their axles."""
    known = [other.spacings_mm for other in others if other.spacings_mm]
    if not seen.spacings_mm or len(known) < FEWEST_TRACTORS:
        return None
    return max(_ratio(tractor(seen.spacings_mm), tractor(spacings)) for spacings in known)


def tractor(spacings_mm: Sequence[int]) -> tuple[int, ...]:
    """The spacings of the drawing vehicle: its steering group, its wheelbase, its drive group; of a rigid truck all."""
    steering = next((at for at, mm in enumerate(spacings_mm) if mm >= _STEER_GROUP_MM), len(spacings_mm))
    behind = (at for at in range(steering + 1, len(spacings_mm)) if spacings_mm[at] >= _GROUP_MM)
    return tuple(spacings_mm[: next(behind, len(spacings_mm))])


def _ratio(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    if len(one) != len(other):
        return 1 / OTHER_COUNT_RATIO
    apart = (np.log(np.array(one, np.float64)) - np.log(np.array(other, np.float64)))[None, :]
    each = spacing_sigmas(one)
    same, another = _log_density(apart, each), _log_density(apart, np.hypot(each, OTHERS_SIGMA))
    return math.exp(min(same - another, 700.0))


def _log_density(apart: Floats, each: Floats) -> float:
    """log of the normal density, but for a constant."""
    squares, size = distance(apart, each, np.array([SCALE_SIGMA * math.sqrt(2)]))
    return -float(squares[0] + size[0]) / 2
