"""The forms of the answer about a plate's past; see `answers`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from service.api.dispatch_answers import Time
from service.messages.structs import Natural


class Trip(Struct, frozen=True, kw_only=True):
    """One earlier trip and what it counts for."""

    trip: str
    time: Time
    plate_colour: Natural
    decided: bool
    confirmed: bool
    suspected: bool
    excluded: bool


class Offender(Struct, frozen=True, kw_only=True):
    """What is known of a plate, as of `as_of`."""

    plate: str
    plate_colour: Annotated[int | None, Meta(description="The colour that was asked for; null: every colour.")]
    as_of: Time
    decided_1y: Natural
    confirmed_365d: Natural
    suspected_365d: Natural
    last: Time | None
    repeat: Annotated[bool, Meta(description="One to stop first (dispatch).")]
    trips: list[Trip]
    violations: Annotated[list[Any], Meta(description="The newest within the reader's corridors.")]


STRUCTS = (Offender,)
