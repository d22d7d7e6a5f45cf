"""Where squads stand: on duty or not, where they are, and what they have on their hands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from dispatch.duty import Word, present_turn
from dispatch.network import Duty, Squad
from service.docket.terms import Terms
from service.store import squads
from service.store.squads import StatusRow
from wim.records import HOUR_NS

#: A position that is older says nothing about where a patrol is: it drives 60 km in that time. Its base stands then.
POSITION_KEPT_NS = HOUR_NS


@dataclass(frozen=True, slots=True)
class Standing:
    """One squad now; `until_ns` is when its duty ends as far as is known, the place where it was heard of last."""

    squad: Squad
    on_duty: bool
    until_ns: int | None
    corridor: str | None
    chainage_km: float | None
    position_ns: int | None


def standings(statuses: Mapping[str, StatusRow], terms: Terms, now_ns: int) -> list[Standing]:
    """Every registered squad, by id."""
    return [standing(squad, statuses.get(squad.id), now_ns) for _, squad in sorted(terms.forces.squads.items())]


def standing(squad: Squad, status: StatusRow | None, now_ns: int) -> Standing:
    """A squad by its shifts, its own word above them, and the place that it told if that is recent."""
    duty = _duty(squad, status, now_ns)
    fresh = status is not None and status.corridor is not None and now_ns - status.position_ns <= POSITION_KEPT_NS
    place = status if fresh else None
    return Standing(
        squad,
        duty is not None,
        duty.until_ns if duty else None,
        place.corridor if place else None,
        place.chainage_km if place else None,
        place.position_ns if place else None,
    )


def duty_until_ns(conn: Connection, squad: str, now_ns: int, terms: Terms) -> int | None:
    """When a squad's present duty ends, by its shifts and its own word, as far as is known; None: it is on none."""
    known = terms.forces.squads.get(squad)
    return standing(known, squads.get(conn, squad), now_ns).until_ns if known is not None else None


def _duty(squad: Squad, status: StatusRow | None, now_ns: int) -> Duty | None:
    said = status is not None and status.signed_in is not None
    return present_turn(squad, Word(status.signed_ns, bool(status.signed_in)) if status and said else None, now_ns)
