"""`media` of a violation, as it is told: what was kept since it was published is added when it is read.

A picture is told by the address where it is read, a frame by its path in the archive: that one is for whoever has the
archive, and `wim measure`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from service.messages.vocabulary import MediaKind
from service.store import media
from service.store.media import MediaRow


class _Best(msgspec.Struct):
    id: str


class _Intercept(msgspec.Struct):
    best: _Best


_INTERCEPT = msgspec.json.Decoder(_Intercept)


def address(row: MediaRow) -> str:
    """Where a recording is."""
    return row.href if row.kind == MediaKind.FRAME else f"/v1/passages/{row.passage_id}/media/{row.kind}"


def in_violation(document: str, kept: Sequence[MediaRow]) -> bytes:
    """A violation with what was kept of it."""
    if not kept:
        return document.encode()
    told = msgspec.json.decode(document)
    _add(told, kept)
    return msgspec.json.encode(told)


def in_intercepts(conn: Connection, documents: Sequence[bytes]) -> list[bytes]:
    """Intercepts, each with what was kept of its best violation; only for readers who see plates."""
    best = [_INTERCEPT.decode(document).best.id for document in documents]
    kept = media.of_passages(conn, set(best))
    return [
        _in_intercept(document, kept[passage]) if passage in kept else document
        for document, passage in zip(documents, best, strict=True)
    ]


def _in_intercept(document: bytes, kept: Sequence[MediaRow]) -> bytes:
    told = msgspec.json.decode(document)
    _add(told["best"], kept)
    return msgspec.json.encode(told)


def _add(violation: dict[str, Any], kept: Sequence[MediaRow]) -> None:
    there = {item["kind"] for item in violation["media"]}
    violation["media"] += [
        {"kind": row.kind, "sha256": row.sha256, "href": address(row)} for row in kept if row.kind not in there
    ]
