"""The forms of the answer about a case; see `answers`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from service.api.dispatch_answers import Moment, Time
from service.messages.structs import Natural, PassageId, Seen, Share, Version


class StepOf(Struct, frozen=True, kw_only=True):
    """One link of the chain from a passage to its verdict."""

    name: str
    zh: str
    en: str
    clause: Annotated[str | None, Meta(description="Where the law says so.")]
    clause_zh: Annotated[
        str | None, Meta(description="The same in Chinese; null: the rule set has it as `clause` only.")
    ]
    source: str | None
    date: str | None
    verified: Annotated[bool | None, Meta(description="Whether the source was checked; null: no rule was applied.")]


class CertificateOf(Struct, frozen=True, kw_only=True):
    """The verification of the scale that was in force at the crossing."""

    number: str
    class_percent: Annotated[float, Meta(description="The 99 % limits of gross weight.")]
    until: Time


class VerdictOf(Struct, frozen=True, kw_only=True):
    """A verdict reached again by the rule set of the crossing's date, with the registry and the papers of now."""

    rule_set: str
    rule: str
    clause: str | None
    clause_zh: str | None
    limit_low_kg: Natural
    limit_high_kg: Annotated[int, Meta(ge=0, description="The end that is acted on.")]
    tolerance_percent: float
    excess_kg: int
    excess_low_kg: Annotated[int, Meta(description="Lower 95 % bound of the excess.")]
    p_over: float
    sigma_percent: Annotated[float, Meta(description="Standard uncertainty of the gross weight.")]
    calibration: Annotated[Natural, Meta(description="Version of the lane's calibration; 0: unknown.")]
    certificate: CertificateOf | None
    agrees: Annotated[bool, Meta(description="Whether that is what was published.")]
    differs: Annotated[list[str], Meta(description="The published fields that it does not confirm.")]
    steps: list[StepOf]


class ExclusionInCase(Struct, frozen=True, kw_only=True):
    """Who took a violation out of all figures, by which rule of the authority and why."""

    by: str
    agency: str | None
    at: Time
    rule: str
    reason: Annotated[str | None, Meta(description="null where you see no plates: what was typed may name one.")]


class ViolationInCase(Struct, frozen=True, kw_only=True):
    """A violation of the trip."""

    violation: Annotated[Any, Meta(description="The message, with what was archived of it.")]
    excluded_by: Annotated[str | None, Meta(description="The exclusion that takes it out of all figures.")]
    exclusion: Annotated[ExclusionInCase | None, Meta(description="That exclusion; null: the violation counts.")]
    verdict: Annotated[VerdictOf | None, Meta(description="null: a later release wrote what this one cannot judge.")]


class EarlierTrip(Struct, frozen=True, kw_only=True):
    """An earlier trip of the vehicle, and what it counts for."""

    case: str
    time: Time
    decided: bool
    confirmed: bool
    suspected: bool
    excluded: bool


class PastOf(Struct, frozen=True, kw_only=True):
    """What the vehicle did before this trip, as it counts now."""

    as_of: Annotated[Time, Meta(description="The newest crossing of this trip.")]
    certain: Annotated[bool, Meta(description="false: the plate is not certain, so this is a possible history.")]
    decided_1y: Natural
    confirmed_365d: Natural
    suspected_365d: Natural
    last: Moment
    repeat: Annotated[bool, Meta(description="One to stop first (dispatch).")]
    trips: Annotated[list[EarlierTrip], Meta(description="Newest first.")]


class PermitInCase(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A permit of the plate, in force at some crossing of the trip or not."""

    number: str
    from_: Time
    until: Time
    corridors: list[str]
    gross_kg: Natural


class Happened(Struct, frozen=True, kw_only=True):
    """Something that was done or decided about the truck."""

    time: Time
    kind: Annotated[str, Meta(description="ledger: somebody did it; decision: this program decided it.")]
    action: str
    actor: str | None = None
    role: str | None = None
    agency: str | None = None
    on_behalf_of: str | None = None
    from_state: str | None = None
    to_state: str | None = None
    note: str | None = None
    facts: dict[str, Any] = {}
    number: Annotated[int | None, Meta(description="Its place in the ledger.")] = None
    hash: str | None = None


class AlikeOf(Struct, frozen=True, kw_only=True):
    """A crossing without a certain plate that probably is of the vehicle of an earlier one, and moved it on."""

    passage: PassageId
    time: Time
    site: str
    case: Annotated[str | None, Meta(description="Its own; cases stay apart.")]
    earlier: PassageId
    earlier_case: str | None
    intercept: str
    score: Share
    told_apart_at: Annotated[Moment, Meta(description="Since when a person says that it is another; null: nobody.")]


class ApartOf(Struct, frozen=True, kw_only=True):
    """A crossing that a person told apart; `version` is that of the intercept that it left."""

    version: Version
    passage: PassageId
    left: Annotated[str, Meta(description="The intercept that it had moved on.")]
    case: Annotated[str, Meta(description="Its own.")]
    opened: Annotated[str | None, Meta(description="The intercept that it opened; null: its truck is out of reach.")]


class CaseOf(Struct, frozen=True, kw_only=True):
    """The whole story of one trip."""

    id: str
    asked: Annotated[str, Meta(description="The case that was asked for.")]
    merged: Annotated[bool, Meta(description="That one was merged into this.")]
    state: str
    first: Time
    newest: Time
    intercept: Annotated[Any, Meta(description="The message; null: nobody was asked to stop this truck.")]
    sightings: Annotated[list[Seen], Meta(description="By event time.")]
    violations: Annotated[list[ViolationInCase], Meta(description="By event time.")]
    history: Annotated[PastOf | None, Meta(description="null: no plate was read, or you see none.")]
    permits: Annotated[list[PermitInCase], Meta(description="Of the plate; empty where you see no plates.")]
    timeline: Annotated[list[Happened], Meta(description="Oldest first.")]
    alike: Annotated[
        list[AlikeOf], Meta(description="What probably is of this vehicle, or of which it is; by time.")
    ] = []


STRUCTS = (CaseOf, ApartOf)
