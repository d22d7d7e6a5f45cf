"""The same write sent twice happens once: what an Idempotency-Key stands for (draft-ietf-httpapi-idempotency-key)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Header, Request, Response
from sqlalchemy import Connection

from service.api import etags
from service.api.auth import Asker, route_of
from service.api.problems import FieldError, Problem, wrong_parameters
from service.store import idempotency
from service.store.errors import KeyReusedError
from service.store.idempotency import Answer

LONGEST_KEY = 128

#: Says that the answer is the one that the key got the first time.
REPLAYED = "Idempotent-Replayed"

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=LONGEST_KEY,
        description="A name of your own for this write, such as a UUID; sent again, it gets the same answer.",
    ),
]


def key_of(header: str | None) -> str:
    """The key that must come. Raises the problem of one that is missing or is no name."""
    if header is None:
        raise Problem("idempotency_key_missing", "send the header Idempotency-Key, a new UUID for each action")
    if not header.strip() or not header.isprintable():
        raise wrong_parameters(FieldError("Idempotency-Key", "is no name", "send a UUID"))
    return header


def maybe_asked(request: Request, asker: Asker, header: str | None, body: bytes) -> idempotency.Request | None:
    """What makes two requests the same, where the client named this one."""
    return None if header is None else asked(request, asker, key_of(header), body)


def asked(request: Request, asker: Asker, key: str, body: bytes) -> idempotency.Request:
    """What makes two requests the same: the person, the key, the address and every byte of the body."""
    seen = "\n".join([request.url.path, request.headers.get("if-match", ""), request.headers.get("if-none-match", "")])
    digest = hashlib.blake2b(seen.encode() + b"\n" + body, digest_size=32).digest()
    return idempotency.Request(asker.principal.name, key, f"{request.method} {route_of(request)}", digest)


def once(
    conn: Connection, wanted: idempotency.Request | None, now_ns: int, act: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """Act, unless the key has an answer already: that one then, and True. A problem leaves the key unused.

    Raises the problem of a key that stands for another request.
    """
    if wanted is None:
        return act(), False
    try:
        before = idempotency.begin(conn, wanted, now_ns)
    except KeyReusedError as error:
        raise Problem("idempotency_key_reused", str(error)) from None
    if before is not None:
        return before, True
    answer = act()
    idempotency.finish(conn, wanted, answer)
    return answer, False


def told(answer: Answer, replayed: bool, plates: bool = True) -> Response:
    """The answer on its way, with the ETag of the version in it."""
    headers = {**etags.VARY, **({REPLAYED: "true"} if replayed else {})}
    if not answer.body:
        return Response(status_code=answer.status, headers=headers)
    headers["ETag"] = etags.tag(msgspec.json.decode(answer.body, type=_Versioned).version, plates)
    return Response(answer.body, answer.status, headers, "application/json")


class _Versioned(msgspec.Struct):
    """What every answer to a write says."""

    version: int
