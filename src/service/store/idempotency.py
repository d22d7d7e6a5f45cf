"""The same action sent twice happens once: the answer to each Idempotency-Key.

`begin` before acting, `finish` after, both in the transaction of the act. Of two requests with one key at the same time
the second waits for the first to commit and then gets its answer; if the first rolled back, the second acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from service.store import bulk
from service.store.errors import KeyReusedError
from service.store.tables import idempotency


@dataclass(frozen=True, slots=True)
class Request:
    """What makes two requests the same: who, under which key, asks which route for what."""

    actor: str
    key: str
    route: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first of them was answered."""

    status: int
    body: bytes


def begin(conn: Connection, request: Request, at_ns: int) -> Answer | None:
    """The answer that the key has already; None: act, then call `finish`.

    Raises `KeyReusedError` where the key stands for another request.
    """
    columns: dict[str, list[Any]] = {
        "actor": [request.actor],
        "key": [request.key],
        "route": [request.route],
        "body_hash": [request.body_hash],
        "at_ns": [at_ns],
    }
    if bulk.upsert(conn, idempotency, columns, bulk.keep) == 1:
        return None
    row = conn.execute(select(idempotency).where(*_is(request))).one()
    if (row.route, row.body_hash) != (request.route, request.body_hash):
        raise KeyReusedError(request.key)
    return Answer(row.status, row.body)


def finish(conn: Connection, request: Request, answer: Answer) -> None:
    """Keep the answer for whoever asks again."""
    conn.execute(update(idempotency).where(*_is(request)).values(status=answer.status, body=answer.body))


def known(conn: Connection, actor: str, key: str) -> Answer | None:
    """The answer that a key got: what an action queued offline names as the one before it (`after`)."""
    wanted = select(idempotency).where(idempotency.c.actor == actor, idempotency.c.key == key)
    row = conn.execute(wanted).one_or_none()
    return Answer(row.status, row.body) if row and row.status is not None else None


def _is(request: Request) -> tuple[Any, ...]:
    return idempotency.c.actor == request.actor, idempotency.c.key == request.key
