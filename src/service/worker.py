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
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import faust
import structlog
import uvloop
from faust.app.base import BootStrategy
from mode import ServiceT

from service import ending, logs
from service.awaiting import START_PATIENCE_SECONDS, wait_for_broker
from service.ending import STOP_SECONDS, TRY_AGAIN
from service.kafka import Kafka, reach
from service.lanes.gauge import Gauge
from service.lanes.liveness import Liveness
from service.lanes.sending import Sender
from service.lanes.stream import Plant, StreamLane
from service.lanes.work import Work
from service.metrics import Metrics, Probes
from service.policy import Policy, read_policy
from service.registry import Registry, read_registry
from service.settings import Settings
from service.store.engine import Store, open_store
from service.store.worker_lock import only_worker

#: The module of each lane: its `work(parts)` makes the work, its `companions(parts, work)`, if there is one, the
#: services that run beside it. Imported when chosen, for numba alone takes a second.
LANES = {
    "measure": "service.lanes.measure",
    "screen": "service.lanes.screen",
    "cases": "service.lanes.cases",
    "archive": "service.lanes.archive",
    "frames": "service.lanes.frames",
}
#: What may be lost or is told again, and so runs as a Faust agent: its `agent(app, parts)` adds it.
AGENTS = {"health": "service.agents.health"}

#: A batch of ten thousand records is ten thousand objects that live for milliseconds. At Python's own thresholds the
#: collector walks them again and again: a third of a lane's time (3.2 against 1.9 µs a message).
GC_THRESHOLDS = (100_000, 50, 100)

#: Of `STOP_SECONDS`, what Faust gets once the lanes are done.
FAUST_STOP_SECONDS = 1.5

#: Adds an agent to an app.
AddAgent = Callable[[faust.App], None]

log = structlog.get_logger(__name__)


