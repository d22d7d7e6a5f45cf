"""A vehicle without a certain plate that probably is one that somebody is after already: it moves that intercept on.

Each crossing stays a trip and a case of its own, so trips, violations and counts know nothing of this and do not depend
on the order of arrival. Only the intercept goes along: it gets the newer place, the better evidence, the new arrival at
its stop point, and no second one is opened. It does so

- while a squad may still stop the truck: one that stands at the roadside is not driving elsewhere;
- as long as nobody has said that it is another vehicle (`apart`);
- where the crossing has opened no intercept itself, which would be left to a squad that hears nothing more of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from dispatch.cases import is_late
from dispatch.life import WAITING_STATES, State
from service import messages
from service.docket.arrivals import Arrival, is_violation
from service.docket.drafting import seen_of
from service.docket.openings import Accusation, Change
from service.docket.terms import Terms
from service.store import intercepts, resemblances
from service.store.intercepts import InterceptRow
from service.store.resemblances import Resemblance

#: Of those that somebody has, the ones whose truck drives.
_DRIVING = frozenset({*WAITING_STATES, State.CLAIMED, State.EN_ROUTE})


class Charges(msgspec.Struct, frozen=True):
    """What a crossing brought to the intercept that it moved on, and with what that stood before."""

    reasons: tuple[str, ...]
    priority: float
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Following:
    """A crossing that moves on the intercept of another case, which may be about to open; `known` is what was kept of
    it before."""

    case: str
    intercept: str | None
    earlier: str
    score: float
    known: Resemblance | None = None


def following(
    conn: Connection,
    fresh: Sequence[Arrival],
    case_of: Mapping[str, str],
    accused: Mapping[str, Accusation],
    now_ns: int,
    terms: Terms,
) -> dict[str, Following]:
    """The crossings that move on another case's intercept, by passage."""
    unnamed = [one for one in fresh if is_violation(one.message) and not one.sighting.certain]
    known = resemblances.of_passages(conn, (one.message.id for one in unnamed)) if unnamed else {}
    # A crossing that came before the one that it resembles, or while that stood, has opened its own.
    alike = [case_of[one.message.id] for one in unnamed if accused[one.message.id].probable is not None]
    own = {row.case_id for row in intercepts.of_cases(conn, alike)} if alike else set()
    found: dict[str, Following] = {}
    for one in sorted(unnamed, key=lambda one: one.sighting.time_ns):
        passage, probable = one.message.id, accused[one.message.id].probable
        if passage in known:
            # Whatever became of the intercept: its truck is not to be stopped twice because it was judged anew.
            found |= _again(conn, known[passage])
        elif case_of[passage] in own or probable is None:
            continue
        elif to := _to(conn, one, probable, case_of, found, accused, now_ns, terms):
            found[passage] = Following(*to, probable.passage, probable.score)
    return found


def _again(conn: Connection, known: Resemblance) -> dict[str, Following]:
    row = None if known.apart_ns is not None else intercepts.get(conn, known.intercept, corridors=None)
    return {known.passage: Following(row.case_id, row.id, known.earlier, known.score, known)} if row else {}


def _to(
    conn: Connection,
    one: Arrival,
    probable: messages.Probable,
    case_of: Mapping[str, str],
    found: Mapping[str, Following],
    accused: Mapping[str, Accusation],
    now_ns: int,
    terms: Terms,
) -> tuple[str, str | None] | None:
    """The case and the intercept that the crossing moves on."""
    if probable.passage in found:
        return found[probable.passage].case, found[probable.passage].intercept
    rows = behind(conn, probable)
    if driving := [row for row in rows if _drives(row, now_ns, terms)]:
        return driving[0].case_id, driving[0].id
    # Both arrived just now, and the earlier one is about to open it.
    opens = probable.passage in accused and bool(accused[probable.passage].charged.reasons)
    late = is_late(one.sighting.time_ns, now_ns, terms.horizon_ns)
    return (case_of[probable.passage], None) if opens and not rows and not late else None


def behind(conn: Connection, probable: messages.Probable) -> list[InterceptRow]:
    """The intercepts of the vehicle that a crossing probably is of: that which the earlier one moved on, or its own."""
    known = resemblances.of_passages(conn, [probable.passage]).get(probable.passage)
    if known is not None and known.apart_ns is None:
        row = intercepts.get(conn, known.intercept, corridors=None)
        return [row] if row else []
    return intercepts.of_cases(conn, [probable.case] if probable.case else [])


def _drives(row: InterceptRow, now_ns: int, terms: Terms) -> bool:
    """Whether somebody may still stop it; a waiting one is over at its horizon, whenever its timer is looked at."""
    over = row.state in WAITING_STATES and is_late(row.newest_ns, now_ns, terms.horizon_ns)
    return row.state in _DRIVING and not over


def seen(arrival: Arrival, followed: Mapping[str, Following]) -> messages.Seen:
    """The place on the truck's way, and how likely it is that truck."""
    told, follows = seen_of(arrival), followed.get(arrival.message.id)
    return msgspec.structs.replace(told, probable=follows.score) if follows else told


def seen_before(told: Iterable[messages.Intercept]) -> list[messages.Seen]:
    """What intercepts know of other cases' crossings."""
    return [one for intercept in told for one in intercept.sightings if one.probable is not None]


def keep(
    conn: Connection,
    followed: Mapping[str, Following],
    accused: Mapping[str, Accusation],
    changed: Sequence[Change],
    now_ns: int,
) -> None:
    """Write down which crossing moved on which intercept, and what it brought."""
    by_case = {change.after.case: change for change in changed if change.after.merged_into is None}
    kept = [_kept(passage, one, followed, accused, by_case.get(one.case), now_ns) for passage, one in followed.items()]
    resemblances.keep(conn, [row for row in kept if row is not None])


def _kept(
    passage: str,
    one: Following,
    followed: Mapping[str, Following],
    accused: Mapping[str, Accusation],
    change: Change | None,
    now_ns: int,
) -> Resemblance | None:
    intercept = one.intercept or (change.after.id if change is not None else None)
    if intercept is None:
        return None  # the earlier crossing, which came just now, opened nothing after all
    charged = accused[passage].charged
    if one.known is not None:
        before = msgspec.json.decode(one.known.document, type=Charges).before
    else:
        before = _reasons_before(change, followed, accused)
    charges = msgspec.json.encode(Charges(charged.reasons, charged.priority, before)).decode()
    return Resemblance(
        passage, one.earlier, intercept, one.score, one.known.at_ns if one.known else now_ns, None, charges
    )


def _reasons_before(
    change: Change | None, followed: Mapping[str, Following], accused: Mapping[str, Accusation]
) -> tuple[str, ...]:
    """The reasons of the intercept without what follows it now."""
    if change is None:
        return ()
    told: set[str] = {reason.value for reason in change.before.reasons} if change.before else set()
    own = {one.passage for one in change.after.sightings} - set(followed)
    told |= {reason for one in own if one in accused for reason in accused[one].charged.reasons}
    return tuple(sorted(told))
