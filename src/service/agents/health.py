"""The health agent: minute beats of roadside units become observed minutes of their lanes.

A Faust agent, because what it does may be lost: a beat comes every minute, an hour is observed with 55 of them, and a
minute kept twice is the same minute. It acknowledges by itself and keeps no offset.
"""

from __future__ import annotations

import asyncio
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
from service.store.observed import Beat
from service.topics import HEALTH
from service.worker import Parts
from wim.forms import FormError
from wim.forms.json_form import instant_ns

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
            except SQLAlchemyError as error:
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
    try:
        beat = messages.decode(Health, value)
        at_ns = instant_ns("time", beat.time)
    except (messages.MessageError, FormError) as error:
        metrics.beats_refused.inc()
        log.info("a health beat cannot be read", problem=str(error))
        return None
    minutes = [Beat(beat.site, lane.lane, at_ns // 10**9) for lane in beat.lanes if lane.up]
    return _Beat(beat.site, at_ns, minutes, value.decode())