class UnknownLaneError(ValueError):
    """A lane that does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no lane {name!r}; choose from {', '.join([*LANES, *AGENTS])}")


@dataclass(frozen=True)
class Parts:
    """What the works are made of."""

    settings: Settings
    #: Read once: two readers of a file that is being replaced would work by two registries.
    registry: Registry
    policy: Policy
    store: Store
    metrics: Metrics
    kafka: Kafka


def run(settings: Settings, chosen: Sequence[str]) -> None:
    """Carry these lanes and agents until told to stop: the composition root.

    Returns after SIGTERM or SIGINT; anything else that ends the worker ends the process, with a reason in the log.
    """
    lanes, agents = _modules(chosen)
    logs.configure(settings.log)
    gc.set_threshold(*GC_THRESHOLDS)
    metrics, liveness = Metrics(), Liveness()
    probes = Probes(metrics, liveness, settings.worker.metrics_host, settings.worker.metrics_port)
    probes.start()
    log.info("worker starts", lanes=list(chosen), metrics_port=probes.port)

    kafka, registry, policy = reach(settings.kafka), read_registry(settings.registry), read_policy(settings.policy)
    store = open_store(settings.database.url.get_secret_value(), START_PATIENCE_SECONDS)
    with only_worker(store):
        parts = Parts(settings, registry, policy, store, metrics, kafka)
        works = [lane.work(parts) for lane in lanes]
        warm_up(works, liveness)
        wait_for_broker(kafka, [topic for part in (*works, *agents) for topic in part.topics])
        carry(
            works,
            Plant(kafka, store, Sender(kafka), metrics, liveness),
            companions=[one for lane, work in zip(lanes, works, strict=True) for one in _companions(lane, parts, work)],
            agents=[partial(agent.agent, parts=parts) for agent in agents],
        )
    store.close()
    probes.stop()


def warm_up(works: Sequence[Work], liveness: Liveness) -> None:
    """Have every kernel compiled or loaded, and say so: whoever starts a new release would wonder for a minute."""
    if not works:
        return
    liveness.warming_up = True
    begun_s = time.monotonic()
    log.info("kernels_compiling", meaning="may take a minute at the first start of a release, not later")
    for work in works:
        work.warm_up()
    log.info("kernels_compiled", seconds=round(time.monotonic() - begun_s, 1))
    liveness.warming_up = False


def _modules(chosen: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """The modules of the chosen lanes, and of the chosen agents."""
    for name in chosen:
        if name not in {**LANES, **AGENTS}:
            raise UnknownLaneError(name)
    lanes = [importlib.import_module(LANES[name]) for name in chosen if name in LANES]
    return lanes, [importlib.import_module(AGENTS[name]) for name in chosen if name in AGENTS]


def _companions(lane: Any, parts: Parts, work: Work) -> Sequence[ServiceT]:
    found: Sequence[ServiceT] = getattr(lane, "companions", lambda parts, work: ())(parts, work)
    return found


def carry(
    works: Sequence[Work],
    plant: Plant,
    companions: Sequence[ServiceT] = (),
    agents: Sequence[AddAgent] = (),
) -> None:
    """Carry warmed-up works, with services and agents beside them, in a Faust worker until SIGTERM or SIGINT."""
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_live(works, plant, companions, agents))
    finally:
        loop.close()


def make_app(kafka: Kafka, folder: str, agents: Sequence[AddAgent] = ()) -> faust.App:
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
        broker_credentials=_credentials(kafka.security),
    )
    for add in agents:
        add(app)
    if not agents:
        # Without an agent Faust waits for ever for its consumer to be given partitions.
        app.producer_only = True
        app.boot_strategy = BootStrategy(app, enable_kafka=False)
    return app


def _credentials(security: Mapping[str, Any]) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """aiokafka's keywords in Faust's words."""
    context = security.get("ssl_context")
    if "sasl_mechanism" in security:
        return faust.SASLCredentials(
            username=security["sasl_plain_username"],
            password=security["sasl_plain_password"],
            mechanism=security["sasl_mechanism"],
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


class _Worker(faust.Worker):
    """A Faust worker whose signals, logging and output are ours."""

    def install_signal_handlers(self) -> None:
        """`_live` has its own."""


async def _live(
    works: Sequence[Work], plant: Plant, companions: Sequence[ServiceT], agents: Sequence[AddAgent]
) -> None:
    await plant.sender.start()
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    # From here on a signal ends nothing by itself, so that the folder is there no longer than the process.
    with ending.temporary_folder("wim-faust-") as folder:
        await _carry_until(told, make_app(plant.kafka, folder, agents), works, companions, plant)


async def _carry_until(
    told: asyncio.Event, app: faust.App, works: Sequence[Work], companions: Sequence[ServiceT], plant: Plant
) -> None:
    loop = asyncio.get_running_loop()
    lanes = [StreamLane(work, plant, loop=loop) for work in works]
    gauge = Gauge(plant.kafka, plant.liveness, plant.metrics, loop=loop)
    services = (gauge, *companions, *lanes)
    worker = _Worker(app, *services, loop=loop, quiet=True, override_logging=False, redirect_stdouts=False)

    # It writes control characters even where nobody looks.
    worker.spinner = None

    started, stopping = asyncio.ensure_future(worker.start()), asyncio.ensure_future(told.wait())
    plant.liveness.starting = False
    await asyncio.wait([started, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not told.is_set():
        plant.end(TRY_AGAIN, f"a service of the worker crashed: {worker.crash_reason!r}")
    await _stop(worker, [*lanes, *companions], plant)


async def _stop(worker: _Worker, services: Sequence[ServiceT], plant: Plant) -> None:
    """Stop our services all at once, then Faust, within our own deadline."""
    log.info("worker stops")
    plant.liveness.stopping = True
    ending.within(STOP_SECONDS, "stopping")
    await asyncio.gather(*(service.stop() for service in services))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(worker.stop(), FAUST_STOP_SECONDS)
    await plant.sender.stop()
    log.info("worker stopped")
