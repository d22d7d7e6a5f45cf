"""Policy: every number that a region may set, with its default, its bounds, its reason and where that stands.

One TOML file beside the registry (`WIM_POLICY`), flat but for `[keep_days]`; what it leaves out stays at the default.
`wim config show --policy` prints it whole, in the very form of the file. What the law fixes is no policy: limits and
tolerances have dated tables of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from service.documents import MisfitError, mistakes, read_toml, toml_value
from service.keep_days import STRICT, KeepDays
from wim.document import RegistryError, RegistryErrors

_MINUTE_NS: Final = 60 * 10**9
_HOUR_NS: Final = 60 * _MINUTE_NS

#: Words of `dispatch.joint.Trigger`.
_Trigger = Literal["hundred_tonne", "legal_repeat", "cloned_plate", "covered_plate", "drove_off", "refused"]


class Policy(BaseModel):
    """The numbers of one region."""

    model_config = STRICT

    truck_from_kg: int = Field(
        4_500, ge=1_000, le=50_000, description="a vehicle from this gross on is a truck and is judged (decision.md §1)"
    )
    plate_certain_from: int = Field(
        80,
        ge=1,
        le=100,
        description="camera confidence at which a plate stands for its vehicle in history, permits and lists; a unit "
        "that does not say is accepted (decision.md §8)",
    )
    simulated_counts: bool = Field(
        False, description="simulated passages count in offender history; only a demo wants that (decision.md §6)"
    )

    trip_gap_hours: int = Field(
        4, ge=1, le=48, description="sightings of one plate further apart are two journeys (dispatch.md §1)"
    )
    confirmed_repeat_from: int = Field(
        1, ge=1, le=100, description="confirmed earlier trips that make a repeat offender for dispatch (decision.md §8)"
    )
    suspected_repeat_from: int = Field(
        3,
        ge=1,
        le=100,
        description="suspected earlier trips that do; they weigh less than proven ones (decision.md §8)",
    )
    repeat_window_days: int = Field(
        365, ge=30, le=3_650, description="how far back both are counted, the beginning included (decision.md §8)"
    )

    severity_intercept_from: int = Field(
        4, ge=1, le=6, description="severity that opens an intercept by itself: 30 % over and more (dispatch.md §1)"
    )
    plate_read_window_minutes: int = Field(
        120, ge=10, le=1_440, description="how far back a lane's share of read plates is measured (dispatch.md §1)"
    )
    plate_read_percent_from: int = Field(
        50,
        ge=0,
        le=100,
        description="share of read plates from which a missing plate is the truck's doing; below, the camera's "
        "(dispatch.md §1)",
    )
    dark_camera_severity_from: int = Field(
        5,
        ge=1,
        le=6,
        description="severity that opens an intercept without plate where the camera is at fault (dispatch.md §1)",
    )
    unverified_wait_seconds: int = Field(
        60,
        ge=0,
        le=3_600,
        description="how long an unverified 100 t truck waits for the duty desk before the squad gets "
        "it, marked (dispatch.md §1)",
    )
    reach_horizon_minutes: int = Field(
        15, ge=1, le=240, description="a truck last seen longer ago is out of reach: history, no alarm (dispatch.md §1)"
    )

    severity_weights: list[float] = Field(
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        min_length=7,
        max_length=7,
        description="weight of severity 0 … 6 in an intercept's priority (dispatch.md §2)",
    )
    hundred_tonne_factor: float = Field(
        2.0, ge=1, le=10, description="priority of a truck of 100 t and more, times this (dispatch.md §2)"
    )
    repeat_factor: float = Field(
        1.5, ge=1, le=10, description="priority of a repeat offender, times this (dispatch.md §2)"
    )
    precision_floor: float = Field(
        0.9, ge=0.5, le=1, description="least expected share of right alarms among those a squad gets (dispatch.md §2)"
    )
    reaction_seconds: int = Field(
        60, ge=0, le=1_800, description="from the alarm to the squad's wheels turning (dispatch.md §2)"
    )
    set_up_seconds: int = Field(
        60, ge=0, le=1_800, description="from arrival at a stop point to being able to stop a truck (dispatch.md §2)"
    )
    arrival_spread_percent: int = Field(
        15, ge=1, le=100, description="standard deviation of a truck's travel time to a stop point (dispatch.md §2)"
    )

    squad_speed_kmh: float = Field(
        60.0,
        ge=10,
        le=150,
        description="what a squad drives to a stop point on the average: a patrol among trucks, through towns "
        "(dispatch.md §2)",
    )
    catch_floor: float = Field(
        0.1,
        ge=0,
        le=1,
        description="least probability of catching the truck at which a squad is asked; below, it is missed elsewhere "
        "(dispatch.md §2)",
    )

    acknowledge_seconds: int = Field(
        60, ge=10, le=3_600, description="an offer not answered by then goes to the next squad (dispatch.md §3)"
    )
    duty_desk_seconds: int = Field(
        180, ge=10, le=7_200, description="an intercept nobody answered by then goes to the duty desk (dispatch.md §3)"
    )
    review_sigmas: float = Field(
        4.0,
        ge=2,
        le=10,
        description="scale and strips further apart than this many standard deviations are looked at by a person "
        "(dispatch.md §3)",
    )
    legal_again_hours: int = Field(
        12,
        ge=1,
        le=72,
        description="a truck found legal opens nothing for so long while its weight stays the same (dispatch.md §3)",
    )

    joint_triggers: list[_Trigger] = Field(
        ["hundred_tonne", "legal_repeat", "cloned_plate", "covered_plate", "drove_off", "refused"],
        min_length=0,
        max_length=6,
        description="what makes a truck a matter of road and police together (dispatch.md §4)",
    )
    joint_by_both: list[_Trigger] = Field(
        ["hundred_tonne", "legal_repeat", "refused"],
        min_length=0,
        max_length=6,
        description="of those, what is done only when both sides are: each has a decision of its own to take "
        "(dispatch.md §4, ALL)",
    )
    joint_receive_seconds: int = Field(
        60, ge=5, le=3_600, description="the other agency's system must have confirmed receipt by then (dispatch.md §4)"
    )
    joint_accept_seconds: int = Field(
        180, ge=10, le=7_200, description="and its desk have accepted or declined (dispatch.md §4)"
    )
    joint_arrive_minutes: int = Field(
        45, ge=1, le=720, description="its unit be at the truck: a section of 60 km at 80 km/h (dispatch.md §4)"
    )
    joint_done_minutes: int = Field(
        240, ge=5, le=2_880, description="and its part be done: weighed, unloaded, written, signed (dispatch.md §4)"
    )
    webhook_tries: int = Field(
        8,
        ge=1,
        le=50,
        description="a joint action that another system did not take so often is given up, after some four hours; both "
        "desks were told long before (dispatch.md §4)",
    )

    notice_cool_down_seconds: int = Field(
        3,
        ge=0,
        le=600,
        description="between two notices to one phone, room or sign; a WeCom robot takes 20 a minute (dispatch.md §5)",
    )
    notice_tries: int = Field(
        5,
        ge=1,
        le=20,
        description="a notice that failed so often is given up, after 15 s: a quarter of the time to answer "
        "(dispatch.md §5)",
    )
    desk_matter_hours: int = Field(
        12,
        ge=1,
        le=72,
        description="so long a desk is still told of words of the road that conflict, and of a joint action that is "
        "late: a shift; other notices end with the truck's reach (dispatch.md §3, §4)",
    )
    sign_plate_masked: bool = Field(
        True, description="a roadside sign hides part of the plate, for everybody on the road reads it (dispatch.md §5)"
    )

    exclusions_lean_below: float = Field(
        0.01,
        ge=0.0001,
        le=0.2,
        description="a month's exclusions that lean to the heaviest, to one road or to the month's end raise an alarm "
        "where chance alone would do so less often than this (effectiveness.md §3)",
    )

    cover_reach_minutes: int = Field(
        15,
        ge=1,
        le=120,
        description="a squad covers a key section that it reaches so soon from its base: as far as a truck stays in "
        "reach, see reach_horizon_minutes (effectiveness.md §2)",
    )

    seal_after_days: int = Field(
        30,
        ge=2,
        le=365,
        description="a lane's hour that got nothing for so long is closed; what comes later is a dead letter "
        "(architecture.md, promise 4)",
    )
    keep_days: KeepDays = Field(default_factory=KeepDays, description="how long what is kept, in days (dispatch.md §6)")

    page_rows: int = Field(
        100, ge=1, le=1_000, description="rows of a list where the reader does not say (contracts.md §7)"
    )
    page_rows_most: int = Field(
        1_000, ge=1, le=10_000, description="most rows of one answer; the next page has a link (reliability.md)"
    )
    body_bytes_most: int = Field(
        8_388_608,
        ge=1_024,
        le=67_108_864,
        description="largest body taken: one Kafka message's 8 MiB (contracts.md §2)",
    )
    picture_bytes_most: int = Field(
        4_194_304,
        ge=65_536,
        le=67_108_864,
        description="largest picture taken: a JPEG of a 9-megapixel camera has 2 to 4 MB (contracts.md §7)",
    )
    range_days_most: int = Field(
        3_660, ge=31, le=36_600, description="longest period of one question, ten years (reliability.md)"
    )
    requests_per_minute: int = Field(
        600,
        ge=10,
        le=1_000_000,
        description="requests of one token in a minute; the page of a duty room makes about 60 (reliability.md)",
    )
    session_hours: int = Field(
        14,
        ge=1,
        le=168,
        description="how long a browser stays signed in: a shift of twelve hours and what it drags on (dispatch.md §3)",
    )
    wall_session_days: int = Field(
        30,
        ge=1,
        le=365,
        description="how long a wall screen stays paired; it can be ended at any time (dispatch.md §5)",
    )
    pairing_minutes: int = Field(
        5, ge=1, le=60, description="how long a wall screen shows one code: time to walk to a desk (dispatch.md §5)"
    )
    idempotency_keep_hours: int = Field(
        24, ge=1, le=720, description="how long a repeated Idempotency-Key gets the first answer again (conventions)"
    )
    outbox_lease_seconds: int = Field(
        15, ge=5, le=300, description="a relay that says nothing for so long is replaced (architecture.md, promise 3)"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Policy:
        if self.duty_desk_seconds < self.acknowledge_seconds:
            raise MisfitError("duty_desk_seconds", "is below acknowledge_seconds", "write as much or more")
        if self.page_rows > self.page_rows_most:
            raise MisfitError("page_rows", "is above page_rows_most", "write as much or less")
        if self.dark_camera_severity_from < self.severity_intercept_from:
            raise MisfitError(
                "dark_camera_severity_from",
                "is below severity_intercept_from",
                "a dark camera asks for as much or more",
            )
        if self.keep_days.violations < self.repeat_window_days:
            raise MisfitError("keep_days.violations", "is below repeat_window_days", "keep what the window counts")
        if any(not 0 <= weight <= 1_000 for weight in self.severity_weights):
            raise MisfitError("severity_weights", "has a weight out of bounds", "write weights from 0 to 1000")
        return self

    @property
    def trip_gap_ns(self) -> int:
        """`trip_gap_hours` as event time is counted."""
        return self.trip_gap_hours * _HOUR_NS

    @property
    def reach_horizon_ns(self) -> int:
        """`reach_horizon_minutes` as event time is counted."""
        return self.reach_horizon_minutes * _MINUTE_NS

    @property
    def plate_read_window_ns(self) -> int:
        """`plate_read_window_minutes` as event time is counted."""
        return self.plate_read_window_minutes * _MINUTE_NS

    @property
    def repeat_window_ns(self) -> int:
        """`repeat_window_days` as event time is counted."""
        return self.repeat_window_days * 24 * _HOUR_NS

    @property
    def legal_again_ns(self) -> int:
        """`legal_again_hours` as event time is counted."""
        return self.legal_again_hours * _HOUR_NS

    @property
    def desk_matter_ns(self) -> int:
        """`desk_matter_hours` as our own clock counts."""
        return self.desk_matter_hours * _HOUR_NS


#: Numbers that nothing reads yet: they stand with the capabilities that will, so that a region's file stays valid then.
#: A test holds this against the code.
NOT_IN_USE: Final = frozenset({"keep_days.frames"})

#: The headings of the printed file, each before the key it names.
_HEADINGS = {
    "truck_from_kg": "What is judged, and whose plate counts",
    "trip_gap_hours": "Trips and repeat offenders",
    "severity_intercept_from": "What opens an intercept",
    "severity_weights": "Which intercept a squad gets",
    "acknowledge_seconds": "How long who may wait",
    "joint_triggers": "What road and police do together",
    "notice_cool_down_seconds": "Notices to phones, rooms and signs",
    "exclusions_lean_below": "Figures of effectiveness, and what is left out of them",
    "seal_after_days": "What is kept",
    "page_rows": "Bounds of the HTTP API and of the relay",
}


def read_policy(path: Path | None) -> Policy:
    """The policy in the file at `path`, every default without one.

    Raises:
        RegistryErrors: the file cannot be read, or all that is wrong in it.
    """
    if path is None:
        return Policy()
    document = read_toml(path, "set WIM_POLICY to the path of a policy file, or unset it for the defaults")
    try:
        return Policy.model_validate(document)
    except ValidationError as error:
        found = mistakes(error, Policy)
        errors = [RegistryError(str(path), ".".join(item.keys), item.problem, item.remedy) for item in found]
        raise RegistryErrors(errors) from None


def to_toml(policy: Policy) -> str:
    """The policy as a file that `read_policy` reads back, each number with its reason and whether it is in use."""
    lines = [*_rows(policy, _HEADINGS), "", "[keep_days]", *_rows(policy.keep_days, {}, "keep_days.")]
    return "\n".join(lines).lstrip("\n") + "\n"


def _rows(table: BaseModel, headings: dict[str, str], prefix: str = "") -> Iterator[str]:
    for name, field in type(table).model_fields.items():
        if name in headings:
            yield from ("", f"# ── {headings[name]} ──")
        value = getattr(table, name)
        if isinstance(value, BaseModel):
            continue  # a table of its own, which TOML wants after all keys
        usual = field.get_default(call_default_factory=True)
        changed = "" if value == usual else f" [default {toml_value(usual)}]"
        unused = " [not in use yet]" if prefix + name in NOT_IN_USE else ""
        yield f"# {field.description}{changed}{unused}"
        yield f"{name} = {toml_value(value)}"
