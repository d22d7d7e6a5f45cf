"""How far the lanes are behind the log's end, asked by a client of its own every two seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

import mode
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import TopicPartition

from service.kafka import Kafka, close
from service.lanes.liveness import Liveness, Pulse
from service.lanes.work import Partition
from service.metrics import Metrics

#: A probe every few seconds sees a fault soon after it begins; one ListOffsets request costs the broker nothing.
EVERY_SECONDS = 2.0
ANSWER_SECONDS = 5.0
CONNECT_SECONDS = 1.0


class Gauge(mode.Service):
    """Measures lag, and tells a broker that is away from one that does not answer."""

    def __init__(self, kafka: Kafka, liveness: Liveness, metrics: Metrics, **service: Any) -> None:
        super().__init__(**service)
        self._kafka = kafka
        self._liveness = liveness
        self._metrics = metrics
        self._client: AIOKafkaConsumer | None = None

    async def on_stop(self) -> None:
        """Close the connection."""
        await self._close()

    @mode.Service.task
    async def _watch(self) -> None:
        while not self.should_stop:
            await self._look()
            await self.sleep(EVERY_SECONDS)

    async def _look(self) -> None:
        pulses = self._liveness.pulses
        held = {partition for pulse in pulses for partition in pulse.positions or ()}
        ends = await self._ends(held)
        for pulse in pulses:
            pulse.lag = self._lag(pulse, ends)
        self._liveness.looked(broker_away=ends is None and not await self._reachable())

    async def _ends(self, partitions: Iterable[Partition]) -> Mapping[Partition, int] | None:
        """The end of each partition's log; None where the brokers do not say in time."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                client = await self._connected()
                asked = [TopicPartition(*partition) for partition in partitions]
                ends = await client.end_offsets(asked)
                if not asked:
                    # Nothing held yet: any answer tells that the brokers are there.
                    await client.topics()
        except (TimeoutError, KafkaError, OSError):
            await self._close()
            return None
        return {Partition(*asked): end for asked, end in ends.items()}

    def _lag(self, pulse: Pulse, ends: Mapping[Partition, int] | None) -> int | None:
        positions = None if pulse.positions is None else dict(pulse.positions)
        if positions is None or ends is None or not positions.keys() <= ends.keys():
            self._metrics.lag_unknown(pulse.lane, positions)
            return None
        behind = {partition: max(0, ends[partition] - offset) for partition, offset in positions.items()}
        lag = sum(behind.values())
        self._metrics.lag(pulse.lane, behind, pulse.age_s(time.time()) if lag else 0.0)
        return lag

    async def _connected(self) -> AIOKafkaConsumer:
        if self._client is None:
            self._client = self._kafka.gauge()
            await self._client.start()
        return self._client

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await close(client, CONNECT_SECONDS)

    async def _reachable(self) -> bool:
        """Whether anything accepts a connection where a broker should be."""
        addresses = [address.rpartition(":") for address in self._kafka.bootstrap_servers.split(",")]
        found = await asyncio.gather(*(_accepts(host, int(port)) for host, _, port in addresses))
        return any(found)


async def _accepts(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host.strip("[] "), port)
    except (TimeoutError, OSError):
        return False
    writer.close()
    return True
