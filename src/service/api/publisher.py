"""Posted passages on their way to Kafka, where it may be away for as long as it likes.

The API starts and works without a broker, so the producer is made by the first post and made anew after a failure: one
that waits for a lost broker would keep every post since in memory.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from service.api.problems import RETRY_SECONDS, Problem
from service.kafka import BrokerAwayError, Kafka
from service.lanes.sending import Sender, SendFailedError
from service.publishing import publish
from wim.records import Passages

log = structlog.get_logger(__name__)

#: Longer than an election of new leaders takes, shorter than what HTTP clients wait for (30 s, mostly).
ACKNOWLEDGED_SECONDS = 10.0
#: What a post waits for the first contact; the attempt itself goes on and serves the next one.
CONTACT_SECONDS = 5.0


class Publisher:
    """Sends passages and waits for all acknowledgements. For one event loop."""

    def __init__(self, kafka: Kafka, acknowledged_s: float = ACKNOWLEDGED_SECONDS) -> None:
        self._kafka, self._acknowledged_s = kafka, acknowledged_s
        self._contact: asyncio.Task[Sender] | None = None

    async def send(self, passages: Passages) -> None:
        """Publish passages, shape (n,). Raises the problem `broker_away`; some may be taken then, and come again."""
        sender = await self._sender()
        try:
            await publish(sender, passages)
        except SendFailedError as error:
            log.warning("passages_not_acknowledged", problem=str(error), passages=len(passages))
            await self._drop(sender)
            raise _away() from None

    async def close(self) -> None:
        """Disconnect."""
        contact, self._contact = self._contact, None
        if contact is not None:
            contact.cancel()
            with contextlib.suppress(asyncio.CancelledError, BrokerAwayError):
                await (await contact).stop()

    async def _sender(self) -> Sender:
        contact = self._contact = self._contact or asyncio.create_task(self._connect())
        try:
            async with asyncio.timeout(CONTACT_SECONDS):
                return await asyncio.shield(contact)
        except TimeoutError:
            raise _away() from None
        except BrokerAwayError as error:
            if self._contact is contact:
                self._contact = None
                log.warning("broker_away", problem=str(error))
            raise _away() from None

    async def _connect(self) -> Sender:
        sender = Sender(self._kafka, self._acknowledged_s)
        await sender.start()
        return sender

    async def _drop(self, sender: Sender) -> None:
        contact = self._contact
        if contact is not None and contact.done() and not contact.exception() and contact.result() is sender:
            self._contact = None
            await sender.stop()


def _away() -> Problem:
    detail = "post the same again in a moment: a passage that was taken already counts once"
    return Problem("broker_away", detail, headers={"Retry-After": str(RETRY_SECONDS)})
