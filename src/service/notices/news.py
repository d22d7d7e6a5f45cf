"""What of an intercept is news, and for whom.

=============  =======================================================  ==============================================
code           while the intercept is                                   goes to
=============  =======================================================  ==============================================
verify         unverified                                               the road desk
offered        offered to a squad                                       that squad's phones
desk           with the duty desk, because nobody answered              the desk of the lead agency
handed_over    handed over                                              the other agency's desk
passing        open … en_route and verified, with a sign at the next    that sign
               stop point ahead of the truck
=============  =======================================================  ==============================================

A state that is over is no news, nor is a truck that was last seen longer ago than anybody can reach it. It is read from
the message as it stands in the feed, so words that a later release adds do no harm here.
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

_ROAD, _POLICE = "road", "police"

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
    """Something to be told: to a squad, to an agency's desk, or at a stop point."""

    code: Code
    squad: str | None = None
    desk: str | None = None
    stop_point: str | None = None

    @property
    def to(self) -> str:
        """Whom it is for, in one word: the same news of another squad is another notice."""
        return self.squad or self.desk or self.stop_point or ""


@dataclass(frozen=True)
class Ground:
    """What the region adds: its stop points and clocks, which of them have signs, and how long a truck is in reach."""

    stop_points: Mapping[str, StopPoint] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    horizon_ns: int = 0

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
    return Ground(registry.stop_points, zones, policy.reach_horizon_ns)


def read(document: str) -> Told | None:
    """The intercept of a message; None where it is none, or was seen nowhere: no notice may hold up the next one."""
    try:
        told = _TOLD.decode(document)
        instant_ns("time", told.time)
    except (msgspec.DecodeError, FormError):
        return None
    return told if told.sightings else None


def news_of(told: Told, ground: Ground, now_ns: int) -> list[News]:
    """All that is news of an intercept as it is now; nothing where the truck is out of reach."""
    return [] if until_ns(told, ground) <= now_ns else list(_news(told, ground))


def until_ns(told: Told, ground: Ground) -> int:
    """When the truck is out of reach."""
    return told.seen_ns + ground.horizon_ns


def _news(told: Told, ground: Ground) -> Iterator[News]:
    lead = told.lead_agency or _ROAD
    if told.state == "unverified":
        yield News(Code.VERIFY, desk=_ROAD)
    if told.state == "offered" and told.squad:
        yield News(Code.OFFERED, squad=told.squad)
    if told.desk and told.state in _NOBODY_YET:
        yield News(Code.DESK, desk=lead)
    if told.state == "handed_over":
        yield News(Code.HANDED_OVER, desk=_ROAD if lead == _POLICE else _POLICE)
    # A sign is read by everybody: what nobody has looked at yet is not said of a driver in public.
    if told.state in _ON_THE_ROAD and not told.unverified and (ahead := ground.ahead(told.place)):
        yield News(Code.PASSING, stop_point=ahead[0].id)


def facts_of(told: Told, ground: Ground) -> Facts:
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
    )


def _yard_km(ahead: Iterable[StopPoint]) -> float | None:
    """Where a truck can be unloaded: the next stop point that has a scale to weigh what is left."""
    return next((one.chainage_km for one in ahead if one.static_scale), None)


def _clock(moment: str | None, zone: str) -> str | None:
    if moment is None:
        return None
    return f"{to_local(instant_ns('truck_eta', moment), zone):%H:%M}"
