"""The forms of answers: what is encoded, and what the OpenAPI document says of it, from one definition.

Messages (violation, intercept) are those of `service.messages`. Rows of rates come as the store makes them;
`RateRow` describes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from service import messages
from service.access import Role
from service.api import (
    case_answers,
    dispatch_answers,
    effect_answers,
    etags,
    exclusion_answers,
    health_answers,
    notice_answers,
    offender_answers,
    session_forms,
    signal_answers,
)
from service.api.cursors import NEXT_LINK
from service.api.examples import EXAMPLES
from service.api.negotiation import CSV, GEOJSON, JSON
from service.api.plate_forms import ENTRIES
from service.api.problems import CODES, MEDIA_TYPE
from service.messages.schemas import inlined_schema
from service.messages.structs import Natural

Schema = dict[str, Any]

#: Everybody but machines.
PERSONS = (Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.TECHNICIAN, Role.ADMIN)

#: What may happen to any request that needs a right.
EVERYWHERE = (
    "token_missing",
    "token_refused",
    "role_refused",
    "parameters_invalid",
    "too_many_requests",
    "internal",
    "database_away",
    "issuer_away",
)

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Percent = Annotated[float, Meta(description="To 4 decimals.")]


class Section(Struct, frozen=True):
    """A stretch of a corridor."""

    from_km: float
    to_km: float
    name: str | None


class StopPointOf(Struct, frozen=True, kw_only=True):
    """A place where a truck can be taken off the road."""

    id: str
    chainage_km: float
    direction: Annotated[str, Meta(description="Of the trucks that can be stopped there.")]
    static_scale: bool
    capacity: Annotated[Natural, Meta(description="Trucks at a time.")]


class Corridor(Struct, frozen=True, kw_only=True):
    """A road as a line of chainage."""

    id: str
    name: str | None
    timezone: str
    main: bool
    length_km: float | None
    area: str | None
    key_sections: list[Section]
    sites: list[str]
    stop_points: Annotated[list[StopPointOf], Meta(description="By chainage.")]


class LaneOf(Struct, frozen=True):
    """A lane of a site."""

    number: int
    direction: str


class CertificateOf(Struct, frozen=True, rename={"from_": "from"}):
    """The verification in force; `until` is outside."""

    number: str
    class_percent: float
    from_: Time
    until: Time


class Site(Struct, frozen=True, kw_only=True):
    """A weighing place."""

    id: str
    name: str | None
    corridor: str
    chainage_km: float
    area: str | None
    timezone: str
    position: Annotated[list[float], Meta(description="Longitude, latitude (WGS-84).")] | None
    lanes: list[LaneOf]
    certificate: CertificateOf | None
    evidence_approved: bool
    tolerance_percent: float | None


class Net(Struct, frozen=True):
    """The same without what is graded count or reject."""

    trucks: Natural
    over_beyond_tolerance: Natural
    rate_percent: Percent | None


class Compared(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The row of the other period, and this rate minus that one in percentage points with its 95 % interval."""

    from_: Time
    to: Time
    trucks: Natural
    over_beyond_tolerance: Natural
    rate_percent: Percent | None
    difference_points: float | None
    difference_low_points: float | None
    difference_high_points: float | None
    differs: Annotated[
        bool | None, Meta(description="false: the interval holds 0, so the difference may be chance; null: no data.")
    ]


class RateRow(Struct, frozen=True, kw_only=True, rename={"from_": "from"}, omit_defaults=True):
    """Counts of one period, direction and, where asked, one value of `by`."""

    from_: Time
    to: Time
    direction: str
    axles: int | None = None
    band: str | None = None
    site: str | None = None
    lane: int | None = None
    area: str | None = None
    passages: Natural
    trucks: Natural
    over_nominal: Natural
    over_beyond_tolerance: Natural
    rate_percent: Annotated[Percent | None, Meta(description="null: no truck, or nothing was observed.")]
    rate_low_percent: Percent | None
    rate_high_percent: Percent | None
    hundred_tonne: Natural
    bands: Annotated[dict[str, Natural], Meta(description="Nominal overloads by excess.")]
    excluded: Annotated[dict[str, Natural], Meta(description="Trucks that net leaves out, by flag.")]
    net: Net
    lane_hours_observed: Natural
    lane_hours: Natural
    plate_read_percent: Annotated[Percent | None, Meta(description="Passages with a plate; null without passages.")]
    trips: Annotated[Natural | None, Meta(description="Distinct trips; null until they are counted nightly.")]
    compared: Compared | None = None


class Comparison(Struct, frozen=True, kw_only=True, rename={"from_": "from", "with_": "with"}):
    """The other period, and the sites that counted in only one of the two."""

    with_: str
    from_: Time
    to: Time
    sites_came: list[str]
    sites_went: list[str]


class Rates(Struct, frozen=True, kw_only=True, rename={"from_": "from"}, omit_defaults=True):
    """The overload rates of a corridor; `to` is exclusive."""

    corridor: str
    from_: Time
    to: Time
    bucket: str | None
    by: str | None
    rule_set: Annotated[str | None, Meta(description='"mixed" where more than one was in force, see rule_sets.')]
    rule_sets: list[str]
    revision: Annotated[int, Meta(description="Grows when a period that was over changes.")]
    unit: str
    rows: list[RateRow]
    compare: Comparison | None = None


class RatesOfAll(Struct, frozen=True):
    """The rates of every corridor within the reader's rights."""

    unit: str
    bucket: str | None
    corridors: list[Rates]


class Accepted(Struct, frozen=True):
    """Passages that Kafka has."""

    accepted: Natural
    ids: list[str]


