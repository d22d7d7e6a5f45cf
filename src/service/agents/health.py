"""The health agent: minute beats of roadside units become observed minutes of their lanes.

A Faust agent, because what it does may be lost: a beat comes every minute, an hour is observed with 55 of them, and a
minute kept twice is the same minute. It acknowledges by itself and keeps no offset.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import faust
import structlog
from sqlalchemy.exc import SQLAlchemyError

from service import messages
from service.messages import Health
from service.metrics import Metrics
from service.store import observed
from service.store.engine import Store
from service.store.errors import StoreError
from service.store.observed import Beat
from service.topics import HEALTH
from service.worker import Parts
from wim.codec import FUTURE_NS
from wim.forms import FormError
from wim.forms.checks import text_bytes
from wim.forms.json_form import instant_ns

#: Lanes are numbered in one byte (contracts.md §2).
HIGHEST_LANE = 255

#: Beats that one transaction keeps at most, and how long the first of them waits for company.
TOGETHER = 500
WAIT_SECONDS = 1.0

log = structlog.get_logger(__name__)


topics = (HEALTH,)


def agent(app: faust.App, parts: Parts) -> None:
    """Add the agent to the app."""
    topic = app.topic(HEALTH, key_type=bytes, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def health(stream: Any) -> AsyncIterator[None]:
        async for values in stream.take(TOGETHER, within=WAIT_SECONDS):
            # A database that is away costs some minutes of health; the lanes end the process, not this.
            try:
                await asyncio.to_thread(keep, parts.store, parts.metrics, values)
            except (SQLAlchemyError, StoreError) as error:
                parts.metrics.beats_refused.labels("database").inc(len(values))
                log.warning("health beats are lost", beats=len(values), error=repr(error))
            yield

    app.agent(topic, name="health")(health)


def keep(store: Store, metrics: Metrics, values: Sequence[bytes]) -> None:
    """Keep what these beats say; one that cannot be read is counted and dropped, for the next comes in a minute."""
    beats = [beat for value in values if (beat := _read(value, metrics))]
    with store.writing() as connection:
        observed.keep_beats(connection, [minute for beat in beats for minute in beat.minutes])
        for beat in beats:
            observed.keep_health(connection, beat.site, beat.at_ns, beat.document)


class _Beat(NamedTuple):
    site: str
    at_ns: int
    minutes: list[Beat]
    document: str


def _read(value: bytes, metrics: Metrics) -> _Beat | None:
    """The beat, unless a neighbour in the same transaction could suffer from it or a figure would be false."""
    try:
        beat = messages.decode(Health, value)
        at_ns = instant_ns("time", beat.time)
        text_bytes("site", beat.site)
        document = value.decode()
    except (messages.MessageError, FormError, UnicodeDecodeError) as error:
        _refuse(metrics, "unreadable", str(error))
        return None
    if at_ns > time.time_ns() + FUTURE_NS:
        _refuse(metrics, "future", f"{beat.site} says {beat.time}")
        return None
    if any(lane.lane > HIGHEST_LANE for lane in beat.lanes):
        _refuse(metrics, "unreadable", f"{beat.site} names a lane above {HIGHEST_LANE}")
        return None
    minutes = [Beat(beat.site, lane.lane, at_ns // 10**9) for lane in beat.lanes if lane.up]
    return _Beat(beat.site, at_ns, minutes, document)


def _refuse(metrics: Metrics, reason: str, problem: str) -> None:
    metrics.beats_refused.labels(reason).inc()
    log.info("a health beat is refused", reason=reason, problem=problem)
