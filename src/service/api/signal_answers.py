"""The forms of the answer about a signal; see `answers`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from service.api.dispatch_answers import Time
from service.messages.structs import Byte, Natural, PassageId


class WindowOf(Struct, frozen=True, kw_only=True):
    """What was integrated of one wheel, or of an axle on a strip of full width."""

    vehicle: Annotated[Byte, Meta(description="`part` of its passage.")]
    axle: Annotated[Byte, Meta(description="From 1, front to rear.")]
    first_ms: float
    end_ms: float
    load_kg: Annotated[float | None, Meta(description="null: this line has none.")]
    share: Annotated[float, Meta(description="Of the line in the axle's load; those of an axle and side add up to 1.")]


class ChannelOf(Struct, frozen=True, kw_only=True):
    """One channel: its line of the chart, and the windows on it."""

    name: Annotated[str, Meta(description="As calibrations name it, 1L; loop for a loop.")]
    kind: Annotated[str, Meta(description="strip or loop.")]
    line: Byte
    side: Annotated[str, Meta(description="left, right or full.")]
    position_m: float
    unit: Annotated[str, Meta(description="N of a strip, relative inductance of a loop.")]
    values: Annotated[list[float], Meta(description="One for each of times_ms.")]
    windows: list[WindowOf]


class AxleMark(Struct, frozen=True, kw_only=True):
    """One axle as it was weighed."""

    vehicle: Byte
    axle: Annotated[Byte, Meta(description="From 1, front to rear.")]
    left_kg: Natural
    right_kg: Natural


class SignalOf(Struct, frozen=True, kw_only=True):
    """The raw signal of a violation, thinned for a chart."""

    violation: PassageId
    site: str
    lane: Byte
    start: Annotated[Time, Meta(description="Of sample 0.")]
    rate_hz: Natural
    samples: Natural
    points: Annotated[Natural, Meta(description="Of each line.")]
    thinned: Annotated[bool, Meta(description="Each stretch of samples shows its least and its greatest value.")]
    samples_a_point: float
    sha256: Annotated[str, Meta(description="Of the archived frame.")]
    unweighed: Annotated[str | None, Meta(description="Why there are no axles: the bare signal is shown.")]
    times_ms: list[float]
    channels: list[ChannelOf]
    axles: list[AxleMark]


STRUCTS = (SignalOf,)
