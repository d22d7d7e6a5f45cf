"""Why a grave violation woke nobody: found, and kept for whoever asks *why was this not alerted?*

=============  =====================================================================================================
word           meaning
=============  =====================================================================================================
found_legal    a scale found this vehicle, or the one that it probably is, legal with the same load within 12 h before
moved_on       it probably is of a vehicle that somebody is after already, whose intercept it moved on
closed         the intercept of this trip is over; what was found out then stands
camera_dark    the plate was not read, and the lane's camera reads too few to hold that against the truck
no_reason      beyond tolerance, but neither heavy nor often enough to be worth a squad
=============  =====================================================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection

from dispatch.life import State
from dispatch.offenders import colours_agree
from dispatch.weighings import SAME_LOAD_SIGMAS, far_apart
from service import messages
from service.docket.arrivals import Arrival
from service.docket.openings import Accusation, Change
from service.docket.resembling import behind
from service.docket.rows import told_in
from service.docket.terms import Terms
from service.store import outcomes
from service.store.decisions import Decision
from service.store.outcomes import OutcomeRow
from wim.forms.json_form import instant_ns


class _Verdict(msgspec.Struct):
    """What a verdict's document says of the scale."""

    static_gross_kg: int | None = None


def found_legal(conn: Connection, arrivals: Sequence[Arrival], terms: Terms) -> set[str]:
    """The crossings whose vehicle a scale found legal with the same load shortly before."""
    named = [arrival for arrival in arrivals if arrival.sighting.certain]
    if not named:
        return set()
    from_ns = min(arrival.sighting.time_ns for arrival in named) - terms.legal_again_ns
    verdicts: dict[str, list[OutcomeRow]] = {}
    for row in outcomes.found_legal(conn, {arrival.sighting.plate for arrival in named}, from_ns):
        verdicts.setdefault(row.plate, []).append(row)
    return {
        arrival.message.id
        for arrival in named
        if any(_same_load(arrival, row, terms) for row in verdicts.get(arrival.sighting.plate, ()))
    }


def probably_legal(
    conn: Connection, arrivals: Sequence[Arrival], accused: Mapping[str, Accusation], terms: Terms
) -> set[str]:
    """The crossings without a certain plate that probably are of a vehicle that a scale found legal so."""
    return {
        one.message.id
        for one in arrivals
        if (probable := accused[one.message.id].probable) is not None
        and any(_weighed_legal(one, told_in(row), terms) for row in behind(conn, probable))
    }


def _weighed_legal(arrival: Arrival, told: messages.Intercept, terms: Terms) -> bool:
    at_ns = instant_ns("time", told.time)
    return told.state.value == State.LEGAL and _carries(arrival, told.static_gross_kg, at_ns, terms)


def _same_load(arrival: Arrival, row: OutcomeRow, terms: Terms) -> bool:
    static_kg = msgspec.json.decode(row.document, type=_Verdict).static_gross_kg
    agree = colours_agree(row.plate_colour, arrival.sighting.colour)
    return agree and _carries(arrival, static_kg, row.time_ns, terms)


def _carries(arrival: Arrival, static_kg: int | None, at_ns: int, terms: Terms) -> bool:
    """Whether it crossed not long after that time, with what the scale said."""
    passage = arrival.passage
    return (
        static_kg is not None
        and 0 <= arrival.sighting.time_ns - at_ns <= terms.legal_again_ns
        and not far_apart(static_kg, passage.gross_kg, passage.gross_sigma, SAME_LOAD_SIGMAS)
    )


def silent(
    fresh: Iterable[Arrival],
    case_of: Mapping[str, str],
    accused: Mapping[str, Accusation],
    followed: Collection[str],
    changed: Iterable[Change],
    now_ns: int,
) -> list[Decision]:
    """A decision for each grave violation that neither opened an intercept nor belongs to one that goes on."""
    concerned = {change.after.case for change in changed}
    grave = [arrival for arrival in fresh if arrival.charge is not None and arrival.charge.intercept_zone]
    return [
        _decision(arrival, accused[arrival.message.id], arrival.message.id in followed, now_ns)
        for arrival in grave
        if case_of[arrival.message.id] not in concerned
    ]


def _decision(arrival: Arrival, accusation: Accusation, follows: bool, now_ns: int) -> Decision:
    assert isinstance(arrival.message, messages.Violation)
    told = {
        "why": "moved_on" if follows else _word(accusation),
        "waived": list(accusation.waived),
        "severity": arrival.message.severity,
        "confirmed_365d": accusation.history.confirmed_365d,
        "suspected_365d": accusation.history.suspected_365d,
        "plate_read": arrival.charge is not None and arrival.charge.plate_read,
    }
    if accusation.probable is not None and (follows or accusation.waived):
        told["earlier"], told["score"] = accusation.probable.passage, accusation.probable.score
    if accusation.dark is not None:
        told["lane_passages"], told["lane_plates_read"] = accusation.dark.passages, accusation.dark.read
    return Decision(arrival.message.id, "not_opened", now_ns, msgspec.json.encode(told).decode())


def _word(accusation: Accusation) -> str:
    if accusation.waived:
        return "found_legal"
    if accusation.charged.reasons:
        return "closed"
    return "no_reason" if accusation.dark is None else "camera_dark"
