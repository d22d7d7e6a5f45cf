"""What the figures of effectiveness count, out of the store: `dispatch.effectiveness` says what is made of it.

What is simulated counts only where policy says so, what a person excluded never; both are told as left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import msgspec
from sqlalchemy import Connection

from dispatch.duty import on_duty
from dispatch.effectiveness import Hour, KeyTrip, Weighed, by_trip, hours_of, is_key, reaches, serves
from dispatch.network import Duty, Squad
from dispatch.roads import Place
from service.docket.terms import Terms
from service.policy import Policy
from service.store import intercepts, turns, violations, weighings
from service.store.intercepts import InterceptRow
from wim.records import HOUR_NS, Flag
from wim.sites import Corridor, Section

_MINUTES_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Span:
    """What is asked for: a span of whole hours, in some corridors (None: all)."""

    from_ns: int
    to_ns: int
    corridors: Collection[str] | None = None


@dataclass(slots=True)
class LeftOut:
    """How many were not counted, by why."""

    simulated: int = 0
    excluded: int = 0


T = TypeVar("T")


@dataclass(slots=True)
class Counted(Generic[T]):
    """What is counted, and what is not."""

    items: list[T]
    left_out: LeftOut = field(default_factory=LeftOut)


class _Best(msgspec.Struct):
    id: str
    flags: list[str]


class _Told(msgspec.Struct):
    """What of an intercept's document is asked here."""

    best: _Best
    reasons: list[str]
    stopped_at: str | None = None
    static_gross_kg: int | None = None
    ended: str | None = None


def key_trips(conn: Connection, span: Span, policy: Policy) -> Counted[KeyTrip]:
    """Trips of key vehicles that became an intercept, by the time of their first crossing."""
    rows = intercepts.opened_between(conn, span.corridors, span.from_ns, span.to_ns)
    told = [(row, msgspec.json.decode(row.document, type=_Told)) for row in rows]
    key = [(row, one) for row, one in told if is_key(one.reasons)]
    excluded = violations.excluded(conn, [one.best.id for _, one in key])
    found = Counted[KeyTrip]([])
    for row, one in key:
        if Flag.SIMULATED.name in one.best.flags and not policy.simulated_counts:
            found.left_out.simulated += 1
        elif one.best.id in excluded:
            found.left_out.excluded += 1
        else:
            found.items.append(_trip(row, one))
    found.items = by_trip(found.items)
    return found


def _trip(row: InterceptRow, told: _Told) -> KeyTrip:
    handled = told.stopped_at is not None or told.static_gross_kg is not None
    why = None if handled else told.ended or row.state
    return KeyTrip(row.case_id, row.id, row.opened_ns, row.corridor, tuple(told.reasons), handled, why)


def weighed(conn: Connection, span: Span, policy: Policy) -> Counted[Weighed]:
    """What scales said of intercepted trucks, by the time of the crossing."""
    found = Counted[Weighed]([])
    for row, excluded in weighings.all_between(conn, span.corridors, span.from_ns, span.to_ns):
        if row.simulated and not policy.simulated_counts:
            found.left_out.simulated += 1
        elif excluded:
            found.left_out.excluded += 1
        else:
            found.items.append(Weighed(row.intercept, row.at_ns, row.corridor, row.site, row.p_over, row.confirmed))
    return found


def section_hours(conn: Connection, span: Span, terms: Terms, policy: Policy, now_ns: int) -> list[Hour]:
    """Every hour of each key section that is over, and whether a squad that serves it was on duty and in reach."""
    to_ns = min(span.to_ns, now_ns // HOUR_NS * HOUR_NS)
    if to_ns <= span.from_ns:
        return []
    said = turns.words(conn, span.from_ns, to_ns)
    duties = {
        squad.id: on_duty(squad, said.get(squad.id, ()), span.from_ns, to_ns) for squad in terms.forces.squads.values()
    }
    return [
        hour
        for corridor, section in _sections(terms, span)
        for hour in hours_of(
            corridor.id, section, _turns_of(corridor, section, duties, terms, policy), span.from_ns, to_ns
        )
    ]


def _sections(terms: Terms, span: Span) -> Iterator[tuple[Corridor, Section]]:
    for corridor in terms.network.corridors.values():
        if span.corridors is None or corridor.id in span.corridors:
            yield from ((corridor, section) for section in corridor.key_sections)


def _turns_of(
    corridor: Corridor, section: Section, duties: dict[str, list[Duty]], terms: Terms, policy: Policy
) -> list[Duty]:
    """The turns of all squads that serve the section and reach it in time."""
    return [
        turn
        for squad in terms.forces.squads.values()
        if serves(squad, corridor.id, section) and _in_reach(squad, corridor, section, terms, policy)
        for turn in duties[squad.id]
    ]


def _in_reach(squad: Squad, corridor: Corridor, section: Section, terms: Terms, policy: Policy) -> bool:
    """By its base: where a patrol was in an hour of last month is kept by nobody."""
    base = terms.forces.stop_points[squad.base]
    ways = terms.roads.distances_km(Place(base.corridor, base.chainage_km))
    most_km = policy.squad_speed_kmh * policy.cover_reach_minutes / _MINUTES_AN_HOUR
    return reaches(ways, corridor.id, section, most_km)
