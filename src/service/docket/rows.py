"""What the docket keeps, as rows of the store."""

from __future__ import annotations

import msgspec

from dispatch.life import ACTIVE_STATES
from rules.kernels.judge import HUNDRED_TONNE_BAND, band_of
from service import messages
from service.docket.arrivals import Arrival
from service.docket.drafting import seen_of
from service.store.cases import CaseRow
from service.store.feed import Entry
from service.store.intercepts import InterceptRow
from service.store.outcomes import OutcomeRow
from service.store.sightings import SightingRow
from service.store.violations import ViolationRow
from service.store.weighings import WeighingRow
from wim.forms.json_form import instant_ns
from wim.records import Flag

#: What the columns hold; a damaged record may say four million tonnes. The message keeps what was said.
_MOST_KG = 2**31 - 1

#: States of a case: a trip is open for as long as a further sighting can belong to it.
OPEN, MERGED = "open", "merged"


def violation_row(violation: messages.Violation, arrival: Arrival) -> ViolationRow:
    """A violation with the columns by which lists find it; a passage at no known corridor has the corridor ''."""
    passage, sighting = violation.passage, arrival.sighting
    return ViolationRow(
        id=violation.id,
        version=violation.version,
        corridor=violation.corridor or "",
        site=passage.site,
        lane=passage.lane,
        direction=passage.direction,
        time_ns=sighting.time_ns,
        plate=sighting.plate,
        plate_colour=sighting.colour,
        plate_certain=sighting.certain,
        grade=violation.grade.value,
        zone=violation.zone.value,
        severity=violation.severity,
        band=_band(violation),
        hundred_tonne=violation.hundred_tonne,
        evidence=violation.evidence,
        gross_kg=min(passage.gross_kg, _MOST_KG),
        excess_kg=max(-_MOST_KG, min(violation.excess_kg, _MOST_KG)),
        p_over=violation.p_over,
        document=arrival.document,
    )


def _band(violation: messages.Violation) -> int:
    if violation.hundred_tonne:
        return HUNDRED_TONNE_BAND
    return int(band_of(violation.excess_kg, violation.limit_high_kg)) if violation.excess_kg > 0 else 0


def sighting_row(arrival: Arrival, case: str) -> SightingRow:
    """A crossing in its case."""
    passage, sighting = arrival.passage, arrival.sighting
    return SightingRow(
        id=sighting.passage,
        case_id=case,
        corridor=arrival.message.corridor or "",
        site=passage.site,
        lane=passage.lane,
        direction=passage.direction,
        time_ns=sighting.time_ns,
        plate=sighting.plate,
        plate_colour=sighting.colour,
        plate_certain=sighting.certain,
        violation=isinstance(arrival.message, messages.Violation),
        document=msgspec.json.encode(seen_of(arrival)).decode(),
    )


def new_case(case: str, first: Arrival) -> CaseRow:
    """The case that a sighting opens. A plate that is not certain names nobody, so nobody is followed by it."""
    sighting = first.sighting
    return CaseRow(
        id=case,
        version=1,
        state=OPEN,
        merged_into=None,
        corridor=first.message.corridor or "",
        site=first.passage.site,
        plate=sighting.plate if sighting.certain else "",
        plate_colour=sighting.colour,
        first_ns=sighting.time_ns,
        newest_ns=sighting.time_ns,
        document="{}",
    )


def seen_at(row: CaseRow, time_ns: int) -> CaseRow:
    """The case after a sighting at that time."""
    return row._replace(first_ns=min(row.first_ns, time_ns), newest_ns=max(row.newest_ns, time_ns))


def next_case(before: CaseRow | None, after: CaseRow) -> CaseRow:
    """The case as it is to be written: under the version that follows the one that was read."""
    return after._replace(version=before.version + 1 if before else 1)


def outcome_row(arrival: Arrival, case: str, suspected: bool) -> OutcomeRow:
    """What a violation counts for as long as nobody has decided anything."""
    return OutcomeRow(
        id=arrival.sighting.passage,
        trip=case,
        plate=arrival.sighting.plate,
        plate_colour=arrival.sighting.colour,
        time_ns=arrival.sighting.time_ns,
        decided=False,
        confirmed=False,
        suspected=suspected,
        simulated=arrival.simulated,
        source="screen",
        document="{}",
    )


def violation_entry(arrival: Arrival) -> Entry:
    """A violation as the live feed tells it."""
    return Entry(
        kind="violation",
        corridor=arrival.message.corridor,
        site=arrival.passage.site,
        agency=None,
        at_ns=arrival.sighting.time_ns,
        document=arrival.document,
    )


def intercept_entry(row: InterceptRow) -> Entry:
    """An intercept as the live feed tells it, at the place where its truck was seen last."""
    return Entry(
        kind="intercept",
        corridor=row.corridor or None,
        site=row.site,
        agency=row.lead_agency,
        at_ns=row.newest_ns,
        document=row.document,
    )


def intercept_row(told: messages.Intercept) -> InterceptRow:
    """An intercept at the place where its truck was seen last, which decides whose it is to see."""
    last = told.sightings[-1]
    return InterceptRow(
        id=told.id,
        version=told.version,
        case_id=told.case,
        state=told.state.value,
        active=told.state.value in ACTIVE_STATES,
        corridor=last.corridor or "",
        site=last.site,
        plate=told.plate,
        plate_colour=told.plate_colour,
        squad=told.squad,
        lead_agency=told.lead_agency,
        priority=told.priority,
        opened_ns=instant_ns("time", told.sightings[0].time),
        newest_ns=instant_ns("time", told.time),
        document=messages.encode(told).decode(),
    )


def told_in(row: InterceptRow) -> messages.Intercept:
    """The intercept as a row keeps it."""
    return messages.decode(messages.Intercept, row.document.encode())


def verdict_row(told: messages.Intercept, confirmed: bool, decided: bool) -> OutcomeRow:
    """What a trip counts for once its truck stood on a scale, at the time of the crossing with the best evidence.

    It has an id of its own: a crossing that is judged anew changes the suspicion and not the verdict.
    """
    best = told.best
    return OutcomeRow(
        id=f"intercept/{told.id}",
        trip=told.case,
        plate=told.plate,
        plate_colour=told.plate_colour,
        time_ns=instant_ns("time", best.time),
        decided=decided,
        confirmed=confirmed,
        suspected=False,
        simulated=Flag.SIMULATED.name in best.flags,
        source="squad",
        document=msgspec.json.encode(
            {"static_gross_kg": told.static_gross_kg, "permit_number": told.permit_number}
        ).decode(),
    )


def weighing_row(told: messages.Intercept, confirmed: bool) -> WeighingRow:
    """What the scale said, at the crossing with the best evidence."""
    best = told.best
    return WeighingRow(
        intercept=told.id,
        corridor=best.corridor or "",
        site=best.passage.site,
        lane=best.passage.lane,
        at_ns=instant_ns("time", best.time),
        gross_kg=min(best.passage.gross_kg, _MOST_KG),
        static_gross_kg=told.static_gross_kg or 0,
        gross_sigma=best.passage.gross_sigma,
        p_over=best.p_over,
        confirmed=confirmed,
        simulated=Flag.SIMULATED.name in best.flags,
    )
