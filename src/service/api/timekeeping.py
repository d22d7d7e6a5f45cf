"""Timers of intercepts in the API's process: an offer goes on to the next squad even while Kafka, and with it every
worker, is away. Whoever fires a timer first acts on it, so any number of processes may do this."""

from __future__ import annotations

import anyio.to_thread
import structlog

from service.api.live_feed import FAILURES
from service.api.parts import Parts
from service.docket.timing import fire_due
from service.store import timers

log = structlog.get_logger(__name__)

#: A squad has a minute to answer; a second more is nobody's loss, and a look is one short question.
LOOK_SECONDS = 1.0


async def keep_time(parts: Parts) -> None:
    """Fire what is due, again and again, until the feed closes."""
    while not parts.live.closing:
        try:
            await anyio.to_thread.run_sync(_fire, parts)
        except FAILURES as error:
            log.warning("timers_stand", problem=type(error).__name__, next_try_s=LOOK_SECONDS)
        except Exception as error:
            # One timer that cannot be fired must not hold up every other for as long as this process lives.
            log.error("timer_failed", problem=type(error).__name__, exc_info=error)
        await parts.live.closed_within(LOOK_SECONDS)


def _fire(parts: Parts) -> None:
    now_ns = parts.clock_ns()
    with parts.store.reading() as conn:
        due_ns = timers.next_due_ns(conn)
    if due_ns is None or due_ns > now_ns:
        return
    fire_due(parts.store, now_ns, parts.terms)
