"""The messages between two agencies: what one proposes to the other, what the other answers, what was refused of it.

See contracts.md §5, `dispatch.joint` for the states and `dispatch.ledger` for the entries.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from service.messages.structs import Byte, Instant, Moment, Natural, Version
from service.messages.vocabulary import Completion, JointStatus, JointTrigger, SideState

_Id = Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
#: No control characters: PostgreSQL takes no NUL, nobody needs one.
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
_Word = Annotated[str, Meta(pattern="^[a-z_]{1,32}$")]
_Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=_PRINTABLE)]
_Weight = Annotated[int, Meta(ge=0, le=1_000_000)]
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
    deadline: Annotated[Moment, Meta(description="null: it owes nothing now, or is late.")]
    actions: Annotated[list[str], Meta(description="What a person of this agency may do next.")]
    unit: Annotated[str | None, Meta(description="Who takes part.")] = None
    note: str | None = None
    outcome: Annotated[str | None, Meta(description="What came of it, in words; of police the decision.")] = None
    static_gross_kg: int | None = None
    scale_certificate: str | None = None
    unloaded_kg: int | None = None
    document_number: str | None = None
    late_at: Annotated[Moment, Meta(description="Since when both desks know that it is late; null: it is not.")] = None


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
    seen_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="Seen there last.")]
    gross_kg: Natural
    limit_high_kg: Natural
    excess_kg: int
    ledger: Annotated[list[LedgerEntry], Meta(description="What was done about this truck so far.")]


class Response(Struct, frozen=True, kw_only=True):
    """What one agency did, on its own topic under the intercept's id as key: an action on the intercept, or on its side
    of a joint action. What cannot be done is answered by a refusal."""

    action: _Word
    actor: Annotated[str, Meta(min_length=1, max_length=64, pattern=_PRINTABLE, description="A person of the agency.")]
    idempotency_key: Annotated[
        str, Meta(min_length=1, max_length=128, pattern=_PRINTABLE, description="The same one acts once.")
    ]
    schema: Literal["dispatch.response.v1"] = "dispatch.response.v1"
    joint: Annotated[_Id | None, Meta(description="The joint action that is meant, where an intercept has more.")] = (
        None
    )
    agency: Annotated[_Word | None, Meta(description="If given, that of the topic; the topic says who speaks.")] = None
    done_at: Moment = None
    if_version: Annotated[
        int | None, Meta(description="The version that was seen; with another one it is refused.")
    ] = None
    after: Annotated[_Name | None, Meta(description="The idempotency_key of the response before this one.")] = None
    unit: Annotated[_Name | None, Meta(description="Who takes part, or whose deed it is.")] = None
    note: Annotated[str, Meta(max_length=2_000, pattern=_PRINTABLE)] | None = None
    outcome: Annotated[str, Meta(max_length=200, pattern=_PRINTABLE)] | None = None
    static_gross_kg: _Weight | None = None
    scale_certificate: _Name | None = None
    unloaded_kg: _Weight | None = None
    document_number: _Name | None = None


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
