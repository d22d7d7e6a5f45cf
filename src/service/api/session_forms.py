"""The forms of bodies and answers about who is signed in."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from pydantic import BaseModel, ConfigDict, Field

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]

#: No letter or digit that a person at a wall reads as another one.
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 6
CODE_PATTERN = f"^[{CODE_LETTERS}]{{{CODE_LENGTH}}}$"

#: Longer than any token of ours, and room for a signed one with many claims.
_LONGEST_TOKEN = 8_192


class SignIn(BaseModel):
    """A token, or the code that this wall screen shows: one of the two."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str | None = Field(None, min_length=1, max_length=_LONGEST_TOKEN, description="As for Authorization.")
    pairing: str | None = Field(None, pattern=CODE_PATTERN, description="Of POST /v1/pairings.")


class SignedIn(Struct, frozen=True, kw_only=True):
    """Who is signed in, and what they may do."""

    name: str
    role: str
    agency: str | None
    squad: str | None
    corridors: Annotated[list[str] | None, Meta(description="null: all of them.")]
    plates: Annotated[bool, Meta(description="Whether plates are shown.")]
    read_only: Annotated[bool, Meta(description="A wall screen.")]
    until: Annotated[Time | None, Meta(description="When to sign in again; null with a token in the header.")]
    csrf: Annotated[str | None, Meta(description="Send it as X-CSRF-Token with each write; null with a token.")]


class SessionOf(Struct, frozen=True, kw_only=True):
    """One browser that is signed in."""

    id: str
    kind: Annotated[str, Meta(description="token, oidc or wall.")]
    name: str
    role: str
    squad: str | None
    address: Annotated[str, Meta(description="Where it signed in.")]
    opened_at: Time
    used_at: Annotated[Time, Meta(description="To some minutes.")]
    until: Time
    mine: Annotated[bool, Meta(description="The one that asks.")]


class Waiting(Struct, frozen=True, kw_only=True):
    """A wall screen's code, to be shown until it is confirmed."""

    code: str
    until: Time


class Paired(Struct, frozen=True, kw_only=True):
    """A wall screen that waits to be let in, or was."""

    code: str
    address: Annotated[str, Meta(description="Where it asked.")]
    asked_at: Time
    corridors: Annotated[list[str] | None, Meta(description="What it will show; null: all of them.")]


STRUCTS = (SignedIn, SessionOf, Waiting, Paired)
