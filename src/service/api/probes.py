"""`/livez`, `/readyz`, `/metrics`, `/openapi.json`: for machines that run this one; open to everybody.

Ready means that questions can be answered and actions kept: the database. Kafka may be away, for actions are database
writes; only posted passages wait for it.
"""

from __future__ import annotations

import asyncio

import anyio.to_thread
import msgspec
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from service.api import etags
from service.api.auth import for_anyone
from service.api.document import text
from service.api.parts import Parts, PartsOf
from service.api.tags import Tag
from service.store.errors import StoreError

router = APIRouter(tags=[Tag.PROCESS], dependencies=[for_anyone()])

#: A database that takes longer is not one to send people to.
READY_SECONDS = 2.0

_STATE = {"description": "ok", "content": {"application/json": {"schema": {"type": "object"}}}}
_TEXT = {"description": "Prometheus' text format.", "content": {"text/plain": {"schema": {"type": "string"}}}}


@router.get("/livez", responses={200: _STATE})
async def livez() -> Response:
    """Whether the process still turns."""
    return _verdict([])


@router.get("/readyz", responses={200: _STATE, 503: _STATE})
async def readyz(parts: PartsOf) -> Response:
    """Whether requests should come here."""
    if parts.live.closing:
        return _verdict(["stopping"])
    try:
        async with asyncio.timeout(READY_SECONDS):
            await anyio.to_thread.run_sync(_ask, parts, abandon_on_cancel=True)
    except (TimeoutError, SQLAlchemyError, StoreError) as error:
        return _verdict([f"the database does not answer ({type(error).__name__})"])
    return _verdict([])


@router.get("/metrics", responses={200: _TEXT})
def metrics(parts: PartsOf) -> Response:
    """This process' metrics."""
    return Response(parts.meters.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/openapi.json", responses={200: _STATE, 304: {"description": "The client has this version."}})
async def openapi_document(request: Request) -> Response:
    """This document."""
    return etags.of_content(request, text(request.app).encode(), "application/json")


def _ask(parts: Parts) -> None:
    with parts.store.reading() as conn:
        conn.execute(select(1))


def _verdict(reasons: list[str]) -> Response:
    body = {"status": "failing" if reasons else "ok", "reasons": reasons}
    return Response(msgspec.json.encode(body), 503 if reasons else 200, media_type="application/json")
