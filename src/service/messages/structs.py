"""The JSON messages (contracts.md §5), as they are encoded, decoded and published as JSON Schemas.

Every message has `id`, `version` (grows with each change of the same id; a reader keeps the highest), `time` (event
time) and `schema`. Times are RFC 3339 in UTC. Readers ignore fields that they do not know; an unknown word of a list is
read as `other`. A field that is added is optional, for old messages lie in the topics for a month.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.messages.vocabulary import (
    Action,
    Clock,
    Condition,
    Dimension,
    Grade,
    InterceptEnded,
    InterceptReason,
    InterceptState,
    MediaKind,
    Side,
    SightingReason,
    Zone,
)

Natural = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Byte = Annotated[int, Meta(ge=0, le=255)]
Share = Annotated[float, Meta(ge=0, le=1)]
PassageId = Annotated[str, Meta(pattern="^[0-9a-f]{16}$", description="Identity of a crossing (contracts.md §2).")]
Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="RFC 3339, UTC.")]
Moment = Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})]
Version = Annotated[
    int, Meta(ge=1, le=2**63 - 1, description="Grows with each change of the same id; keep the highest.")
]


class Axle(Struct, frozen=True, kw_only=True):
    """One axle of a passage, front to rear."""

    left_kg: Natural
    right_kg: Natural
    spacing_mm: Annotated[int | None, Meta(description="To the next axle; null on the last.")]


class Passage(Struct, frozen=True, kw_only=True):
    """One vehicle crossed the strips of one lane: the JSON form of contracts.md §2."""

    id: PassageId
    time: Instant
    origin_ns: int
    site: str
    plate: Annotated[str, Meta(description="As read; empty without a read.")]
    sequence: Natural
    flags: Annotated[list[str], Meta(description="Names of contracts.md §3, lowest bit first.")]
    lane: Byte
    direction: Annotated[int, Meta(ge=0, le=255, description="0 chainage rises, 1 falls.")]
    axle_count: Byte
    plate_colour: Byte
    plate_confidence: Byte
    source: Byte
    calibration: Natural
    gross_kg: Natural
    tyres: Natural
    speed_kmh: float | None
    acceleration_ms2: float | None
    pavement_c: float | None
    gross_sigma: float | None
    length_mm: Natural
    width_mm: Natural
    height_mm: Natural
    gap_ms: Natural
    axles: list[Axle]
    part: Byte
    run: Byte


class Group(Struct, frozen=True, kw_only=True):
    """One axle group against its limit interval; information, not an offence by itself."""

    axles: Natural
    load_kg: Natural
    limit_low_kg: Annotated[int | None, Meta(description="null: no limit is known for this kind of group.")]
    limit_high_kg: int | None
    excess_kg: Annotated[int | None, Meta(description="Load above limit_high_kg; negative below it.")]


class Media(Struct, frozen=True, kw_only=True):
    """One picture or recording that belongs to a passage."""

    kind: MediaKind
    sha256: Annotated[str, Meta(description="Of the file, in hexadecimal digits.")]
    href: Annotated[str, Meta(description="Where it is: an address, or its path within the archive.")]


class Violation(Struct, frozen=True, kw_only=True):
    """A passage in zone intercept or watch (decision.md §6)."""

    id: PassageId
    version: Version
    time: Instant
    schema: Literal["wim.violation.v1"] = "wim.violation.v1"
    passage: Passage
    corridor: str | None
    chainage_km: float | None
    pattern: Annotated[str, Meta(description='Sizes of the axle groups front to rear, "1-2-3".')]
    limit_low_kg: Natural
    limit_high_kg: Annotated[int, Meta(ge=0, description="The end that is acted on.")]
    rule_set: str
    rule: Annotated[str, Meta(description="Row of the rule set's table.")]
    tolerance_percent: float
    certificate: str | None
    excess_kg: int
    excess_low_kg: Annotated[int, Meta(description="Lower 95 % bound of the excess.")]
    rate_percent: float
    beyond_tolerance: bool
    p_over: Annotated[float, Meta(ge=0, le=1, description="Probability that the limit is exceeded, flat prior.")]
    severity: Annotated[int, Meta(ge=0, le=6)]
    hundred_tonne: bool
    groups: list[Group]
    over_dimensions: list[Dimension]
    grade: Grade
    flags: list[str]
    zone: Zone
    evidence: Annotated[bool, Meta(description="A proposal; only a person's review makes it usable.")]
    permit: str | None
    permit_exceeded: bool
    media: list[Media] = []
    watched: Annotated[bool, Meta(description="The plate was on a watch list at the crossing.")] = False
    proposal: Annotated[bool, Meta(description="As evidence, but true of a simulated passage too.")] = False


class Sighting(Struct, frozen=True, kw_only=True):
    """A passage without violation whose plate is in an open case or on the watch list."""

    id: PassageId
    version: Version
    time: Instant
    schema: Literal["wim.sighting.v1"] = "wim.sighting.v1"
    passage: Passage
    corridor: str | None
    chainage_km: float | None
    reason: SightingReason


class Seen(Struct, frozen=True, kw_only=True):
    """One place on the way of an intercepted truck."""

    passage: PassageId
    time: Instant
    site: str
    lane: Byte
    direction: Byte
    corridor: str | None
    chainage_km: float | None
    speed_kmh: float | None
    violation: bool
    spacings_mm: Annotated[
        list[int], Meta(description="Empty where the axles are not to be trusted, and in messages from before 0.2.")
    ] = []
    probable: Annotated[
        Share | None,
        Meta(description="How likely it is this vehicle, where only its axles say so; null: it is of the same trip."),
    ] = None


class History(Struct, frozen=True, kw_only=True):
    """Earlier trips of the identity, as they stood at `Intercept.as_of` (decision.md §8)."""

    decided_1y: Natural
    confirmed_365d: Natural
    suspected_365d: Natural
    last: Instant | None


class Probable(Struct, frozen=True, kw_only=True):
    """A vehicle without a certain plate that probably is one that was seen before (docs/method/identity.md)."""

    passage: PassageId
    case: Annotated[str | None, Meta(description="The case of that crossing; cases stay apart.")]
    score: Share


class Intercept(Struct, frozen=True, kw_only=True):
    """The full present state of one intercept: what a squad is asked to stop."""

    id: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
    version: Version
    time: Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="Of the newest sighting.")]
    schema: Literal["dispatch.intercept.v1"] = "dispatch.intercept.v1"
    state: InterceptState
    case: str
    plate: str
    plate_colour: Byte
    plate_certain: bool
    unverified: Annotated[bool, Meta(description="未核實: look at picture and signal first.")]
    best: Annotated[Violation, Meta(description="The violation with the strongest evidence.")]
    sightings: Annotated[list[Seen], Meta(description="By event time.")]
    reasons: Annotated[list[InterceptReason], Meta(description="Frozen as of `as_of`.")]
    as_of: Instant
    history: History
    stop_point: str | None
    truck_eta: Instant | None
    squad: str | None
    squad_eta: Instant | None
    p_catch: Share | None
    priority: float
    expires_at: Annotated[str | None, Meta(extra_json_schema={"format": "date-time"})]
    lead_agency: str | None
    actions: Annotated[list[Action], Meta(description="What a person may do next.")]
    alerts: Annotated[int, Meta(ge=0, description="Times it went out as new; an update leaves it alone.")] = 1
    ended: InterceptEnded | None = None
    merged_into: str | None = None
    note: str | None = None
    desk: Annotated[bool, Meta(description="Nobody took it in time, or nobody is in reach: the duty desk has it.")] = (
        False
    )
    opened_at: Annotated[Moment, Meta(description="When it went out as new; the clock of the desk runs from here.")] = (
        None
    )
    offered_at: Moment = None
    answer_by: Annotated[Moment, Meta(description="When the offer goes to the next squad.")] = None
    verified_at: Annotated[Moment, Meta(description="When duty found that picture and signal bear it out.")] = None
    claimed_at: Moment = None
    stopped_at: Moment = None
    acted_at: Annotated[Moment, Meta(description="When somebody last did something to it, by their own clock.")] = None
    static_gross_kg: Annotated[int | None, Meta(description="What the static scale said.")] = None
    scale_certificate: str | None = None
    second_gross_kg: Annotated[int | None, Meta(description="What it said after unloading.")] = None
    unloaded_kg: int | None = None
    document_number: str | None = None
    permit_number: Annotated[str | None, Meta(description="A permit that was shown at the roadside.")] = None
    review: Annotated[bool, Meta(description="The static weight is far from the dynamic one.")] = False
    conflict: Annotated[bool, Meta(description="Facts were reported that do not fit: duty must settle it.")] = False
    conflict_at: Annotated[Moment, Meta(description="When such a report came last; null: there is no conflict.")] = None
    conflict_squad: Annotated[str | None, Meta(description="Who reported what does not fit.")] = None
    conflict_agency: str | None = None
    escaped: Annotated[bool, Meta(description="Confirmed, and seen heavy again before it was unloaded.")] = False
    support: Annotated[str | None, Meta(description="Unit of the other agency that helps.")] = None
    passed: Annotated[list[str], Meta(description="Squads that passed it or did not answer.")] = []
    probable: Annotated[Probable | None, Meta(description="Probably the same vehicle as an earlier one.")] = None
    cloned: Annotated[Share | None, Meta(description="How likely the plate is on two vehicles; null: not asked.")] = (
        None
    )


class Strip(Struct, frozen=True, kw_only=True):
    """The condition of one strip in the road."""

    line: Byte
    side: Side
    state: Condition


class LaneHealth(Struct, frozen=True, kw_only=True):
    """What a unit says of one lane; the sequences let lost frames and records be counted."""

    lane: Byte
    up: bool
    strips: list[Strip] = []
    frame_sequence: int | None = None
    passage_sequence: int | None = None


class Health(Struct, frozen=True, kw_only=True):
    """A roadside unit's beat, every 60 s."""

    id: Annotated[str, Meta(description="site/time of the beat")]
    version: Version
    time: Instant
    schema: Literal["wim.health.v1"] = "wim.health.v1"
    site: str
    run: Byte
    lanes: list[LaneHealth]
    camera: Condition
    clock: Clock
