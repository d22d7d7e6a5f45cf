"""The forms of answers about exclusions; see `answers`."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from service.api.dispatch_answers import Moment, Time


class ExclusionOf(Struct, frozen=True, kw_only=True):
    """Who took a violation out of all figures, and whether it was put back."""

    id: str
    version: Annotated[int, Meta(description="1 while it stands, 2 once it was restored.")]
    violation: str
    rule: str
    reason: str
    at: Time
    by: str
    agency: str | None
    restored_at: Moment
    restored_by: str | None
    restored_reason: str | None


class ExclusionsOf(Struct, frozen=True, kw_only=True):
    """The exclusions of a violation, newest first."""

    items: list[ExclusionOf]


STRUCTS = (ExclusionOf, ExclusionsOf)
