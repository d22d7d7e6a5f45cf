"""A stream lane in the test's own event loop, on a real broker and a database file of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from service.kafka import Kafka
from service.lanes.gauge import Gauge
from service.lanes.liveness import Liveness
from service.lanes.sending import Sender
from service.lanes.stream import Plant, StreamLane
from service.metrics import Metrics
from service.store.engine import Store
from tests.kafka import counting
from tests.kafka.counting import CountingWork


class EndedError(Exception):
    """What a test's stand-in for the end of the process raises."""


@dataclass
class Ends:
    """Stands in for the end of the process, and remembers."""

    statuses: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def __call__(self, status: int, reason: str, **facts: Any) -> NoReturn:
        self.statuses.append(status)
        self.reasons.append(reason)
        raise EndedError(reason)


@dataclass
class Running:
    """A lane that runs, with what it stands on."""

    lane: StreamLane
    work: CountingWork
    plant: Plant
    ends: Ends

    async def until(self, condition: Callable[[], bool], seconds: float = 45.0) -> None:
        """Return once the condition holds; fail where it does not in time."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)

    async def kept(self, numbers: int) -> None:
        """Return once that many numbers are kept."""
        await self.until(lambda: self.work.kept >= numbers)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An SQLite store of the test's own."""
    opened = counting.open_counting_store(counting.sqlite_url(tmp_path))
    yield opened
    opened.close()


Carry = Callable[..., "contextlib.AbstractAsyncContextManager[Running]"]


@pytest.fixture
def carry(store: Store) -> Carry:
    """`async with carry(bootstrap_servers, work) as running:` carries a work until the end of the block."""

    @contextlib.asynccontextmanager
    async def carried(
        servers: str, work: CountingWork, acknowledged_s: float = 30.0, gauge: bool = False
    ) -> AsyncIterator[Running]:
        kafka, ends = Kafka(servers), Ends()
        plant = Plant(kafka, store, Sender(kafka, acknowledged_s), Metrics(), Liveness(), ends)
        await plant.sender.start()
        lane = StreamLane(work, plant)
        services = [lane, *([Gauge(kafka, plant.liveness, plant.metrics)] if gauge else [])]
        for service in services:
            await service.start()
        plant.liveness.starting = False
        try:
            yield Running(lane, work, plant, ends)
        finally:
            for service in services:
                await service.stop()
            await plant.sender.stop()

    return carried
