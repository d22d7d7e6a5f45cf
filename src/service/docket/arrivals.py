"""What arrives at the docket: a violation or a sighting, with what trips and reasons need of it at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard

from dispatch.cases import Charge, Sighting
from dispatch.intercepts import Evidence
from dispatch.offenders import Identity, plate_is_certain
from service import messages
from service.messages.vocabulary import Grade, Zone
from wim import records
from wim.forms.json_form import instant_ns

#: How much a grade proves; an unknown one proves nothing.
GRADES = {
    Grade.REJECT: records.Grade.REJECT,
    Grade.COUNT: records.Grade.COUNT,
    Grade.INTERCEPT: records.Grade.INTERCEPT,
    Grade.EVIDENCE: records.Grade.EVIDENCE,
}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came; `sighting` is the crossing that it tells of."""

    message: messages.Violation | messages.Sighting
    document: str
    sighting: Sighting
    #: What of a violation decides whether it opens an intercept; None of a mere sighting.
    charge: Charge | None

    @property
    def passage(self) -> messages.Passage:
        """The crossing."""
        return self.message.passage

    @property
    def identity(self) -> Identity:
        """Plate and colour as read."""
        return Identity(self.sighting.plate, self.sighting.colour)

    @property
    def simulated(self) -> bool:
        """Whether the unit said that nothing drove there."""
        return records.Flag.SIMULATED.name in self.passage.flags


def arrival(
    kind: type[messages.Violation] | type[messages.Sighting], value: bytes | None, certain_from: int
) -> Arrival:
    """The violation or sighting in a message; `certain_from` is the policy's least confidence of a certain plate.

    Raises `MessageError` for whatever could not be kept, be it ever so well-formed.
    """
    message = messages.decode(kind, value)
    passage = message.passage
    try:
        document = (value or b"").decode()
        time_ns = instant_ns("time", message.time)
    except ValueError as error:  # a text outside of what was decoded that is no UTF-8; a time that is none
        raise messages.MessageError(kind.__name__.lower(), str(error)) from error
    if "\0" in f"{passage.plate}{passage.site}{message.corridor}":
        raise messages.MessageError(kind.__name__.lower(), "a NUL in plate, site or corridor, which no database keeps")
    sighting = Sighting(
        passage=message.id,
        time_ns=time_ns,
        plate=passage.plate,
        colour=passage.plate_colour,
        certain=plate_is_certain(passage.plate, passage.plate_confidence, certain_from),
        site=passage.site,
    )
    charge = charge_of(message) if isinstance(message, messages.Violation) else None
    return Arrival(message, document, sighting, charge)


def is_violation(message: messages.Violation | messages.Sighting) -> TypeGuard[messages.Violation]:
    """Whether the message tells of a violation."""
    return isinstance(message, messages.Violation)


def charge_of(violation: messages.Violation) -> Charge:
    """What of a violation decides whether it opens an intercept."""
    return Charge(
        intercept_zone=violation.zone == Zone.INTERCEPT,
        hundred_tonne=violation.hundred_tonne,
        severity=violation.severity,
        plate_read=records.Flag.NO_PLATE.name not in violation.flags,
        watched=violation.watched,
        count_grade=violation.grade == Grade.COUNT,
    )


def evidence_of(violation: messages.Violation) -> Evidence:
    """How much a violation proves, to be compared with others of its trip."""
    return Evidence(
        evidence=violation.evidence,
        grade=GRADES.get(violation.grade, records.Grade.REJECT),
        p_over=violation.p_over,
        excess_kg=violation.excess_kg,
        passage=violation.id,
    )
