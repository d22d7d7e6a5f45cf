"""Who can catch a truck: for each squad and stop point ahead the probability, and the squad that is sent.

A squad is ready at a stop point after its reaction, its drive and its set-up; `p_catch` is the probability that the
truck comes there, and after that (`dispatch.arrivals`).

=============  ========================================================================
tier           who is asked, in this order
=============  ========================================================================
own_corridor   road squads, at stop points beside the road on which the truck was seen
next_corridor  road squads, where it can only come by leaving that road
police         police squads, at either
evidence_only  nobody: the case stays, no alarm goes out
=============  ========================================================================

Within a tier the best `p_catch` wins. What kept every other squad from being asked is said for each
(`Weighed.verdict`), because a supervisor will ask.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from dispatch.arrivals import ARRIVAL_SPREAD, Ahead, Truck, stop_points_ahead
from dispatch.network import Squad, StopPoint
from dispatch.roads import Distances, Place, Roads
from wim.records import HOUR_NS

_SECOND_NS: Final = 10**9
_HOUR_S: Final = 3_600

#: Two chances closer than this are alike, and then the better place decides: with a scale, early on the truck's way.
ALIKE: Final = 0.01


class Tier(enum.StrEnum):
    """Who is asked, in the order of the module's table."""

    OWN_CORRIDOR = "own_corridor"
    NEXT_CORRIDOR = "next_corridor"
    POLICE = "police"
    EVIDENCE_ONLY = "evidence_only"


_TIERS: Final = tuple(Tier)


class Verdict(enum.StrEnum):
    """Why a squad was chosen, or what kept it from being asked; of several reasons the first one counts."""

    CHOSEN = "chosen"
    OFF_DUTY = "off_duty"
    PASSED = "passed"
    BUSY = "busy"
    BUDGET = "budget"
    PRECISION = "precision"
    NO_STOP_POINT_AHEAD = "no_stop_point_ahead"
    NOT_ITS_SECTION = "not_its_section"
    CAPACITY = "capacity"
    NO_ROAD = "no_road"
    SHIFT_ENDS = "shift_ends"
    #: The truck hardly comes there.
    UNLIKELY = "unlikely"
    #: It comes, but the squad hardly is ready before it.
    TOO_LATE = "too_late"
    LATER_TIER = "later_tier"
    LESS_LIKELY = "less_likely"


@dataclass(frozen=True, slots=True)
class Reach:
    """The policy numbers of who can catch a truck, with the values of dispatch.md §2."""

    reaction_s: float = 60.0
    set_up_s: float = 60.0
    #: Standard deviation of a truck's travel time.
    arrival_spread: float = ARRIVAL_SPREAD
    #: A patrol with its lights on among trucks, on a national road through towns.
    squad_speed_kmh: float = 60.0
    precision_floor: float = 0.9
    #: A squad that drives out for less than this is missing where it could stop somebody.
    catch_floor: float = 0.1


@dataclass(frozen=True, slots=True)
class Alert:
    """A truck that a squad was asked to stop."""

    time_ns: int
    p_over: float


@dataclass(frozen=True, slots=True)
class SquadNow:
    """A squad as it stands: `place` None means at its base, `until_ns` when its duty ends as far as is known."""

    squad: Squad
    on_duty: bool = True
    until_ns: int | None = None
    place: Place | None = None
    #: It has a truck on its hands, or an offer that it has not answered.
    busy: bool = False
    #: It said no to this truck.
    passed: bool = False
    #: What it was asked in the last hour; older ones do no harm.
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was found of one squad, at one stop point where it came to that."""

    squad: str
    verdict: Verdict
    tier: Tier | None = None
    stop_point: str | None = None
    static_scale: bool = False
    p_catch: float | None = None
    truck_eta_ns: int | None = None
    squad_eta_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom to ask, and why: with no squad the tier is `evidence_only`, and `considered` says what kept everybody."""

    squad: str | None
    tier: Tier
    stop_point: str | None = None
    truck_eta_ns: int | None = None
    squad_eta_ns: int | None = None
    p_catch: float = 0.0
    considered: tuple[Weighed, ...] = ()


@dataclass(frozen=True)
class Ground:
    """Where trucks are stopped: the roads, the stop points, and how many trucks each of these holds at the moment."""

    roads: Roads
    stop_points: Mapping[str, StopPoint]
    held: Mapping[str, int] = field(default_factory=dict)

    def full(self, point: StopPoint) -> bool:
        """Whether no further truck can be taken off the road there."""
        return self.held.get(point.id, 0) >= point.capacity


def choose(truck: Truck, squads: Iterable[SquadNow], ground: Ground, now_ns: int, terms: Reach | None = None) -> Choice:
    """The squad that can catch the truck best, in the first tier in which one can."""
    return decide(weigh(truck, squads, ground, now_ns, terms))


def weigh(
    truck: Truck, squads: Iterable[SquadNow], ground: Ground, now_ns: int, terms: Reach | None = None
) -> tuple[Weighed, ...]:
    """Every squad by its id, at every stop point ahead that is its own; `LESS_LIKELY` are those that could catch it."""
    numbers = terms or Reach()
    ahead = stop_points_ahead(truck, ground.roads, ground.stop_points.values(), numbers.arrival_spread)
    ordered = sorted(squads, key=lambda now: now.squad.id)
    return tuple(found for now in ordered for found in _weigh_squad(truck, now, ahead, ground, now_ns, numbers))


