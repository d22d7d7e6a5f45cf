"""The API, put together: every route with its right, around one set of parts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import anyio.to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.api import (
    actions,
    cases,
    corridors,
    downgrades,
    effectiveness,
    exclusions,
    health,
    intercepts,
    joint_actions,
    joint_moves,
    ledger,
    live,
    live_stats,
    notices,
    offenders,
    pages,
    pairings,
    passages,
    pictures,
    plates,
    probes,
    problems,
    push,
    rates,
    refusals,
    session_list,
    signals,
    signing_in,
    signing_in_elsewhere,
    squads,
    telling_apart,
    timekeeping,
    violations,
    why,
)
from service.api.auth import check_routes
from service.api.envelope import Envelope
from service.api.parts import Parts

ROUTERS = (
    corridors.router,
    health.router,
    downgrades.router,
    rates.router,
    effectiveness.router,
    violations.router,
    exclusions.router,
    telling_apart.router,
    signals.router,
    intercepts.router,
    actions.router,
    why.router,
    cases.router,
    joint_actions.router,
    joint_moves.router,
    ledger.router,
    squads.router,
    offenders.router,
    *plates.ROUTERS,
    passages.router,
    pictures.router,
    notices.router,
    push.router,
    live.router,
    signing_in.router,
    signing_in_elsewhere.router,
    session_list.router,
    pairings.router,
    probes.router,
    pages.router,
)

#: As many as the store has connections for reading: a request that waits for a thread costs less than one that waits
#: for a connection.
THREADS = 20

_TITLE = "Weigh-in-motion overload detection"
_ABOUT = """Overload rates, violations, intercepts and what squads do about them.

Times in answers are RFC 3339; dates in questions are local to the corridor. Errors are `application/problem+json` with
a stable `code`. Lists have a cursor and a `Link` header. Fields may be added, and words to a list: ignore what is
unknown."""


def build(parts: Parts) -> FastAPI:
    """The application, ready to serve."""
    app = routed()
    app.state.parts = parts
    app.add_middleware(Envelope, meters=parts.meters)
    return app


def routed() -> FastAPI:
    """All routes without what they serve. Raises `UndeclaredRouteError` where one does not say whom it serves."""
    app = FastAPI(
        title=_TITLE,
        description=_ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        # Spans would carry paths, and paths hold plates.
        telemetry={"tracing": False, "logs": False, "metrics": False},
    )
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    refusals.install(app)
    check_routes(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name, which stays when a path is put elsewhere."""
    return route.name


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    following = asyncio.gather(parts.live.run(), live_stats.tell(parts, parts.live), timekeeping.keep_time(parts))
    try:
        yield
    finally:
        parts.live.close()
        await following
        await parts.publisher.close()
