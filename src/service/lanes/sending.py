"""Publishing with an acknowledgement that comes in time or ends the process.

An idempotent producer whose broker is away waits for ever and raises nothing, so the time limit is ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from service.kafka import BrokerAwayError, Kafka, close
from service.lanes.work import Message

#: Every message of a batch must be acknowledged within this time (architecture.md, promise 6).
ACKNOWLEDGED_SECONDS = 30.0
#: Sends between two turns of the event loop: some 3 ms.
SENDS_A_TURN = 256
#: What a producer gets to say goodbye: whoever stops it has seen its acknowledgements already.
STOP_SECONDS = 1.0


class SendFailedError(RuntimeError):
    """Some of a batch's messages are not acknowledged; the batch must not be kept."""


class Sender:
    """One idempotent producer, shared by a worker's lanes."""

    def __init__(self, kafka: Kafka, acknowledged_s: float = ACKNOWLEDGED_SECONDS) -> None:
        self._kafka = kafka
        self._acknowledged_s = acknowledged_s
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect; raises `BrokerAwayError`."""
        producer = self._kafka.producer()
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            await close(producer, STOP_SECONDS)
            raise BrokerAwayError(self._kafka.bootstrap_servers, error) from error
        self._producer = producer

    async def stop(self) -> None:
        """Disconnect, with a moment for the broker to take part in it."""
        if self._producer is not None:
            await close(self._producer, STOP_SECONDS)

    async def send(self, messages: Sequence[Message]) -> None:
        """Publish all and return once all in-sync copies have all of them; raises `SendFailedError`."""
        if not messages:
            return
        try:
            async with asyncio.timeout(self._acknowledged_s):
                await asyncio.gather(*await self._hand_over(messages))
        except TimeoutError:
            reason = f"{len(messages)} messages are not acknowledged after {self._acknowledged_s:g} s"
            raise SendFailedError(reason) from None
        except KafkaError as error:
            raise SendFailedError(f"the broker refused a message: {error!r}") from error

    async def _hand_over(self, messages: Sequence[Message]) -> list[asyncio.Future[object]]:
        assert self._producer is not None, "start() comes first"
        acknowledgements = []
        for count, message in enumerate(messages, 1):
            acknowledgements.append(
                await self._producer.send(
                    message.topic, value=message.value, key=message.key, headers=list(message.headers)
                )
            )
            if count % SENDS_A_TURN == 0:
                await asyncio.sleep(0)
        return acknowledgements
