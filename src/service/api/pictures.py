"""`/v1/passages/{passage}/media/{kind}`: pictures that a camera took of a crossing.

==============  ======================================================================================================
part            holds
==============  ======================================================================================================
kind            plate, front, rear, side, panorama
body            one JPEG, PNG or WebP, as Content-Type says and its first bytes agree; at most `picture_bytes_most`
query           site, lane, part, origin_ns, sequence: what the id is made of (contracts.md §2), all or none. A camera
                is faster than a judge: with them a picture is taken before anybody knows of the passage, and the id
                proves that it belongs to the site. Without them the passage must be a known violation.
==============  ======================================================================================================

    ARCHIVE/pictures/date=2026-11-23/site=G104-K012/327b12e5961ac6f0.front.jpg

The newest of a passage and kind stays. A violation shows its pictures in `media` from then on, under the version that
it has: `GET` adds them, and the live feed tells the violation again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import quote

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from service.access import Role
from service.api import bodies, etags, told_media
from service.api.answers import answer, documented
from service.api.auth import Asker, allow, refused
from service.api.fields import IdPath, SiteId
from service.api.notice_answers import PictureOf
from service.api.parts import Parts, PartsOf
from service.api.problems import FieldError, Problem, wrong_body, wrong_parameters
from service.api.tags import Tag
from service.store import feed, media, violations
from service.store.feed import Entry
from service.store.media import MediaRow
from service.whole_files import WholeFiles
from wim.records import DAY_NS, blank, passage_ids

router = APIRouter(prefix="/v1/passages/{passage}/media", tags=[Tag.PASSAGES])

_Camera = Annotated[Asker, allow(Role.DEVICE, Role.ADMIN)]
_Reader = Annotated[Asker, allow(Role.SQUAD, Role.POLICE, Role.DUTY, Role.ANALYST, Role.TECHNICIAN, Role.ADMIN)]

Kind = Literal["plate", "front", "rear", "side", "panorama"]

#: Media type -> how its files end, and how they begin: at these offsets stand these bytes.
FORMS: dict[str, tuple[str, dict[int, bytes]]] = {
    "image/jpeg": ("jpg", {0: b"\xff\xd8\xff"}),
    "image/png": ("png", {0: b"\x89PNG\r\n\x1a\n"}),
    "image/webp": ("webp", {0: b"RIFF", 8: b"WEBP"}),
}
_TYPES = {ending: kind for kind, (ending, _) in FORMS.items()}
_BINARY = {"schema": {"type": "string", "format": "binary"}}


class Origin(BaseModel):
    """What a passage's id is made of."""

    site: SiteId | None = None
    lane: int | None = Field(None, ge=0, le=255)
    part: int | None = Field(None, ge=0, le=255)
    origin_ns: int | None = Field(None, ge=0, le=2**63 - 1)
    sequence: int | None = Field(None, ge=0, le=2**32 - 1)


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture on its way in."""

    passage: str
    kind: str
    ending: str
    site: str
    origin_ns: int
    content: bytes

    @property
    def row(self) -> MediaRow:
        day = datetime.fromtimestamp(self.origin_ns // DAY_NS * 86_400, UTC).date().isoformat()
        href = f"pictures/date={day}/site={quote(self.site, safe='')}/{self.passage}.{self.kind}.{self.ending}"
        digest = hashlib.sha256(self.content).hexdigest()
        return MediaRow(self.passage, self.kind, digest, href, len(self.content), self.origin_ns)


@router.put(
    "/{kind}",
    responses=documented(
        answer("PictureOf"),
        "place_refused",
        "violation_unknown",
        "pictures_not_kept",
        "body_too_large",
        "media_type_unsupported",
        "picture_invalid",
        etag=False,
    ),
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(FORMS, _BINARY)}},
)
async def put_picture(
    passage: IdPath, kind: Kind, query: Annotated[Origin, Query()], request: Request, asker: _Camera, parts: PartsOf
) -> Response:
    """Keep a picture of a crossing; the same again changes nothing, another takes its place."""
    if parts.archive is None:
        raise Problem("pictures_not_kept", "set WIM_ARCHIVE to a folder that API and purge share")
    media_type = bodies.media_type(request, *FORMS)
    site, origin_ns = await anyio.to_thread.run_sync(_place, parts, passage, query)
    known = parts.registry.network.sites.get(site)
    if not asker.scope.has(known.corridor if known else None):
        detail = "the passage is on no corridor of yours"
        raise await refused(parts, request, asker.principal, "place_refused", detail)
    content = await bodies.read(request, parts.policy.picture_bytes_most)
    _check_form(content, media_type)
    picture = _Picture(passage, kind, FORMS[media_type][0], site, origin_ns, content)
    return await anyio.to_thread.run_sync(_keep, parts, parts.archive, picture)


@router.get(
    "/{kind}",
    responses=documented(
        {"description": "The picture.", "content": dict.fromkeys(FORMS, _BINARY)}, "plates_refused", "picture_unknown"
    ),
)
async def read_picture(passage: IdPath, kind: Kind, request: Request, asker: _Reader, parts: PartsOf) -> Response:
    """A picture of a violation within your rights, for accounts that see plates."""
    if not asker.plates:
        raise await refused(parts, request, asker.principal, "plates_refused", "a picture shows the plate")
    found = await anyio.to_thread.run_sync(_find, parts, asker, passage, kind)
    return etags.of_content(request, found[0], found[1])


def _place(parts: Parts, passage: str, query: Origin) -> tuple[str, int]:
    """The site of a passage, and when it crossed. Raises the problem of an id that is not of what is given."""
    given = query.site, query.lane, query.part, query.origin_ns, query.sequence
    if any(one is not None for one in given):
        return _proved(passage, query)
    with parts.store.reading() as conn:
        row = violations.get(conn, passage, None)
    if row is None:
        remedy = "give site, lane, part, origin_ns and sequence, of which its id is made"
        raise Problem("violation_unknown", f"no violation has that id so far; {remedy}")
    return row.site, row.time_ns


def _proved(passage: str, query: Origin) -> tuple[str, int]:
    record = blank(1)
    for name in ("site", "lane", "part", "origin_ns", "sequence"):
        value = getattr(query, name)
        if value is None:
            raise wrong_parameters(FieldError(name, "is missing beside the others", "give all five, or none"))
        record[name] = value.encode() if isinstance(value, str) else value
    if passage_ids(record) != [passage]:
        remedy = "give them as in the passage's own record (contracts.md §2)"
        raise wrong_parameters(
            FieldError("passage", "is not the id of that site, lane, part, origin and number", remedy)
        )
    assert query.site is not None
    assert query.origin_ns is not None
    return query.site, query.origin_ns


def _check_form(content: bytes, media_type: str) -> None:
    """A file that says one thing and is another is served to nobody's browser."""
    _, marks = FORMS[media_type]
    if not all(content[at : at + len(mark)] == mark for at, mark in marks.items()):
        remedy = f"send {media_type}, or say what it is in Content-Type"
        raise wrong_body([FieldError("body", f"does not begin as {media_type} does", remedy)], "picture_invalid")


