"""The worker: one Faust process on uvloop that carries the chosen stream lanes.

Faust gives the life cycle, the supervision of services and the agents; the lanes read Kafka themselves (see
`service.lanes.stream`). It ends in one of three ways: told to (SIGTERM, SIGINT: status 0 within 8 s), by a fault that a
restart may cure (70), or by one that needs a person (1). The last two never pass through Faust's shutdown.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import faust
import structlog
import uvloop
from faust.app.base import BootStrategy

from service import ending, logs
from service.ending import STOP_SECONDS, TRY_AGAIN
from service.kafka import BrokerAwayError, Kafka, reach
from service.lanes.gauge import Gauge
from service.lanes.liveness import Liveness
from service.lanes.sending import Sender
from service.lanes.stream import Plant, StreamLane
from service.lanes.work import Work
from service.metrics import Metrics, Probes
from service.settings import Settings
from service.store.engine import Store, open_store

#: Where the work of each lane is made: a function of `Parts`. Imported when chosen, for numba alone takes a second.
LANES = {
    "screen": "service.lanes.screen:work",
    "cases": "service.lanes.cases:work",
    "archive": "service.lanes.archive:work",
}

#: How long a start waits for broker and database before it gives up.
START_PATIENCE_SECONDS = 60.0
#: First and longest wait between two attempts.
BACKOFF_SECONDS = (0.5, 8.0)

#: A batch of ten thousand records is ten thousand objects that live for milliseconds. At Python's own thresholds the
#: collector walks them again and again: a third of a lane's time (3.2 against 1.9 µs a message).
GC_THRESHOLDS = (100_000, 50, 100)

#: Of `STOP_SECONDS`, what Faust gets once the lanes are done.
FAUST_STOP_SECONDS = 1.5

log = structlog.get_logger(__name__)


class UnknownLaneError(ValueError):
    """A lane that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no lane {name!r}; choose from {', '.join(LANES)}")


class TopicsMissingError(RuntimeError):
    """The cluster lacks topics that the chosen lanes read."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"the cluster has no topic {', '.join(names)}; run `wim topics apply`")


@dataclass(frozen=True)
class Parts:
    """What the works are made of."""

    settings: Settings
    store: Store
    metrics: Metrics


def run(settings: Settings, lanes: Sequence[str]) -> None:
    """Carry these lanes until told to stop: the composition root.

    Returns after SIGTERM or SIGINT; anything else that ends the worker ends the process, with a reason in the log.
    """
    logs.configure(settings.log)
    gc.set_threshold(*GC_THRESHOLDS)
    metrics, liveness = Metrics(), Liveness()
    probes = Probes(metrics, liveness, settings.worker.metrics_host, settings.worker.metrics_port)
    probes.start()
    log.info("worker starts", lanes=list(lanes), metrics_port=probes.port)

    store = open_store(settings.database.url.get_secret_value(), START_PATIENCE_SECONDS)
    parts = Parts(settings, store, metrics)
    works = [_make(name)(parts) for name in lanes]
    for work in works:
        work.warm_up()

    kafka = reach(settings.kafka)
    wait_for_broker(kafka, works)
    carry(works, Plant(kafka, store, Sender(kafka), metrics, liveness))
    store.close()
    probes.stop()


def _make(name: str) -> Callable[[Parts], Work]:
    if name not in LANES:
        raise UnknownLaneError(name)
    module, _, attribute = LANES[name].partition(":")
    make: Callable[[Parts], Work] = getattr(importlib.import_module(module), attribute)
    return make


def wait_for_broker(kafka: Kafka, works: Sequence[Work], patience_s: float = START_PATIENCE_SECONDS) -> None:
    """Return once a broker answers and has the topics that the works read; raises once patience is over."""
    wanted = {topic for work in works for topic in work.topics}
    wait_s, longest_s = BACKOFF_SECONDS
    give_up_s = time.monotonic() + patience_s
    while True:
        try:
            if missing := asyncio.run(kafka.missing(wanted)):
                raise TopicsMissingError(missing)
            return
        except (BrokerAwayError, TopicsMissingError) as error:
            if time.monotonic() + wait_s > give_up_s:
                raise
            log.warning(str(error), next_try_s=wait_s)
        time.sleep(wait_s)
        wait_s = min(2 * wait_s, longest_s)


def carry(works: Sequence[Work], plant: Plant, agents: Callable[[faust.App], None] | None = None) -> None:
    """Carry warmed-up works in a Faust worker until SIGTERM or SIGINT."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    with tempfile.TemporaryDirectory(prefix="wim-faust-") as folder:
        app = make_app(plant.kafka, folder, agents)
        try:
            loop.run_until_complete(_live(app, works, plant))
        finally:
            loop.close()


def make_app(kafka: Kafka, folder: str, agents: Callable[[faust.App], None] | None = None) -> faust.App:
    """A Faust app with everything off that could listen, declare, lead or keep; `folder` is for what it insists on."""
    app = faust.App(
        "wim-worker",
        broker=[f"kafka://{address.strip()}" for address in kafka.bootstrap_servers.split(",")],
        autodiscover=False,
        datadir=folder,
        store="memory://",
        web_enabled=False,
        processing_guarantee="at_least_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        worker_redirect_stdouts=False,
    )
    if agents is not None:
        agents(app)
    else:
        # Without an agent Faust waits for ever for its consumer to be given partitions.
        app.producer_only = True
        app.boot_strategy = BootStrategy(app, enable_kafka=False)
    return app


class _Worker(faust.Worker):
    """A Faust worker whose signals, logging and output are ours."""

    def install_signal_handlers(self) -> None:
        """`_live` has its own."""


async def _live(app: faust.App, works: Sequence[Work], plant: Plant) -> None:
    loop = asyncio.get_running_loop()
    await plant.sender.start()
    lanes = [StreamLane(work, plant, loop=loop) for work in works]
    gauge = Gauge(plant.kafka, plant.liveness, plant.metrics, loop=loop)
    worker = _Worker(app, gauge, *lanes, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)

    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    started, stopping = asyncio.ensure_future(worker.start()), asyncio.ensure_future(told.wait())
    plant.liveness.starting = False
    await asyncio.wait([started, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not told.is_set():
        plant.end(TRY_AGAIN, f"a service of the worker crashed: {worker.crash_reason!r}")
    await _stop(worker, lanes, plant)


async def _stop(worker: _Worker, lanes: Sequence[StreamLane], plant: Plant) -> None:
    """Stop reading everywhere at once, then Faust, all within our own deadline."""
    log.info("worker stops")
    plant.liveness.stopping = True
    ending.within(STOP_SECONDS, "stopping")
    await asyncio.gather(*(lane.stop() for lane in lanes))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(worker.stop(), FAUST_STOP_SECONDS)
    await plant.sender.stop()
    log.info("worker stopped")
