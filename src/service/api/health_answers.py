"""The forms of answers about the state of a site: what is told of its lanes, and of its downgrades."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from service.messages import Strip
from service.messages.structs import Natural

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Percent = Annotated[float, Meta(description="To 4 decimals.")]


class Recall(Struct, frozen=True):
    """How far the past of a downgrade has been taken back, and the violations that it lists."""

    done: bool
    violations: Annotated[Natural, Meta(description="GET /v1/violations?downgrade=… lists them.")]


class DowngradeOf(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A span in which a lane, or a whole site, is doubted."""

    id: str
    version: int
    site: str
    lane: Annotated[int | None, Meta(description="null: every lane.")]
    source: Annotated[str, Meta(description="drift, authenticity or person.")]
    cause: Annotated[str, Meta(description="The chart or the reasons; empty where a person gave one.")]
    grade: Annotated[str, Meta(description="The best grade that it leaves: count or intercept.")]
    from_: Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="The last good time.")]
    until: Annotated[Time | None, Meta(description="null: it stands.")]
    opened_at: Time
    opened_by: str
    reason: str
    closed_at: Time | None
    closed_by: str | None
    closed_reason: str | None
    recall: Recall
    figures: Annotated[dict[str, Any], Meta(description="What the chart or the judge of the data said.")]


class Restored(Struct, frozen=True):
    """The downgrades that were ended; `version` counts all changes of downgrades."""

    version: int
    downgrades: list[DowngradeOf]


class Calibration(Struct, frozen=True, rename={"from_": "from"}):
    """The calibration in force."""

    version: int
    from_: Time


class Certified(Struct, frozen=True, rename={"from_": "from"}):
    """The certificate in force; `until` is outside."""

    number: str
    class_percent: float
    from_: Time
    until: Time


class Unit(Struct, frozen=True):
    """The roadside unit, as its newest beat said."""

    last_beat: Time
    run: int
    camera: str
    clock: str


class Hours(Struct, frozen=True):
    """What the hours of the period were; no data is not no truck."""

    asked: Natural
    observed: Natural
    without_data: Annotated[Natural, Meta(description="Neither watched nor with a passage: unknown, not zero.")]
    without_passages: Annotated[Natural, Meta(description="Watched, and nothing crossed.")]
    without_trucks: Annotated[Natural, Meta(description="Watched or with passages, and no truck crossed.")]


class Lost(Struct, frozen=True):
    """What never came; null where the lane's numbers cannot tell."""

    frames_missing: Natural
    frames_late: Annotated[Natural, Meta(description="Of the missing ones, those that came after all.")]
    records_missing: Natural | None


class Plates(Struct, frozen=True):
    """How many of the passages had a plate."""

    passages: Natural
    read: Natural
    percent: Percent | None


class PlatesNow(Struct, frozen=True, rename={"from_": "from"}):
    """By what a missing plate is judged now: the policy's window up to this minute, whatever period was asked for."""

    from_: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
    passages: Natural
    read: Natural
    percent: Percent | None
    floor_percent: Annotated[int, Meta(description="The policy's `plate_read_percent_from`.")]
    dark: Annotated[
        bool,
        Meta(description="An alarm: fewer were read, so a missing plate is held to be the camera's doing."),
    ]


class Shares(Struct, frozen=True):
    """How many of the passages had each validity flag, in percent; flags that none had are left out."""

    passages: Natural
    percent: dict[str, Percent]


class Hour(Struct, frozen=True, rename={"from_": "from"}):
    """One hour of a lane."""

    from_: Time
    observed: bool
    passages: Natural
    trucks: Natural
    plates_read: Natural
    frames_missing: Natural
    frames_late: Natural
    records_missing: Natural | None
    flags: Annotated[dict[str, Natural], Meta(description="Passages with each validity flag; none is left out.")]


class DriftScore(Struct, frozen=True):
    """How a chart stood."""

    score: Annotated[float, Meta(description="The larger of its sums.")]
    threshold: Annotated[float | None, Meta(description="What it has to pass to ring; null: it is learning.")]


class DriftHour(Struct, frozen=True, rename={"from_": "from"}):
    """How the charts of a lane stood after the last truck of an hour."""

    from_: Time
    charts: dict[str, DriftScore]


class LaneState(Struct, frozen=True, kw_only=True):
    """One lane; drift and authenticity null until the watch has seen a truck."""

    lane: int
    direction: str
    up: bool | None
    strips: list[Strip]
    calibration: Calibration | None
    downgraded: bool
    hours: Hours
    lost: Lost
    plates_by_day: Plates
    plates_by_night: Plates
    plates_now: PlatesNow
    flags: Shares
    drift: dict[str, Any] | None
    drift_by_hour: Annotated[list[DriftHour], Meta(description="Hours without a truck are left out.")]
    authenticity: dict[str, Any] | None
    by_hour: list[Hour]


class SiteState(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """What is known of a site's sensors in a period, and what is doubted. Figures are up to a minute late."""

    site: str
    from_: Time
    to: Time
    unit: Unit | None
    certificate: Certified | None
    downgraded: bool
    downgrades: Annotated[list[DowngradeOf], Meta(description="Those that stand, and those within the period.")]
    lanes: list[LaneState]


STRUCTS = (DowngradeOf, Restored, SiteState)