def _keep(parts: Parts, archive: Path, picture: _Picture) -> Response:
    """The file first, then its row: what is listed is there."""
    row = picture.row
    files = WholeFiles(archive)
    files.write(row.href, picture.content)
    files.settle()
    with parts.store.writing(durable=True) as conn:
        before = media.of_passages(conn, [picture.passage]).get(picture.passage, [])
        news = row not in before
        media.keep(conn, [row])
        violation = violations.get(conn, picture.passage, None) if news else None
        if violation is not None:
            kept = media.of_passages(conn, [picture.passage])[picture.passage]
            text = told_media.in_violation(violation.document, kept).decode()
            feed.append(
                conn, [Entry("violation", violation.corridor or None, violation.site, None, violation.time_ns, text)]
            )
    for old in before:
        if old.kind == row.kind and old.href != row.href:
            (archive / old.href).unlink(missing_ok=True)
    told = PictureOf(
        passage=row.passage_id, kind=row.kind, sha256=row.sha256, bytes=row.bytes, href=told_media.address(row)
    )
    return Response(msgspec.json.encode(told), media_type="application/json")


def _find(parts: Parts, asker: Asker, passage: str, kind: str) -> tuple[bytes, str]:
    """The bytes of a picture and their media type. Raises the problem of one that there is not, or is another's."""
    with parts.store.reading() as conn:
        row = violations.get(conn, passage, asker.scope.corridors, asker.scope.sites)
        kept = media.of_passages(conn, [passage]).get(passage, [])
    wanted = [one for one in kept if one.kind == kind]
    if row is None or not wanted or parts.archive is None:
        raise _unknown()
    try:
        content = (parts.archive / wanted[0].href).read_bytes()
    except FileNotFoundError:
        raise _unknown() from None
    return content, _TYPES[wanted[0].href.rpartition(".")[2]]


def _unknown() -> Problem:
    return Problem("picture_unknown", "`media` of a violation within your rights lists those that there are")
