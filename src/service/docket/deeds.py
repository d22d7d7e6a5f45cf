"""What each action of a person writes into an intercept beside its new state.

==========  ====================================================================================================
action      writes
==========  ====================================================================================================
verify      verified_at; it is no longer `unverified`
claim       squad, lead_agency, claimed_at; the offer is over
pass        the squad among `passed`; nobody has it
stop        stopped_at, and the squad where nobody had it any more; it has not `ended` out of reach
weigh       static_gross_kg, scale_certificate, `review` where scale and strips are far apart
confirm     document_number, where one was given
legal       permit_number, where one was shown
unload      second_gross_kg, unloaded_kg
cancel      permit_number, where that is why
==========  ====================================================================================================

Every action writes `acted_at`, and the note if there is one; one of duty settles a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dispatch.life import Role
from dispatch.weighings import far_apart
from service import messages
from service.docket.terms import Terms


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person by name, in a role; `squad` only for members of one."""

    name: str
    role: str
    agency: str | None = None
    squad: str | None = None


def says(value: object) -> bool:
    """Whether a field says anything: a certificate or a reason of blanks is none."""
    return value is not None and not (isinstance(value, str) and not value.strip())


class Deed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is done. `squad`: on whose behalf duty claims or stops; `done_at`: when, where the phone had no network;
    the other fields belong to single actions (see the module's table)."""

    action: str
    note: str | None = None
    squad: str | None = None
    static_gross_kg: int | None = None
    scale_certificate: str | None = None
    unloaded_kg: int | None = None
    document_number: str | None = None
    permit_number: str | None = None
    done_at: str | None = None

    def given(self) -> set[str]:
        """The names of the fields that say something."""
        return {name for name in self.__struct_fields__ if says(getattr(self, name))}


class ContradictionError(ValueError):
    """Something that was given cannot be meant: the field, what is wrong with it, what to do."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field} {problem}: {remedy}")
        self.field, self.problem, self.remedy = field, problem, remedy


def check(told: messages.Intercept, deed: Deed) -> None:
    """Raise `ContradictionError` where a verdict does not fit the scale, or an unloading the first weighing."""
    static_kg, best = told.static_gross_kg, told.best
    if static_kg is None:
        return
    if deed.action == "confirm" and static_kg <= best.limit_low_kg:
        problem = f"{static_kg} kg is not above the limit of {best.limit_low_kg} kg"
        raise ContradictionError("static_gross_kg", problem, "such a truck is legal")
    if deed.action == "legal" and static_kg > best.limit_high_kg and not {"permit_number", "note"} & deed.given():
        problem = f"{static_kg} kg is above the limit of {best.limit_high_kg} kg"
        raise ContradictionError("static_gross_kg", problem, "give the permit_number, or say in a note why it is legal")
    if deed.action == "unload" and deed.static_gross_kg is not None and deed.static_gross_kg > static_kg:
        problem = f"{deed.static_gross_kg} kg is more than the {static_kg} kg before unloading"
        raise ContradictionError("static_gross_kg", problem, "give the weight after unloading")
    if deed.action == "unload" and deed.unloaded_kg is not None and deed.unloaded_kg > static_kg:
        problem = f"{deed.unloaded_kg} kg is more than the whole truck weighed, {static_kg} kg"
        raise ContradictionError("unloaded_kg", problem, "give what was taken off, in kg")


def written(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    """The fields of the intercept that the deed writes; `at` is when it was done."""
    special = _WRITES.get(deed.action)
    common: dict[str, Any] = {"acted_at": at, "note": deed.note or told.note}
    # Whoever at the desk acts has seen that the words of the road disagree, and decides.
    settled = NO_CONFLICT if actor.role == Role.DUTY else {}
    return common | dict(settled) | (special(told, deed, actor, at, terms) if special else {})


#: Words of the road that agree, or that the desk has settled.
NO_CONFLICT: Mapping[str, Any] = {
    "conflict": False,
    "conflict_at": None,
    "conflict_squad": None,
    "conflict_agency": None,
}


_Write = Callable[[messages.Intercept, Deed, Actor, str, Terms], dict[str, Any]]


def _verify(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    return {"verified_at": at, "unverified": False}


def _claim(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    squad = deed.squad or actor.squad
    agency = terms.agency_of(squad) or actor.agency
    return {"squad": squad, "lead_agency": agency, "claimed_at": at, "desk": False, **NO_OFFER}


#: An offer that is over.
NO_OFFER: Mapping[str, Any] = {"offered_at": None, "answer_by": None}


def _pass(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    return passed_by(told)


def passed_by(told: messages.Intercept) -> dict[str, Any]:
    """The fields of an intercept that its squad does not take, or take any further."""
    passed = [*told.passed, told.squad] if told.squad and told.squad not in told.passed else told.passed
    return {"passed": passed, "squad": None, "squad_eta": None, "claimed_at": None, "lead_agency": None, **NO_OFFER}


def _stop(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    squad = actor.squad or deed.squad or told.squad
    lead_agency = told.lead_agency or terms.agency_of(squad)
    return {"stopped_at": at, "squad": squad, "lead_agency": lead_agency, "ended": None}


def _weigh(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    best, static_kg = told.best.passage, deed.static_gross_kg
    assert static_kg is not None  # the life cycle asks for it
    far = far_apart(static_kg, best.gross_kg, best.gross_sigma, terms.review_sigmas)
    return {"static_gross_kg": static_kg, "scale_certificate": deed.scale_certificate, "review": far}


def _confirm(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    return {"document_number": deed.document_number or told.document_number}


def _legal(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    return {"permit_number": deed.permit_number or told.permit_number}


def _unload(told: messages.Intercept, deed: Deed, actor: Actor, at: str, terms: Terms) -> dict[str, Any]:
    number = deed.document_number or told.document_number
    return {"second_gross_kg": deed.static_gross_kg, "unloaded_kg": deed.unloaded_kg, "document_number": number}


_WRITES: Mapping[str, _Write] = {
    "verify": _verify,
    "claim": _claim,
    "pass": _pass,
    "stop": _stop,
    "weigh": _weigh,
    "confirm": _confirm,
    "legal": _legal,
    "unload": _unload,
    "cancel": _legal,
}