class FieldProblem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One wrong field."""

    field: str
    problem: str
    remedy: str
    index: Annotated[int, Meta(description="Of the record, from 0.")] | None = None


class ProblemDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457; further members help with single codes."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] | None = None


class StatsOfCorridor(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The local day of a corridor so far, both directions together, as `GET /v1/rates` counts it."""

    corridor: str
    from_: Time
    to: Time
    passages: Natural
    trucks: Natural
    over_beyond_tolerance: Natural
    hundred_tonne: Natural
    rate_percent: Annotated[Percent | None, Meta(description="null: no truck, or nothing was observed.")]
    rate_low_percent: Percent | None
    rate_high_percent: Percent | None
    plate_read_percent: Percent | None
    lane_hours_observed: Natural
    lane_hours: Natural
    intercepts_open: Annotated[Natural, Meta(description="Nobody has taken them yet; of those that you may see.")]
    intercepts_claimed: Annotated[Natural, Meta(description="Somebody has the truck, or is after it.")]


class Stats(Struct, frozen=True, kw_only=True):
    """The event `stats` of the live feed: figures for a wall display."""

    id: str = "stats"
    version: Annotated[int, Meta(description="Grows; keep the highest.")]
    time: Time
    schema: str = "wim.stats.v1"
    corridors: list[StatsOfCorridor]


_STRUCTS = (
    Corridor,
    Site,
    Rates,
    RatesOfAll,
    Stats,
    *offender_answers.STRUCTS,
    Accepted,
    ProblemDocument,
    *health_answers.STRUCTS,
    *dispatch_answers.STRUCTS,
    *case_answers.STRUCTS,
    *notice_answers.STRUCTS,
    *exclusion_answers.STRUCTS,
    *session_forms.STRUCTS,
    *effect_answers.STRUCTS,
    *signal_answers.STRUCTS,
    *ENTRIES,
)


def components() -> dict[str, Schema]:
    """The schemas that the document refers to, by name."""
    _, made = msgspec.json.schema_components(_STRUCTS, ref_template="#/components/schemas/{name}")
    told = {one.__name__: inlined_schema(one) for one in (messages.Violation, messages.Intercept, messages.JointAction)}
    for schema in told.values():
        schema.pop("$schema", None)
        schema.pop("$id", None)
    excluded = {"type": "string", "description": "The exclusion that takes it out of all figures; absent: it counts."}
    told["Violation"]["properties"]["excluded_by"] = excluded
    found = {**made, **told, "PassageIn": _passage_in(), "FeatureCollection": _FEATURES}
    return found | {name: {**found[name], "examples": [shown]} for name, shown in EXAMPLES.items()}


def ref(name: str) -> Schema:
    """A reference to one of them."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(
    name: str, *others: str, description: str = "The answer.", headers: Mapping[str, Any] | None = None
) -> Schema:
    """A successful answer: JSON of that form, and other media types."""
    content: dict[str, Any] = {JSON: {"schema": ref(name)}}
    content |= {kind: {"schema": _OTHERS[kind]} for kind in others}
    return {"description": description, "content": content, "headers": {**etags.HEADER, **(headers or {})}}


def page_of(name: str, *others: str) -> Schema:
    """A page of a list of those."""
    items: Schema = {"type": "array", "items": ref(name)}
    following = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    page = {"type": "object", "properties": {"items": items, "next": following}, "required": ["items", "next"]}
    content = {JSON: {"schema": page}, **{kind: {"schema": _OTHERS[kind]} for kind in others}}
    return {"description": "One page.", "content": content, "headers": {**etags.HEADER, **NEXT_LINK}}


def documented(
    success: Schema, *codes: str, status: int = 200, etag: bool = True, created: Schema | None = None
) -> dict[int | str, Schema]:
    """The answers of a route: its success, a 304 where it has an ETag, and the problems that it may have."""
    also: dict[int | str, Schema] = {201: created} if created else {}
    if etag:
        also[304] = {"description": "The client has this version."}
    return {status: success, **also, **problem_answers(*EVERYWHERE, *codes)}


def problem_answers(*codes: str) -> dict[int | str, Schema]:
    """The answers that problems are, by status."""
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(CODES[code][0], []).append(code)
    return {status: _problem(found) for status, found in sorted(by_status.items())}


def _problem(codes: Sequence[str]) -> Schema:
    told = "; ".join(f"`{code}`: {CODES[code][1]}" for code in codes)
    return {"description": told, "content": {MEDIA_TYPE: {"schema": ref("ProblemDocument")}}}


#: What a unit must say of a crossing; the rest is unknown where it is left out (`wim.forms.json_form`).
_PASSAGE_NEEDS = ["time", "site", "lane", "direction", "sequence", "gross_kg", "axles"]


def _passage_in() -> Schema:
    (_,), parts = msgspec.json.schema_components((messages.Passage,), ref_template="#/components/schemas/{name}")
    passage = {**parts["Passage"], "required": _PASSAGE_NEEDS, "description": "A crossing as a roadside unit sends it."}
    passage["properties"] = {**passage["properties"], "axles": {"type": "array", "items": parts["Axle"]}}
    return passage


_FEATURES: Schema = {
    "type": "object",
    "description": "RFC 7946; properties as in the JSON answer.",
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": {"const": "Feature"},
                    "geometry": {"anyOf": [{"type": "object"}, {"type": "null"}]},
                    "properties": {"type": "object"},
                },
                "required": ["type", "geometry", "properties"],
            },
        },
    },
    "required": ["type", "features"],
}

_OTHERS: Mapping[str, Schema] = {GEOJSON: ref("FeatureCollection"), CSV: {"type": "string"}}