def decide(considered: Sequence[Weighed], best: Weighed | None = None) -> Choice:
    """The best of what was weighed, or what was found best; what else could have caught the truck is less likely, or
    of a later tier.
    """
    able = [found for found in considered if found.verdict is Verdict.LESS_LIKELY]
    if not able:
        return Choice(None, Tier.EVIDENCE_ONLY, considered=tuple(considered))
    best = best or min(able, key=preference)
    marked = tuple(_marked(found, best) for found in considered)
    tier = best.tier or Tier.EVIDENCE_ONLY
    return Choice(best.squad, tier, best.stop_point, best.truck_eta_ns, best.squad_eta_ns, best.p_catch or 0.0, marked)


def _weigh_squad(
    truck: Truck, now: SquadNow, ahead: Sequence[Ahead], ground: Ground, now_ns: int, terms: Reach
) -> Iterator[Weighed]:
    squad = now.squad
    own = [item for item in ahead if _serves(squad, item.stop_point)]
    kept = _kept_from(truck, now, now_ns, terms)
    if kept is None and not own:
        kept = Verdict.NOT_ITS_SECTION if ahead else Verdict.NO_STOP_POINT_AHEAD
    if kept is not None:
        yield Weighed(squad.id, kept)
        return
    base = ground.stop_points[squad.base]
    distances = ground.roads.distances_km(now.place or Place(base.corridor, base.chainage_km))
    for item in own:
        found = _weigh_place(truck, now, item, distances, now_ns, terms)
        yield replace(found, verdict=Verdict.CAPACITY) if ground.full(item.stop_point) else found


def _weigh_place(truck: Truck, now: SquadNow, item: Ahead, distances: Distances, now_ns: int, terms: Reach) -> Weighed:
    point = item.stop_point
    tier = _tier(now.squad, item)
    truck_eta_ns = truck.time_ns + round(item.likeliest.mean_s * _SECOND_NS)
    away_km = distances.to(Place(point.corridor, point.chainage_km))
    if away_km is None:
        return Weighed(now.squad.id, Verdict.NO_ROAD, tier, point.id, point.static_scale, None, truck_eta_ns)
    ready_s = terms.reaction_s + away_km / terms.squad_speed_kmh * _HOUR_S + terms.set_up_s
    squad_eta_ns = now_ns + round(ready_s * _SECOND_NS)
    p_catch = item.after((squad_eta_ns - truck.time_ns) / _SECOND_NS)
    ends = now.until_ns is not None and max(truck_eta_ns, squad_eta_ns) >= now.until_ns
    return Weighed(
        now.squad.id,
        Verdict.SHIFT_ENDS if ends else _chance(item.probability, p_catch, terms.catch_floor),
        tier,
        point.id,
        point.static_scale,
        p_catch,
        truck_eta_ns,
        squad_eta_ns,
    )


def _chance(comes: float, p_catch: float, floor: float) -> Verdict:
    if p_catch >= floor:
        return Verdict.LESS_LIKELY
    return Verdict.TOO_LATE if comes >= floor else Verdict.UNLIKELY


def _kept_from(truck: Truck, now: SquadNow, now_ns: int, terms: Reach) -> Verdict | None:
    """What keeps a squad from being asked wherever the truck goes."""
    recent = [alert for alert in now.alerts if alert.time_ns > now_ns - HOUR_NS]
    precision = math.fsum((truck.p_over, *(alert.p_over for alert in recent))) / (len(recent) + 1)
    # At the 6 decimals of a published p_over: (0.95 + 0.85) / 2 is not below 0.9.
    reasons = {
        Verdict.OFF_DUTY: not now.on_duty,
        Verdict.PASSED: now.passed,
        Verdict.BUSY: now.busy,
        Verdict.BUDGET: len(recent) >= now.squad.stops_per_hour,
        Verdict.PRECISION: round(precision, 6) < terms.precision_floor,
    }
    return next((verdict for verdict, given in reasons.items() if given), None)


def _tier(squad: Squad, item: Ahead) -> Tier:
    if squad.agency == "police":
        return Tier.POLICE
    return Tier.OWN_CORRIDOR if item.own_corridor else Tier.NEXT_CORRIDOR


def _serves(squad: Squad, point: StopPoint) -> bool:
    return any(
        section.corridor == point.corridor and section.from_km <= point.chainage_km <= section.to_km
        for section in squad.sections
    )


def preference(found: Weighed) -> tuple[int, int, bool, int, int, str, str]:
    """Smallest for whom to ask: the tier, the chance, the better place, the squad that is there first, then the ids."""
    return (
        _TIERS.index(found.tier) if found.tier else len(_TIERS),
        -round((found.p_catch or 0.0) / ALIKE),
        not found.static_scale,
        found.truck_eta_ns or 0,
        found.squad_eta_ns or 0,
        found.squad,
        found.stop_point or "",
    )


def _marked(found: Weighed, best: Weighed) -> Weighed:
    if found is best:
        return replace(found, verdict=Verdict.CHOSEN)
    later = found.verdict is Verdict.LESS_LIKELY and found.tier is not best.tier
    return replace(found, verdict=Verdict.LATER_TIER) if later else found
