"""Waiting for a broker that is not there yet: with a message, longer and longer, and not for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import structlog

from service.kafka import BrokerAwayError, Kafka

#: How long a start waits for broker and database before it gives up.
START_PATIENCE_SECONDS = 60.0
#: First and longest wait between two attempts.
BACKOFF_SECONDS = (0.5, 8.0)

log = structlog.get_logger(__name__)


class TopicsMissingError(RuntimeError):
    """The cluster lacks topics that the chosen lanes read."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"the cluster has no topic {', '.join(names)}; run `wim topics apply`")


def wait_for_broker(kafka: Kafka, topics: Sequence[str], patience_s: float = START_PATIENCE_SECONDS) -> None:
    """Return once a broker answers and has these topics; raises what is wrong once patience is over."""
    wait_s, longest_s = BACKOFF_SECONDS
    give_up_s = time.monotonic() + patience_s
    while True:
        try:
            if missing := asyncio.run(kafka.missing(topics)):
                raise TopicsMissingError(missing)
            return
        except (BrokerAwayError, TopicsMissingError) as error:
            if time.monotonic() + wait_s > give_up_s:
                raise
            log.warning(str(error), next_try_s=wait_s)
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, longest_s)
