"""Offering: which squad is asked to stop a truck, and why nobody else was.

`dispatch.reach` chooses; here its questions are answered from the store, and what it weighed is kept as a decision:

============  ==============================================================================================
decision      facts
============  ==============================================================================================
offer         the squad, its tier and stop point, `p_over`, and every squad with its chance or the word why not
no_squad      the same, where nobody can catch the truck: the duty desk has it
no_place      the truck was seen where nobody registered a road, so nobody can be sent
============  ==============================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from dispatch.arrivals import Truck
from dispatch.life import ACTIVE_STATES, State, by_system
from dispatch.reach import Alert, Choice, Ground, SquadNow, Weighed, choose, weigh
from dispatch.roads import Place
from service import messages
from service.docket import keeping, rows
from service.docket.drafting import life_of, relive
from service.docket.standing import standings
from service.docket.terms import Terms
from service.store import decisions, intercepts, joint_actions, ledger, squads
from service.store.decisions import Decision
from service.store.intercepts import Engaged, Wanted
from service.store.paging import LONGEST_PAGE
from wim.forms.json_form import instant_ns
from wim.records import HOUR_NS, Direction

#: The truck stands at the stop point and takes one of its places.
_STANDING = frozenset({State.STOPPED, State.WEIGHED, State.CONFIRMED})

#: What may still be told of where and when somebody who has it can stop the truck.
_ON_THE_WAY = frozenset({State.OFFERED, State.CLAIMED, State.EN_ROUTE})

_NOWHERE: dict[str, Any] = {"stop_point": None, "truck_eta": None, "squad_eta": None, "p_catch": None}


def offer(
    conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms, force: Force | None = None
) -> messages.Intercept:
    """An open intercept, offered to the squad that can catch it best; open and at the desk where there is none.

    `force` is how the squads stand, where several are offered in one transaction: whom one is offered to is busy then.
    """
    truck = _truck(told)
    if truck is None:
        decisions.note(conn, [Decision(told.id, "no_place", now_ns, "{}")])
        return msgspec.structs.replace(told, desk=True, **_NOWHERE)
    force = force or force_of(conn, now_ns, terms)
    choice = force.choice(told, truck, now_ns, terms)
    decisions.note(conn, [_decision(told, choice, truck, now_ns)])
    if choice.squad is None:
        return msgspec.structs.replace(told, desk=True, **_NOWHERE)
    force.has[choice.squad] = told.id
    life = replace(life_of(told), state=by_system(told.state.value, "offer"))
    return msgspec.structs.replace(
        relive(told, life, terms.horizon_ns),
        squad=choice.squad,
        offered_at=messages.rfc3339(now_ns),
        answer_by=messages.rfc3339(now_ns + terms.answer_ns),
        stop_point=choice.stop_point,
        truck_eta=_moment(choice.truck_eta_ns),
        squad_eta=_moment(choice.squad_eta_ns),
        p_catch=round(choice.p_catch, 4),
    )


def offer_or_follow(
    conn: Connection, told: messages.Intercept, now_ns: int, terms: Terms, force: Force
) -> messages.Intercept:
    """The same of one that was just filed; what somebody was asked about already gets its newest times."""
    if told.state.value == State.OPEN and told.squad is None:
        return offer(conn, told, now_ns, terms, force)
    return follow(told, now_ns, terms, force)


def follow(told: messages.Intercept, now_ns: int, terms: Terms, force: Force) -> messages.Intercept:
    """When the truck comes to where its squad can stop it, from the newest sighting and the squad's newest place."""
    truck = _truck(told)
    if told.state.value not in _ON_THE_WAY or told.squad is None or truck is None:
        return told
    own = [
        replace(now, busy=False, on_duty=True, alerts=()) for now in force.squads(told) if now.squad.id == told.squad
    ]
    best = _best(weigh(truck, own, force.ground, now_ns, terms.reach))
    if best is None:
        return msgspec.structs.replace(told, **_NOWHERE)
    return msgspec.structs.replace(
        told,
        stop_point=best.stop_point,
        truck_eta=_moment(best.truck_eta_ns),
        squad_eta=_moment(best.squad_eta_ns),
        p_catch=round(best.p_catch or 0.0, 4),
    )


def frees(before: messages.Intercept, after: messages.Intercept) -> bool:
    """Whether the squad that had it, or was asked about it, can be asked about another truck now."""
    return before.squad is not None and (after.squad != before.squad or after.state.value not in ACTIVE_STATES)


def offer_waiting(conn: Connection, now_ns: int, terms: Terms) -> None:
    """A squad came on duty or is free again: what nobody could be asked about is offered if somebody now can be."""
    ledger.hold(conn)
    force = force_of(conn, now_ns, terms)
    waiting = intercepts.page(conn, None, Wanted(active=True, states=(State.OPEN.value,)), None, LONGEST_PAGE)
    for row in sorted(waiting, key=lambda row: -row.priority):
        told = rows.told_in(row)
        truck = _truck(told)
        if truck is None or force.choice(told, truck, now_ns, terms).squad is None:
            continue
        life = replace(life_of(told), version=told.version + 1)
        after = offer(conn, relive(told, life, terms.horizon_ns), now_ns, terms, force)
        keeping.step(conn, told, after, "offer", now_ns, terms)


