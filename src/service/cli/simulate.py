"""`wim simulate`: invented traffic to Kafka, live; what really happened goes to a file of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from sensors.simulator.demo import DEMO_REGISTRY, usual_scenario
from sensors.simulator.registered import registered
from sensors.simulator.scenario import Scenario
from sensors.simulator.scenario_file import parse_scenario
from sensors.simulator.traffic import Traffic
from sensors.simulator.truth import TruthFile
from service.awaiting import wait_for_broker
from service.cli.starting import start
from service.documents import read_toml
from service.kafka import reach
from service.lanes.sending import Sender
from service.registry import parse_registry
from service.simulating import Simulation
from service.topics import HEALTH, PASSAGES

ScenarioFile = Annotated[Path | None, typer.Option("--scenario", help="Scenario file; default: ordinary traffic.")]
Sites = Annotated[Path | None, typer.Option("--sites", help="Registry (default: WIM_REGISTRY, else the demo's).")]
Rate = Annotated[float | None, typer.Option("--rate", min=0.001, help="Passages a second, over the average of a day.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="The same seed gives the same traffic.")]
Seconds = Annotated[float | None, typer.Option("--seconds", min=1, help="End after so long; default: never.")]
Past = Annotated[int, typer.Option("--past-hours", min=0, max=24, help="Publish that much of the past first, at once.")]
Json = Annotated[bool, typer.Option("--json", help="What was published, as one JSON document on stdout.")]
Truth = Annotated[Path | None, typer.Option("--truth", help="What really happened: .parquet or .jsonl.")]


def simulate(
    scenario: ScenarioFile = None,
    sites: Sites = None,
    rate: Rate = None,
    seed: Seed = None,
    seconds: Seconds = None,
    past_hours: Past = 0,
    truth: Truth = None,
    as_json: Json = False,
) -> None:
    """Publish simulated passages and health beats until Ctrl-C."""
    settings = start()
    traffic = make_traffic(scenario, sites or settings.registry, rate, seed)
    pace, places = round(traffic.passages_per_s, 3), len(traffic.world.roads.sites)
    if not as_json:
        typer.echo(f"simulated: {pace:.1f} passages/s over {places} sites", err=True)
    kafka = reach(settings.kafka)
    wait_for_broker(kafka, [PASSAGES, HEALTH])
    with TruthFile(truth) if truth else contextlib.nullcontext() as file:
        published = asyncio.run(_run(Simulation(traffic, Sender(kafka), file), seconds, past_hours * 3600))
    if as_json:
        typer.echo(json.dumps({"published": published, "sites": places, "passages_per_s": pace}))
    else:
        typer.echo(f"{published} passages published", err=True)


def make_traffic(scenario: Path | None, sites: Path | None, rate: float | None, seed: int | None) -> Traffic:
    """The traffic of a scenario file from now on, over the roads of a registry file (None: the demo's)."""
    now_ns, path = time.time_ns(), sites or DEMO_REGISTRY
    document = read_toml(path, "give the path of a registry file")
    network = parse_registry(document, str(path)).network
    wanted = _with(usual_scenario(document) if scenario is None else _scenario(scenario), rate, seed)
    return Traffic(wanted.starting(now_ns), network, registered(document, now_ns))


def _scenario(path: Path) -> Scenario:
    return parse_scenario(read_toml(path, "give the path of a scenario file"), str(path))


def _with(scenario: Scenario, rate: float | None, seed: int | None) -> Scenario:
    return replace(
        scenario,
        rate_per_s=scenario.rate_per_s if rate is None else rate,
        seed=scenario.seed if seed is None else seed,
    )


async def _run(simulation: Simulation, seconds: float | None, past_s: int) -> int:
    """Passages published until done, SIGINT or SIGTERM: all three end with status 0 and a whole truth file."""
    await simulation.sender.start()
    task = asyncio.current_task()
    assert task is not None  # it runs in asyncio.run
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    counts: list[int] = []
    with contextlib.suppress(asyncio.CancelledError):
        await simulation.run(seconds, counts.append, past_s)
    await simulation.sender.stop()
    return sum(counts)
