"""Kinds of parameters, with bounds that keep them printable and short: PostgreSQL takes no NUL, nobody needs one."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path
from pydantic import Field

from wim.sites import ID_BYTES

#: Letters, digits and signs, but no control characters.
PRINTABLE: Final = r"^[^\x00-\x1f\x7f]+$"

#: The same with a letter, digit or sign in it: a reason of blanks is none.
SAYING: Final = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"

_SITE_BYTES = 16
_PLATE_BYTES = 16

CorridorId = Annotated[str, Field(pattern=PRINTABLE, max_length=ID_BYTES, examples=["G104"])]
SiteId = Annotated[str, Field(pattern=PRINTABLE, max_length=_SITE_BYTES, examples=["G104-K012"])]
SquadId = Annotated[str, Field(pattern=PRINTABLE, max_length=ID_BYTES, examples=["liyang-2"])]
Plate = Annotated[str, Field(pattern=PRINTABLE, max_length=_PLATE_BYTES, examples=["苏A12345"])]
DowngradeId = Annotated[str, Field(pattern="^[0-9a-f]{16}$", description="16 hex digits.")]
#: A date or time; `times` reads it.
Moment = Annotated[str, Field(max_length=40, examples=["2026-03-01", "2026-03-01T20:00:00+08:00"])]
Words = Annotated[str, Field(max_length=400)]

CorridorPath = Annotated[str, Path(pattern=PRINTABLE, max_length=ID_BYTES, description="A corridor's id.")]
SitePath = Annotated[str, Path(pattern=PRINTABLE, max_length=_SITE_BYTES, description="A site's id.")]
PlatePath = Annotated[str, Path(pattern=PRINTABLE, max_length=_PLATE_BYTES, description="A plate as cameras read it.")]
#: Violations are named after their passage, intercepts after the case that opened them.
IdPath = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="16 hex digits.")]
