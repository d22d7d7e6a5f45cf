"""What of an intercept is news, and for whom.

=============  =======================================================  ==============================================
code           while the intercept is                                   goes to
=============  =======================================================  ==============================================
verify         unverified                                               the road desk
offered        offered to a squad                                       that squad's phones
desk           with the duty desk, because nobody answered              the desk of the lead agency
handed_over    handed over                                              the other agency's desk
conflict       marked: the words of two squads do not fit               the desks of the lead and of who said so
passing        open … en_route and verified, with a sign at the next    that sign
               stop point ahead of the truck
=============  =======================================================  ==============================================

A state that is over is no news, nor is a truck that was last seen longer ago than anybody can reach it; but a conflict
is about what happened, so it stays news until the desk has settled it, for a shift at most (policy,
`desk_matter_hours`). What is late of a joint action is in `joint_news`. All is read from the message as it stands in
the feed, so words that a later release adds do no harm here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from dispatch.network import StopPoint
from service.notices.notice import Code, Facts
from service.policy import Policy
from service.registry import Registry
from wim.forms.checks import FormError
from wim.forms.json_form import instant_ns
from wim.periods import DEFAULT_TIMEZONE, to_local

ROAD, POLICE = "road", "police"

#: While somebody may still stop the truck; a sign speaks to its driver until he stands.
_ON_THE_ROAD = frozenset({"open", "offered", "claimed", "en_route"})
_NOBODY_YET = frozenset({"open", "offered"})


class _Place(msgspec.Struct):
    site: str
    direction: int
    corridor: str | None = None
    chainage_km: float | None = None


class _Passage(msgspec.Struct):
    gross_kg: int


class _Best(msgspec.Struct):
    passage: _Passage
    limit_high_kg: int
    excess_kg: int
    rate_percent: float
    hundred_tonne: bool


class Told(msgspec.Struct):
    """What of an intercept's message matters here."""

    id: str
    time: str
    state: str
    plate: str
    unverified: bool
    best: _Best
    sightings: list[_Place]
    alerts: int = 1
    squad: str | None = None
    lead_agency: str | None = None
    stop_point: str | None = None
    truck_eta: str | None = None
    answer_by: str | None = None
    desk: bool = False
    conflict_at: str | None = None
    conflict_squad: str | None = None
    conflict_agency: str | None = None

    @property
    def seen_ns(self) -> int:
        """When the truck was seen last."""
        return instant_ns("time", self.time)

    @property
    def place(self) -> _Place:
        """Where."""
        return self.sightings[-1]


_TOLD = msgspec.json.Decoder(Told)


@dataclass(frozen=True, slots=True)
class News:
    """Something to be told: to a squad, to an agency's desk, or at a stop point; nobody wants it after `until_ns`."""

    code: Code
    until_ns: int
    squad: str | None = None
    desk: str | None = None
    stop_point: str | None = None
    #: Which of several of one alert it is; the same conflict is told once, another one again.
    which: str = ""
    #: Whom it is about: a squad that disagrees, agencies that are late.
    who: tuple[str, ...] = ()

    @property
    def to(self) -> str:
        """Whom it is for, in one word: the same news of another squad is another notice."""
        return self.squad or self.desk or self.stop_point or ""


@dataclass(frozen=True)
class Ground:
    """What the region adds: its stop points and clocks, which of them have signs, how long a truck is in reach, and how
    long a desk hears of what it must settle."""

    stop_points: Mapping[str, StopPoint] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    horizon_ns: int = 0
    desk_matter_ns: int = 0

    def ahead(self, place: _Place) -> list[StopPoint]:
        """The stop points ahead of a place in its direction, the nearest first."""
        if place.corridor is None or place.chainage_km is None:
            return []
        sign = 1 if place.direction == 0 else -1
        here_km = sign * place.chainage_km
        found = [
            one
            for one in self.stop_points.values()
            if (one.corridor, int(one.direction)) == (place.corridor, place.direction)
            and sign * one.chainage_km > here_km
        ]
        return sorted(found, key=lambda one: sign * one.chainage_km)


def ground_of(registry: Registry, policy: Policy) -> Ground:
    """The ground of a registry and a policy."""
    zones = {corridor.id: corridor.timezone for corridor in registry.network.corridors.values()}
    return Ground(registry.stop_points, zones, policy.reach_horizon_ns, policy.desk_matter_ns)


def read(document: str) -> Told | None:
    """The intercept of a message; None where it is none, or was seen nowhere: no notice may hold up the next one."""
    try:
        told = _TOLD.decode(document)
        instant_ns("time", told.time)
        instant_ns("conflict_at", told.conflict_at or told.time)
    except (msgspec.DecodeError, FormError):
        return None
    return told if told.sightings else None


def news_of(told: Told, ground: Ground, now_ns: int) -> list[News]:
    """All that is news of an intercept as it is now."""
    return [one for one in (*_of_truck(told, ground), *_of_conflict(told, ground)) if one.until_ns > now_ns]


def _of_truck(told: Told, ground: Ground) -> Iterator[News]:
    """Nothing of it helps once the truck is out of reach."""
    lead, until_ns = told.lead_agency or ROAD, told.seen_ns + ground.horizon_ns
    if told.state == "unverified":
        yield News(Code.VERIFY, until_ns, desk=ROAD)
    if told.state == "offered" and told.squad:
        yield News(Code.OFFERED, until_ns, squad=told.squad)
    if told.desk and told.state in _NOBODY_YET:
        yield News(Code.DESK, until_ns, desk=lead)
    if told.state == "handed_over":
        yield News(Code.HANDED_OVER, until_ns, desk=ROAD if lead == POLICE else POLICE)
    # A sign is read by everybody: what nobody has looked at yet is not said of a driver in public.
    if told.state in _ON_THE_ROAD and not told.unverified and (ahead := ground.ahead(told.place)):
        yield News(Code.PASSING, until_ns, stop_point=ahead[0].id)


def _of_conflict(told: Told, ground: Ground) -> Iterator[News]:
    if told.conflict_at is None:
        return
    until_ns = instant_ns("conflict_at", told.conflict_at) + ground.desk_matter_ns
    lead = told.lead_agency or ROAD
    who = (told.conflict_squad,) if told.conflict_squad else ()
    for desk in sorted({lead, told.conflict_agency or lead}):
        yield News(Code.CONFLICT, until_ns, desk=desk, which=told.conflict_at, who=who)


def facts_of(told: Told, news: News, ground: Ground) -> Facts:
    """What the words are made of."""
    zone = ground.zones.get(told.place.corridor or "", DEFAULT_TIMEZONE)
    best = told.best
    return Facts(
        plate=told.plate,
        gross_kg=best.passage.gross_kg,
        limit_kg=best.limit_high_kg,
        excess_kg=best.excess_kg,
        rate_percent=best.rate_percent,
        hundred_tonne=best.hundred_tonne,
        unverified=told.unverified,
        corridor=told.place.corridor or told.place.site,
        stop_point=told.stop_point,
        truck_eta=_clock(told.truck_eta, zone),
        answer_by=_clock(told.answer_by, zone),
        yard_km=_yard_km(ground.ahead(told.place)),
        who=news.who,
    )


def _yard_km(ahead: Iterable[StopPoint]) -> float | None:
    """Where a truck can be unloaded: the next stop point that has a scale to weigh what is left."""
    return next((one.chainage_km for one in ahead if one.static_scale), None)


def _clock(moment: str | None, zone: str) -> str | None:
    if moment is None:
        return None
    return f"{to_local(instant_ns('truck_eta', moment), zone):%H:%M}"
