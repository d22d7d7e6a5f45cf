"""The messages between two agencies: what one proposes to the other, what the other answers, what was refused of it.

See contracts.md §5, `dispatch.joint` for the states and `dispatch.ledger` for the entries.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from service.messages.structs import Byte, Instant, Moment, Natural, Version
from service.messages.vocabulary import Completion, JointStatus, JointTrigger, SideState

_Id = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
_Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class LedgerEntry(Struct, frozen=True, kw_only=True):
    """One act of a person or of this system; `hash` is the SHA-256 of the other fields but `at` in canonical JSON."""

    number: Annotated[int, Meta(ge=1, description="Without gaps over all intercepts.")]
    previous: _Hash
    hash: _Hash
    at: Instant
    at_ns: int
    intercept: str
    corridor: str
    actor: str
    role: str
    agency: str | None
    on_behalf_of: Annotated[str | None, Meta(description="The squad for which duty acted.")]
    action: str
    from_state: str | None
    to_state: str
    note: str | None
    document: dict[str, Any]


class JointSide(Struct, frozen=True, kw_only=True):
    """One agency's part in a joint action."""

    agency: str
    state: SideState
    since: Instant
    deadline: Annotated[Moment, Meta(description="null: it owes nothing now, or both desks were told.")]
    actions: Annotated[list[str], Meta(description="What a person of this agency may do next.")]
    unit: Annotated[str | None, Meta(description="Who takes part.")] = None
    note: str | None = None
    outcome: Annotated[str | None, Meta(description="What came of it, in words; of police the decision.")] = None
    static_gross_kg: int | None = None
    scale_certificate: str | None = None
    unloaded_kg: int | None = None
    document_number: str | None = None


class JointAction(Struct, frozen=True, kw_only=True):
    """What two agencies owe each other about one truck: the full present state, with the ledger so far."""

    id: _Id
    version: Version
    time: Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="Of its last change.")]
    schema: Literal["dispatch.joint-action.v1"] = "dispatch.joint-action.v1"
    intercept: _Id
    trigger: JointTrigger
    completion: Completion
    status: JointStatus
    from_agency: Annotated[str, Meta(description="Who proposed it, and leads.")]
    to_agency: str
    sides: Annotated[list[JointSide], Meta(description="The one that proposed it first.")]
    deadline: Annotated[Moment, Meta(description="When the first side is late.")]
    escalated_at: Annotated[Moment, Meta(description="When both duty desks were told of a delay or a no.")]
    proposed_at: Instant
    plate: str
    plate_colour: Byte
    corridor: str | None
    site: str
    chainage_km: float | None
    direction: Byte
    seen_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="Seen there, at the proposal.")]
    gross_kg: Natural
    limit_high_kg: Natural
    excess_kg: int
    ledger: Annotated[list[LedgerEntry], Meta(description="What was done about this truck so far.")]


class Response(Struct, frozen=True, kw_only=True):
    """What one agency did, on its own topic: an action on the intercept or, with `joint`, on its side of that."""

    action: str
    actor: str
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=128, description="The same one acts once.")]
    schema: Literal["dispatch.response.v1"] = "dispatch.response.v1"
    intercept: Annotated[str | None, Meta(description="Without it the message's key.")] = None
    joint: Annotated[str | None, Meta(description="The joint action that is meant.")] = None
    agency: Annotated[str | None, Meta(description="If given, that of the topic; the topic says who speaks.")] = None
    done_at: Moment = None
    if_version: int | None = None
    after: Annotated[str | None, Meta(description="The idempotency_key of the response before this one.")] = None
    unit: str | None = None
    note: str | None = None
    outcome: str | None = None
    static_gross_kg: Natural | None = None
    scale_certificate: str | None = None
    unloaded_kg: Natural | None = None
    document_number: str | None = None


class Refusal(Struct, frozen=True, kw_only=True):
    """A response that was not taken: nothing was changed."""

    id: _Id
    version: Version
    time: Instant
    schema: Literal["dispatch.refusal.v1"] = "dispatch.refusal.v1"
    intercept: str
    joint: str | None
    agency: Annotated[str, Meta(description="Whose response it was.")]
    idempotency_key: str
    code: Annotated[str, Meta(description="As in the problems of the HTTP API.")]
    detail: str
    state: Annotated[str | None, Meta(description="Of the intercept, or of the agency's side.")]
    present_version: int | None
    allowed: list[str]
