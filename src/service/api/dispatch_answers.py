"""The forms of answers about squads and decisions; see `answers`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from service.messages import LedgerEntry

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Moment = Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})]


class SquadPosition(Struct, frozen=True, kw_only=True):
    """Where a squad was heard of last."""

    corridor: str
    chainage_km: float
    time: Time


class SquadOf(Struct, frozen=True, kw_only=True):
    """A squad now."""

    id: str
    name: str | None
    agency: str
    on_duty: bool
    until: Annotated[Moment, Meta(description="When its duty ends; null where it has none.")]
    base: Annotated[str, Meta(description="Its stop point: where it is taken to be without a recent position.")]
    position: SquadPosition | None
    intercept: Annotated[str | None, Meta(description="The truck that it is asked about, or has.")]


class SquadsOf(Struct, frozen=True, kw_only=True):
    """The squads within the reader's rights."""

    items: list[SquadOf]


class DecisionOf(Struct, frozen=True, kw_only=True):
    """One decision of this program, and what it knew then."""

    kind: str
    time: Time
    facts: dict[str, Any]


class WhyOf(Struct, frozen=True, kw_only=True):
    """Why a truck was, or was not, put before anybody."""

    subject: Annotated[str, Meta(description="An intercept or a violation.")]
    state: str | None
    reasons: list[str]
    decisions: Annotated[list[DecisionOf], Meta(description="Oldest first.")]


class LedgerPage(Struct, frozen=True, kw_only=True):
    """Entries of the ledger."""

    items: list[LedgerEntry]
    next: Annotated[int | None, Meta(description="Give it as `after`; null: there is no more.")]


STRUCTS = (SquadsOf, SquadOf, WhyOf, LedgerPage)