@dataclass(frozen=True)
class Force:
    """Every squad as it stands, and how full the stop points are."""

    now: Sequence[SquadNow]
    ground: Ground
    #: Which squad has which intercept, is asked about it, or helps with it.
    has: dict[str, str]

    def squads(self, told: messages.Intercept) -> list[SquadNow]:
        """The squads as they stand towards one intercept: what it is asked about itself keeps nobody from it."""
        return [
            replace(
                now,
                busy=self.has.get(now.squad.id, told.id) != told.id,
                passed=now.squad.id in told.passed,
            )
            for now in self.now
        ]

    def choice(self, told: messages.Intercept, truck: Truck, now_ns: int, terms: Terms) -> Choice:
        """Whom to ask about one intercept."""
        return choose(truck, self.squads(told), self.ground, now_ns, terms.reach)


def force_of(conn: Connection, now_ns: int, terms: Terms) -> Force:
    """How the squads stand now."""
    active = intercepts.engaged(conn)
    asked = _asked(conn, now_ns)
    now = [
        SquadNow(
            one.squad,
            one.on_duty,
            one.until_ns,
            Place(one.corridor, one.chainage_km) if one.corridor is not None and one.chainage_km is not None else None,
            alerts=tuple(asked.get(one.squad.id, ())),
        )
        for one in standings(squads.load(conn), terms, now_ns)
    ]
    ground = Ground(terms.roads, terms.forces.stop_points, _held(active))
    # Who helps the other agency with one truck is asked about no other.
    helping = {unit: row.intercept for unit, row in joint_actions.helping(conn).items()}
    return Force(now, ground, helping | {row.squad: row.id for row in active})


def _asked(conn: Connection, now_ns: int) -> dict[str, list[Alert]]:
    """What each squad was asked within the last hour."""
    found: dict[str, list[Alert]] = {}
    for one in decisions.since(conn, "offer", now_ns - HOUR_NS):
        facts = msgspec.json.decode(one.document, type=_Offer)
        found.setdefault(facts.squad, []).append(Alert(one.at_ns, facts.p_over))
    return found


class _Offer(msgspec.Struct):
    squad: str
    p_over: float


class _Stop(msgspec.Struct):
    stop_point: str | None = None


def _held(active: Iterable[Engaged]) -> dict[str, int]:
    """How many trucks stand at each stop point."""
    held: dict[str, int] = {}
    for row in active:
        point = msgspec.json.decode(row.document, type=_Stop).stop_point if row.state in _STANDING else None
        if point is not None:
            held[point] = held.get(point, 0) + 1
    return held


def _truck(told: messages.Intercept) -> Truck | None:
    """The truck where it was seen last; None where nobody knows what road that is."""
    seen = told.sightings[-1]
    if seen.corridor is None or seen.chainage_km is None:
        return None
    place, time_ns = Place(seen.corridor, seen.chainage_km), instant_ns("time", seen.time)
    return Truck(place, Direction(seen.direction), time_ns, seen.speed_kmh, told.best.p_over, told.priority)


def _best(found: Iterable[Weighed]) -> Weighed | None:
    chances = [one for one in found if one.p_catch is not None]
    return max(chances, key=lambda one: (one.p_catch or 0.0, one.static_scale, one.stop_point or ""), default=None)


def _decision(told: messages.Intercept, choice: Choice, truck: Truck, now_ns: int) -> Decision:
    facts = {
        "squad": choice.squad,
        "tier": choice.tier.value,
        "stop_point": choice.stop_point,
        "p_catch": round(choice.p_catch, 4),
        "p_over": truck.p_over,
        "priority": truck.priority,
        "considered": [_facts(one) for one in choice.considered],
    }
    kind = "offer" if choice.squad is not None else "no_squad"
    return Decision(told.id, kind, now_ns, msgspec.json.encode(facts).decode())


def _facts(one: Weighed) -> dict[str, Any]:
    told: dict[str, Any] = {"squad": one.squad, "verdict": one.verdict.value}
    if one.tier is not None:
        told["tier"] = one.tier.value
    if one.stop_point is not None:
        told["stop_point"] = one.stop_point
    if one.p_catch is not None:
        told["p_catch"] = round(one.p_catch, 4)
    if one.truck_eta_ns is not None:
        told["truck_eta"] = messages.rfc3339(one.truck_eta_ns)
    if one.squad_eta_ns is not None:
        told["squad_eta"] = messages.rfc3339(one.squad_eta_ns)
    return told


def _moment(at_ns: int | None) -> str | None:
    return None if at_ns is None else messages.rfc3339(at_ns)
