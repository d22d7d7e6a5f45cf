"""The figures that the whole programme is judged by (effectiveness.md §2), as counts that can be listed.

=========================  ================================================================  ======
figure                     counted ÷ of                                                      target
=========================  ================================================================  ======
on_site_handling           trips of key vehicles stopped or weighed ÷ trips of key vehicles   100 %
                           that became an intercept
key_section_cover          hours with a squad on duty and in reach ÷ hours, key section by    100 %
                           key section
precision                  trucks that a scale confirmed ÷ trucks that a scale weighed         95 %
=========================  ================================================================  ======

A figure of nothing is None and never 0. Trips and weighings are samples of what comes next, so they have Wilson's 95 %
interval; hours are all there are, and have none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dispatch.cases import Reason
from dispatch.network import Duty, Squad
from dispatch.roads import Distances, Place
from rules.rates import wilson
from wim.records import HOUR_NS
from wim.sites import Section

ON_SITE_HANDLING: Final = "on_site_handling"
KEY_SECTION_COVER: Final = "key_section_cover"
PRECISION: Final = "precision"

#: In percent, as effectiveness.md §2 sets them: compared in integers.
TARGETS: Final[Mapping[str, int]] = {ON_SITE_HANDLING: 100, KEY_SECTION_COVER: 100, PRECISION: 95}

#: What makes a vehicle a key one: 百噸王, repeat, cloned or no plate.
KEY_REASONS: Final = frozenset(
    {
        Reason.HUNDRED_TONNE,
        Reason.REPEAT_CONFIRMED,
        Reason.REPEAT_SUSPECTED,
        Reason.CLONED_PLATE,
        Reason.NO_PLATE,
    }
)

#: Zones of p_over that precision is told apart by; below the first are 百噸王 and what was judged anew.
ZONES: Final = (0.0, 0.95, 0.99, 0.999)

#: Edges of the calibration curve: finer where most intercepts lie.
BINS: Final = (0.0, 0.5, 0.8, 0.9, 0.95, 0.975, 0.99, 0.999)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; `value` None of none, `missing` how many more would reach the target."""

    numerator: int
    denominator: int
    value: float | None
    low: float | None
    high: float | None
    missing: int


@dataclass(frozen=True, slots=True)
class KeyTrip:
    """A trip of a key vehicle that became an intercept; `why` says how it ended where nobody stopped it."""

    case: str
    intercept: str
    time_ns: int
    corridor: str
    reasons: tuple[str, ...]
    handled: bool
    why: str | None


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of one key section."""

    corridor: str
    section: Section
    from_ns: int
    covered: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a scale said of an intercepted truck, and what the strips had made of it."""

    intercept: str
    time_ns: int
    corridor: str
    site: str
    p_over: float
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Trucks of a range of p_over: what was said on the average, and what the scale found."""

    from_p: float
    to_p: float
    mean_p: float | None
    found: Share


def share(numerator: int, denominator: int, target_percent: int, sampled: bool = True) -> Share:
    """The share with its interval (`sampled`) and what is missing to the target."""
    missing = max(0, -(-denominator * target_percent // 100) - numerator)
    if denominator == 0:
        return Share(0, 0, None, None, None, 0)
    value = numerator / denominator
    low, high = wilson(value, denominator) if sampled else (None, None)
    return Share(numerator, denominator, value, low, high, missing)


def is_key(reasons: Iterable[str]) -> bool:
    """Whether an intercept's reasons make its truck a key vehicle."""
    return not KEY_REASONS.isdisjoint(reasons)


def by_trip(found: Iterable[KeyTrip]) -> list[KeyTrip]:
    """One a trip, by case: of several intercepts one that was handled stands for it, else the first."""
    trips: dict[str, KeyTrip] = {}
    for one in sorted(found, key=lambda one: (not one.handled, one.time_ns, one.intercept)):
        trips.setdefault(one.case, one)
    return sorted(trips.values(), key=lambda one: one.case)


def handling(trips: Sequence[KeyTrip]) -> Share:
    """On-site handling of key vehicles; `trips` as `by_trip` gives them."""
    return share(sum(one.handled for one in trips), len(trips), TARGETS[ON_SITE_HANDLING])


def serves(squad: Squad, corridor: str, section: Section) -> bool:
    """Whether one of the squad's sections holds all of a key section."""
    return any(
        own.corridor == corridor and own.from_km <= section.from_km and section.to_km <= own.to_km
        for own in squad.sections
    )


def reaches(ways: Distances, corridor: str, section: Section, most_km: float) -> bool:
    """Whether it is no further than that from where `ways` begin to the nearest end of a section, or into it."""
    start = ways.start
    if start.corridor == corridor and section.from_km <= start.chainage_km <= section.to_km:
        return True
    found = (ways.to(Place(corridor, km)) for km in (section.from_km, section.to_km))
    return any(km is not None and km <= most_km for km in found)


def hours_of(corridor: str, section: Section, duties: Iterable[Duty], from_ns: int, to_ns: int) -> list[Hour]:
    """Each hour of a span, covered where the turns of `duties` together leave no moment of it out."""
    gaps = _gaps(duties, from_ns, to_ns)
    starts = [gap.from_ns for gap in gaps]
    hours = []
    for begin_ns in range(from_ns, to_ns, HOUR_NS):
        # The last gap that begins before the hour's end is the only one that may still be open in it.
        at = bisect_right(starts, begin_ns + HOUR_NS - 1)
        open_ = at > 0 and gaps[at - 1].until_ns > begin_ns
        hours.append(Hour(corridor, section, begin_ns, not open_))
    return hours


def cover(hours: Sequence[Hour]) -> Share:
    """24-hour cover: all hours that there are, so without an interval."""
    return share(sum(hour.covered for hour in hours), len(hours), TARGETS[KEY_SECTION_COVER], sampled=False)


def precision(weighed: Sequence[Weighed]) -> Share:
    """How many of the weighed trucks the scale confirmed."""
    return share(sum(one.confirmed for one in weighed), len(weighed), TARGETS[PRECISION])


def zone_of(p_over: float) -> str:
    """The zone of p_over, as it is written: [0.95,0.99)."""
    return _written(ZONES, bisect_right(ZONES, p_over) - 1)


def calibration(weighed: Iterable[Weighed]) -> list[Bin]:
    """What p_over says against what scales find, bin by bin; one without trucks has None."""
    by_bin: dict[int, list[Weighed]] = {}
    for one in weighed:
        by_bin.setdefault(bisect_right(BINS, one.p_over) - 1, []).append(one)
    ends = (*BINS[1:], 1.0)
    return [
        Bin(BINS[at], ends[at], _mean(by_bin.get(at, ())), precision(by_bin.get(at, ()))) for at in range(len(BINS))
    ]


def _mean(weighed: Sequence[Weighed]) -> float | None:
    return sum(one.p_over for one in weighed) / len(weighed) if weighed else None


def _written(edges: Sequence[float], at: int) -> str:
    last = at == len(edges) - 1
    return f"[{edges[at]:g},{1 if last else edges[at + 1]:g}{']' if last else ')'}"


def _gaps(duties: Iterable[Duty], from_ns: int, to_ns: int) -> list[Duty]:
    """The spans that no turn holds, by time."""
    gaps, at_ns = [], from_ns
    for duty in sorted(duties, key=lambda duty: duty.from_ns):
        if duty.from_ns > at_ns:
            gaps.append(Duty(at_ns, duty.from_ns))
        at_ns = max(at_ns, duty.until_ns)
    return [*gaps, Duty(at_ns, to_ns)] if at_ns < to_ns else gaps
