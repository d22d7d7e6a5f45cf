"""What the violations and sightings of one trip make of its intercept: open it, move it on, or leave it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from dispatch import intercepts
from dispatch.cases import Charge, PlateReads, is_late, opening_reasons
from dispatch.cloned import Cloned
from dispatch.intercepts import Charged
from dispatch.life import CLOSED_STATES, State
from dispatch.offenders import History
from service import messages
from service.docket.arrivals import Arrival, charge_of, evidence_of
from service.docket.drafting import Known, draft, life_of, redraft, told_history
from service.docket.terms import Terms
from wim.forms.json_form import instant_ns


@dataclass(frozen=True, slots=True)
class Trip:
    """One case: its newest sighting, what arrived for it now, and every intercept that it has.

    `seen` are all its sightings, those that arrived among them; `earlier` its violations that its intercept does not
    know of yet: all that were kept before where it has none, or where cases were just merged.
    """

    case: str
    newest_ns: int
    arrivals: Sequence[Arrival]
    told: Sequence[messages.Intercept]
    seen: Sequence[messages.Seen]
    earlier: Sequence[messages.Violation] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """An intercept before (None: it is new) and after, as it is told and as its life cycle sees it."""

    before: messages.Intercept | None
    after: messages.Intercept
    life: intercepts.Intercept

    @property
    def alerts(self) -> bool:
        """Whether it goes out as something new."""
        return self.after.alerts > (self.before.alerts if self.before else 0)

    @property
    def secret(self) -> bool:
        """Whether nobody was ever told of it: it was late when it was judged."""
        return self.after.alerts == 0


@dataclass(frozen=True, slots=True)
class Accusation:
    """A violation with its reasons, if it has any, and the history that they rest on."""

    charged: Charged
    history: History
    #: Reasons that it would have had if a scale had not found the same load legal just before.
    waived: tuple[str, ...] = ()
    #: How few plates its lane read, where it has no reason but would have one if the camera were to be trusted.
    dark: PlateReads | None = None
    #: How likely its plate is on two vehicles; None where nobody can tell.
    cloned: float | None = None
    #: An earlier crossing that probably was of the same vehicle.
    probable: messages.Probable | None = None


def accuse(
    arrival: Arrival,
    charge: Charge,
    history: History,
    reads: PlateReads,
    terms: Terms,
    found_legal: bool = False,
    clone: Cloned | None = None,
) -> Accusation:
    """A violation that arrived, with its reasons and priority; none where its load was `found_legal` just before."""
    assert isinstance(arrival.message, messages.Violation)  # a sighting has no charge
    charge = replace(charge, cloned=clone is not None and clone.called)
    reasons = opening_reasons(charge, history, reads, terms.opening)
    score = None if clone is None else round(clone.score, 4)
    if found_legal:
        return Accusation(_charged(arrival.message, (), terms), history, waived=reasons, cloned=score)
    trusted = opening_reasons(charge, history, _SEEING, terms.opening)
    dark = reads if trusted and not reasons else None
    return Accusation(_charged(arrival.message, reasons, terms), history, dark=dark, cloned=score)


def waive(accusation: Accusation, arrival: Arrival, terms: Terms) -> Accusation:
    """The same without its reasons: it probably is of a vehicle whose load a scale found legal just before."""
    assert isinstance(arrival.message, messages.Violation)  # a sighting is not accused
    return replace(accusation, charged=_charged(arrival.message, (), terms), waived=accusation.charged.reasons)


#: A camera that reads every plate.
_SEEING = PlateReads(1, 1)


def _charged(violation: messages.Violation, reasons: tuple[str, ...], terms: Terms) -> Charged:
    priority = terms.ranking.priority(violation.severity, violation.p_over, reasons)
    return Charged(evidence_of(violation), reasons, priority, charge_of(violation).unverified)


def changes(trip: Trip, accused: Mapping[str, Accusation], now_ns: int, terms: Terms) -> list[Change]:
    """What becomes of the trip's intercepts; `accused` by passage id, of what arrived.

    A trip has at most one intercept that is not closed or merged. Where a late sighting brought two together they
    become one here; where one was closed the trip opens no other.
    """
    told = {one.id: one for one in trip.told}
    before = {one.id: life_of(one) for one in trip.told}
    return [
        _change(told.get(life.id), life, trip, accused, now_ns, terms)
        for life in _lives(trip, list(before.values()), accused, now_ns, terms)
        if life != before.get(life.id)
    ]


def _lives(
    trip: Trip,
    before: Sequence[intercepts.Intercept],
    accused: Mapping[str, Accusation],
    now_ns: int,
    terms: Terms,
) -> list[intercepts.Intercept]:
    ended, current = _one(trip.case, before)
    may_open = not any(life.state in CLOSED_STATES for life in before if life.state != State.MERGED)
    known = []
    for violation in trip.earlier:
        charged = _charged(violation, (), terms)
        known.append(charged.best)
        if current is not None:
            time_ns = instant_ns("time", violation.time)
            current = intercepts.see(current, time_ns, now_ns, terms.horizon_ns, charged)
    for arrival in trip.arrivals:
        found, time_ns = accused.get(arrival.sighting.passage), arrival.sighting.time_ns
        known += [found.charged.best] if found else []
        if current is not None:
            current = intercepts.see(current, time_ns, now_ns, terms.horizon_ns, found.charged if found else None)
        elif found is not None and found.charged.reasons and may_open:
            strongest = replace(found.charged, best=intercepts.strongest(known))
            late = is_late(trip.newest_ns, now_ns, terms.horizon_ns)
            # Named after the case that opens it: a case opens one in its life, and it goes along when cases merge.
            current = intercepts.begin(trip.case, trip.case, strongest, time_ns, trip.newest_ns, late)
    return [*ended, *([current] if current else [])]


def _one(
    case: str, before: Sequence[intercepts.Intercept]
) -> tuple[list[intercepts.Intercept], intercepts.Intercept | None]:
    """The intercepts that are over, or end because another goes on, and the one that does; all of one case now."""
    ended: list[intercepts.Intercept] = []
    current: intercepts.Intercept | None = None
    for life in before:
        if life.state == State.MERGED:
            continue
        life = replace(life, case=case) if life.case != case else life
        if life.state in CLOSED_STATES:
            ended.append(life)
            continue
        if current is not None:
            life, gone = intercepts.merge(current, life)
            ended.append(gone)
        current = life
    return ended, current


def _change(
    before: messages.Intercept | None,
    life: intercepts.Intercept,
    trip: Trip,
    accused: Mapping[str, Accusation],
    now_ns: int,
    terms: Terms,
) -> Change:
    # One version a transaction, however many sightings it brought: the row's guard expects the one that follows.
    life = replace(life, version=before.version + 1 if before else 1)
    known = Known(
        violations=[a.message for a in trip.arrivals if isinstance(a.message, messages.Violation)]
        + [told.best for told in trip.told]
        + list(trip.earlier),
        seen=trip.seen,
        history=_history(life, trip, accused),
        certain=any(arrival.sighting.certain for arrival in trip.arrivals),
    )
    after = redraft(before, life, known, terms.horizon_ns) if before else draft(life, known, terms.horizon_ns)
    found = [accused[one.sighting.passage] for one in trip.arrivals if one.sighting.passage in accused]
    # That a later crossing is like one of its own is said of that crossing.
    own = {seen.passage for seen in trip.seen}
    after = msgspec.structs.replace(
        after,
        cloned=_highest([after.cloned, *(one.cloned for one in found)]),
        probable=next((told for one in found if (told := one.probable) and told.passage not in own), after.probable),
    )
    if life.alerts > (before.alerts if before else 0):
        after = msgspec.structs.replace(after, **_afresh(messages.rfc3339(now_ns)))
    return Change(before, after, life)


def _highest(scored: Sequence[float | None]) -> float | None:
    """The highest of those scores that there are."""
    return max((score for score in scored if score is not None), default=None)


def _afresh(now: str) -> dict[str, object]:
    """What goes out as new has been asked of nobody yet, whoever had it before; what a scale said stays said."""
    nobody = dict.fromkeys(("squad", "squad_eta", "lead_agency", "claimed_at", "offered_at", "answer_by"))
    return {"opened_at": now, "desk": False, "passed": [], **nobody}


def _history(life: intercepts.Intercept, trip: Trip, accused: Mapping[str, Accusation]) -> messages.History:
    """The history of the crossing that gave the newest reasons: one that arrived, or that of an intercept merged."""
    for arrival in trip.arrivals:
        found = accused.get(arrival.sighting.passage)
        if found and found.charged.reasons and arrival.sighting.time_ns == life.as_of_ns:
            return told_history(found.history)
    as_of = messages.rfc3339(life.as_of_ns)
    return next(told.history for told in trip.told if told.as_of == as_of)
