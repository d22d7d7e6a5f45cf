"""The axle fingerprint: whether a vehicle without a certain plate probably is one that another site saw.

A vehicle keeps its axle count, its spacings and, within one trip, its load on each axle. How far two measurements of
one vehicle may differ:

===========  ==========================================================  ===============================================
of           standard deviation of one measurement                       why
===========  ==========================================================  ===============================================
spacings     1 % on all of them together                                 the speed scale of a site
             15 mm and 0.5 % on each                                     timing of the tyre on the strips
axle loads   `gross_sigma` on all of them together                       the scale of a site, and its weather
             6 % on each                                                 the truck bounces: 8 % at a line, two lines
===========  ==========================================================  ===============================================

With `x` and `y` the logarithms of spacings and axle loads at the two sites, the ratio

    LR(x) = N(y − x; Σ) / p(y),      p(y) = mean over the site's own vehicles v of ½ N(y − v; Σ) + ½ N(y − v; 9 Σ)

says how much better `y` fits `x` than some other vehicle that passes that site. Trucks of one model with one load are
many, and there the ratio is small however well the two agree. The second half of p(y) is for vehicles that are rare
there, so that a site that has seen few does not take every rare one for its friend.

Of N vehicles that can have come from other sites in feasible time one is chosen by its

    score = LR / (N + Σ LR),

the probability that it is the one, where it is as likely as not that any of them is. A match is *probable*, never more,
is kept with its score beside the two passages and changes neither: to take it away undoes it. A certain plate is an
identity of its own and is never matched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dispatch.weighings import USUAL_SIGMA, sigma_of
from wim.records import HOUR_NS

Floats = npt.NDArray[np.float64]

#: Standard deviations of one measurement: the module's table.
SCALE_SIGMA: Final = 0.01
SPACING_MM_SIGMA: Final = 15.0
SPACING_SIGMA: Final = 0.005
AXLE_SIGMA: Final = 0.06

#: The wide half of the population's density, in these standard deviations: as far as neighbours of one model lie apart.
_WIDE: Final = 3.0

#: From this score on a match is shown. On the June record 0.7 % of violations get a stranger within 4 h at it, where
#: 1 % is allowed (benchmarks/fingerprint, docs/method/identity.md).
PROBABLE_FROM: Final = 0.999

#: A site that knows fewer vehicles of an axle count cannot say what is usual there.
FEWEST_KNOWN: Final = 50
#: More of them change nothing in the third digit and cost time; the newest count.
MOST_KNOWN: Final = 2_000

#: No loaded truck averages more from site to site: 100 km/h is the limit of the law, and a fifth above it is seen.
TOP_KMH: Final = 120.0
#: As long as sightings of one plate are one journey.
LONGEST_NS: Final = 4 * HOUR_NS


@dataclass(frozen=True, slots=True)
class Crossing:
    """One passage as far as the fingerprint needs it; `certain` as `dispatch.offenders.plate_is_certain` says."""

    passage: str
    site: str
    time_ns: int
    spacings_mm: tuple[int, ...]
    axles_kg: tuple[int, ...]
    gross_sigma: float | None = None
    certain: bool = False

    @property
    def legible(self) -> bool:
        """Whether there is a fingerprint: two axles or more with a load each, and every spacing between them."""
        whole = len(self.axles_kg) == len(self.spacings_mm) + 1 >= 2
        return whole and min(*self.axles_kg, *self.spacings_mm) > 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A crossing elsewhere, the newest of its trip, and how far that is by road (None: no road leads here)."""

    crossing: Crossing
    road_km: float | None


@dataclass(frozen=True, slots=True)
class Match:
    """Two passages that probably are one vehicle, among `candidates` that could have been it."""

    passage: str
    earlier: str
    score: float
    log_ratio: float
    candidates: int


@dataclass(frozen=True)
class Population:
    """What vehicles of one axle count look like at one site: a row each of log spacings and log axle loads."""

    rows: Floats

    @classmethod
    def of(cls, crossings: Sequence[Crossing], axle_count: int) -> Population:
        """The newest crossings with that many axles; others and illegible ones are passed over."""
        fitting = [one for one in crossings if one.legible and len(one.axles_kg) == axle_count]
        newest = sorted(fitting, key=lambda one: (one.time_ns, one.passage))[-MOST_KNOWN:]
        return cls(features(newest).reshape(len(newest), 2 * axle_count - 1))

    @property
    def knows_enough(self) -> bool:
        """Whether it can say what is usual."""
        return len(self.rows) >= FEWEST_KNOWN


def features(crossings: Sequence[Crossing]) -> Floats:
    """Logarithms of spacings, then of axle loads, of crossings of one axle count; a row each."""
    return np.log(np.array([[*one.spacings_mm, *one.axles_kg] for one in crossings], np.float64))


