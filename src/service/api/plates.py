"""`/v1/permits`, `/v1/vehicles`, `/v1/exempt`, `/v1/watch`: what is known about plates, changed without a restart.

`PUT` on the list writes the one entry that the body describes; its key follows from the body (`service.register`). The
worker asks for changes once a second. Entries of the registry file are listed too: a `PUT` of the same key goes before
them, a `DELETE` takes them out of force.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Header, Path, Query, Request, Response

from rules.permits import Permit
from service.access import Role
from service.api import bodies, cursors, etags, plate_list, repeats
from service.api.answers import answer, documented, page_of, ref
from service.api.auth import Asker, allow, refused
from service.api.cursors import CursorText, Limit
from service.api.fields import PRINTABLE, Plate
from service.api.parts import Parts, PartsOf
from service.api.plate_forms import FORMS
from service.api.plate_list import Change
from service.api.problems import FieldError, wrong_body
from service.api.tags import Tag
from service.register import EXEMPT, PERMIT, VEHICLE, WATCH, Kind, Paper
from service.store import idempotency
from service.store.idempotency import Answer
from wim.document import RegistryErrors

#: At the roadside a squad must see whether a truck has a permit.
_READERS = (Role.SQUAD, Role.POLICE, Role.DUTY, Role.ADMIN)
_DESKS = (Role.DUTY, Role.ADMIN)

_IfMatch = Annotated[str | None, Header(alias="If-Match", description="The ETag that the change is based on.")]
_IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", pattern=r"^\*$", description="`*`: only if it was never put.")
]
_Key = Annotated[
    str, Path(pattern=PRINTABLE, max_length=96, description="`key` of an entry: the plate, and what tells it apart.")
]
_OnePlate = Annotated[Plate | None, Query(description="Only entries of this plate.")]

_CHANGE = ("place_refused", "version_conflict", "idempotency_key_reused")
_BODY = ("body_too_large", "media_type_unsupported", "body_invalid")


def routes_of(kind: Kind, path: str, writers: Sequence[Role]) -> APIRouter:
    """The routes of one of the four lists."""
    router = APIRouter(prefix=f"/v1/{path}", tags=[Tag.PLATES])
    _add_reading(router, kind, path)
    _add_writing(router, kind, path, writers)
    return router


def _add_reading(router: APIRouter, kind: Kind, path: str) -> None:
    reader, name = allow(*_READERS), FORMS[kind.name].answer_name

    @router.get("", name=f"list_{path}", summary=f"List {path}", responses=documented(page_of(name)))
    def list_entries(
        request: Request,
        parts: PartsOf,
        asker: Asker = reader,
        plate: _OnePlate = None,
        limit: Limit = None,
        cursor: CursorText = None,
    ) -> Response:
        return _list(request, parts, asker, kind, plate, cursors.rows(limit, parts.policy), cursors.name(cursor))

    @router.get(
        "/{key:path}",
        name=f"read_{path}",
        summary=f"Read one of {path}",
        responses=documented(answer(name), "entry_unknown"),
    )
    def read_entry(request: Request, parts: PartsOf, key: _Key, asker: Asker = reader) -> Response:
        shown = _find(parts, asker, kind, key)
        return etags.of_version(request, plate_list.document(parts, kind, shown), shown.version)


def _add_writing(router: APIRouter, kind: Kind, path: str, writers: Sequence[Role]) -> None:
    writer, name, form = allow(*writers), FORMS[kind.name].answer_name, FORMS[kind.name].form_name

    @router.put(
        "",
        name=f"put_{path}",
        summary=f"Write one of {path}",
        responses=documented(answer(name), *_CHANGE, *_BODY, etag=False, created=answer(name)),
        openapi_extra=bodies.described(ref(form)),
    )
    async def put_entry(
        request: Request,
        parts: PartsOf,
        asker: Asker = writer,
        if_match: _IfMatch = None,
        if_none_match: _IfNoneMatch = None,
        idempotency_key: repeats.KeyHeader = None,
    ) -> Response:
        raw = await bodies.read_json(request)
        paper = _paper(parts, kind, raw)
        present = await anyio.to_thread.run_sync(_present, parts, kind, kind.key(paper))
        await _check_place(parts, request, asker, paper, *present)
        version = 0 if if_none_match else etags.expected(if_match)
        wanted = repeats.maybe_asked(request, asker, idempotency_key, raw)
        change = Change(kind, kind.key(paper), paper, version)
        return await anyio.to_thread.run_sync(_write, parts, asker, change, wanted)

    @router.delete(
        "/{key:path}",
        name=f"remove_{path}",
        summary=f"Take one of {path} out of force",
        responses=documented({"description": "It is out of force."}, "entry_unknown", *_CHANGE, status=204, etag=False),
        status_code=204,
    )
    async def remove_entry(
        request: Request,
        parts: PartsOf,
        key: _Key,
        asker: Asker = writer,
        if_match: _IfMatch = None,
        idempotency_key: repeats.KeyHeader = None,
    ) -> Response:
        wanted = repeats.maybe_asked(request, asker, idempotency_key, b"")
        change = Change(kind, key, None, etags.expected(if_match))
        if not await anyio.to_thread.run_sync(_is_repeat, parts, wanted):
            shown = await anyio.to_thread.run_sync(_find, parts, asker, kind, key)
            await _check_place(parts, request, asker, shown.paper)
        return await anyio.to_thread.run_sync(_write, parts, asker, change, wanted)


def _list(
    request: Request, parts: Parts, asker: Asker, kind: Kind, plate: str | None, rows: int, after: str
) -> Response:
    with parts.store.reading() as conn:
        shown = plate_list.visible(plate_list.in_force(conn, parts, kind), asker)
        wanted = [one for one in shown if one.key > after and plate in (None, one.paper.plate)]
    page = wanted[:rows]
    # The file may hold several entries of one key; they are not torn apart.
    page += [one for one in wanted[rows:] if one.key == page[-1].key]
    following = page[-1].key if len(wanted) > len(page) else None
    return cursors.page(request, [plate_list.document(parts, kind, one) for one in page], following)


def _find(parts: Parts, asker: Asker, kind: Kind, key: str) -> plate_list.Shown:
    with parts.store.reading() as conn:
        shown = plate_list.visible(plate_list.in_force(conn, parts, kind), asker)
        found = [one for one in shown if one.key == key]
    if not found:
        raise plate_list.unknown(kind)
    return found[-1]


def _paper(parts: Parts, kind: Kind, raw: bytes) -> Paper:
    try:
        return kind.parse(bodies.decoded(raw), "body", parts.registry)
    except RegistryErrors as found:
        raise wrong_body(
            [FieldError(error.key or "body", error.problem, error.remedy) for error in found.errors]
        ) from None


def _present(parts: Parts, kind: Kind, key: str) -> list[Paper]:
    """What a write would replace, whoever may see it."""
    with parts.store.reading() as conn:
        return [shown.paper for shown in plate_list.in_force(conn, parts, kind) if shown.key == key]


async def _check_place(parts: Parts, request: Request, asker: Asker, *papers: Any) -> None:
    """Refuse what acts on somebody else's corridor: a permit by its corridors, any other paper everywhere."""
    if not all(_within(asker, paper) for paper in papers):
        detail = "it is in force on a corridor that is not yours"
        raise await refused(parts, request, asker.principal, "place_refused", detail)


def _within(asker: Asker, paper: Any) -> bool:
    if isinstance(paper, Permit):
        return all(map(asker.scope.has, paper.corridors))
    return asker.scope.corridors is None


def _is_repeat(parts: Parts, wanted: idempotency.Request | None) -> bool:
    """Whether the write was answered before: then what it removed is gone, and that is right."""
    if wanted is None:
        return False
    with parts.store.reading() as conn:
        return idempotency.known(conn, wanted.actor, wanted.key) is not None


def _write(parts: Parts, asker: Asker, change: Change, wanted: idempotency.Request | None) -> Response:
    def act() -> Answer:
        return plate_list.write(conn, parts, asker, change)

    with parts.store.writing(durable=True) as conn:
        answer, replayed = repeats.once(conn, wanted, parts.clock_ns(), act)
    return repeats.told(answer, replayed)


ROUTERS = (
    routes_of(PERMIT, "permits", _DESKS),
    routes_of(VEHICLE, "vehicles", _DESKS),
    routes_of(EXEMPT, "exempt", _DESKS),
    routes_of(WATCH, "watch", (*_DESKS, Role.POLICE)),
)