def feasible(earlier: Crossing, later: Crossing, road_km: float | None) -> bool:
    """Whether one vehicle can have been at both sites: another site, a road, not too fast, and within one journey."""
    if road_km is None or earlier.site == later.site:
        return False
    return road_km / TOP_KMH * HOUR_NS <= later.time_ns - earlier.time_ns <= LONGEST_NS


def probable_match(
    seen: Crossing, candidates: Iterable[Candidate], population: Population, probable_from: float = PROBABLE_FROM
) -> Match | None:
    """The earlier crossing that `seen` probably is, None where nothing is clear.

    `candidates` are all crossings without a certain plate that other sites saw within `LONGEST_NS`, one of each trip;
    `population` is that of the site of `seen` and its axle count, without `seen`.
    """
    if seen.certain or not seen.legible or not population.knows_enough:
        return None
    able = [found.crossing for found in candidates if _comparable(seen, found)]
    if not able:
        return None
    ratios = log_ratios(seen, able, population)
    best = max(range(len(able)), key=lambda index: (ratios[index], able[index].passage))
    score = scores(ratios)[best]
    if score < probable_from:
        return None
    return Match(seen.passage, able[best].passage, float(score), float(ratios[best]), len(able))


def _comparable(seen: Crossing, candidate: Candidate) -> bool:
    other = candidate.crossing
    alike = other.legible and not other.certain and len(other.axles_kg) == len(seen.axles_kg)
    return alike and feasible(other, seen, candidate.road_km)


def log_ratios(seen: Crossing, earlier: Sequence[Crossing], population: Population) -> Floats:
    """log LR of each earlier crossing, shape (len(earlier),)."""
    found = features([seen])
    apart = found - features(earlier)
    theirs = np.array([sigma_of(other.gross_sigma) for other in earlier])
    same = _Gap.of(apart, seen.spacings_mm, np.hypot(sigma_of(seen.gross_sigma), theirs)).log_density()
    return same - _log_usual(seen, found, population)


def scores(ratios: Floats) -> Floats:
    """The score of each of N candidates by its log LR."""
    largest = max(float(ratios.max()), 0.0)
    weights = np.exp(ratios - largest)
    scored: Floats = weights / (len(ratios) * math.exp(-largest) + weights.sum())
    return scored


def _log_usual(seen: Crossing, found: Floats, population: Population) -> float:
    """log p(y): how usual such a vehicle is at the site."""
    apart = found - population.rows
    common = np.full(len(apart), math.hypot(sigma_of(seen.gross_sigma), USUAL_SIGMA))
    gap = _Gap.of(apart, seen.spacings_mm, common)
    both = np.concatenate((gap.log_density(), gap.log_density(_WIDE)))
    return float(np.logaddexp.reduce(both)) - math.log(len(both))


@dataclass(frozen=True, slots=True)
class _Gap:
    """How far measurements lie apart in units of Σ: squared distance and log |2πΣ| of each row, in so many features."""

    squares: Floats
    size: Floats
    count: int

    @classmethod
    def of(cls, apart: Floats, spacings_mm: Sequence[int], gross_sigma: Floats) -> _Gap:
        """The gaps between pairs of measurements, each with the uncertainty that both of it have."""
        split = len(spacings_mm)
        each_mm = spacing_sigmas(spacings_mm)
        each_kg = np.full(split + 1, AXLE_SIGMA * math.sqrt(2))
        speed_scale = np.full(len(apart), SCALE_SIGMA * math.sqrt(2))
        spacings = distance(apart[:, :split], each_mm, speed_scale)
        loads = distance(apart[:, split:], each_kg, gross_sigma)
        return cls(spacings[0] + loads[0], spacings[1] + loads[1], 2 * split + 1)

    def log_density(self, width: float = 1.0) -> Floats:
        """log N(apart; width² Σ), row by row."""
        density: Floats = -(self.squares / width**2 + self.size) / 2 - self.count * math.log(width)
        return density


def spacing_sigmas(spacings_mm: Sequence[int]) -> Floats:
    """How far each spacing, as a logarithm, may differ between two measurements, beside the common speed scale."""
    return np.hypot(SPACING_MM_SIGMA / np.array(spacings_mm, np.float64), SPACING_SIGMA) * math.sqrt(2)


def distance(apart: Floats, each: Floats, common: Floats) -> tuple[Floats, Floats]:
    """apart · Σ⁻¹ · apart and log |2πΣ| where Σ has each² and, row by row, common² between all (Sherman, Morrison)."""
    weights = each**-2
    shared = 1 + common**2 * weights.sum()
    squares = (apart**2 * weights).sum(axis=1) - common**2 * (apart * weights).sum(axis=1) ** 2 / shared
    return squares, 2 * np.log(each).sum() + np.log(shared) + len(each) * math.log(math.tau)
